"""Places beside a finding: the forward line behind the gradient, where the variable is made, what else is spoilt."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse

LAYER = """import numpy as np


class Linear:
    def __init__(self, n_in, n_out):
        self.W = 0.1 * np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = dout.T @ self.x
        self.db = dout.sum(axis=0)
        return dout @ self.W.T
"""

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
    (LAYER, [("return x @ self.W + self.b", "is used here"), ("self.W = 0.1", "gets its shape (n_in, n_out) here")]),
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
