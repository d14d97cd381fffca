"""Statements that choose: the turns of a loop, an item of a list, entries of rows, a mode; and samples that do."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from undone import assert_undone

HEAD = "import numpy as np\n\n\n"

NETWORK = HEAD + '''def squash(z):
    return 1 / (1 + np.exp(-z))


def squash_prime(z):
    return squash(z) * (1 - squash(z))


class Network:
    def __init__(self, sizes):
        self.layers = len(sizes)
        self.weights = [np.random.randn(b, a) for a, b in zip(sizes, sizes[1:])]
        self.biases = [np.random.randn(b, 1) for b in sizes[1:]]

    def backprop(self, x, y):
        """x: (n, N), y: (m, N)"""
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        zs, acts = [], [x]
        for w, b in zip(self.weights, self.biases):
            zs.append(np.dot(w, acts[-1]) + b)
            acts.append(squash(zs[-1]))
        loss = 0.5 * np.sum((acts[-1] - y) ** 2)
        delta = (acts[-1] - y) * squash_prime(zs[-1])
        nabla_w[-1], nabla_b[-1] = np.dot(delta, acts[-2].T), delta.sum(axis=1, keepdims=True)
        {loop}
            {z}
            {delta}
            nabla_b[-l] = delta.sum(axis=1, keepdims=True)
            nabla_w[-l] = np.dot(delta, acts[-l-1].T)
        return loss, nabla_w, nabla_b
'''
LOOP, ITEM = "for l in range(2, self.layers):", "z = zs[-l]"
DELTA = "delta = np.dot(self.weights[-l+1].T, delta) * squash_prime(z)"

MODES = HEAD + '''def unit_forward(A, W, activation):
    """A: (N, D), W: (D, M)"""
    Z = A @ W
    out = np.maximum(Z, 0) if activation == "relu" else np.tanh(Z)
    return out, (A, W, Z)


def unit_backward(dA, cache, activation):
    A, W, Z = cache
    if activation == "relu":
        dZ = dA * (Z > 0)
    elif activation == "tanh":
        dZ = dA * (1 - np.tanh(Z) ** 2)
    return dZ @ W.T, A.T @ dZ


def pair_forward(x, w, v):
    """x: (N, D), w: (D, M), v: (M, K)"""
    h, first = unit_forward(x, w, "relu")
    out, second = unit_forward(h, v, "tanh")
    return out, (first, second)


def pair_backward(dout, cache):
    first, second = cache
    dh, dv = unit_backward(dout, second, "tanh")
    SLOT
    return dx, dw, dv
'''

LABELS = HEAD + '''def softmax_loss(W, X, y, reg):
    n = X.shape[0]
    scores = X @ W
    scores -= scores.max(axis=1, keepdims=True)
    probs = np.exp(scores)
    probs /= probs.sum(axis=1, keepdims=True)
    loss = -np.log(probs[np.arange(n), y]).mean() + reg / n * np.sum(W * W)
    dscores = probs.copy()
    {labels}
    dW = X.T @ dscores / n + {penalty}
    return loss, dW
'''
ENTRIES, PENALTY = "dscores[np.arange(n), y] -= 1", "2 * reg / n * W"

LEAKY = HEAD + '''class Leaky:
    def __init__(self, slope=0.1):
        self.slope = slope

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.slope * x)

    def backward(self, dout):
        dx = np.ones_like(self.x)
        SLOT
        return dx * dout
'''

RIDGE = HEAD + '''def ridge(theta, X, y, lam):
    m = len(y)
    error = X.dot(theta) - y
    loss = np.sum(error ** 2) / (2 * m) + lam / (2 * m) * np.sum(theta[1:] ** 2)
    grad = X.T.dot(error) / m
    SLOT
    return loss, grad
'''

HINGE = HEAD + '''def hinge(W, X, y):
    n = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(n), y][:, None] + 1.0)
    margins[np.arange(n), y] = 0
    loss = margins.sum() / n
    counts = (margins > 0).astype(float)
    SLOT
    counts[np.arange(n), y] = -rows
    dW = X.T.dot(counts) / n
    return loss, dW
'''

NORMAL = HEAD + '''def normal(x, mu, sigma):
    """x: (N, D), mu: (D,), sigma: (D,)"""
    z = (x - mu) / sigma
    loss = 0.5 * np.sum(z ** 2) + x.shape[0] * np.sum(np.log(sigma))
    SLOT
    return loss, dmu
'''

SLIPS: dict[str, tuple[str, str, str]] = {
    "one turn too few": (NETWORK.format(loop="SLOT", z=ITEM, delta=DELTA), LOOP, LOOP.replace("):", " - 1):")),
    "an item that only gets a name": (NETWORK.format(loop=LOOP, z="SLOT", delta=DELTA), ITEM, "z = zs[-l+1]"),
    "a derivative of an item": (NETWORK.format(loop=LOOP, z="pass", delta="SLOT"), DELTA.replace("(z)", "(zs[-l])"),
                                DELTA.rpartition(" * ")[0]),
    "a mode of a call that returns several": (MODES, 'dx, dw = unit_backward(dh, first, "relu")',
                                              'dx, dw = unit_backward(dh, first, "tanh")'),
    "whole columns for one entry of each row": (LABELS.format(labels="SLOT", penalty=PENALTY), ENTRIES,
                                                "dscores[:, y] -= 1"),
    "a number for a live one under a mask": (LEAKY, "dx[self.x < 0] = self.slope", "dx[self.x < 0] = 0"),
    "all but the first of one": (RIDGE, "grad[1:] += lam / m * theta[1:]", "grad[1:] -= lam / m * theta[1:]"),
    "a term by the quotient of two numbers": (RIDGE, "grad[1:] += lam / m * theta[1:]", "grad[1:] += theta[1:]"),
    "a label among one": (HINGE, "rows = np.sum(counts, axis=1)", "rows = np.sum(counts, axis=0)"),
    "values that are positive by chance": (NORMAL, "dmu = -np.sum(z, axis=0) / sigma", "dmu = -np.sum(z, axis=0)"),
}
"""A source, its line as it should be, and with a slip."""


@pytest.mark.parametrize("name", SLIPS)
def test_the_slip_is_found_on_its_line_and_undone(name: str) -> None:
    assert_undone(*SLIPS[name])


TRUNCATED = HEAD + '''class Recurrent:
    def __init__(self, n, steps):
        self.W, self.steps = np.random.randn(n, n), steps

    def bptt(self, x, y):
        """x: (T, n), y: (T, n)"""
        T = len(x)
        s = np.zeros((T + 1, self.W.shape[0]))
        for t in range(T):
            s[t] = np.tanh(x[t] + self.W @ s[t - 1])
        loss = 0.5 * np.sum((s[:T] - y) ** 2)
        dW = np.zeros_like(self.W)
        for t in range(T):
            delta = (s[t] - y[t]) * (1 - s[t] ** 2)
            for k in reversed(range(max(0, t - self.steps), t + 1)):
                dW += np.outer(delta, s[k - 1])
                delta = (self.W.T @ delta) * (1 - s[k - 1] ** 2)
        return loss, dW
'''


def test_a_loop_that_is_cut_short_by_a_number_is_meant_to_be() -> None:
    assert not analyse(TRUNCATED, "case.py").diagnostics
