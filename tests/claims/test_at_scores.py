"""Cotangents that arrive at the scores below an output, gradients of rows that are taken, and the slips beside them."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

RIGHT = {
    "probabilities whose loss hands back p - y": """
        def probabilities(z):
            powers = np.exp(z - np.max(z, axis=1, keepdims=True))
            return powers / np.sum(powers, axis=1, keepdims=True)

        class Classifier:
            def __init__(self, wide, units, kinds):
                self.W1 = np.random.randn(wide, units)
                self.b1 = np.zeros(units)
                self.W2 = np.random.randn(units, kinds)
                self.b2 = np.zeros(kinds)

            def forward(self, x):
                self.x = x
                self.h = np.tanh(x @ self.W1 + self.b1)
                return probabilities(self.h @ self.W2 + self.b2)

            def backward(self, grad):
                dW2 = self.h.T @ grad
                db2 = grad.sum(axis=0)
                dz1 = grad @ self.W2.T * (1 - self.h ** 2)
                dW1 = self.x.T @ dz1
                db1 = dz1.sum(axis=0)
                return dW1, db1, dW2, db2
        """,
    "probabilities that are written row by row": """
        def probabilities(z):
            powers = np.exp(z - np.max(z))
            return powers / np.sum(powers)

        class Steps:
            def __init__(self, wide, kinds):
                self.W = np.random.randn(wide, kinds)
                self.b = np.random.randn(kinds)

            def forward(self, x):
                steps, _ = x.shape
                guesses = np.zeros([steps, self.W.shape[1]])
                for t in range(steps):
                    guesses[t] = probabilities(np.dot(x[t], self.W) + self.b)
                return guesses, x

            def backward(self, deltas, x):
                dx = np.zeros([deltas.shape[0], self.W.shape[0]])
                dW, db = np.zeros_like(self.W), np.zeros_like(self.b)
                for t in reversed(range(deltas.shape[0])):
                    dx[t] = np.dot(deltas[t], self.W.T)
                    dW += np.outer(x[t], deltas[t])
                    db += deltas[t]
                return dx, dW, db
        """,
    "a probability, and a cotangent by the name of its score": """
        class Unit:
            def __init__(self, wide):
                self.W = np.random.randn(wide, 1)
                self.b = np.zeros(1)

            def forward(self, x):
                self.x = x
                return 1 / (1 + np.exp(-(x @ self.W + self.b)))

            def backward(self, dlogits):
                self.dW = self.x.T @ dlogits
                self.db = dlogits.sum(axis=0)
                return dlogits @ self.W.T
        """,
    "rows of a table, which only they are added to": """
        class Words:
            def __init__(self, count, width):
                self.table = np.random.randn(count, width)
                self.V = np.random.randn(count, width)

            def forward(self, ids):
                self.ids = ids
                self.h = self.table[ids]
                return self.h @ self.V.T

            def backward(self, grad):
                dV = grad.T @ self.h
                dtable = grad @ self.V
                return dtable, dV
        """,
    "columns that are rows of a table, beside a mean": """
        class Words:
            def __init__(self, count, width):
                self.W1 = np.random.randn(count, width)
                self.W2 = np.random.randn(count, width)

            def forward(self, X):
                self.h = self.W1[X.flatten(), :].T
                return np.dot(self.W2, self.h)

            def backward(self, grad):
                dW2 = (1 / self.h.shape[1]) * np.dot(grad, self.h.T)
                dW1 = np.dot(self.W2.T, grad)
                return dW1, dW2
        """,
}

UNCHECKED = {"columns that are rows of a table, beside a mean"}

SLIPS = [
    ("probabilities that are written row by row", "db += deltas[t]", "db += deltas[t] ** 2"),
    ("probabilities whose loss hands back p - y", "(1 - self.h ** 2)", "(1 + self.h ** 2)"),
    ("probabilities whose loss hands back p - y", "grad @ self.W2.T", "grad @ self.W2.T * 2"),
    ("a probability, and a cotangent by the name of its score", "return dlogits @", "return -dlogits @"),
    ("rows of a table, which only they are added to", "grad @ self.V", "np.abs(grad @ self.V)"),
    ("columns that are rows of a table, beside a mean", "np.dot(self.W2.T, grad)", "np.dot(self.W2.T, grad ** 2)"),
]


def _analysed(name: str, old: str = "", new: str = "") -> tuple[set[str], list[str]]:
    source = "import numpy as np\n" + textwrap.dedent(RIGHT[name])
    assert old in source
    found = analyse(source.replace(old, new) if old else source, "scores.py")
    assert not found.error
    return {c.verdict for c in found.claims if c.role == "result"}, [d.message for d in found.diagnostics]


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_is_judged_and_nothing_is_found(name: str) -> None:
    verdicts, messages = _analysed(name)
    assert not messages
    assert verdicts & {"proved", "verified"}
    assert verdicts <= {"proved", "verified"} | ({"unchecked"} if name in UNCHECKED else set())


@pytest.mark.parametrize(("name", "old", "new"), SLIPS)
def test_slips_in_it_are_found(name: str, old: str, new: str) -> None:
    assert _analysed(name, old, new)[1]


def test_without_such_a_name_a_forgotten_derivative_is_not_called_right() -> None:
    name = "a probability, and a cotangent by the name of its score"
    source = "import numpy as np\n" + textwrap.dedent(RIGHT[name]).replace("dlogits", "grad")
    assert not {"proved", "verified"} & {c.verdict for c in analyse(source, "scores.py").claims}
