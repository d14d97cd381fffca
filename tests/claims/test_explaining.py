"""Derivations of claims: in the file's own names, as text, as LaTeX and as MathML."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from nablint.analysis import analyse
from nablint.settings import Settings

SOURCE = """
import numpy as np


def softmax_loss(X, W, y):
    N = X.shape[0]
    scores = X.dot(W)
    P = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    loss = -np.log(P[np.arange(N), y]).sum() / N
    dscores = P.copy()
    dscores[np.arange(N), y] -= 1
    dW = X.T.dot(dscores) / N
    return loss, dW
"""

SIDES = [
    # style, what the steps hold between them
    ("text", ["dW", "P[arange(N), y]", "Xᵀ"]),
    ("latex", [r"\mathrm{d}W", r"\frac{", r"X^{\top}"]),
    ("mathml", [
        '<mrow><mi mathvariant="normal">d</mi><mi>W</mi></mrow>', "<mfrac>", "<msup><mi>X</mi><mi>⊤</mi></msup>",
    ]),
]


def steps(style):
    result = analyse(SOURCE, "loss.py", Settings(explain=True, steps_in=style))
    claim = next(c for c in result.claims if c.gradient == "dW" and c.explanation is not None)
    assert claim.verdict in ("proved", "verified")
    return claim.explanation.steps


@pytest.mark.parametrize(("style", "parts"), SIDES)
def test_every_step_is_written_in_the_style_asked_for(style, parts):
    shown = [side for step in steps(style) for side in (step.before, step.after)]
    for part in parts:
        assert any(part in side for side in shown), part
    if style == "mathml":
        assert {ElementTree.fromstring(side).tag for side in shown} == {"math"}


def test_the_rules_are_the_same_in_every_style_and_dimensions_are_called_as_in_the_source():
    text, latex, mathml = (steps(style) for style, _ in SIDES)
    assert [s.rule for s in text] == [s.rule for s in latex] == [s.rule for s in mathml]
    assert not any("@" in side for step in (*text, *latex, *mathml) for side in (step.before, step.after))
