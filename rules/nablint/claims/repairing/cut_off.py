"""Cut off: values by the name of a gradient that no cotangent flows into, though one should.

The derivative of one step alone, which has such a name as well, is multiplied with a cotangent later.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.edits.trees import walk
from nablint.claims.model import Judgement
from nablint.tracing.step import Event, Step


def cut_off(judgement: Judgement, events: list[Event], carrying: AbstractSet[Term]) -> bool:
    """Does no cotangent ever multiply what a local name has been given?

    events: the assignments to one name.  carrying: all values that a cotangent flows into.
    """
    first = events[0]
    if not isinstance(first.target, cst.Name):
        return False
    name = first.target.value
    for step in judgement.run.it.steps:
        if step.number <= first.step.number or step.scope is not first.step.scope:
            continue
        for factors in _products(step.node):
            with_name = [n for n in factors if any(isinstance(p, cst.Name) and p.value == name for p in walk(n))]
            if with_name and any(_carries(step, n, carrying) for n in factors if n not in with_name):
                return False
    return True


def _carries(step: Step, node: cst.CSTNode, carrying: AbstractSet[Term]) -> bool:
    value = step.values.get(id(node))
    return isinstance(value, Term) and value in carrying


def _products(statement: cst.CSTNode) -> Iterator[list[cst.CSTNode]]:
    """What may be multiplied with each other in a statement: factors, and what a function is given."""
    for node in walk(statement):
        if isinstance(node, cst.BinaryOperation) and not isinstance(node.operator, cst.Add | cst.Subtract):
            yield [node.left, node.right]
        elif isinstance(node, cst.Call):
            receiver = [node.func.value] if isinstance(node.func, cst.Attribute) else []
            yield [*receiver, *(a.value for a in node.args)]
        elif isinstance(node, cst.AugAssign) and not isinstance(node.operator, cst.AddAssign | cst.SubtractAssign):
            yield [node.target, node.value]
