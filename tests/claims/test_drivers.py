"""A backward method that no cotangent arrives at is judged as the class itself calls it: `train_step` and its like."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse

SOURCE = '''
import numpy as np


def fc_forward(X, W, b):
    return X @ W + b, (W, X)


def fc_backward(dout, cache):
    W, h = cache
    return dout @ W.T, h.T @ dout, np.sum(dout, axis=0)


class Net:
    def __init__(self, D, H, C, lam=1e-3):
        self.lam = lam
        self._init_model(D, H, C)

    def train_step(self, X_train, y_train):
        y_pred, cache = self.forward(X_train, train=True)
        loss = self.loss(y_pred, y_train)
        grad = self.backward(y_pred, y_train, cache)
        return grad, loss

    def loss(self, y_pred, y_train):
        penalty = sum(0.5 * self.lam * np.sum(W * W) for k, W in self.model.items() if k[0] == "W")
        return 0.5 * np.sum((y_pred - y_train) ** 2) / y_pred.shape[0] + penalty

    def forward(self, X, train=False):
        raise NotImplementedError

    def backward(self, y_pred, y_train, cache):
        raise NotImplementedError


class Feed(Net):
    def forward(self, X, train=False):
        h, h_cache = fc_forward(X, self.model["W1"], self.model["b1"])
        mask = None
        r = np.maximum(h, 0)
        if train:
            mask = np.random.binomial(1, 0.8, size=r.shape) / 0.8
            r = r * mask
        score, s_cache = fc_forward(r, self.model["W2"], self.model["b2"])
        return score, (h, h_cache, mask, s_cache)

    def backward(self, y_pred, y_train, cache):
        h, h_cache, mask, s_cache = cache
        grad_y = (y_pred - y_train) / y_pred.shape[0]
        dr, dW2, db2 = fc_backward(grad_y, s_cache)
        dW2 += self.lam * self.model["W2"]
        dr = dr * mask
        dr[h <= 0] = 0
        dX, dW1, db1 = fc_backward(dr, h_cache)
        dW1 += self.lam * self.model["W1"]
        return dict(W1=dW1, W2=dW2, b1=db1, b2=db2)

    def _init_model(self, D, H, C):
        self.model = dict(W1=np.random.randn(D, H) / np.sqrt(D / 2.0), W2=np.random.randn(H, C) / np.sqrt(H / 2.0),
                          b1=np.zeros((1, H)), b2=np.zeros((1, C)))
'''


def test_right_code_is_right_as_it_is_called() -> None:
    found = analyse(SOURCE, "net.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims if c.function == "Feed.backward"} <= {"proved", "verified"}


@pytest.mark.parametrize(("right", "slip"), [
    ("dr = dr * mask", "dr = dr * 1.0"),
    ("dW2 += self.lam * self.model", "dW2 += 2 * self.lam * self.model"),
    ("grad_y = (y_pred - y_train) /", "grad_y = (y_train - y_pred) /"),
    ("fc_backward(dr, h_cache)", "fc_backward(-dr, h_cache)"),
])
def test_a_slip_is_found_on_its_line(right: str, slip: str) -> None:
    source = SOURCE.replace(right, slip)
    row = SOURCE[: SOURCE.index(right)].count("\n") + 1
    assert [d.location.row for d in analyse(source, "net.py").diagnostics] == [row]
