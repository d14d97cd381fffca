"""Estimators and layers whose parameters other methods make: trailing underscores, shapes that callers set, targets."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

ESTIMATOR = """
    import numpy as np

    class Scorer:
        def __init__(self, rate=0.1, seed=None):
            self.rate, self.seed = rate, seed

        def _forward(self, X):
            z = X.dot(self.w_) + self.b_
            e = np.exp(z - z.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)

        def predict(self, X):
            return self._forward(X).argmax(axis=1)

        def _backward(self, X, y_true, y_probas):
            grad_loss_wrt_out = y_true - y_probas
            grad_loss_wrt_w = -np.dot(X.T, grad_loss_wrt_out)
            grad_loss_wrt_b = -np.sum(grad_loss_wrt_out, axis=0)
            return grad_loss_wrt_w, grad_loss_wrt_b
    """
LAYER = """
    import math
    import numpy as np

    class Dense:
        def __init__(self, units, input_shape=None):
            self.units = units
            self.input_shape = input_shape

        def initialize(self, optimizer):
            limit = 1 / math.sqrt(self.input_shape[0])
            self.W = np.random.uniform(-limit, limit, (self.input_shape[0], self.units))
            self.b = np.zeros((1, self.units))

        def forward(self, X):
            self.X = X
            return X.dot(self.W) + self.b

        def backward(self, grad):
            grad_W = self.X.T.dot(grad)
            grad_b = grad.sum(axis=0, keepdims=True)
            self.grads = (grad_W, grad_b)
            return grad.dot(self.W.T)
    """


def _analysed(source: str) -> tuple[set[str], list[str]]:
    found = analyse(textwrap.dedent(source), "estimator.py")
    assert not found.error
    return {c.verdict for c in found.claims if c.role == "result"}, [d.message for d in found.diagnostics]


@pytest.mark.parametrize("source", [ESTIMATOR, LAYER])
def test_right_ones_are_judged(source: str) -> None:
    verdicts, messages = _analysed(source)
    assert not messages
    assert verdicts and verdicts <= {"proved", "verified"}


@pytest.mark.parametrize(("source", "old", "new"), [
    (ESTIMATOR, "np.dot(X.T, grad_loss_wrt_out)", "np.dot(grad_loss_wrt_out.T, X)"),
    (LAYER, "grad.sum(axis=0, keepdims=True)", "grad.sum(axis=1, keepdims=True)"),
    (LAYER, "grad.dot(self.W.T)", "grad.dot(self.W)"),
])
def test_slips_in_them_are_found(source: str, old: str, new: str) -> None:
    assert old in source
    assert _analysed(source.replace(old, new))[1]


def test_a_loss_that_forward_returns_beside_its_state_is_differentiated_in_backward() -> None:
    source = """
        import numpy as np

        def step_forward(x, h, W, U, y):
            state = np.tanh(x.dot(W) + h.dot(U))
            gap = state - y
            loss = np.sum(gap ** 2) / 2
            cache = (x, h, W, U, state, gap)
            return state, loss, cache

        def step_backward(dstate, cache):
            x, h, W, U, state, gap = cache
            dstate = dstate + gap
            draw = dstate * (1 - state ** 2)
            dx = draw.dot(W.T)
            dh = draw.dot(U.T)
            dW = x.T.dot(draw)
            dU = h.T.dot(draw)
            return dx, dh, dW, dU
        """
    verdicts, messages = _analysed(source)
    assert not messages
    assert verdicts <= {"proved", "verified"}
