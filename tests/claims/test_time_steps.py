"""Recurrent networks whose outputs are written row by row, beside a loss that is not in sight."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse
from verified import assert_verified

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


GATED = '''
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Gated:
    """One gate, in columns; the outputs are a list, and the state's and the input's sizes are summed."""

    def __init__(self, n_in, n_hidden, n_out):
        joined = n_in + n_hidden
        self.n_hidden = n_hidden
        self.Wf = np.random.randn(n_hidden, joined) * 0.01
        self.Wg = np.random.randn(n_hidden, joined) * 0.01
        self.bf = np.zeros((n_hidden, 1))
        self.bg = np.zeros((n_hidden, 1))
        self.Wy = np.random.randn(n_out, n_hidden) * 0.01
        self.by = np.zeros((n_out, 1))

    def forward(self, inputs, c):
        self.cache = []
        outs = []
        for x in inputs:
            z = np.vstack((c, x))
            f = sigmoid(self.Wf @ z + self.bf)
            g = np.tanh(self.Wg @ z + self.bg)
            before = c
            c = f * before + (1 - f) * g
            y = self.Wy @ c + self.by
            outs.append(np.exp(y) / np.sum(np.exp(y)))
            self.cache.append((z, f, g, before, c))
        return outs, c

    def backward(self, outs, targets):
        dWf, dWg, dWy = [np.zeros_like(w) for w in (self.Wf, self.Wg, self.Wy)]
        dbf, dbg, dby = [np.zeros_like(b) for b in (self.bf, self.bg, self.by)]
        dc_next = np.zeros((self.n_hidden, 1))
        for t in reversed(range(len(outs))):
            z, f, g, before, c = self.cache[t]
            dy = np.copy(outs[t])
            dy[targets[t]] -= 1
            dWy += dy @ c.T
            dby += dy
            dc = self.Wy.T @ dy + dc_next
            df = dc * (before - g) * f * (1 - f)
            dg = dc * (1 - f) * (1 - g ** 2)
            dWf += df @ z.T
            dbf += df
            dWg += dg @ z.T
            dbg += dg
            dz = self.Wf.T @ df + self.Wg.T @ dg
            dc_next = dc * f + dz[:self.n_hidden, :]
        return dWf, dWg, dbf, dbg, dWy, dby
'''

GATED_SLIPS = [
    ("            dc = self.Wy.T @ dy + dc_next", "            dc = self.Wy.T @ dy"),
    ("            df = dc * (before - g) * f * (1 - f)", "            df = dc * (c - g) * f * (1 - f)"),
    ("            dy[targets[t]] -= 1", "            dy[targets[t]] += 1"),
    ("            dby += dy", "            dby = dy"),
]


def test_the_cotangents_of_all_turns_start_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(GATED, monkeypatch)


@pytest.mark.parametrize(("right", "slip"), GATED_SLIPS)
def test_a_slip_in_a_turn(right: str, slip: str) -> None:
    assert GATED.count(right + "\n") == 1
    source = GATED.replace(right + "\n", slip + "\n")
    (found,) = analyse(source, "gated.py").diagnostics
    assert source.splitlines()[found.location.row - 1] == slip
    assert found.fix is not None
