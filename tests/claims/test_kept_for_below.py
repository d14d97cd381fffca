"""What a backward method keeps instead of returning it is shown to be right, and never called wrong."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

LAYER = """
    import numpy as np

    class Layer:
        def __init__(self, n, m):
            self.W = np.random.randn(n, m)

        def forward(self, x):
            self.x = x
            self.output = x @ self.W

        def backward(self, upstream):
            self.dW = self.x.T @ upstream
            self.back = VALUE
    """


@pytest.mark.parametrize(("value", "verdict"), [
    ("upstream @ self.W.T", {"proved"}),
    ("0.5 * (upstream @ self.W.T)", {"unchecked"}),
    ("np.abs(upstream @ self.W.T)", {"unchecked"}),
    ("upstream.copy()", set[str]()),
    ("self.x * 2", set[str]()),
])
def test_an_attribute_in_the_shape_of_the_input(value: str, verdict: set[str]) -> None:
    found = analyse(textwrap.dedent(LAYER).replace("VALUE", value), "layer.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims if c.gradient == "self.back"} == verdict
    assert {c.verdict for c in found.claims if c.wrt == "self.W"} == {"proved"}


def test_what_is_returned_as_well_is_no_guess() -> None:
    source = textwrap.dedent(LAYER).replace("VALUE", "upstream @ self.W.T * 2\n        return upstream @ self.W.T")
    found = analyse(source, "layer.py")
    assert not found.diagnostics
    assert not [c for c in found.claims if c.gradient == "self.back" and c.role == "result"]


NETWORK = """
    import numpy as np

    def loss(X, Y, p):
        "X: (n_x, m), Y: (1, m)"
        m = X.shape[1]
        A1 = np.tanh(p["W1"] @ X + p["b1"])
        A2 = 1 / (1 + np.exp(-(p["W2"] @ A1 + p["b2"])))
        J = -np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)) / m
        grads = {}
        dZ2 = A2 - Y
        grads["dW2"] = dZ2 @ A1.T / m
        grads["db2"] = np.sum(dZ2, axis=1, keepdims=True) / m
        back = p["W2"].T @ dZ2
        dZ1 = back * (1 - A1 ** 2)
        grads["dW1"] = dZ1 @ X.T / m
        grads["db1"] = np.sum(dZ1, axis=1, keepdims=True) / m
        grads["dA9"] = PASSED
        return J, grads
    """


@pytest.mark.parametrize(("passed", "verdict", "reason"), [
    ("p['W1'].T @ dZ1 / m", "verified", ""),
    ("p['W1'].T @ dZ1", "verified", "up to the factor 3 of the mean over the samples"),
    ("1.7 * p['W1'].T @ dZ1", "unchecked", "its variable is not known"),
])
def test_cotangents_of_each_sample_beside_gradients_of_a_mean(passed: str, verdict: str, reason: str) -> None:
    found = analyse(textwrap.dedent(NETWORK).replace("PASSED", passed), "network.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims if c.wrt in ("W1", "W2")} <= {"proved", "verified"}
    assert {(c.verdict, c.reason) for c in found.claims if "dA9" in c.gradient} == {(verdict, reason)}
