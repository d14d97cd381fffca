"""Models as teaching code fits them: the loss is nobody's code, its first difference is all that is seen of it."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from undone import assert_undone

HEAD = "import numpy as np\n\n\n"

LOGISTIC = HEAD + '''class Classifier:
    def __init__(self, rate=0.1, steps=100):
        self.rate = rate
        self.steps = steps
        self.w = None
        self.b = None

    def fit(self, X, y):
        n, d = X.shape
        self.w = np.zeros(d)
        self.b = 0
        for _ in range(self.steps):
            p = 1 / (1 + np.exp(-(np.dot(X, self.w) + self.b)))
            SLOT
            db = (1 / n) * np.sum(p - y)
            self.w -= self.rate * dw
            self.b -= self.rate * db
'''

LONE = HEAD + '''class Fit:
    def __init__(self, rate=0.1):
        self.rate = rate

    def fit(self, X, y, steps=100):
        n, d = X.shape
        self.w = np.zeros(d)
        for _ in range(steps):
            p = 1 / (1 + np.exp(-X @ self.w))
            SLOT
            self.w -= self.rate * grad
        return self
'''

COLUMN = HEAD + '''class Line:
    def __init__(self, rate=0.1):
        self.rate = rate

    def fit(self, X, y, steps=100):
        self.theta = np.random.randn(X.shape[1], 1)
        m = len(y)
        for _ in range(steps):
            error = X.dot(self.theta) - y
            SLOT
        return self
'''

POLICY = HEAD + '''def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


class Policy:
    def __init__(self, D, H, A, rate):
        self.W1 = np.random.randn(D, H)
        self.W2 = np.random.randn(H, A)
        self.rate = rate

    def update(self, states, actions, advantages):
        h = np.maximum(0, states @ self.W1)
        p = softmax(h @ self.W2)
        onehot = np.zeros_like(p)
        onehot[np.arange(len(actions)), actions] = 1
        dscores = (onehot - p) * advantages[:, None]
        dW2 = h.T @ dscores
        SLOT
        dh[h <= 0] = 0
        dW1 = states.T @ dh
        self.W1 += self.rate * dW1
        self.W2 += self.rate * dW2
'''

LAYERS = HEAD + '''class Net:
    def __init__(self, sizes):
        self.ws = [np.random.randn(a, b) for a, b in zip(sizes[:-1], sizes[1:])]
        self.bs = [np.zeros(b) for b in sizes[1:]]

    def forward(self, x):
        self.zs, self.hs = [], [x]
        for w, b in zip(self.ws, self.bs):
            self.zs.append(np.matmul(self.hs[-1], w) + b)
            self.hs.append(np.tanh(self.zs[-1]))
        return self.hs[-1]

    def backward(self, out, y):
        dws, dbs = [], []
        delta = (out - y) / len(y)
        for k in range(len(self.ws) - 1, -1, -1):
            delta = delta * (1 - np.tanh(self.zs[k]) ** 2)
            SLOT
            dbs.append(np.sum(delta, axis=0))
            delta = np.matmul(delta, self.ws[k].T)
        return dws[::-1], dbs[::-1]
'''

KEPT = HEAD + '''class Unit:
    def __init__(self, size):
        self.w = np.random.randn(size)
        self.b = 0

    def forward(self, x):
        return 1 / (1 + np.exp(-(np.matmul(x, self.w) + self.b)))

    def loss(self, y_hat, y):
        return -np.mean(y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat))

    def backward(self, x, y_hat, y):
        dw = np.mean(x * (y_hat - y)[:, None], axis=0)
        SLOT
        return dw, db


def descend(unit, grad, rate):
    dw, db = grad
    unit.w -= rate * dw
    unit.b -= rate * db
'''

CHOSEN = HEAD + '''class Shares:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        self.z = np.dot(x, self.W) + self.b
        return np.exp(self.z) / np.sum(np.exp(self.z))

    def backprop(self, d_out, rate):
        for i, upstream in enumerate(d_out):
            if upstream == 0:
                continue
            e = np.exp(self.z)
            total = np.sum(e)
            d_shares = -e[i] * e / total ** 2
            d_shares[i] = e[i] * (total - e[i]) / total ** 2
            d_z = upstream * d_shares
            SLOT
            dW = self.x[:, np.newaxis] @ d_z[np.newaxis]
            self.W -= rate * dW
            self.b -= rate * d_z
            return dx
'''

OBJECTS = HEAD + '''class Softmax:
    def __call__(self, z):
        e = np.exp(z - z.max(axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def slope(self, z):
        p = self(z)
        return p * (1 - p)


class Entropy:
    def slope(self, y, p):
        p = np.clip(p, 1e-12, 1 - 1e-12)
        return -(y / p) + (1 - y) / (1 - p)


class Model:
    def __init__(self, rate=0.1):
        self.out = Softmax()
        self.loss = Entropy()
        self.rate = rate

    def _begin(self, X, y):
        _, d = X.shape
        _, k = y.shape
        self.V = np.random.uniform(-0.5, 0.5, (d, k))
        self.c = np.zeros((1, k))

    def fit(self, X, y, steps=100):
        self._begin(X, y)
        for _ in range(steps):
            z = X.dot(self.V) + self.c
            p = self.out(z)
            SLOT
            grad_v = X.T.dot(grad_z)
            grad_c = np.sum(grad_z, axis=0, keepdims=True)
            self.V -= self.rate * grad_v
            self.c -= self.rate * grad_c
'''

GRAD = "grad = X.T @ (p - y) / n"
STEP = "self.theta = self.theta - self.rate / m * X.T.dot(error)"

SLIPS = {
    "a clash with the difference itself": (LOGISTIC, "dw = (1 / n) * np.dot(X.T, p - y)",
                                           "dw = (1 / n) * np.dot(X, p - y)"),
    "a sum with the target": (LOGISTIC, "dw = (1 / n) * np.dot(X.T, p - y)", "dw = (1 / n) * np.dot(X.T, p + y)"),
    "a clash in the only gradient": (LONE, GRAD, "grad = X @ (p - y) / n"),
    "a factor whose shape clashes": (LONE, GRAD, "grad = X.T @ (p - y) * p / n"),
    "a sum with the target in the only gradient": (LONE, GRAD, "grad = X.T @ (p + y) / n"),
    "a clash in a step that is written out": (COLUMN, STEP, STEP.replace("X.T", "X")),
    "swapped operands in a step": (COLUMN, STEP, STEP.replace("X.T.dot(error)", "error.dot(X.T)")),
    "a policy's other weights": (POLICY, "dh = dscores @ self.W2.T", "dh = dscores @ self.W2"),
    "lists that are returned in reverse": (LAYERS, "dws.append(np.matmul(self.hs[k].T, delta))",
                                           "dws.append(np.matmul(self.hs[k].T, delta.T))"),
    "a number that begins a parameter, whose steps another function takes": (
        KEPT, "db = np.mean(y_hat - y)", "db = np.mean(y_hat + y)"),
    "a cotangent of which one entry alone is not zero": (CHOSEN, "dx = self.W @ d_z", "dx = d_z @ self.W"),
}
"""A source, its line as it should be, and with a slip."""


@pytest.mark.parametrize("name", SLIPS)
def test_the_slip_is_found_on_its_line_and_undone(name: str) -> None:
    assert_undone(*SLIPS[name])


RIGHT = {
    "a step of another size": (LONE, "grad = 2 * X.T @ (p - y)"),
    "vectors the other way": (LONE, "grad = (p - y) @ X / n"),
    "a target of another sign": (LONE, "y = -y\n            grad = X.T @ (p + y) / n"),
    "targets of another shape than the predictions": (
        COLUMN, STEP.replace("error", "(X.dot(self.theta) - y.reshape(-1, 1))")),
    "targets whose rows only the loss's slope meets": (OBJECTS, "grad_z = self.loss.slope(y, p) * self.out.slope(z)"),
    "uphill": (COLUMN, STEP.replace("theta - self", "theta + self")),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_is_meant_is_no_finding(name: str) -> None:
    source, line = RIGHT[name]
    assert not analyse(source.replace("SLOT", line), "case.py").diagnostics
