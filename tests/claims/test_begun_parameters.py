"""Parameters that begin with numbers in some of their entries are parameters; masks that are made so are none."""

from __future__ import annotations

from undone import assert_undone
from verified import assert_verified

LSTM = '''
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class LSTM:
    def __init__(self, D, H):
        self.H = H
        self.W = np.random.randn(D + H, 4 * H) / np.sqrt(D + H)
        self.b = np.zeros(4 * H)
        self.b[H:2 * H] = 1

    def forward(self, x, h0, c0):
        N, T, D = x.shape
        H = self.H
        self.cache = []
        h, c = h0, c0
        hs = np.zeros((N, T, H))
        for t in range(T):
            z = np.concatenate([x[:, t], h], axis=1)
            a = z @ self.W + self.b
            i = sigmoid(a[:, :H])
            f = sigmoid(a[:, H:2 * H])
            o = sigmoid(a[:, 2 * H:3 * H])
            g = np.tanh(a[:, 3 * H:])
            c_prev = c
            c = f * c_prev + i * g
            tc = np.tanh(c)
            h = o * tc
            self.cache.append((z, i, f, o, g, c_prev, tc))
            hs[:, t] = h
        return hs

    def backward(self, dhs):
        N, T, H = dhs.shape
        D = self.W.shape[0] - H
        self.dW = np.zeros_like(self.W)
        self.db = np.zeros_like(self.b)
        dx = np.zeros((N, T, D))
        dh_next = np.zeros((N, H))
        dc_next = np.zeros((N, H))
        for t in reversed(range(T)):
            z, i, f, o, g, c_prev, tc = self.cache[t]
            dh = dhs[:, t] + dh_next
            do = dh * tc
            dc = dc_next + dh * o * (1 - tc ** 2)
            di = dc * g
            dg = dc * i
            df = dc * c_prev
            dc_next = dc * f
            da = np.hstack([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g * g)])
            self.dW += z.T @ da
            SLOT
            dz = da @ self.W.T
            dx[:, t] = dz[:, :D]
            dh_next = dz[:, D:]
        return dx, dh_next, dc_next
'''

COUPLED = '''
import numpy as np

class Coupling:
    def __init__(self, n, w):
        self.w = w
        self.b = np.zeros(n)
        self.b[: n // 2] = 1

    def forward(self, x):
        self.x = x
        self.s = np.tanh((x * self.b) @ self.w)
        return x * self.b + (1 - self.b) * (x + self.s)

    def backward(self, dout):
        inner = (1 - self.b) * dout * (1 - self.s ** 2)
        self.dw = (self.x * self.b).T @ inner
        return dout + self.b * (inner @ self.w.T)
'''


def test_the_bias_of_a_forget_gate_begins_with_ones(monkeypatch):
    assert_verified(LSTM.replace("SLOT", "self.db += da.sum(axis=0)"), monkeypatch)
    assert_undone(LSTM, "self.db += da.sum(axis=0)", "self.db += da.mean(axis=0)")


def test_what_has_no_gradient_may_be_a_mask(monkeypatch):
    assert_verified(COUPLED, monkeypatch)
