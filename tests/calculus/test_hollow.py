"""Samples without entries: they have all of a shape, take no memory, and refuse what depends on entries."""

from __future__ import annotations

import numpy as np
import pytest
from nablint.calculus.hollow import Hollow, NoEntries, hollow
from nablint.calculus.terms import Graph
from nablint.ops import CARDS

SHAPE = (50_000, 40_000, 30)


def test_it_has_a_shape_and_no_memory() -> None:
    sample = hollow(SHAPE, int)
    assert (np.shape(sample), np.ndim(sample), np.size(sample)) == (SHAPE, 3, 6 * 10**10)
    assert sample.dtype.kind == "i"
    assert sample.base is not None
    assert sample.strides == (0, 0, 0)


@pytest.mark.parametrize("use", [
    np.sum, np.nonzero, np.exp, bool, float, int, list, lambda x: x + 1, lambda x: x.item(), lambda x: x.any(),
    lambda x: x.tolist(), lambda x: x.tobytes(),
])
def test_what_depends_on_entries_is_refused(use: object) -> None:
    with pytest.raises(NoEntries):
        use(hollow(()))  # type: ignore[operator]


def test_nobody_means_more() -> None:
    with pytest.raises(NoEntries):
        hollow((10**9, 10**9))


def graph() -> Graph:
    made = Graph()
    made.most = 1000
    return made


def test_results_keep_shape_and_kind() -> None:
    g = graph()
    x = g.leaf("x", hollow((500, 300)), (500, 300))
    w = g.leaf("w", np.ones((300, 4)), (300, 4))
    small = CARDS["sum"](x @ w, axis=0, keepdims=False)
    assert tuple(map(int, small.shape)) == (4,)
    assert isinstance(small.sample, Hollow)
    assert CARDS["argmax"](x, axis=1).sample.dtype.kind == "i"
    assert CARDS["greater"](x, 0.0).sample.dtype.kind == "b"


def test_a_mask_without_entries_selects_nobody_knows_how_many() -> None:
    g = graph()
    x = g.leaf("x", hollow((500, 300)), (500, 300))
    mask = CARDS["greater"](x, 0.0)
    with pytest.raises(NoEntries):
        CARDS["getitem"](x, mask, index=(("mask", 0, 7),))


def test_small_arrays_are_computed() -> None:
    x = graph().leaf("x", np.ones((3, 4)), (3, 4))
    assert not isinstance((x + x).sample, Hollow)
