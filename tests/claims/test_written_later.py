"""What a statement could use is what it was there: parameters and sums that later lines change, as they stood."""

from __future__ import annotations

import pytest
from undone import assert_undone

STEPPING = '''
import numpy as np

class Scaled:
    def __init__(self, features, rate):
        self.gamma = np.random.randn(features)
        self.beta = np.random.randn(features)
        self.rate = rate

    def forward(self, x):
        self.hat = np.tanh(x)
        return self.gamma * self.hat + self.beta

    def backward(self, dout):
        dgamma = np.sum(dout * self.hat, axis=0)
        dbeta = np.sum(dout, axis=0)
        dhat = dout * self.gamma
        dx = dhat * (1 - self.hat ** 2)
        self.gamma = self.gamma - self.rate * dgamma
        self.beta -= self.rate * dbeta
        return dx
'''

SUMMED = '''
import numpy as np

def logistic_loss(w, X, y, reg):
    """w: (D,), X: (N, D), y: (N,) of 0 and 1"""
    loss, dw = 0.0, np.zeros(w.shape)
    N = X.shape[0]
    for i in range(N):
        p = 1 / (1 + np.exp(-X[i].dot(w)))
        loss -= y[i] * np.log(p) + (1 - y[i]) * np.log(1 - p)
        dw += p * X[i]
        dw -= y[i] * X[i]
    loss = loss / N + reg * np.sum(w ** 2)
    dw = dw / N
    dw += 2 * reg * w
    return loss, dw
'''

COUNTED = '''
import numpy as np

def hinge_loss(W, X, y):
    """W: (D, C), X: (N, D), y: (N,) of labels"""
    N = X.shape[0]
    scores = X.dot(W)
    margins = np.maximum(0, scores - scores[np.arange(N), y][:, None] + 1)
    margins[np.arange(N), y] = 0
    loss = margins.sum() / N
    counts = margins.copy()
    counts[margins > 0] = 1
    total = np.sum(counts, axis=1)
    counts[np.arange(N), y] = -total
    dW = X.T.dot(counts) / N
    return loss, dW
'''

SLIPS = {
    "a factor that a step of its parameter changes later": (STEPPING, "dhat = dout * self.gamma", "dhat = dout"),
    "a sign of what is written into a part": (COUNTED, "counts[np.arange(N), y] = -total",
                                              "counts[np.arange(N), y] = total"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_undone(name: str) -> None:
    source, right, wrong = SLIPS[name]
    assert_undone(source.replace(right, "SLOT"), right, wrong)


def test_a_lost_line_is_made_up_for_where_the_sum_is_used() -> None:
    source = SUMMED.replace("    dw = dw / N\n", "").replace("dw += 2 * reg * w", "SLOT")
    assert_undone(source, "dw = dw / N + 2 * reg * w", "dw += 2 * reg * w")
