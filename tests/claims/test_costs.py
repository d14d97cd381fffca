"""A cost object's derivative is judged by the cost object's own value, for each class that can stand there."""

from __future__ import annotations

import numpy as np
import pytest
from nablint.analysis import analyse
from verified import assert_verified

NETWORK = '''
import numpy as np

def sigmoid(z):
    return 1/(1+np.exp(-z))

def sigmoid_prime(z):
    return sigmoid(z)*(1-sigmoid(z))

class Quadratic:
    @staticmethod
    def fn(a, y):
        return 0.5*np.sum((a-y)**2)

    @staticmethod
    def delta(z, a, y):
        return (a-y)*sigmoid_prime(z)

class CrossEntropy:
    @staticmethod
    def fn(a, y):
        return np.sum(-y*np.log(a)-(1-y)*np.log(1-a))

    @staticmethod
    def delta(z, a, y):
        return a-y

class Network:
    def __init__(self, n_in, n_out, cost=CrossEntropy):
        self.cost = cost
        self.W = np.random.randn(n_out, n_in)
        self.b = np.random.randn(n_out, 1)

    def backprop(self, x, y):
        z = np.dot(self.W, x) + self.b
        a = sigmoid(z)
        delta = self.cost.delta(z, a, y)
        dW = np.dot(delta, x.T)
        db = np.sum(delta, axis=1, keepdims=True)
        return dW, db
'''


def test_each_cost_class_is_judged_by_its_own_value() -> None:
    with np.errstate(all="ignore"):
        found = analyse(NETWORK, "code.py")
    assert not found.diagnostics
    told = {(c.function, c.gradient): c.verdict for c in found.claims if c.role == "result"}
    assert {told[("Network.backprop", "dW")], told[("Network.backprop", "db")]} <= {"proved", "verified"}
    assert {c.function for c in found.claims} >= {"Quadratic.delta", "CrossEntropy.delta"}


def test_a_derivative_of_another_cost_is_not_right() -> None:
    slip = NETWORK.replace("return (a-y)*sigmoid_prime(z)", "return (a-y)*(1-sigmoid_prime(z))")
    with np.errstate(all="ignore"):
        found = analyse(slip, "code.py")
    assert any(c.verdict == "wrong" for c in found.claims)


BESIDE_ITS_TARGET = """
import numpy as np


def forward(X, W1, W2):
    h = np.tanh(X @ W1)
    return h @ W2, h


def compute_cost(y_hat, y):
    return np.mean((y_hat - y) ** 2)


def backward(X, y, y_hat, h, W2):
    dy = 2 * (y_hat - y) / y.size
    dW2 = h.T @ dy
    dh = dy @ W2.T * (1 - h ** 2)
    dW1 = X.T @ dh
    return dW1, dW2
"""


def test_dy_beside_a_target_is_the_gradient_of_what_was_predicted() -> None:
    found = analyse(BESIDE_ITS_TARGET, "code.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims} == {"proved"}


OWN_LOSS = '''
import numpy as np


class CrossEntropy:
    def forward(self, logits, labels):
        z = logits - logits.max(axis=1, keepdims=True)
        self.log_probs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        self.labels = labels
        return -self.log_probs[np.arange(len(labels)), labels].mean()

    def backward(self):
        g = np.exp(self.log_probs)
        g[np.arange(len(self.labels)), self.labels] -= 1
        return g / len(self.labels)


class MeanSquare:
    def __call__(self, pred, y):
        self.gap = pred - y
        return (self.gap ** 2).mean()

    def backward(self):
        return 2 * self.gap / self.gap.size
'''


def test_what_the_backward_of_a_loss_returns_needs_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(OWN_LOSS, monkeypatch)


@pytest.mark.parametrize(("right", "slip"), [
    ("        return g / len(self.labels)", "        return g"),
    ("        return 2 * self.gap / self.gap.size", "        return self.gap / self.gap.size"),
])
def test_a_factor_lost_by_the_backward_of_a_loss(right: str, slip: str) -> None:
    source = OWN_LOSS.replace(right, slip)
    (found,) = analyse(source, "losses.py").diagnostics
    assert source.splitlines()[found.location.row - 1] == slip
    assert found.fix is not None


BINARY = '''
def compute_cost(A2, Y):
    m = Y.shape[1]
    return -1 / m * np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))

'''
SEQUENCE = '''
def sequence_loss(x, y):
    N, T, V = x.shape
    flat, words = x.reshape(N * T, V), y.reshape(N * T)
    p = np.exp(flat - np.max(flat, axis=1, keepdims=True))
    p /= np.sum(p, axis=1, keepdims=True)
    return -np.sum(np.log(p[np.arange(N * T), words])) / N

'''
BESIDE_ANOTHER = '''
import numpy as np

def forward(X, parameters):
    W1, b1, W2, b2 = parameters["W1"], parameters["b1"], parameters["W2"], parameters["b2"]
    A1 = np.tanh(np.dot(W1, X) + b1)
    A2 = 1 / (1 + np.exp(-(np.dot(W2, A1) + b2)))
    return A2, {"A1": A1, "A2": A2}
%s%s
def backward(parameters, cache, X, Y):
    m = X.shape[1]
    W2, A1, A2 = parameters["W2"], cache["A1"], cache["A2"]
    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(W2.T, dZ2) * (1 - np.power(A1, 2))
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
'''


@pytest.mark.parametrize("losses", [(BINARY, SEQUENCE), (SEQUENCE, BINARY)])
def test_a_loss_for_other_shapes_in_the_file_changes_nothing(
        losses: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(BESIDE_ANOTHER % losses, monkeypatch)


@pytest.mark.parametrize("losses", [(BINARY, SEQUENCE), (SEQUENCE, BINARY)])
def test_a_slip_beside_a_loss_for_other_shapes(losses: tuple[str, str]) -> None:
    slip = "    dW1 = 1 / m * np.dot(X, dZ1.T)"
    source = (BESIDE_ANOTHER % losses).replace("    dW1 = 1 / m * np.dot(dZ1, X.T)", slip)
    (found,) = analyse(source, "network.py").diagnostics
    assert source.splitlines()[found.location.row - 1] == slip
    assert found.fix is not None
