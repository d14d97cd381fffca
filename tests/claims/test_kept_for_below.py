"""What a backward method keeps instead of returning it is shown to be right, and never called wrong."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

LAYER = """
    import numpy as np

    class Layer:
        def __init__(self, n, m):
            self.W = np.random.randn(n, m)

        def forward(self, x):
            self.x = x
            self.output = x @ self.W

        def backward(self, upstream):
            self.dW = self.x.T @ upstream
            self.back = VALUE
    """


@pytest.mark.parametrize(("value", "verdict"), [
    ("upstream @ self.W.T", {"proved"}),
    ("0.5 * (upstream @ self.W.T)", {"unchecked"}),
    ("np.abs(upstream @ self.W.T)", {"unchecked"}),
    ("upstream.copy()", set[str]()),
    ("self.x * 2", set[str]()),
])
def test_an_attribute_in_the_shape_of_the_input(value: str, verdict: set[str]) -> None:
    found = analyse(textwrap.dedent(LAYER).replace("VALUE", value), "layer.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims if c.gradient == "self.back"} == verdict
    assert {c.verdict for c in found.claims if c.wrt == "self.W"} == {"proved"}


def test_what_is_returned_as_well_is_no_guess() -> None:
    source = textwrap.dedent(LAYER).replace("VALUE", "upstream @ self.W.T * 2\n        return upstream @ self.W.T")
    found = analyse(source, "layer.py")
    assert not found.diagnostics
    assert not [c for c in found.claims if c.gradient == "self.back" and c.role == "result"]
