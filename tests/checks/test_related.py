"""Places beside a finding: the forward line behind the gradient, where the variable is made, what else is spoilt."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from slips import HERE as CASES

LAYER = (CASES.parent / "examples" / "numpy_linear_layer.py").read_text()

PAIR = """import numpy as np


def forward(x, w):
    z = x @ w
    return np.tanh(z), (x, w, z)


def backward(dout, cache):
    x, w, z = cache
    dz = dout * (1 + np.tanh(z) ** 2)
    dw = x.T @ dz
    dx = dz @ w.T
    return dx, dw
"""

PLACES = [
    # source, the places by line and words
    (LAYER, [("return x @ self.W + self.b", "is used here"),
             ("self.W = np.random", "gets its shape (n_in, n_out) here")]),
    (PAIR, [("dw = x.T @ dz", "dw comes out wrong"), ("dx = dz @ w.T", "dx comes out wrong"),
            ("z = x @ w", "is used here")]),
]


@pytest.mark.parametrize(("source", "places"), PLACES)
def test_a_finding_has_its_places(source, places):
    (found,) = analyse(source, "layer.py").diagnostics
    lines = source.split("\n")
    told = [(lines[place.location.row - 1].strip(), place.message) for place in found.related]
    assert len(told) == len(places)
    for line, words in places:
        assert any(where.startswith(line) and words in message for where, message in told), (line, told)
