"""Right code that the shape rules once found fault with."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse

MEANT = {
    "entries that a comment works out": "e = np.array([5, 7, 9])  # [1+4, 2+5, 3+6]\n",
    "a comment that tells of both ways round": (
        'def f(x, first):\n    """x: array of shape (L, B, D)"""\n    if first:\n'
        "        x = x.swapaxes(0, 1)  # (B, L, D) => (L, B, D)\n    return x * 2\n"),
    "a column whose entries are written out": (
        "a = np.array([[1.0], [2.0], [3.0]])\nb = np.array([1.0, 2.0, 3.0])\nc = a + b\n"),
}


@pytest.mark.parametrize("what", MEANT)
def test_what_is_meant_is_no_finding(what: str) -> None:
    assert not analyse(f"import numpy as np\n\n{MEANT[what]}", "case.py").diagnostics
