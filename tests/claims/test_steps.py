"""Steps of parameters that no gradient's name stands beside: what is added, times a rate, is the gradient."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse

HEAD = "import numpy as np\n\n\n"

TOGETHER = """\
class Neuron:
    def __init__(self, eta=0.01, n_iter=50):
        self.eta, self.n_iter = eta, n_iter

    def fit(self, X, y):
        self.w_ = np.random.normal(size=1 + X.shape[1])
        costs = []
        for _ in range(self.n_iter):
            output = np.dot(X, self.w_[1:]) + self.w_[0]
            errors = y - output
            self.w_[1:] {sign} self.eta * X.T.dot({first})
            self.w_[0] += self.eta * {second}.sum()
            cost = (errors ** 2).sum() / 2.0
            costs.append(cost)
        return costs
"""
APART = """\
class Neuron:
    def __init__(self, rate=0.1):
        self.rate = rate

    def fit(self, X, y, turns):
        self.w = np.zeros(X.shape[1])
        self.b = 0.0
        for _ in range(turns):
            output = X @ self.w + self.b
            errors = y - output
            self.w {sign} self.rate * 2.0 * X.T @ {first} / X.shape[0]
            self.b += self.rate * 2.0 * {second}.mean()
            cost = (errors ** 2).mean()
        return cost
"""
"""One array for weights and bias, or two; a cost that `errors` flow into makes them forward values."""

DECAYED = """\
class Classifier:
    def __init__(self, n_in, n_out):
        self.W = np.zeros((n_in, n_out))
        self.b = np.zeros(n_out)

    def fit(self, X, y, lr=0.1, decay=0.01):
        scores = np.exp(X @ self.W + self.b)
        p = scores / scores.sum(axis=1, keepdims=True)
        d_y = y - p
        self.W += lr * {first} - lr * decay * self.W
        self.b += lr * d_y.mean(axis=0)
"""
"""The rate stands before the gradient and before the decay."""

OVERLAPPING = """\
def fit(X, y, w, eta):
    for _ in range(10):
        output = np.dot(X, w[1:]) + w[0]
        errors = y - output
        w[:2] += eta * X.T.dot(errors)[:2]
        cost = (errors ** 2).sum() + (w ** 2).sum()
    return cost
"""
"""The part is none that forward code reads, and the whole has a penalty."""

STATE = """\
def run(x, bias_state, W, alpha):
    for _ in range(10):
        bias_state += alpha * (W @ x - bias_state)
    return bias_state
"""


@pytest.mark.parametrize("source", [TOGETHER, APART])
def test_right_steps_are_verified(source: str) -> None:
    found = analyse(HEAD + source.format(sign="+=", first="errors", second="errors"), "code.py")
    assert not found.diagnostics
    assert [c.verdict in ("proved", "verified") for c in found.claims if c.role == "result"] == [True, True]


@pytest.mark.parametrize(("source", "sign", "first", "second"), [
    (TOGETHER, "-=", "errors", "errors"), (TOGETHER, "+=", "output", "errors"), (TOGETHER, "+=", "errors", "output"),
    (APART, "-=", "errors", "errors"), (APART, "+=", "output", "errors")])
def test_wrong_steps_are_seen(source: str, sign: str, first: str, second: str) -> None:
    found = analyse(HEAD + source.format(sign=sign, first=first, second=second), "code.py")
    assert [c.verdict for c in found.claims if c.role == "result"].count("wrong") == 1


def test_a_decay_at_the_same_rate_is_allowed() -> None:
    right, wrong = (analyse(HEAD + DECAYED.format(first=f), "code.py") for f in ("(X.T @ d_y)", "(X.T @ (d_y * p))"))
    assert not right.diagnostics
    assert [c.verdict for c in right.claims if c.gradient == "W"] == ["verified"]
    assert [c.verdict for c in wrong.claims if c.gradient == "W"] == ["wrong"]


@pytest.mark.parametrize("source", [OVERLAPPING, STATE])
def test_what_only_looks_like_a_step_is_left_alone(source: str) -> None:
    found = analyse(HEAD + source, "code.py")
    assert not found.diagnostics
    assert not [c for c in found.claims if c.role == "result" and c.verdict == "wrong"]
