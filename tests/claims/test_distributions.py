"""Targets that sum to one: the softmax's `p - y`, right only for them, in the styles that people write it in."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse
from nablint.results import FileResult

HEAD = """
import numpy as np

def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""

STYLES = {
    "a loss beside its gradients": """
        def loss_and_grads(X, Y, W, b):
            n = X.shape[0]
            p = softmax(X @ W + b)
            loss = -np.sum(Y * np.log(p)) / n
            dz = (p - Y) / n
            dW = X.T @ dz
            db = dz.sum(axis=0)
            return loss, dW, db
        """,
    "a class": """
        class SoftmaxWithLoss:
            def forward(self, x, t):
                self.t, self.p = t, softmax(x)
                return -np.sum(t * np.log(self.p + 1e-7)) / len(x)

            def backward(self, dout=1):
                return dout * (self.p - self.t) / len(self.t)
        """,
    "columns are samples": """
        def step(W, b, X, Y):
            Z = np.dot(W, X) + b
            A = np.exp(Z) / np.sum(np.exp(Z), axis=0, keepdims=True)
            m = X.shape[1]
            cost = -np.sum(Y * np.log(A)) / m
            dZ = A - Y
            dW = np.dot(dZ, X.T) / m
            db = np.sum(dZ, axis=1, keepdims=True) / m
            return cost, dW, db
        """,
}

SLIPS = [("a loss beside its gradients", "(p - Y)", "(p + Y)"), ("a class", "(self.p - self.t)", "(self.p + self.t)"),
         ("columns are samples", "dZ = A - Y", "dZ = Y - A"), ("columns are samples", "axis=1", "axis=0")]


def analysed(body: str) -> FileResult:
    return analyse(HEAD + textwrap.dedent(body), "targets.py")


@pytest.mark.parametrize("style", STYLES)
def test_the_gradient_of_a_softmax_with_one_hot_targets_is_right(style: str) -> None:
    found = analysed(STYLES[style])
    assert found.diagnostics == []
    verdicts = {c.verdict for c in found.claims if c.role == "result"}
    assert verdicts and verdicts <= {"proved", "verified"}


@pytest.mark.parametrize(("style", "right", "wrong"), SLIPS)
def test_slips_are_found_and_mended(style: str, right: str, wrong: str) -> None:
    assert right in STYLES[style]
    (finding,) = analysed(STYLES[style].replace(right, wrong)).diagnostics
    assert finding.fix is not None
