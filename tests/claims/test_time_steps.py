"""Recurrent networks whose outputs are written row by row, beside a loss that is not in sight."""

from __future__ import annotations

import textwrap

from nablint.analysis import analyse

NETWORK = """
    import numpy as np

    def softmax(x):
        e = np.exp(x - np.max(x))
        return e / e.sum()

    class Recurrent:
        def __init__(self, words, hidden, bptt_truncate=4):
            self.bptt_truncate = bptt_truncate
            self.U = np.random.randn(hidden, words)
            self.V = np.random.randn(words, hidden)
            self.W = np.random.randn(hidden, hidden)

        def forward(self, x):
            T = len(x)
            s = np.zeros((T + 1, self.W.shape[0]))
            o = np.zeros((T, self.V.shape[0]))
            for t in np.arange(T):
                s[t] = np.tanh(self.U.dot(x[t]) + self.W.dot(s[t - 1]))
                o[t] = softmax(self.V.dot(s[t]))
            return o, s

        def bptt(self, x, y):
            o, s = self.forward(x)
            dU, dV, dW = np.zeros(self.U.shape), np.zeros(self.V.shape), np.zeros(self.W.shape)
            delta_o = o
            delta_o[np.arange(len(y)), y] -= 1.0
            for t in np.arange(len(y))[::-1]:
                dV += np.outer(delta_o[t], s[t])
                delta_t = self.V.T.dot(delta_o[t]) * (1 - s[t] ** 2)
                for step in np.arange(max(0, t - self.bptt_truncate), t + 1)[::-1]:
                    dU += np.outer(delta_t, x[step])
                    dW += np.outer(delta_t, s[step - 1])
                    delta_t = {weight}.T.dot(delta_t) * (1 - s[step - 1] ** 2)
            return dU, dV, dW
    """


def test_right_back_through_time() -> None:
    result = analyse(textwrap.dedent(NETWORK).format(weight="self.W"), "rnn.py")
    assert not result.diagnostics
    verdicts = {c.wrt: c.verdict for c in result.claims if c.role == "result"}
    assert {"self.U", "self.V", "self.W"} <= verdicts.keys()
    assert set(verdicts.values()) <= {"proved", "verified"}


def test_a_step_back_through_the_state_instead_of_the_weight() -> None:
    source = textwrap.dedent(NETWORK).format(weight="s[step]")
    (found,) = analyse(source, "rnn.py").diagnostics
    assert "s[step].T.dot(delta_t)" in source.splitlines()[found.location.row - 1]
    assert found.fix is not None
    assert found.fix.edits[0].content == "self.W"
