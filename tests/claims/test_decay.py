"""A penalty's gradient beside a loss that does not show it; and what is no such thing."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

NETWORK = """
    import numpy as np

    def train(X, y, W, b, V, c, reg, rate):
        h = np.tanh(X.dot(W) + b)
        scores = np.exp(h.dot(V) + c)
        probs = scores / scores.sum(axis=1, keepdims=True)
        delta = probs.copy()
        delta[np.arange(len(X)), y] -= 1
        dV = h.T.dot(delta){on V}
        dc = delta.sum(axis=0)
        dh = delta.dot(V.T) * (1 - h ** 2)
        dW = X.T.dot(dh){on W}
        db = dh.sum(axis=0)
        return dW, db, dV, dc
    """


def verdicts(**terms: str) -> dict[str, str]:
    """The verdict of each gradient of the network with these terms added."""
    source = textwrap.dedent(NETWORK)
    for place in ("V", "W"):
        source = source.replace(f"{{on {place}}}", terms.get(place, ""))
    found = analyse(source, "decay.py")
    return {c.gradient: c.verdict for c in found.claims if c.role == "result"}


@pytest.mark.parametrize("terms", [
    {},
    {"V": " + reg * V", "W": " + reg * W"},
    {"W": " + reg * np.sign(W)"},
    {"V": " + 2 * reg * V + rate * np.sign(V)"},
])
def test_what_a_penalty_adds_is_right(terms: dict[str, str]) -> None:
    found = verdicts(**terms)
    assert {found["dW"], found["dV"]} <= {"proved", "verified"}, found


@pytest.mark.parametrize("term", [" + reg * W ** 2", " + reg", " + reg * X[0][:, None]"])
def test_what_no_penalty_adds_is_not(term: str) -> None:
    assert verdicts(W=term)["dW"] not in ("proved", "verified")


LAYER = """
    import numpy as np

    class Linear:
        def __init__(self, n_in, n_out, decay):
            self.W = np.random.randn(n_in, n_out)
            self.b = np.zeros(n_out)
            self.decay = decay

        def forward(self, x):
            self.x = x
            return np.dot(x, self.W) + self.b

        def backward(self, grad):
            self.dW = np.dot(self.x.T, grad) / len(grad){penalty}
            self.db = np.{reduction}(grad, axis=0)
            return np.dot(grad, self.W.T)
    """


@pytest.mark.parametrize(("penalty", "reduction", "verdict"), [
    (" - self.decay * self.W", "mean", "verified"),
    (" + self.decay * self.W", "mean", "verified"),
    ("", "sum", "wrong"),
])
def test_a_factor_in_common_with_a_penalised_gradient(penalty: str, reduction: str, verdict: str) -> None:
    source = textwrap.dedent(LAYER).replace("{penalty}", penalty).replace("{reduction}", reduction)
    found = {c.gradient: c.verdict for c in analyse(source, "layer.py").claims if c.role == "result"}
    assert found["self.dW"] == verdict
    assert found["self.db"] in ("proved", "verified")
