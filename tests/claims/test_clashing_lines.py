"""Slips that leave no value to compare, because operands do not fit on their line or further on."""

from __future__ import annotations

import pytest
from undone import assert_undone

HEAD = "import numpy as np\n\n\n"

STAGES = HEAD + '''def standard_forward(x, scale, shift, eps=1e-5):
    """x: (N, D), scale: (D,), shift: (D,)"""
    mean = x.mean(axis=0)
    var = x.var(axis=0)
    hat = (x - mean) / np.sqrt(var + eps)
    return scale * hat + shift, (x, scale, shift, hat, mean, var, eps)


def standard_backward(dout, cache):
    x, scale, shift, hat, mean, var, eps = cache
    n = x.shape[0]
    dscaled = scale * dout
    SLOT
    dpart = dscaled * (var + eps) ** -0.5
    dinverse = -0.5 * (var + eps) ** -1.5 * dspread
    dsquares = np.ones_like(x) / n * dinverse
    dcentred = dpart + 2 * (x - mean) * dsquares
    dmean = -np.sum(dcentred, axis=0)
    dx = dcentred + np.ones_like(x) / n * dmean
    return dx, np.sum(dout * hat, axis=0), np.sum(dout, axis=0)
'''

PLANES = HEAD + '''def mix_forward(x, W):
    """x: (N, C, H, V), W: (H, K)"""
    N, C, H, V = x.shape
    rows = x.transpose(0, 1, 3, 2).reshape(N * C * V, H)
    out = (rows @ W).reshape(N, C, V, W.shape[1])
    return out, (x, rows, W)


def mix_backward(dout, cache):
    x, rows, W = cache
    N, C, H, V = x.shape
    SLOT
    dW = rows.T @ d
    dx = (d @ W.T).reshape(N, C, V, H).transpose(0, 1, 3, 2)
    return dx, dW
'''

SLIPS = {
    "a sum along another axis, which clashes two lines on": (
        STAGES, "dspread = np.sum((x - mean) * dscaled, axis=0)", "dspread = np.sum((x - mean) * dscaled, axis=1)"),
    "a size that lacks a factor": (
        PLANES, "d = dout.reshape(N * C * V, W.shape[1])", "d = dout.reshape(N * V, W.shape[1])"),
}
"""A source, its line as it should be, and with a slip."""


@pytest.mark.parametrize("name", SLIPS)
def test_the_slip_is_found_on_its_line_and_undone(name: str) -> None:
    assert_undone(*SLIPS[name])
