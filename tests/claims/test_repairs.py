"""Slips whose repair brings in something: another order of axes, a product, another number, a name's right value."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from nablint.claims.repairing.rewriting import apply_text

HEAD = "import numpy as np\n\n\n"

ROWS = HEAD + '''def rows_forward(x, W):
    N, C, H, V = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(-1, C)
    out = rows @ W
    return out.reshape(N, H, V, -1).transpose(0, 3, 1, 2), (x, rows, W)


def rows_backward(dout, cache):
    x, rows, W = cache
    N, C, H, V = x.shape
    d = dout.transpose(0, 2, 3, 1).reshape(-1, W.shape[1])
    dW = np.dot(rows.T, d)
    dx = (d @ W.T).reshape(N, H, V, C).transpose(0, 3, 1, 2)
    return dx, dW
'''

SOFTMAX = HEAD + '''class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.out = e / e.sum(axis=1, keepdims=True)
        return self.out

    def backward(self, dout):
        self.dx = np.empty_like(dout)
        for i, (row, d) in enumerate(zip(self.out, dout)):
            row = row.reshape(-1, 1)
            jacobian = np.diagflat(row) - np.dot(row, row.T)
            self.dx[i] = np.dot(jacobian, d)
'''

CELL = HEAD + '''def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def cell_forward(x, h, U, V, P, Q):
    """x: (N, D), h: (N, H), U: (D, H), V: (D, H), P: (H, H), Q: (H, H)"""
    z = x @ U + h @ P
    r = x @ V + h @ Q
    out = sigmoid(z) * r
    return out, (x, h, U, V, P, Q, z, r)


def cell_backward(dout, cache):
    x, h, U, V, P, Q, z, r = cache
    slope = sigmoid_prime(z)
    dz = dout * r * slope
    dr = dout * sigmoid(z)
    dx = dz @ U.T + dr @ V.T
    dh = dz @ P.T + dr @ Q.T
    dU = x.T @ dz
    dV = x.T @ dr
    dP = h.T @ dz
    dQ = h.T @ dr
    return dx, dh, dU, dV, dP, dQ
'''

CORRELATION = HEAD + '''def slide_forward(x, w):
    """x: (C, T), w: (F, C, K)"""
    C, T = x.shape
    F, _, K = w.shape
    out = np.zeros((F, T - K + 1))
    for f in range(F):
        for t in range(T - K + 1):
            out[f, t] = np.sum(x[:, t:t + K] * w[f])
    return out, (x, w)


def slide_backward(dout, cache):
    x, w = cache
    C, T = x.shape
    F, _, K = w.shape
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for f in range(F):
        for t in range(T - K + 1):
            dw[f] += x[:, t:t + K] * dout[f, t]
            dx[:, t:t + K] += w[f] * dout[f, t]
    return dx, dw
'''

CENTRED = HEAD + '''def centred_forward(x, gamma, beta):
    """x: (N, D), gamma: (D,), beta: (D,)"""
    N, D = x.shape
    mu = x.mean(axis=0)
    xc = x - mu
    var = np.mean(xc ** 2, axis=0)
    std = np.sqrt(var)
    xn = xc / std
    return gamma * xn + beta, (xc, std, xn, gamma)


def centred_backward(dout, cache):
    xc, std, xn, gamma = cache
    N, D = dout.shape
    dbeta = dout.sum(axis=0)
    dgamma = np.sum(dout * xn, axis=0)
    dxn = dout * gamma
    dstd = -np.sum(dxn * xc, axis=0) / std ** 2
    dvar = 0.5 * dstd / std
    dxc = dxn / std + 2 / N * xc * dvar
    dmu = -np.sum(dxc, axis=0)
    dx = dxc + dmu / N
    return dx, dgamma, dbeta
'''

TWO_LAYERS = HEAD + '''def loss_and_grads(X, y, W1, b1, W2, b2, reg):
    """X: (N, D), y: (N,) labels, W1: (D, H), b1: (H,), W2: (H, C), b2: (C,)"""
    N = X.shape[0]
    h = np.maximum(0, X.dot(W1) + b1)
    scores = h.dot(W2) + b2
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs = e / e.sum(axis=1, keepdims=True)
    loss = -np.mean(np.log(probs[np.arange(N), y])) + 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))
    grads = {}
    dscores = probs.copy()
    dscores[np.arange(N), y] -= 1
    dscores = dscores / N
    grads["W2"] = h.T.dot(dscores) + reg * W2
    grads["b2"] = dscores.sum(axis=0)
    dh = dscores.dot(W2.T) * (h > 0)
    grads["W1"] = X.T.dot(dh) + reg * W1
    grads["b1"] = dh.sum(axis=0)
    return loss, grads
'''

SLIPS = {
    "an order of axes before a reshape": (
        ROWS, "d = dout.transpose(0, 2, 3, 1).reshape(-1, W.shape[1])", "d = dout.reshape(-1, W.shape[1])"),
    "an order of axes after a reshape": (
        ROWS, "reshape(N, H, V, C).transpose(0, 3, 1, 2)\n    return dx", "reshape(N, C, H, V)\n    return dx"),
    "a product that did not fit, used further on": (
        ROWS, "dW = np.dot(rows.T, d)", "dW = np.dot(rows, d)"),
    "the outer product of a Jacobian": (
        SOFTMAX, "np.diagflat(row) - np.dot(row, row.T)", "np.diagflat(row)"),
    "weights in each other's place": (
        CELL, "dx = dz @ U.T + dr @ V.T", "dx = dz @ V.T + dr @ U.T"),
    "a name that is made wrong": (CELL, "slope = sigmoid_prime(z)", "slope = sigmoid(z)"),
    "an index that does not run": (
        CORRELATION, "dw[f] += x[:, t:t + K] * dout[f, t]", "dw[f] += x[:, t:t + K] * dout[0, t]"),
    "another size": (CENTRED, "dx = dxc + dmu / N", "dx = dxc + dmu / D"),
    "a sign that is wrong from its statement on": (CENTRED, "dmu = -np.sum(dxc", "dmu = np.sum(dxc"),
    "a factor below a sum": (CENTRED, "dgamma = np.sum(dout * xn, axis=0)", "dgamma = np.sum(dout, axis=0)"),
    "an operand of another shape": (TWO_LAYERS, "X.T.dot(dh)", "h.T.dot(dh)"),
    "another variable's penalty": (TWO_LAYERS, "dscores) + reg * W2", "dscores) + reg * W1"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_the_slip_is_found_on_its_line_and_mended(name: str) -> None:
    right, now, then = SLIPS[name]
    assert not analyse(right, "right.py").diagnostics
    wrong = right.replace(now, then)
    assert wrong != right
    line = right[: right.index(now)].count("\n") + 1
    found = analyse(wrong, "wrong.py").diagnostics
    assert [d.location.row for d in found] == [line], [(d.location.row, d.message) for d in found]
    assert found[0].fix is not None
    assert not analyse(apply_text(wrong, found[0].fix.edits), "mended.py").diagnostics


def test_a_returned_value_in_another_shape_keeps_its_name() -> None:
    code = HEAD + '''class Scale:
    def _forward(self, X):
        flat = np.reshape(X, (-1, X.shape[3]))
        return np.reshape(flat * self.scale, X.shape)

    def _backward(self, dY, X):
        shape = X.shape
        flat, dY = np.reshape(X, (-1, X.shape[3])), np.reshape(dY, (-1, dY.shape[3]))
        dScale = np.sum(dY * flat, axis=0)
        dX = dY * self.scale
        return np.reshape(dX, shape), dScale
'''
    result = analyse(code, "scale.py")
    assert not result.diagnostics
    assert not [c for c in result.claims if c.verdict == "wrong"]


def test_a_number_of_the_module_may_be_a_size() -> None:
    code = HEAD + '''N, D = 4, 5
x = 5 * np.random.randn(N, D) + 12


def centre_forward(x):
    mu = x.mean(axis=0)
    out = x - mu
    return out, (mu, out)


def centre_backward(dout, cache):
    mu, out = cache
    return dout - 1. / N * np.sum(dout, axis=0)
'''
    result = analyse(code, "centre.py")
    assert not result.diagnostics
    assert [c.verdict for c in result.claims if c.function == "centre_backward" and c.role == "result"] == ["unchecked"]


ONE_HOT = HEAD + '''def cross_entropy(scores, y):
    N = scores.shape[0]
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -np.sum(np.log(p[np.arange(N), y])) / N
    dscores = p.copy()
    dscores[np.arange(N), y] -= 2
    dscores /= N
    return loss, dscores
'''


def test_a_number_that_is_a_factor_off_is_repaired_by_a_number() -> None:
    fixes = [d.fix for d in analyse(ONE_HOT, "case.py").diagnostics]
    assert [e.content for fix in fixes if fix is not None for e in fix.edits] == ["1"]
