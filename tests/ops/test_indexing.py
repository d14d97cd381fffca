"""The two parts of an index: back to numpy's, to one canonical form, and to the shape that numpy gives."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Graph
from nablint.ops.card import op
from nablint.ops.indexing import decode_index, encode_index, getitem, index_shape, read_at, write_at
from nablint.shapes import Misfit, Polynomial, Shape, Size, show_shape

RNG = np.random.default_rng(5)
X = RNG.normal(size=(5, 4, 3))
SHAPE: Shape = tuple(Size(n, Polynomial.symbol(s)) for n, s in zip(X.shape, "NDK", strict=True))
PARTS: list[Any] = [
    0, -1, Size(2), np.int64(1), slice(None), slice(1, -1), slice(-3, None), slice(2, 200), slice(None, None, 2),
    slice(None, None, -1), slice(7, None), None, Ellipsis, np.array([0, 2, 2]), np.array([[1], [0]]), [1, 0],
    np.array(1), RNG.random(5) > 0.5, RNG.random((4, 3)) > 0.5,
]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_index_means_what_numpy_means(count: int) -> None:
    tried = 0
    for index in itertools.product(PARTS, repeat=count):
        if sum(p is Ellipsis for p in index) > 1:
            continue
        for shape in (None, SHAPE):
            parts, arrays = encode_index(index, shape)
            ruled: Shape | None
            try:
                ruled = index_shape(SHAPE, *map(np.shape, arrays), index=parts)
            except Misfit:
                ruled = None
            try:
                wanted = X[index]
            except IndexError:
                assert ruled is None, index
                continue
            np.testing.assert_array_equal(X[decode_index(parts, arrays)], wanted, err_msg=str(index))
            assert ruled == wanted.shape, index
            tried += 1
    assert tried > 10**count


@pytest.mark.parametrize(("index", "shape"), [
    (slice(1, None), "(N - 1, D, K)"), (slice(None, -2), "(N - 2, D, K)"), (slice(1, -1), "(N - 2, D, K)"),
    (slice(None, None, 2), "((N + 1)//2, D, K)"), ((Ellipsis, None), "(N, D, K, 1)"), (-1, "(D, K)"),
    ((slice(None), None, slice(0, SHAPE[1] - 1)), "(N, 1, D - 1, K)"),
    ((slice(None), slice(None, None, -1)), "(N, D, K)"),
])
def test_the_shape_keeps_its_symbols(index: Any, shape: str) -> None:
    parts, arrays = encode_index(index)
    assert show_shape(index_shape(SHAPE, *map(np.shape, arrays), index=parts)) == shape


@pytest.mark.parametrize(("one", "other"), [
    (-1, SHAPE[0] - 1), (slice(0, None), slice(None)), (slice(1, -1), slice(1, SHAPE[0] - 1)), ((0, Ellipsis), 0),
    ((slice(None), 1), (Ellipsis, 1, slice(None))), (slice(None, SHAPE[0]), Ellipsis),
])
def test_indices_that_mean_the_same_are_the_same(one: Any, other: Any) -> None:
    assert encode_index(one, SHAPE) == encode_index(other, SHAPE)


@pytest.mark.parametrize("index", [1.5, "a", np.array([0.5]), slice(0.0, 1)])
def test_what_is_no_index_is_refused(index: Any) -> None:
    with pytest.raises(TypeError):
        encode_index(index)


@pytest.mark.parametrize(("index", "value", "names"), [
    ((0, 0, 0, 0), 1.0, "N"), (9, 1.0, "N"), (slice(1, None), np.ones((5, 4, 3)), "N - 1"), (0, np.ones(4), "K"),
    (np.ones((5, 3), bool), 0.0, "D"),
])
def test_what_does_not_fit_is_said_in_symbols(index: Any, value: Any, names: str) -> None:
    graph = Graph()
    x = graph.leaf("x", X, SHAPE)
    parts, arrays = encode_index(index)
    with pytest.raises(Misfit) as caught:
        op.setitem(x, value, *arrays, index=parts)
    assert names in caught.value.message


WRITES: list[tuple[Any, Any]] = [
    (Ellipsis, 2.0), (slice(None), np.ones((4, 3))), (X > 0, 0.0), (X > 0, np.arange(np.count_nonzero(X > 0)) / 7),
    ((slice(None), 1), np.ones((5, 3))), ((slice(None), 1), np.ones(3)),
    (np.array([0, 2, 2]), RNG.normal(size=(3, 4, 3))),
    ((np.array([1, 1]), np.array([0, 0])), RNG.normal(size=(2, 3))), (X[:, 0, 0] > 0, 1.0), (0, np.ones((1, 4, 3))),
]


@pytest.mark.parametrize(("index", "value"), WRITES)
def test_a_write_is_numpys_and_its_gradient_is_exact(index: Any, value: Any) -> None:
    """Repeated indices too: only the entry that was written last has an effect."""
    graph = Graph()
    x, v = graph.leaf("x", X, SHAPE), graph.leaf("v", np.asarray(value))
    parts, arrays = encode_index(index, SHAPE)
    plain, made = op.setitem(x, v, *arrays, index=parts), write_at(x, v, *arrays, index=parts)
    wanted = X.copy()
    wanted[index] = value
    G = RNG.normal(size=X.shape)
    dx, dv = RNG.normal(size=X.shape), RNG.normal(size=np.shape(value))
    moved = dx.copy()
    moved[index] = dv
    for out in (plain, made):
        np.testing.assert_array_equal(out.sample, wanted)
        assert show_shape(out.shape) == "(N, D, K)"
        found = gradients({out: graph.leaf("G", G, SHAPE)}, [x, v])
        back = sum(np.sum(found[leaf].sample * d) for leaf, d in ((x, dx), (v, dv)) if leaf in found)
        assert back == pytest.approx(np.sum(G * moved))


def test_the_plainest_form_of_a_write_is_taken() -> None:
    graph = Graph()
    x, v = graph.leaf("x", X, SHAPE), graph.leaf("v", X + 1, SHAPE)
    mask = op.greater(x, 0.0)
    assert write_at(x, v, index=()) is v
    assert read_at(x, index=()) is x
    parts, arrays = encode_index(mask, SHAPE)
    assert write_at(x, 0.0, *arrays, index=parts) is op.where(mask, 0.0, x)


def test_reading_at_repeated_indices_adds_their_cotangents() -> None:
    graph = Graph()
    x, rows = graph.leaf("x", X, SHAPE), np.array([2, 0, 2, 2])
    out = getitem(x, rows, index=(("term", 0),))
    G = RNG.normal(size=(4, 4, 3))
    wanted = np.zeros_like(X)
    np.add.at(wanted, rows, G)
    np.testing.assert_allclose(gradients({out: graph.leaf("G", G)}, [x])[x].sample, wanted)


@pytest.mark.parametrize("shape", [(1,), (1, 1)])
def test_an_array_of_one_entry_that_is_written_to_one_place_is_a_number(shape: tuple[int, ...]) -> None:
    parts, arrays = encode_index((1, 2))
    out = write_at(np.zeros((2, 3)), np.full(shape, 7.0), *arrays, index=parts)
    np.testing.assert_array_equal(out, [[0, 0, 0], [0, 0, 7]])
