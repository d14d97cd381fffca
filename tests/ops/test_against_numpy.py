"""The numpy and scipy spellings against HIPS autograd, and against numpy and scipy themselves.

The same text runs on the library and on its spellings.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Graph, Term
from nablint.ops import CARDS
from nablint.ops.card import Example
from nablint.tracing.dialects import load
from nablint.tracing.dialects.context import using
from ops.drawing import draw
from ops.numpy_rows import AUTOGRAD, DIFFERENCES, VALUES
from ops.test_against_torch import cards_under

SPELLINGS = load()


class Spelled:
    """A library as its spellings: `Spelled("numpy").linalg.inv` is the one of `numpy.linalg.inv`."""

    inf = np.inf

    def __init__(self, path: str) -> None:
        self.path = path

    def __getattr__(self, name: str) -> Spelled:
        return Spelled(f"{self.path}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return SPELLINGS[self.path].call(*args, **kwargs)


def run(text: str, np_: Any, sp: Any, arrays: list[Any]) -> Any:
    names = {"np": np_, "sp": sp, **dict(zip("abc", arrays, strict=False))}
    return eval(text, names)  # noqa: S307 - the texts are those of `numpy_rows`


def ours(row: tuple[str, ...], arrays: list[Any]) -> tuple[Graph, list[Term], Any]:
    graph = Graph()
    leaves = [graph.leaf(name, a) for name, a in zip("abc", arrays, strict=False)]
    with using(graph):
        return graph, leaves, run(row[0], Spelled("numpy"), Spelled("scipy"), leaves)


def our_gradients(graph: Graph, leaves: list[Term], out: Term, G: Any) -> list[Term]:
    found = gradients({out: graph.leaf("G", G)}, leaves)
    return [found.get(leaf, graph.constant(np.zeros(leaf.sample.shape))) for leaf in leaves]


def drawn(row: tuple[str, ...]) -> list[Any]:
    return draw(CARDS["add"], Example(row[1:], {"row": row[0]}), 0).arrays


def identify(row: tuple[str, ...]) -> str:
    return f"{row[0]} on {' and '.join(row[1:])}"


@pytest.mark.parametrize("row", AUTOGRAD, ids=identify)
def test_autograd_agrees(row: tuple[str, ...], record_property: Any) -> None:
    np_ = pytest.importorskip("autograd.numpy")
    import autograd.scipy as sp
    import autograd.scipy.linalg
    import autograd.scipy.special  # noqa: F401 - submodules are found by name
    from autograd import make_vjp

    arrays = drawn(row)
    graph, leaves, out = ours(row, arrays)
    pull, value = make_vjp(lambda given: run(row[0], np_, sp, given))(arrays)
    assert np.shape(out.sample) == np.shape(value)
    np.testing.assert_allclose(out.sample, value, rtol=1e-9, atol=1e-12)
    G = np.random.default_rng(1).normal(size=np.shape(value))
    ours_all = our_gradients(graph, leaves, out, G)
    for found, expected in zip(ours_all, pull(G), strict=True):
        np.testing.assert_allclose(found.sample, expected, rtol=1e-7, atol=1e-9)
    record_property("autograd", (1, 0))
    record_property("cards", sorted(cards_under([out, *ours_all])))


@pytest.mark.parametrize("row", DIFFERENCES, ids=identify)
def test_differences_of_the_library_agree(row: tuple[str, ...], record_property: Any) -> None:
    scipy = pytest.importorskip("scipy")
    for part in ("scipy.linalg", "scipy.special", "scipy.stats"):
        pytest.importorskip(part)
    arrays = drawn(row)
    graph, leaves, out = ours(row, arrays)
    value = run(row[0], np, scipy, arrays)
    assert np.shape(out.sample) == np.shape(value)
    np.testing.assert_allclose(out.sample, value, rtol=1e-9, atol=1e-12)
    rng, h = np.random.default_rng(2), 1e-4
    G = rng.normal(size=np.shape(value))
    for place, gradient in enumerate(our_gradients(graph, leaves, out, G)):
        found = gradient.sample
        direction = 0.5 * rng.normal(size=np.shape(arrays[place]))

        def along(t: float, place: int = place, direction: Any = direction) -> Any:
            moved = [a + t * direction if i == place else a for i, a in enumerate(arrays)]
            return np.sum(G * run(row[0], np, scipy, moved))

        rate = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
        assert abs(np.sum(found * direction) - rate) <= 1e-7 * (1 + np.sum(np.abs(found * direction)))
    record_property("scipy", (1, 0))
    record_property("cards", sorted(cards_under([out])))


@pytest.mark.parametrize("row", VALUES, ids=identify)
def test_the_library_agrees_in_value(row: tuple[str, ...], record_property: Any) -> None:
    arrays = drawn(row)
    _, _, out = ours(row, arrays)
    np.testing.assert_array_equal(np.asarray(getattr(out, "sample", out)), run(row[0], np, None, arrays))
    record_property("scipy", (1, 0))
    record_property("cards", sorted(cards_under([out])))
