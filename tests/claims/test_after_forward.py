"""Methods that are given what forward returned, and targets: they go back from there, whatever their name."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

RIGHT = {
    "a loss with its gradients": """
        class Classifier:
            def __init__(self, wide=12, kinds=10):
                self.W = np.random.randn(wide, kinds) * 0.01
                self.b = np.zeros(kinds)

            def forward(self, x):
                self.x = x
                return x @ self.W + self.b

            def loss_and_grad(self, logits, y):
                logits = logits - logits.max(axis=1, keepdims=True)
                exp = np.exp(logits)
                probs = exp / exp.sum(axis=1, keepdims=True)
                one_hot = np.eye(self.b.shape[0])[y]
                loss = -np.mean(np.sum(one_hot * np.log(probs + 1e-12), axis=1))
                grad_logits = (probs - one_hot) / len(y)
                grad_W = self.x.T @ grad_logits
                grad_b = grad_logits.sum(axis=0)
                return loss, grad_W, grad_b
        """,
    "gradients, and steps, of a difference": """
        class Two:
            def __init__(self, wide, units):
                self.W1 = np.random.randn(wide, units)
                self.b1 = np.zeros(units)
                self.W2 = np.random.randn(units, 1)
                self.b2 = np.zeros(1)

            def forward(self, x):
                self.x = x
                self.h = np.tanh(x @ self.W1 + self.b1)
                return self.h @ self.W2 + self.b2

            def gradients(self, y_pred, y):
                dout = 2 * (y_pred - y) / y.shape[0]
                dW2 = self.h.T @ dout
                db2 = dout.sum(axis=0)
                dh = dout @ self.W2.T * (1 - self.h ** 2)
                dW1 = self.x.T @ dh
                db1 = dh.sum(axis=0)
                return dW1, db1, dW2, db2

            def update(self, y_hat, y, lr):
                delta = y_hat - y
                dh = delta @ self.W2.T * (1 - self.h ** 2)
                self.W2 -= lr * self.h.T @ delta
                self.b2 -= lr * delta.sum(axis=0)
                self.W1 -= lr * self.x.T @ dh
                self.b1 -= lr * dh.sum(axis=0)
        """,
}

SLIPS = [
    ("a loss with its gradients", "self.x.T @ grad_logits", "self.x.T @ probs"),
    ("a loss with its gradients", "grad_logits.sum(axis=0)", "grad_logits.mean(axis=0)"),
    ("gradients, and steps, of a difference", "dW2 = self.h.T @ dout", "dW2 = self.h.T @ np.abs(dout)"),
    ("gradients, and steps, of a difference", "delta @ self.W2.T * (1 - self.h ** 2)", "delta @ self.W2.T"),
]


def _analysed(name: str, old: str = "", new: str = "") -> tuple[set[str], list[str]]:
    source = "import numpy as np\n" + textwrap.dedent(RIGHT[name])
    assert old in source
    found = analyse(source.replace(old, new) if old else source, "after.py")
    assert not found.error
    return {c.verdict for c in found.claims if c.role == "result"}, [d.message for d in found.diagnostics]


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_is_verified(name: str) -> None:
    verdicts, messages = _analysed(name)
    assert not messages
    assert verdicts and verdicts <= {"proved", "verified"}


@pytest.mark.parametrize(("name", "old", "new"), SLIPS)
def test_slips_in_it_are_found(name: str, old: str, new: str) -> None:
    assert _analysed(name, old, new)[1]
