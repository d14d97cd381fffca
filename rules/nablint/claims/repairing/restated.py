"""Restated: a statement of another kind in a statement's place.

`dW = ...` in a loop for `dW += ...`, `+=` for `-=`, `dx[mask] = slope` for `dx[mask] *= slope`; results that are
returned in another order, or too few of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.claims.edits.trees import Edit
from nablint.tracing.step import Step
from nablint.tracing.values import Array

_SIGNS = {cst.AddAssign: cst.SubtractAssign, cst.SubtractAssign: cst.AddAssign}


def restatements(step: Step) -> Iterator[Edit]:
    """Other ways to assign the same expression."""
    node = step.node
    if isinstance(node, cst.AugAssign):
        other = _SIGNS.get(type(node.operator))  # type: ignore[arg-type]
        if other is not None:
            yield Edit(node, node.with_changes(operator=other()), "sign", 1.0)
            yield Edit(node, _plain(node), "accumulation", 1.2)
        if isinstance(node.operator, cst.MultiplyAssign | cst.DivideAssign):
            yield Edit(node, _plain(node), "operator", 1.3)
    elif isinstance(node, cst.Assign) and len(node.targets) == 1 and _held_before(step, node.targets[0].target):
        yield Edit(node, _augmented(node, cst.AddAssign()), "accumulation", 1.0)
        yield Edit(node, _augmented(node, cst.MultiplyAssign()), "operator", 1.2)
        yield Edit(node, _augmented(node, cst.SubtractAssign()), "accumulation", 1.3)


def _held_before(step: Step, target: cst.BaseExpression) -> bool:
    """Did the target hold an array before the statement?"""
    if isinstance(target, cst.Name):
        return isinstance(step.names.get(target.value), Array)
    return isinstance(target, cst.Subscript) and step.event is not None and isinstance(step.event.owner, Array)


def _plain(node: cst.AugAssign) -> cst.Assign:
    return cst.Assign([cst.AssignTarget(node.target)], node.value)


def _augmented(node: cst.Assign, operator: cst.BaseAugOp) -> cst.AugAssign:
    return cst.AugAssign(node.targets[0].target, operator, node.value)


def reordered(node: cst.Return, first: int, second: int) -> cst.Return:
    """The return statement with two of its values exchanged."""
    assert isinstance(node.value, cst.Tuple)
    elements = list(node.value.elements)
    a, b = elements[first], elements[second]
    elements[first], elements[second] = a.with_changes(value=b.value), b.with_changes(value=a.value)
    return node.with_changes(value=node.value.with_changes(elements=elements))


def completed(node: cst.Return, missing: int) -> cst.Return:
    """The return statement with as many more values of None."""
    assert node.value is not None
    value = node.value
    first = list(value.elements) if isinstance(value, cst.Tuple) and value.elements else [cst.Element(value)]
    space = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    elements = [cst.Element(e.value, comma=space) for e in (*first, *[cst.Element(cst.Name("None"))] * missing)]
    elements[-1] = elements[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    whole = isinstance(value, cst.Tuple)
    left, right = (value.lpar, value.rpar) if whole else ([], [])
    return node.with_changes(value=cst.Tuple(elements, lpar=left, rpar=right))
