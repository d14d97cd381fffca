"""Scaled before: what a statement adds to should have been divided, or multiplied, in a line that is not there.

The line `dW /= n` is lost, and `dW += 2 * reg * W` adds to the undivided sum: `dW = dW / n + 2 * reg * W` is meant.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst
import numpy as np

from nablint.claims.edits.trees import Edit, binary, bracketed
from nablint.claims.repairing.forms import constant, named_numbers
from nablint.claims.replaying.sites import stored
from nablint.reading.nodes import written
from nablint.tracing.step import Step


def scaled_before(step: Step, missing: Any, numbers: list[tuple[str, float]]) -> Iterator[Edit]:
    """Statements that scale a whole array before they add to it.

    missing: by how much more the statement should have changed the array; numbers: live numbers with their values.
    """
    node, now = step.node, stored(step)
    if (not isinstance(node, cst.AugAssign) or not isinstance(node.operator, cst.AddAssign | cst.SubtractAssign)
            or isinstance(node.target, cst.Subscript) or now is None or now.card is None or len(now.args) != 2):
        return
    before = np.asarray(now.args[0].sample, float)
    if np.shape(before) != np.shape(missing):
        return
    sign = 1.0 if isinstance(node.operator, cst.AddAssign) else -1.0
    with np.errstate(all="ignore"):
        more = constant(np.where(np.abs(before) > 1e-12, sign * missing / before, np.nan))
    operator = cst.Add() if sign > 0 else cst.Subtract()
    for word, kind, cost in named_numbers(1.0 + more, numbers) if more is not None else ():
        if kind == "scale" and not word.startswith("-"):
            scaled = (binary(node.target, cst.Divide(), written(word[4:])) if word.startswith("1 / ")
                      else binary(node.target, cst.Multiply(), written(word)))
            whole = cst.BinaryOperation(scaled, operator, bracketed(node.value) if sign < 0 else node.value)
            yield Edit(node, cst.Assign([cst.AssignTarget(node.target)], whole), "scale", cost + 0.1, word)
