"""Convolutions and poolings as courses write them: sizes by division, helpers that are compiled, guards on sizes."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from verified import assert_verified

COMPILED = '''
import numpy as np
from course.fast import im2col_cython, col2im_cython, col2im_6d_cython

def conv_forward(x, w, b, param):
    N, C, H, W = x.shape
    F, _, HH, WW = w.shape
    stride, pad = param["stride"], param["pad"]
    assert (W + 2 * pad - WW) % stride == 0
    assert (H + 2 * pad - HH) % stride == 0
    rows = (H + 2 * pad - HH) // stride + 1
    columns = (W + 2 * pad - WW) // stride + 1
    cols = im2col_cython(x, w.shape[2], w.shape[3], pad, stride)
    out = w.reshape(F, -1).dot(cols) + b.reshape(-1, 1)
    out = out.reshape(F, rows, columns, N).transpose(3, 0, 1, 2)
    return out, (x, w, b, param, cols)

def conv_backward(dout, cache):
    x, w, b, param, cols = cache
    stride, pad = param["stride"], param["pad"]
    F, _, HH, WW = w.shape
    db = np.sum(dout, axis=(0, 2, 3))
    flat = dout.transpose(1, 2, 3, 0).reshape(F, -1)
    dw = flat.dot(cols.T).reshape(w.shape)
    dcols = w.reshape(F, -1).T.dot(flat)
    dx = col2im_cython(dcols, x.shape[0], x.shape[1], x.shape[2], x.shape[3], HH, WW, pad, stride)
    return dx, dw, db
'''

RIGHT = {
    "compiled helpers": COMPILED,
    "compiled helpers, columns of six axes": COMPILED.replace(
        "cols = im2col_cython(x, w.shape[2], w.shape[3], pad, stride)",
        """padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    H += 2 * pad
    W += 2 * pad
    steps = 8 * np.array((H * W, W, 1, C * H * W, stride * W, stride))
    cols = np.lib.stride_tricks.as_strided(padded, shape=(C, HH, WW, N, rows, columns), strides=steps)
    cols = np.ascontiguousarray(cols)
    cols.shape = (C * HH * WW, N * rows * columns)""").replace(
        "out.reshape(F, rows, columns, N).transpose(3, 0, 1, 2)",
        "out.reshape(F, N, rows, columns).transpose(1, 0, 2, 3)").replace(
        "dout.transpose(1, 2, 3, 0)", "dout.transpose(1, 0, 2, 3)").replace(
        "dx = col2im_cython(", """_, _, rows, columns = dout.shape
    dcols.shape = (x.shape[1], HH, WW, x.shape[0], rows, columns)
    dx = col2im_6d_cython("""),
    "helpers that nobody imports, with their windows as rows": '''
import numpy as np

class Convolution:
    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b, self.stride, self.pad = W, b, stride, pad

    def forward(self, x):
        FN, C, FH, FW = self.W.shape
        N, C, H, W = x.shape
        rows = 1 + int((H + 2 * self.pad - FH) / self.stride)
        columns = 1 + int((W + 2 * self.pad - FW) / self.stride)
        col = im2col(x, FH, FW, self.stride, self.pad)
        col_W = self.W.reshape(FN, -1).T
        self.x, self.col, self.col_W = x, col, col_W
        return (np.dot(col, col_W) + self.b).reshape(N, rows, columns, -1).transpose(0, 3, 1, 2)

    def backward(self, dout):
        FN, C, FH, FW = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
        self.db = np.sum(dout, axis=0)
        self.dW = np.dot(self.col.T, dout).transpose(1, 0).reshape(FN, C, FH, FW)
        return col2im(np.dot(dout, self.col_W.T), self.x.shape, FH, FW, self.stride, self.pad)
''',
    "a pool whose sizes must be whole": '''
import numpy as np

class MaxPool:
    def __init__(self, X_dim, size, stride):
        self.channels, self.height, self.width = X_dim
        self.size, self.stride = size, stride
        self.rows = (self.height - size) / stride + 1
        self.columns = (self.width - size) / stride + 1
        if not self.rows.is_integer() or not self.columns.is_integer():
            raise Exception("the windows do not fit")
        self.rows, self.columns = int(self.rows), int(self.columns)

    def forward(self, X):
        self.X = X
        out = np.zeros((X.shape[0], self.channels, self.rows, self.columns))
        for i in range(self.rows):
            for j in range(self.columns):
                out[:, :, i, j] = np.max(self._window(X, i, j), axis=(2, 3))
        return out

    def _window(self, X, i, j):
        top, left = i * self.stride, j * self.stride
        return X[:, :, top:top + self.size, left:left + self.size]

    def backward(self, dout):
        dX = np.zeros_like(self.X)
        for i in range(self.rows):
            for j in range(self.columns):
                window = self._window(self.X, i, j)
                mask = window == np.max(window, axis=(2, 3), keepdims=True)
                self._window(dX, i, j)[...] += mask * dout[:, :, i, j][:, :, None, None]
        return dX
''',
    "loops that leave out the last windows": '''
import numpy as np

def conv_forward(x, w, param):
    N, H, W, C = x.shape
    K, K, C, F = w.shape
    pad, stride = param["pad"], param["stride"]
    rows, columns = int((H - K + 2 * pad) / stride + 1), int((W - K + 2 * pad) / stride + 1)
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="constant")
    out = np.zeros((N, rows, columns, F))
    for i in range(rows - K + 1):
        for j in range(columns - K + 1):
            out[:, i, j] = np.tensordot(padded[:, i:i + K, j:j + K], w, axes=3)
    return out, (x, w, param)

def conv_backward(dout, cache):
    x, w, param = cache
    K, K, C, F = w.shape
    pad = param["pad"]
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="constant")
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(dout.shape[1] - K + 1):
        for j in range(dout.shape[2] - K + 1):
            dpadded[:, i:i + K, j:j + K] += np.tensordot(dout[:, i, j], w, axes=(1, 3))
            dw += np.tensordot(padded[:, i:i + K, j:j + K], dout[:, i, j], axes=(0, 0))
    return dpadded[:, pad:-pad, pad:-pad], dw
''',
    "a pool of three by three, entry by entry, for which some images are too small": '''
import numpy as np

class Pool:
    def __init__(self, window=(3, 3), stride=1):
        self.window, self.stride = window, stride

    def forward(self, X):
        self.X = X
        count, high, wide, channels = X.shape
        m, n = self.window
        rows = int(1 + (high - m) / self.stride)
        columns = int(1 + (wide - n) / self.stride)
        out = np.zeros((count, rows, columns, channels))
        for i in range(count):
            for h in range(rows):
                for w in range(columns):
                    top, left = h * self.stride, w * self.stride
                    for c in range(channels):
                        out[i, h, w, c] = np.mean(X[i, top:top + m, left:left + n, c])
        return out

    def backward(self, grad):
        m, n = self.window
        count, rows, columns, channels = grad.shape
        dX = np.zeros(self.X.shape)
        for i in range(count):
            for h in range(rows):
                for w in range(columns):
                    top, left = h * self.stride, w * self.stride
                    for c in range(channels):
                        dX[i, top:top + m, left:left + n, c] += np.ones(self.window) * grad[i, h, w, c] / (m * n)
        return dX
''',
    "a padding and a size that Python 2 divided": '''
import numpy as np

def conv_forward(x, w, b):
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    pad = (HH - 1) / 2
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), mode="constant")
    rows, columns = (H + 2 * pad - HH) / 1 + 1, (W + 2 * pad - WW) / 1 + 1
    out = np.zeros((N, F, rows, columns))
    for i in range(rows):
        for j in range(columns):
            out[:, :, i, j] = np.tensordot(padded[:, :, i:i + HH, j:j + WW], w, axes=((1, 2, 3), (1, 2, 3))) + b
    return out, (x, w, b, padded)

def conv_backward(dout, cache):
    x, w, b, padded = cache
    F, C, HH, WW = w.shape
    N, C, H, W = x.shape
    pad = (HH - 1) / 2
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            d = dout[:, :, i, j]
            dw += np.tensordot(d, padded[:, :, i:i + HH, j:j + WW], axes=(0, 0))
            dpadded[:, :, i:i + HH, j:j + WW] += np.tensordot(d, w, axes=(1, 0))
    return dpadded[:, :, pad:pad + H, pad:pad + W], dw, dout.sum(axis=(0, 2, 3))
''',
}

RIGHT["a pool that asserts what its maker refuses"] = RIGHT["a pool whose sizes must be whole"].replace(
    "        self.X = X\n", """        assert (X.shape[2] - self.size) % self.stride == 0
        assert (X.shape[3] - self.size) % self.stride == 0
        self.X = X
""")


@pytest.mark.parametrize("name", RIGHT)
def test_right_layers_are_verified(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(RIGHT[name], monkeypatch)


def test_what_is_taken_for_granted_is_said() -> None:
    said = {c.reason for c in analyse(COMPILED, "code.py").claims}
    assert said == {"col2im_cython is taken for what its name says"}


SLIPS = [("transpose(1, 2, 3, 0)", "transpose(1, 3, 2, 0)"), ("flat.dot(cols.T)", "-flat.dot(cols.T)"),
         ("HH, WW, pad, stride)\n    return", "WW, HH, pad, stride)\n    return")]


@pytest.mark.parametrize(("before", "after"), SLIPS)
def test_beside_a_helper_that_cannot_be_read_nothing_is_called_wrong(before: str, after: str) -> None:
    source = COMPILED.replace(before, after)
    assert source != COMPILED
    found = analyse(source, "code.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims} & {"unchecked"}
    assert "wrong" not in {c.verdict for c in found.claims}


def test_what_has_nothing_to_do_with_the_helper_is_judged() -> None:
    wrong = "np.mean(dout, axis=(0, 2, 3))"
    found = analyse(COMPILED.replace("np.sum(dout, axis=(0, 2, 3))", wrong), "code.py").diagnostics
    assert [d.location.row for d in found] == [COMPILED[:COMPILED.index("db = ")].count("\n") + 1]


@pytest.mark.parametrize("call", ["im2col_cython(x, 3)", "im2col_cython(x, 3, 3, pad=1, layout=2)",
                                  "im2row(x, 3, 3, 1, 1)"])
def test_what_is_no_layout_of_windows(call: str) -> None:
    source = COMPILED.replace("im2col_cython(x, w.shape[2], w.shape[3], pad, stride)", call)
    assert {c.verdict for c in analyse(source, "code.py").claims} == {"unchecked"}
