"""Companions: derivatives said by calls, protocols and names; and what is left alone."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

HEAD = """
import numpy as np
from scipy import optimize
from scipy.optimize import minimize
"""

OPERATOR = """
    class Smooth(LinearOperator):
        def __init__(self, A, scale):
            self.A, self.scale = A, scale

        def _matvec(self, x):
            return self.scale * (self.A @ x)

        def _rmatvec(self, x):
            return self.scale * (self.A.T @ x)
    """

MINIMISE = """
    def cost(w, X, y):
        r = X @ w - y
        return 0.5 * r @ r

    def slope(w, X, y):
        return X.T @ (X @ w - y)

    found = minimize(cost, np.zeros(3), args=(data, labels), jac=slope)
    """

CURVE = """
    class Curve:
        def evaluate(self, t, theta, k):
            return 1 - (theta + k) * t + theta * t * t

        def deriv(self, t, theta, k):
            d_dt = SIGN(theta + k) + 2 * theta * t
            return d_dt
    """

FACTORS = """
    def factor_cost(W, H, V, lam):
        E = V - W @ H
        return 0.5 * (E ** 2).sum() + 0.5 * lam * ((W ** 2).sum() + (H ** 2).sum())

    def factor_grad(W, H, V, lam):
        E = V - W @ H
        gW = -E @ H.T + lam * W
        gH = SIGN W.T @ E + lam * H
        return gW, gH
    """

EVIDENCE = """
    from scipy.linalg import cho_solve, cholesky

    def evidence(theta, X, y):
        log_length, log_noise = theta
        d = X[:, None, :] - X[None, :, :]
        squared = (d ** 2).sum(-1)
        K = np.exp(-0.5 * squared / np.exp(2 * log_length))
        L = cholesky(K + np.exp(2 * log_noise) * np.eye(len(y)), lower=True)
        a = cho_solve((L, True), y)
        value = 0.5 * y @ a + np.log(np.diag(L)).sum()
        M = cho_solve((L, True), np.eye(len(y))) - np.outer(a, a)
        by_length = FACTOR * np.sum(M * K * squared / np.exp(2 * log_length))
        by_noise = np.trace(M) * np.exp(2 * log_noise)
        return value, np.array([by_length, by_noise])

    found = minimize(evidence, np.zeros(2), args=(data, labels), jac=True)
    """

RIGHT = {
    "names that differ by a word, gradients in the arguments' order": (
        FACTORS.replace("SIGN ", "-"), {"gW = -E @ H.T + lam * W", "gH = -W.T @ E + lam * H"}),
    "a minimiser is told of both in one": (
        EVIDENCE.replace("FACTOR", "0.5"), {"return value, np.array([by_length, by_noise])"}),
    "an operator and its adjoint": (OPERATOR, {"return self.scale * (self.A.T @ x)"}),
    "a minimiser is told": (MINIMISE, {"return X.T @ (X @ w - y)"}),
    "names": (MINIMISE.replace("slope", "gradient").partition("found =")[0], {"return X.T @ (X @ w - y)"}),
    "an older minimiser": (MINIMISE.replace("minimize(cost, np.zeros(3), args=(data, labels), jac=slope)",
                                            "optimize.fmin_bfgs(cost, np.zeros(3), slope, args=(data, labels))"),
                           {"return X.T @ (X @ w - y)"}),
    "a quotient names the argument": (CURVE.replace("SIGN", "-"), {"return d_dt"}),
}

WRONG = {
    "a sign in one of two gradients": (FACTORS.replace("SIGN ", ""), "factor_grad"),
    "a factor in one entry": (EVIDENCE.replace("FACTOR", "1.0"), "evidence"),
    "a quotient with a sign of its own": (CURVE.replace("SIGN", "+"), "deriv"),
    "the adjoint without its factor": (OPERATOR.replace("self.scale * (self.A.T @ x)", "self.A.T @ x"), "rmatvec"),
    "a minimiser's gradient with another factor": (MINIMISE.replace("return X.T @ (X @ w - y)",
                                                                    "return 2 * X.T @ (X @ w - y)"), "slope"),
}

LEFT_ALONE = {
    "the derivative by another argument": """
        class Transform:
            def evaluate(self, t, theta):
                return t ** theta - theta

            def deriv(self, t, theta):
                return theta ** 2 * t ** (theta - 1)
        """,
    "the sign of what is maximised": """
        class Model:
            def loglike(self, w, X):
                return np.sum(np.log(1 / (1 + np.exp(-X @ w))))

            def score(self, w, X):
                return X.T @ (1 / (1 + np.exp(-X @ w)) - 1)
        """,
    "a guard that the derivative leaves out": """
        def cost(p, y):
            return -np.sum(y * np.log(np.maximum(p, 0.3)))

        def gradient(p, y):
            return -y / p
        """,
    "names that share no word with it": """
        def width_cost(W, V):
            return ((V - W) ** 2).sum()

        def height_grad(W, V):
            return W - V
        """,
    "arguments of other names": """
        def cost(theta, X, y):
            return np.sum((X @ theta - y) ** 2)

        def gradient(image):
            return image[1:] - image[:-1]
        """,
    "a decorator that changes what is passed": """
        class Op:
            @reshaped
            def _matvec(self, x):
                return np.cumsum(x)

            @reshaped
            def _rmatvec(self, x):
                return np.cumsum(x)
        """,
}


def lines(body: str) -> list[str]:
    """The source with the names it needs, line by line."""
    return (HEAD + textwrap.dedent(body)).split("\n")


@pytest.mark.parametrize("case", RIGHT)
def test_right_companions_are_right(case: str) -> None:
    body, wanted = RIGHT[case]
    source = lines(body)
    found = analyse("\n".join(source), "companions.py")
    assert found.diagnostics == []
    right = {source[c.row - 1].strip() for c in found.claims if c.verdict in ("proved", "verified")}
    assert wanted <= right, [(c.row, c.verdict, c.reason) for c in found.claims]


@pytest.mark.parametrize("case", WRONG)
def test_slips_are_found(case: str) -> None:
    body, function = WRONG[case]
    found = analyse("\n".join(lines(body)), "companions.py")
    assert any(c.verdict == "wrong" and function in c.function for c in found.claims), [
        (c.row, c.verdict, c.reason) for c in found.claims
    ]
    assert found.diagnostics


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_what_names_alone_say_is_left_alone(case: str) -> None:
    found = analyse("\n".join(lines(LEFT_ALONE[case])), "companions.py")
    assert found.diagnostics == []
    assert not any(c.verdict == "wrong" for c in found.claims)
