"""Networks that lack a file, draws that mask everything out, windows: right code is verified, a slip is found."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from verified import assert_verified

RIGHT = {
    "activations of a file that is not there": '''
import numpy as np
from course_utils import sigmoid, relu

def forward_propagation(X, parameters):
    W1, b1, W2, b2 = parameters["W1"], parameters["b1"], parameters["W2"], parameters["b2"]
    Z1 = np.dot(W1, X) + b1
    A1 = relu(Z1)
    A2 = sigmoid(np.dot(W2, A1) + b2)
    return A2, (Z1, A1, W1, A2, W2)

def backward_propagation(X, Y, cache):
    Z1, A1, W1, A2, W2 = cache
    m = X.shape[1]
    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(W2.T, dZ2) * (A1 > 0)
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
''',
    "an activation that hands its input back, and its backward function": '''
import numpy as np
from course_utils import *

def layer_forward(A_prev, W, b):
    Z = np.dot(W, A_prev) + b
    A, activation_cache = relu(Z)
    return A, (A_prev, W, activation_cache)

def layer_backward(dA, cache):
    A_prev, W, activation_cache = cache
    dZ = relu_backward(dA, activation_cache)
    dW = np.dot(dZ, A_prev.T)
    db = np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db
''',
    "dropout whose mask leaves next to nothing": '''
import numpy as np

def forward_with_dropout(X, W1, W2, keep_prob=0.5):
    A1 = np.maximum(0, np.dot(W1, X))
    D1 = np.random.randn(A1.shape[0], A1.shape[1]) > keep_prob
    A1 = A1 * D1 / keep_prob
    return np.dot(W2, A1), (A1, D1, W2)

def backward_with_dropout(dout, X, cache, keep_prob):
    A1, D1, W2 = cache
    dW2 = np.dot(dout, A1.T)
    dA1 = np.dot(W2.T, dout) * D1 / keep_prob
    dW1 = np.dot(dA1 * (A1 > 0), X.T)
    return dW1, dW2
''',
    "a convolution whose output size is divided by /, with keys that have a default": '''
import numpy as np

def conv_forward(x, w, b, param):
    s, p = param.get("stride", 1), param.get("pad", 0)
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    F = b.shape[0]
    assert (H - HH + 2 * p) % s == 0
    assert (W - WW + 2 * p) % s == 0
    oh, ow = int((H - HH + 2 * p) / s + 1), int((W - WW + 2 * p) / s + 1)
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), "constant")
    out = np.zeros((N, F, oh, ow))
    for f in range(F):
        for i in range(oh):
            for j in range(ow):
                window = xp[:, :, s * i:s * i + HH, s * j:s * j + WW]
                out[:, f, i, j] = np.sum(window * w[f], axis=(1, 2, 3)) + b[f]
    return out, (x, w, b, param)

def conv_backward(dout, cache):
    x, w, b, param = cache
    s, p = param["stride"], param["pad"]
    N, C, H, W = x.shape
    F, C, HH, WW = w.shape
    xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)), "constant")
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    for n in range(N):
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    dxp[n, :, s * i:s * i + HH, s * j:s * j + WW] += dout[n, f, i, j] * w[f]
                    dw[f] += dout[n, f, i, j] * xp[n, :, s * i:s * i + HH, s * j:s * j + WW]
    dx = dxp[:, :, p:p + H, p:p + W]
    db = np.sum(dout, axis=(0, 2, 3))
    return dx, dw, db
''',
    "a running variance that begins at zero": '''
import numpy as np

def norm_forward(x, gamma, beta, state):
    mean = state.get("mean", np.zeros(x.shape[1]))
    var = state.get("var", np.zeros(x.shape[1]))
    std = np.sqrt(var + 1e-5)
    xn = (x - mean) / std
    return gamma * xn + beta, (xn, gamma, std)

def norm_backward(dout, cache):
    xn, gamma, std = cache
    dxn = gamma * dout
    dx = dxn / std
    return dx, np.sum(dout * xn, axis=0), np.sum(dout, axis=0)
''',
    "a factor per feature that is first asked for its shape": '''
import numpy as np

def norm_forward(x, gamma, beta):
    running = np.zeros_like(gamma)
    mean = np.sum(x, axis=0) / x.shape[0]
    std = np.sqrt(np.sum((x - mean) ** 2, axis=0) / x.shape[0] + 1e-8)
    xn = (x - mean) / std
    return gamma * xn + beta, (xn, gamma, std, running)

def norm_backward(dout, cache):
    xn, gamma, std, _ = cache
    dxn = dout * gamma
    dx = (dxn - dxn.mean(axis=0) - xn * (dxn * xn).mean(axis=0)) / std
    dgamma = np.sum(dout * xn, axis=0)
    dbeta = np.sum(dout, axis=0)
    return dx, dgamma, dbeta
''',
    "targets that only the backward function documents": '''
import numpy as np

def forward_propagation(X, W, b):
    """
    X -- input of shape (n_x, number of examples)
    """
    A = 1 / (1 + np.exp(-(np.dot(W, X) + b)))
    return A, (A, W, b)

def backward_propagation(X, Y, cache):
    """
    X -- input of shape (n_x, number of examples)
    Y -- labels of shape (output size, number of examples)
    """
    A, W, b = cache
    m = X.shape[1]
    dZ = A - Y
    dW = np.dot(dZ, X.T) / m
    db = np.sum(dZ, axis=1, keepdims=True) / m
    return dW, db
''',
}

SLIPS = [
    ("a running variance that begins at zero", "dxn / std", "dxn", "dx = "),
    ("a factor per feature that is first asked for its shape", "dgamma = np.sum(dout * xn, axis=0)",
     "dgamma = dout * xn", "dgamma = "),
    ("activations of a file that is not there", "(A1 > 0)", "(A1 < 0)", "dZ1 = "),
    ("activations of a file that is not there", "np.dot(dZ1, X.T)", "np.dot(X, dZ1.T)", "dW1 = "),
    ("an activation that hands its input back, and its backward function", "np.dot(W.T, dZ)", "np.dot(W, dZ)",
     "dA_prev = "),
    ("dropout whose mask leaves next to nothing", "np.dot(W2.T, dout) * D1", "np.dot(W2, dout) * D1", "dA1 = "),
    ("a convolution whose output size is divided by /, with keys that have a default",
     "dw[f] += dout[n, f, i, j] * xp", "dw[f] -= dout[n, f, i, j] * xp", "dw[f] -="),
]


def row_of(source: str, text: str) -> int:
    return source[:source.index(text)].count("\n") + 1


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_is_verified(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(RIGHT[name], monkeypatch)


@pytest.mark.parametrize(("name", "before", "after", "line"), SLIPS)
def test_a_slip_is_found_on_its_line(name: str, before: str, after: str, line: str) -> None:
    source = RIGHT[name].replace(before, after, 1)
    assert source != RIGHT[name]
    assert row_of(source, line) in [d.location.row for d in analyse(source, "code.py").diagnostics]


UNTOLD = {
    "a name that is no activation's": "squash(Z)",
    "a flag beside the array": "sigmoid(Z, True)",
}


@pytest.mark.parametrize("call", UNTOLD.values(), ids=UNTOLD)
def test_what_is_not_assumed(call: str) -> None:
    source = f'''
import numpy as np
from course_utils import sigmoid, squash

def layer_forward(X, W):
    Z = X.dot(W)
    out = {call}
    return out, (X, W, out)

def layer_backward(dout, cache):
    X, W, out = cache
    dZ = dout * out
    return dZ.dot(W.T), X.T.dot(dZ)
'''
    found = analyse(source, "code.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims} == {"unchecked"}


UNFILLED = '''
import numpy as np

def affine_forward(x, w, b):
    return np.dot(x, w) + b, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    dz = None
    dx = np.dot(dz, w.T)
    return dx, np.dot(x.T, dout), np.sum(dout, axis=0)
'''


def test_an_exercise_that_is_not_filled_in_is_no_finding() -> None:
    found = analyse(UNFILLED, "code.py")
    assert not found.diagnostics
    assert (10, "unchecked") in {(c.row, c.verdict) for c in found.claims}
