"""Gradients that are estimated by finite differences: one turn of the loop is run, and what it fills is no claim."""

from __future__ import annotations

import libcst as cst
import pytest
from nablint.analysis import analyse
from nablint.tracing.statements.nudging import nudges

PUT_BACK = """\
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            old = w[i, j]
            w[i, j] = old + eps
            up = loss(x, w)
            w[i, j] = old - eps
            down = loss(x, w)
            w[i, j] = old
            dw[i, j] = (up - down) / (2 * eps)
"""
UNDONE = """\
    for i in range(w.shape[0]):
        for j in range(w.shape[1]):
            w[i, j] += eps
            up = loss(x, w)
            w[i, j] -= 2 * eps
            dw[i, j] = (up - loss(x, w)) / (2 * eps)
            w[i, j] += eps
"""
SWAPPED = """\
    for i in range(w.shape[0]):
        old = w[i, 0]
        w[i, 0] = w[i, 1]
        up = loss(x, w)
        w[i, 1] = old
"""
TRAINED = """\
    for epoch in range(3):
        w = w - 0.1 * np.dot(x.T, np.dot(x, w))
""" + "\n".join("    " + line for line in PUT_BACK.splitlines()) + "\n"

MODULE = """\
import numpy as np

def loss(x, w):
    return 0.5 * np.sum(np.dot(x, w) ** 2)

def estimate(x, w, eps=1e-5):
    cost = loss(x, w)
    grad_w = np.dot(x.T, np.dot(x, w))
    dw = np.zeros(w.shape)
"""


@pytest.mark.parametrize(("text", "expected"), [
    (PUT_BACK, True),
    (UNDONE, True),
    (SWAPPED, False),
    (TRAINED, False),
    (PUT_BACK + "            found.append(dw[i, j])\n", False),
    (PUT_BACK.replace("loss(x, w)", "w[0, 0]"), False),
])
def test_which_loops_nudge_entries(text: str, expected: bool) -> None:
    loop = cst.parse_module("if True:\n" + text).body[0].body.body[0]  # type: ignore[union-attr]
    assert isinstance(loop, cst.For)
    assert nudges(loop) == expected


@pytest.mark.parametrize("loop", [PUT_BACK, UNDONE])
def test_what_such_a_loop_fills_is_an_estimate(loop: str) -> None:
    result = analyse(MODULE + loop + "    return cost, dw\n", "check.py")
    assert not result.diagnostics
    filled = [(c.verdict, c.reason) for c in result.claims if c.role == "result" and c.gradient == "dw"]
    assert filled
    assert set(filled) == {("unchecked", "finite differences estimate it")}


@pytest.mark.parametrize(("factor", "verdict"), [("", "proved"), (" * 2", "wrong")])
def test_a_gradient_beside_an_estimate_is_judged(factor: str, verdict: str) -> None:
    module = MODULE.replace("np.dot(x, w))\n", f"np.dot(x, w)){factor}\n")
    result = analyse(module + PUT_BACK + "    return cost, grad_w, dw\n", "check.py")
    assert {c.verdict for c in result.claims if c.gradient == "grad_w"} == {verdict}
