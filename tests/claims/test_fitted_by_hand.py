"""Losses that no statement names, gradients without a name, flat parameters and masks, as models are fitted by hand."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse
from verified import assert_verified

RIGHT = {
    "a class that is fitted with labels, and a penalty that no loss shows": """
        class Softmax:
            def __init__(self, classes, penalty=0.0):
                self.classes = classes
                self.penalty = penalty

            def encode(self, labels):
                rows = np.zeros((len(labels), self.classes))
                rows[np.arange(len(labels)), labels] = 1
                return rows

            def fit(self, X, y, rate=0.1, turns=200):
                X = np.hstack([np.ones((X.shape[0], 1)), X])
                Y = self.encode(y)
                self.W = np.zeros((X.shape[1], self.classes))
                for _ in range(turns):
                    Z = X @ self.W
                    E = np.exp(Z - Z.max(axis=1, keepdims=True))
                    P = E / E.sum(axis=1, keepdims=True)
                    grad = X.T @ (P - Y) / X.shape[0] + self.penalty * self.W
                    self.W -= rate * grad
                return self
        """,
    "a difference by no gradient's name": """
        def step(X, Y, W, penalty, rate):
            P = 1 / (1 + np.exp(-(X @ W)))
            off = P - Y
            dW = X.T @ off / X.shape[0] + penalty * W
            W -= rate * dW
            return W
        """,
    "a gradient without a name beside the loss": """
        def huber_loss_grad(w, X, y, delta=1.0):
            r = X @ w - y
            small = np.abs(r) <= delta
            loss = np.where(small, 0.5 * r ** 2, delta * (np.abs(r) - 0.5 * delta)).mean()
            slope = np.where(small, r, delta * np.sign(r))
            return loss, X.T @ slope / len(y)
        """,
    "two layers in one vector": """
        def cost_function(params, n_in, n_hidden, n_out, X, y, lam):
            theta1 = params[:n_hidden * (n_in + 1)].reshape(n_hidden, n_in + 1)
            theta2 = params[n_hidden * (n_in + 1):].reshape(n_out, n_hidden + 1)
            m = X.shape[0]
            a1 = np.c_[np.ones((m, 1)), X]
            z2 = a1 @ theta1.T
            a2 = np.c_[np.ones((m, 1)), np.tanh(z2)]
            h = 1 / (1 + np.exp(-(a2 @ theta2.T)))
            Y = np.eye(n_out)[y]
            J = np.sum(-Y * np.log(h) - (1 - Y) * np.log(1 - h)) / m
            J += lam / (2 * m) * (np.sum(theta1[:, 1:] ** 2) + np.sum(theta2[:, 1:] ** 2))
            d3 = h - Y
            d2 = (d3 @ theta2)[:, 1:] * (1 - np.tanh(z2) ** 2)
            grad1 = d2.T @ a1 / m
            grad2 = d3.T @ a2 / m
            grad1[:, 1:] += lam / m * theta1[:, 1:]
            grad2[:, 1:] += lam / m * theta2[:, 1:]
            return J, np.concatenate([grad1.ravel(), grad2.ravel()])
        """,
    "ratings of which a mask says which are known": """
        def ratings(params, Y, R, users, films, features, lam):
            X = params[:films * features].reshape((films, features))
            T = params[films * features:].reshape((users, features))
            off = (X @ T.T - Y) * R
            J = 0.5 * np.sum(off ** 2) + lam / 2 * (np.sum(X ** 2) + np.sum(T ** 2))
            X_grad = off @ T + lam * X
            T_grad = off.T @ X + lam * T
            grad = np.concatenate((X_grad.ravel(), T_grad.ravel()))
            return J, grad
        """,
    "what each sample counts, met in backward code first": """
        class Policy:
            def __init__(self, n_in, n_out):
                self.W = np.random.randn(n_in, n_out) * 0.1
                self.b = np.zeros(n_out)

            def forward(self, seen):
                logits = seen @ self.W + self.b
                e = np.exp(logits - logits.max(axis=1, keepdims=True))
                return e / e.sum(axis=1, keepdims=True)

            def update(self, seen, actions, returns):
                n = len(actions)
                probs = self.forward(seen)
                dlogits = probs.copy()
                dlogits[np.arange(n), actions] -= 1
                dlogits *= returns[:, None]
                dlogits /= n
                dW = seen.T @ dlogits
                db = dlogits.sum(axis=0)
                self.W -= 0.1 * dW
                self.b -= 0.1 * db
        """,
}

SLIPS = [
    ("a gradient without a name beside the loss", "X.T @ slope / len(y)", "-X.T @ slope / len(y)"),
    ("two layers in one vector", "grad1 = d2.T @ a1 / m", "grad1 = d2.T @ a1"),
    ("two layers in one vector", "(1 - np.tanh(z2) ** 2)", "(1 + np.tanh(z2) ** 2)"),
    ("ratings of which a mask says which are known", "T_grad = off.T @ X", "T_grad = -off.T @ X"),
    ("what each sample counts, met in backward code first", "db = dlogits.sum(axis=0)",
     "db = dlogits.sum(axis=0) ** 2"),
]


def _source(name: str, before: str = "", after: str = "") -> str:
    source = "import numpy as np\n" + textwrap.dedent(RIGHT[name])
    assert before in source
    return source.replace(before, after, 1) if before else source


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_is_verified(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(_source(name), monkeypatch)


@pytest.mark.parametrize(("name", "before", "after"), SLIPS)
def test_a_slip_is_found_on_its_line(name: str, before: str, after: str) -> None:
    source = _source(name, before, after)
    rows = [d.location.row for d in analyse(source, "code.py").diagnostics]
    assert [source.splitlines()[row - 1].strip() for row in rows] == [
        line.strip() for line in source.splitlines() if after in line]


WEIGHTED = """
    import numpy as np

    def weighted(U, V, R, counts):
        off = counts * (R - U @ V.T)
        loss = np.sum(off ** 2) + np.sum(counts)
        dU = -2 * off @ V
        dV = -2 * (off + 1).T @ U
        return loss, dU, dV
    """


def test_a_mask_hides_no_other_mistake() -> None:
    (found,) = analyse(textwrap.dedent(WEIGHTED), "code.py").diagnostics
    assert "dV" in found.message


def test_what_is_returned_beside_a_loss_is_a_gradient_only_where_somebody_says_so() -> None:
    source = _source("a gradient without a name beside the loss").replace("huber_loss_grad", "huber_loss")
    assert not analyse(source, "code.py").claims

