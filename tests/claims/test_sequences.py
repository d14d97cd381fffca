"""Recurrent layers that are given lists: an input for each step, and a cotangent for each output."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

LAST = """
    import numpy as np

    class Recurrent:
        def __init__(self, n, m, k):
            self.m = m
            self.U = np.random.randn(m, n)
            self.W = np.random.randn(m, m)
            self.V = np.random.randn(k, m)
            self.b = np.zeros((m, 1))
            self.c = np.zeros((k, 1))

        def forward(self, xs):
            h = np.zeros((self.m, 1))
            self.xs, self.hs = xs, {0: h}
            for t, x in enumerate(xs):
                h = np.tanh(self.U @ x + self.W @ h + self.b)
                self.hs[t + 1] = h
            return self.V @ h + self.c

        def backward(self, dy, rate):
            n = len(self.xs)
            dV, dc = dy @ self.hs[n].T, dy
            dU, dW, db = np.zeros_like(self.U), np.zeros_like(self.W), np.zeros_like(self.b)
            dh = self.V.T @ dy
            for t in reversed(range(n)):
                dz = (1 - self.hs[t + 1] ** 2) * dh
                db += dz
                dW += dz @ self.hs[t].T
                dU += dz @ self.xs[t].T
                dh = self.W.T @ dz
            for p, g in ((self.U, dU), (self.W, dW), (self.V, dV), (self.b, db), (self.c, dc)):
                p -= rate * g
    """
"""The inputs are columns: nothing says so but the state that they meet, and the gradients of the biases."""
EACH = """
    import numpy as np

    class Gated:
        def __init__(self, n, m, k):
            self.m = m
            self.params = {
                "Wf": np.random.randn(m, n + m), "bf": np.zeros((m, 1)),
                "Wc": np.random.randn(m, n + m), "bc": np.zeros((m, 1)),
                "Wy": np.random.randn(k, m), "by": np.zeros((k, 1)),
            }
            self.grads = {name: np.zeros_like(p) for name, p in self.params.items()}

        def forward(self, xs):
            p, self.caches, ys = self.params, [], []
            c = np.zeros((self.m, 1))
            for x in xs:
                z = np.vstack((c, x))
                f = 1 / (1 + np.exp(-(p["Wf"] @ z + p["bf"])))
                c_bar = np.tanh(p["Wc"] @ z + p["bc"])
                c_prev, c = c, f * c + (1 - f) * c_bar
                self.caches.append((z, f, c_bar, c_prev, c))
                ys.append(p["Wy"] @ c + p["by"])
            return ys

        def backward(self, dys):
            p, g = self.params, self.grads
            dc_next = np.zeros((self.m, 1))
            for t in reversed(range(len(dys))):
                z, f, c_bar, c_prev, c = self.caches[t]
                g["Wy"] += dys[t] @ c.T
                g["by"] += dys[t]
                dc = p["Wy"].T @ dys[t] + dc_next
                df = dc * (c_prev - c_bar) * f * (1 - f)
                dk = dc * (1 - f) * (1 - c_bar ** 2)
                g["Wf"] += df @ z.T
                g["bf"] += df
                g["Wc"] += dk @ z.T
                g["bc"] += dk
                dc_next = dc * f + (p["Wf"].T @ df + p["Wc"].T @ dk)[:self.m]
            return g
    """


def _analysed(source: str) -> tuple[set[str], list[str]]:
    found = analyse(textwrap.dedent(source), "sequences.py")
    assert not found.error
    own = {c.verdict for c in found.claims if c.role == "result" and c.wrt}
    return own, [d.message for d in found.diagnostics]


@pytest.mark.parametrize("source", [LAST, EACH], ids=["last", "each"])
def test_right_sequences(source: str) -> None:
    verdicts, messages = _analysed(source)
    assert verdicts <= {"proved", "verified"} and len(verdicts) and not messages


@pytest.mark.parametrize(("source", "before", "after"), [
    (LAST, "dU += dz @ self.xs[t].T", "dU += dz @ self.hs[t].T"),
    (LAST, "dW += dz @ self.hs[t].T", "dW += dz @ self.hs[t + 1].T"),
    (LAST, "dh = self.W.T @ dz", "dh = self.W @ dz"),
    (EACH, "(c_prev - c_bar)", "(c_bar - c_prev)"),
    (EACH, "(1 - c_bar ** 2)", "(1 - c_bar)"),
    (EACH, "dc * f +", "dc_next * f +"),
])
def test_slips_in_sequences(source: str, before: str, after: str) -> None:
    assert before in source
    assert len(_analysed(source.replace(before, after))[1]) == 1
