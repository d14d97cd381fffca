"""The little languages of shapes."""

from __future__ import annotations

import pytest
from nablint.reading.evidence import DimSpec, ShapeEvidence
from nablint.reading.patterns import check_spec, einops_pattern, einsum_subscripts, shape_string


def show(dims: tuple[DimSpec, ...] | None) -> str | None:
    return None if dims is None else ShapeEvidence("", dims, "array", "assert").show()


@pytest.mark.parametrize(("pattern", "before", "after"), [
    ("b t (h d) -> b h t d", "(b, t, h * d)", "(b, h, t, d)"),
    ("b c (h h2) (w w2) -> b (c h2 w2) h w", "(b, c, h * h2, w * w2)", "(b, c * h2 * w2, h, w)"),
    ("b c h w -> b c 1 1", "(b, c, h, w)", "(b, c, 1, 1)"),
    ("... d -> ... 1 d", "(..., d)", "(..., 1, d)"),
    ("b n -> (b n)", "(b, n)", "(b * n,)"),
    ("b () d -> b d", "(b, 1, d)", "(b, d)"),
    ("b (n 1) -> b n", "(b, n)", "(b, n)"),
    ("b t ... -> b t (...)", "(b, t, ...)", "(b, t, _)"),
    (" i j->j i ", "(i, j)", "(j, i)"),
])
def test_einops(pattern: str, before: str, after: str) -> None:
    found = einops_pattern(pattern)
    assert found is not None
    assert (show(found[0]), show(found[1])) == (before, after)


@pytest.mark.parametrize("pattern", ["b c", "a -> b -> c", "b, c -> d", "(a (b c)) -> a", "a( -> a", "... ... -> a"])
def test_no_einops(pattern: str) -> None:
    assert einops_pattern(pattern) is None


@pytest.mark.parametrize(("subscripts", "operands", "result"), [
    ("bij,bjk->bik", ["(b, i, j)", "(b, j, k)"], "(b, i, k)"),
    ("ij, jk -> ik", ["(i, j)", "(j, k)"], "(i, k)"),
    ("...ij->...ji", ["(..., i, j)"], "(..., j, i)"),
    ("i,i->", ["(i,)", "(i,)"], "()"),
    ("ii", ["(i, i)"], None),
    (",i->i", ["()", "(i,)"], "(i,)"),
])
def test_einsum(subscripts: str, operands: list[str], result: str | None) -> None:
    found = einsum_subscripts(subscripts)
    assert found is not None
    assert ([show(o) for o in found[0]], show(found[1])) == (operands, result)


@pytest.mark.parametrize("subscripts", ["i1,j->ij", "a->b->c", "..i->i", "i j -> (i j)"])
def test_no_einsum(subscripts: str) -> None:
    assert einsum_subscripts(subscripts) is None


@pytest.mark.parametrize(("spec", "name", "shape"), [
    ("X: [batch..., N, D]", "X", "(*batch, N, D)"),
    ("return: [N, D + 1]", "return", "(N, D + 1)"),
    ("self.A: [broadcast N, D]", "self.A", "(_, D)"),
    ("y: []", "y", "()"),
    ("return[1]: [D, N, N]", "return[1]", "(D, N, N)"),
    ("Xs[all]: [N, D]", "Xs", "list"),
    ("noise: [., 1]  # scalar", "noise", "(_, 1)"),
])
def test_check_spec(spec: str, name: str, shape: str) -> None:
    found = check_spec(spec)
    assert found is not None
    assert (found.name, found.show()) == (name, shape)


@pytest.mark.parametrize("spec", ["X", "X: N, D", "a sentence: with words", "X: [a..., b...]"])
def test_no_check_spec(spec: str) -> None:
    assert check_spec(spec) is None


def test_shape_string() -> None:
    assert show(shape_string("B, N, 2")) == "(B, N, 2)"
    assert show(shape_string("* 3 H W")) == "(..., 3, H, W)"
