"""Networks whose backward method is given targets, and changes the weights by gradients in lists built in reverse."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

NETWORK = """
    import numpy as np

    class Network:
        def __init__(self, sizes, activations, rate=0.01):
            self.activations, self.rate = activations, rate
            self.weights = [np.random.randn(n, m) for n, m in zip(sizes[:-1], sizes[1:])]
            self.biases = [np.zeros((1, m)) for m in sizes[1:]]

        def activate(self, z, name):
            if name == "sigmoid":
                return 1 / (1 + np.exp(-z))
            elif name == "tanh":
                return np.tanh(z)
            elif name == "softmax":
                e = np.exp(z - z.max(axis=1, keepdims=True))
                return e / e.sum(axis=1, keepdims=True)
            return z

        def slope(self, a, name):
            if name == "sigmoid":
                return a * (1 - a)
            elif name == "tanh":
                return 1 - a ** 2
            return np.ones_like(a)

        def forward(self, X):
            self.a = [X]
            for w, b, name in zip(self.weights, self.biases, self.activations):
                self.a.append(self.activate(self.a[-1] @ w + b, name))
            return self.a[-1]

        def backward(self, y):
            m = y.shape[0]
            delta = self.a[-1] - y
            steps_w, steps_b = [], []
            for i in reversed(range(len(self.weights))):
                steps_w.insert(0, self.a[i].T @ delta / m)
                steps_b.insert(0, delta.sum(axis=0, keepdims=True) / m)
                if i > 0:
                    delta = (delta @ self.weights[i].T) * self.slope(self.a[i], self.activations[i - 1])
            for i in range(len(self.weights)):
                self.weights[i] -= self.rate * steps_w[i]
                self.biases[i] -= self.rate * steps_b[i]
    """
"""A hidden layer with a softmax has no slope here; it was not written for that, and is not called wrong."""


def _analysed(source: str) -> tuple[set[str], int]:
    found = analyse(textwrap.dedent(source), "network.py")
    assert not found.error
    return {c.verdict for c in found.claims if c.function.endswith("backward")}, len(found.diagnostics)


def test_steps_in_backward_are_right() -> None:
    assert _analysed(NETWORK) == ({"verified"}, 0)


@pytest.mark.parametrize(("before", "after"), [
    ("-= self.rate * steps_b", "+= self.rate * steps_b"), ("1 - a ** 2", "1 - a"), ("a * (1 - a)", "a * (1 + a)"),
    ("self.activations[i - 1])", "self.activations[i])"),
])
def test_slips_in_the_steps_are_found(before: str, after: str) -> None:
    assert before in NETWORK
    verdicts, messages = _analysed(NETWORK.replace(before, after))
    assert "wrong" in verdicts and messages


def test_what_arrives_by_the_name_of_a_target_is_a_cotangent_where_nothing_is_compared_with_it() -> None:
    source = """
        import numpy as np

        class Square:
            def forward(self, x):
                self.x = x
                return x ** 2

            def backward(self, y):
                return 2 * self.x * y
        """
    assert _analysed(source) == ({"proved"}, 0)
    assert _analysed(source.replace("2 * self.x", "3 * self.x"))[1] == 1
