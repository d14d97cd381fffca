"""In loops over entries the cotangent is read one item at a time; one that is left out is found, and brought back."""

from __future__ import annotations

import pytest
from undone import assert_undone

ENTRIES = '''
import numpy as np

def scaled_forward(x, w):
    """x: (N, D), w: (N,)"""
    return x * w[:, None], (x, w)

def scaled_backward(dout, cache):
    x, w = cache
    N, D = x.shape
    dx, dw = np.zeros((N, D)), np.zeros(N)
    for n in range(N):
        for d in range(D):
            dx[n, d] = w[n] * dout[n, d]
        dw[n] = x[n].dot(dout[n])
    return dx, dw
'''

FILTERS = '''
import numpy as np

def conv_forward(x, w, b, stride):
    """x: (N, C, H, W), w: (F, C, K, K), b: (F,)"""
    N, C, H, W = x.shape
    F, C, K, K = w.shape
    rows, columns = 1 + (H - K) // stride, 1 + (W - K) // stride
    out = np.zeros((N, F, rows, columns))
    for f in range(F):
        for r in range(rows):
            for c in range(columns):
                patch = x[:, :, r * stride:r * stride + K, c * stride:c * stride + K]
                out[:, f, r, c] = np.sum(patch * w[f], axis=(1, 2, 3)) + b[f]
    return out, (x, w, stride)

def conv_backward(dout, cache):
    x, w, stride = cache
    F, C, K, K = w.shape
    N, F, rows, columns = dout.shape
    dw, dx = np.zeros_like(w), np.zeros_like(x)
    for r in range(rows):
        for c in range(columns):
            patch = x[:, :, r * stride:r * stride + K, c * stride:c * stride + K]
            for f in range(F):
                dw[f] += np.sum(patch * dout[:, f, r, c][:, None, None, None], axis=0)
            for n in range(N):
                dx[n, :, r * stride:r * stride + K, c * stride:c * stride + K] += np.sum(
                    w * dout[n, :, r, c][:, None, None, None], axis=0)
    db = dout.sum(axis=(0, 2, 3))
    return dx, dw, db
'''

POOLED = '''
import numpy as np

class Pool:
    def __init__(self, size, stride, kind="max"):
        self.size, self.stride, self.kind = size, stride, kind

    def forward(self, x):
        self.x = x
        N, H, W = x.shape
        k, s = self.size, self.stride
        out = np.zeros((N, (H - k) // s + 1, (W - k) // s + 1))
        for n in range(N):
            for r in range(out.shape[1]):
                for c in range(out.shape[2]):
                    patch = x[n, r * s:r * s + k, c * s:c * s + k]
                    out[n, r, c] = patch.max() if self.kind == "max" else patch.mean()
        return out

    def backward(self, dout):
        k, s = self.size, self.stride
        N, rows, columns = dout.shape
        dx = np.zeros_like(self.x)
        for n in range(N):
            for r in range(rows):
                for c in range(columns):
                    if self.kind == "max":
                        patch = self.x[n, r * s:r * s + k, c * s:c * s + k]
                        mask = np.zeros_like(patch).astype(bool)
                        y, z = np.argwhere(patch == patch.max())[0]
                        mask[y, z] = True
                        dx[n, r * s:r * s + k, c * s:c * s + k] += mask * dout[n, r, c]
                    else:
                        share = np.ones((k, k)) * dout[n, r, c]
                        dx[n, r * s:r * s + k, c * s:c * s + k] += share / (k * k)
        return dx
'''

SLIPS = {
    "of a product of two items": (ENTRIES, "w[n] * dout[n, d]", "w[n]"),
    "with the axes of a sum": (FILTERS, "patch * dout[:, f, r, c][:, None, None, None]", "patch"),
    "with a mask that is filled": (POOLED, "mask * dout[n, r, c]", "mask"),
}
"""A source, what stands there and what the slip leaves of it."""


@pytest.mark.parametrize("name", SLIPS)
def test_an_item_of_the_cotangent_is_missed(name: str) -> None:
    source, before, after = SLIPS[name]
    assert_undone(source.replace(before, "SLOT"), before, after)
