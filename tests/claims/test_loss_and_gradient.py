"""A loss and its gradient, returned together or by functions and methods side by side: right ones, and slips."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from verified import assert_verified

LOGISTIC = '''
import numpy as np
from scipy.special import expit


def _loss_grad(w, X, y, alpha):
    n = X.shape[0]
    p = expit(X.dot(w))
    loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) + 0.5 * alpha * w.dot(w)
    grad = X.T.dot(p - y) / n + alpha * w
    return loss, grad
'''
ROBUST = '''
import numpy as np


def robust_loss_and_gradient(w, X, y, epsilon, alpha):
    r = y - X @ w
    mask = np.abs(r) > epsilon
    loss = np.sum(np.where(mask, 2 * epsilon * np.abs(r) - epsilon ** 2, r ** 2)) + alpha * np.dot(w, w)
    grad = np.zeros_like(w)
    grad -= 2 * X[~mask].T @ r[~mask]
    grad -= 2 * epsilon * X[mask].T @ np.sign(r[mask])
    grad += 2 * alpha * w
    return loss, grad
'''
ENERGY = '''
import numpy as np


def energy(v, W, b, c):
    return -np.sum(v @ b) - np.sum(np.log1p(np.exp(v @ W + c)))


def energy_grad(v, W, b, c):
    h = 1 / (1 + np.exp(-(v @ W + c)))
    dW = -v.T @ h
    db = -v.sum(axis=0)
    dc = -h.sum(axis=0)
    return dW, db, dc
'''
COUNTS = '''
import numpy as np


class Counts:
    def __init__(self, endog, exog):
        self.endog = np.asarray(endog)
        self.exog = np.asarray(exog)

    def loglike(self, params, **kwds):
        eta = np.dot(self.exog, params)
        return np.sum(self.endog * eta - np.exp(eta))

    def score(self, params, **kwds):
        eta = np.dot(self.exog, params)
        return np.dot(self.exog.T, self.endog - np.exp(eta))
'''
OPTIONAL = '''
import torch


class Affine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input, weight, bias=None):
        ctx.save_for_backward(input, weight, bias)
        output = input.mm(weight.t())
        if bias is not None:
            output += bias.unsqueeze(0).expand_as(output)
        return output

    @staticmethod
    def backward(ctx, grad_output):
        input, weight, bias = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None
        if ctx.needs_input_grad[0]:
            grad_input = grad_output.mm(weight)
        if ctx.needs_input_grad[1]:
            grad_weight = grad_output.t().mm(input)
        if bias is not None and ctx.needs_input_grad[2]:
            grad_bias = grad_output.sum(0)
        return grad_input, grad_weight, grad_bias
'''
SOURCES = {"logistic": LOGISTIC, "robust": ROBUST, "energy": ENERGY, "counts": COUNTS, "optional": OPTIONAL}
SLIPS = [
    ("logistic", "X.T.dot(p - y) / n", "X.T.dot(p - y)"),
    ("logistic", "X.T.dot(p - y)", "X.T.dot(y - p)"),
    ("logistic", "+ alpha * w\n", "+ 2 * alpha * w\n"),
    ("robust", "grad -= 2 * epsilon", "grad += 2 * epsilon"),
    ("robust", "grad += 2 * alpha * w", "grad += alpha * w"),
    ("energy", "dW = -v.T @ h", "dW = v.T @ h"),
    ("energy", "dc = -h.sum(axis=0)", "dc = -h.mean(axis=0)"),
    ("counts", "self.endog - np.exp(eta))\n", "self.endog - eta)\n"),
    ("optional", "grad_output.sum(0)", "grad_output.sum()"),
    ("optional", "grad_output.sum(0)", "grad_output.sum(1)"),
]


@pytest.mark.parametrize("name", SOURCES)
def test_right(name: str) -> None:
    result = analyse(SOURCES[name], f"{name}.py")
    assert not result.diagnostics
    verdicts = [c.verdict for c in result.claims if c.role == "result"]
    assert verdicts
    assert set(verdicts) <= {"proved", "verified"}


@pytest.mark.parametrize(("name", "right", "slip"), SLIPS, ids=[row[2].strip() for row in SLIPS])
def test_a_slip_is_found_where_it_stands(name: str, right: str, slip: str) -> None:
    before, found, after = SOURCES[name].rpartition(right)
    assert found
    (diagnostic,) = analyse(before + slip + after, f"{name}.py").diagnostics
    assert diagnostic.location.row == before.count("\n") + 1


ONE_HOT = """
import numpy as np


def loss_and_gradient(W, X, y):
    scores = X @ W
    probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    onehot = np.zeros_like(probs)
    onehot[np.arange(len(y)), y] = 1
    loss = -np.sum(onehot * np.log(probs)) / len(y)
    dW = X.T @ (probs - onehot) / len(y)
    return loss, dW
"""


def test_rows_are_as_many_as_the_labels_that_number_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(ONE_HOT, monkeypatch)
