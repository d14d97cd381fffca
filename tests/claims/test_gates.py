"""Slips in the gates of a cell that is unrolled by hand: found on their line and undone, one gate beside the other."""

from __future__ import annotations

import pytest
from undone import assert_undone

CELL = '''
import numpy as np

def squash(v): return 1./(1+np.exp(-v))

def cell_fwd(X, Wx, Wh, b, h0, c0):
    # X (T,N,D) ; Wx (D,4H), Wh (H,4H), b (4H,)
    T,N,D = X.shape
    H = h0.shape[1]
    hs, cache = [], []
    h, c = h0, c0
    for t in range(T):
        a = X[t].dot(Wx) + h.dot(Wh) + b
        i = squash(a[:, :H]); f = squash(a[:, H:2*H])
        o = squash(a[:, 2*H:3*H]); g = np.tanh(a[:, 3*H:])
        c_new = f*c + i*g
        tc = np.tanh(c_new)
        cache.append((h, c, i, f, o, g, tc))
        h, c = o*tc, c_new
        hs.append(h)
    return np.array(hs), (X, Wx, Wh, cache)

def cell_bwd(dhs, stuff):
    X, Wx, Wh, cache = stuff
    T,N,D = X.shape
    H = Wh.shape[0]
    dX = np.zeros_like(X)
    dWx, dWh, db = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros(4*H)
    dh_next = np.zeros((N, H)); dc_next = np.zeros((N, H))
    for t in range(T-1, -1, -1):
        h_prev, c_prev, i, f, o, g, tc = cache[t]
        dh = dhs[t] + dh_next
        do = dh*tc
        dc = dc_next + dh*o*(1-tc**2)
        di = dc*g
        dg = dc*i
        df = dc*c_prev
        dc_next = dc*f
        da = np.concatenate([di*i*(1-i), df*f*(1-f), do*o*(1-o), dg*(1-g**2)], axis=1)
        dX[t] = da.dot(Wx.T)
        dh_next = da.dot(Wh.T)
        dWx += X[t].T.dot(da)
        dWh += h_prev.T.dot(da)
        db += da.sum(0)
    return dX, dWx, dWh, db
'''

DA = "da = np.concatenate([di*i*(1-i), df*f*(1-f), do*o*(1-o), dg*(1-g**2)], axis=1)"

SLIPS = {
    "the same product as another gate's, before it": ("di = dc*g", "di = dc*i"),
    "the same product as another gate's, after it": ("dc_next = dc*f", "dc_next = dc*i"),
    "the same product as the cell's": ("dg = dc*i", "dg = dc*f"),
    "another derivative in a piece of what is joined": (DA, DA.replace("dg*(1-g**2)", "dg*g*(1-g)")),
    "two pieces in each other's place": (DA, DA.replace("do*o*(1-o), dg*(1-g**2)", "dg*(1-g**2), do*o*(1-o)")),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_in_a_gate_is_found_on_its_line_and_undone(name: str) -> None:
    right, wrong = SLIPS[name]
    assert_undone(CELL.replace(right, "SLOT"), right, wrong)
