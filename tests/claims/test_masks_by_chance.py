"""Masks taken from the gradient itself: where few entries are drawn they agree with the right ones by chance."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from nablint.claims.repairing.rewriting import apply_text

ROWS = '''import numpy as np


def forward(x, w1, b1, w2, b2):
    h = np.maximum(0, x @ w1 + b1)
    scores = h @ w2 + b2
    return scores, (x, h, w1, w2)


def backward(d_scores, cache):
    x, h, w1, w2 = cache
    d_w2 = h.T @ d_scores
    d_b2 = d_scores.sum(axis=0)
    d_h = d_scores @ w2.T
    d_h[h <= 0] = 0
    d_w1 = x.T @ d_h
    d_b1 = d_h.sum(axis=0)
    d_x = d_h @ w1.T
    return d_x, d_w1, d_b1, d_w2, d_b2
'''

VECTORS = '''import numpy as np


def forward(x, w1, b1, w2, b2):
    assert x.ndim == 1
    h = np.maximum(0, np.dot(w1, x) + b1)
    scores = np.dot(w2, h) + b2
    return scores, (x, h, w1, w2)


def backward(d_scores, cache):
    x, h, w1, w2 = cache
    d_w2 = np.outer(d_scores, h)
    d_b2 = d_scores
    d_h = np.dot(w2.T, d_scores)
    d_h[h <= 0] = 0
    d_w1 = np.outer(d_h, x)
    d_b1 = d_h
    return d_w1, d_b1, d_w2, d_b2
'''

MULTIPLIED = VECTORS.replace("d_h[h <= 0] = 0", "d_h = d_h * (h > 0)")


@pytest.mark.parametrize(("right", "line", "slip"), [
    (ROWS, "d_h[h <= 0] = 0", "d_h[d_h <= 0] = 0"),  # readings with few rows have it right by chance
    (VECTORS, "d_h[h <= 0] = 0", "d_h[d_h <= 0] = 0"),  # so has the first draw of three entries
    (MULTIPLIED, "d_h = d_h * (h > 0)", "d_h = d_h * (d_h > 0)"),
], ids=["rows", "vectors", "multiplied"])
def test_a_mask_that_agrees_by_chance_is_found_and_mended(right: str, line: str, slip: str) -> None:
    source = right.replace(line, slip)
    assert source != right
    found = analyse(source, "layer.py").diagnostics
    row = source.splitlines().index(f"    {slip}") + 1
    assert [d.location.row for d in found] == [row]
    assert found[0].fix is not None
    assert apply_text(source, found[0].fix.edits) == right


@pytest.mark.parametrize("right", [ROWS, VECTORS, MULTIPLIED], ids=["rows", "vectors", "multiplied"])
def test_the_mask_of_the_forward_value_is_right(right: str) -> None:
    result = analyse(right, "layer.py")
    assert not result.diagnostics
    assert {c.verdict for c in result.claims} <= {"proved", "verified"}


@pytest.mark.parametrize("held_back", [
    "d_h[np.abs(d_h) > 4] = 0", "d_h = np.where(d_h > 4, 4, d_h)", "d_h = d_h * (h > 0) * (d_h > 0)",
], ids=["cut", "bounded", "guided"])
def test_what_is_held_back_on_some_draws_is_no_finding(held_back: str) -> None:
    result = analyse(VECTORS.replace("d_h[h <= 0] = 0", f"d_h[h <= 0] = 0\n    {held_back}"), "layer.py")
    assert [d.message for d in result.diagnostics] == []
