"""Replay: what a run would have given had one statement been written otherwise.

Nothing is traced again.  The edited expression is evaluated on the operands that its statement recorded; its new value
takes the old one's place in the expression graph, and only what depends on it is computed anew.
"""

from __future__ import annotations

import copy
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.ops import CARDS
from nablint.reading.nodes import parts
from nablint.shapes import Misfit
from nablint.tracing.expressions import EXPRESSIONS, subscript_key
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.operators import binary, listed
from nablint.tracing.step import Step
from nablint.tracing.subscripts import array_key
from nablint.tracing.values import Array, Pending, Restart, Scope, Signal, TooMuch, Unknown


class Replay(Interpreter):
    """An interpreter that answers for recorded nodes from the record."""

    recorded: dict[int, Any]

    def eval(self, node: cst.CSTNode, scope: Scope) -> Any:
        """The recorded value of a node, or the value that its rule gives."""
        if self.step is None:
            found = self.recorded.get(id(node))
            if found is not None:
                return Array(found, self.dialect) if isinstance(found, Term) else found
        rule = EXPRESSIONS.get(type(node))
        if rule is None:
            return Unknown("not followed")
        value = rule(self, node, scope)
        return value.value if type(value) is Pending and value.value is not None else value


def replayer(it: Interpreter, step: Step) -> Replay:
    """A copy of an interpreter that stands before a recorded step."""
    other = copy.copy(it)
    other.__class__ = Replay
    assert isinstance(other, Replay)
    other.steps, other.events, other.misfits, other.returned = [], [], [], []
    other.step, other.block, other.recorded = None, step.block, step.values
    other.history, other.lists, other.frames = {}, {}, {}
    return other


def expression(step: Step) -> Any:
    """The expression of a statement whose value matters."""
    node = step.node
    if isinstance(node, cst.Assign | cst.AugAssign | cst.AnnAssign | cst.Return | cst.Expr):
        return node.value
    return None


def replace(root: Any, old: cst.CSTNode, new: cst.CSTNode) -> Any:
    """The tree with one node replaced; what does not hold it stays the same object."""
    if root is old:
        return new
    for field in root.__dataclass_fields__:
        value = getattr(root, field)
        if isinstance(value, cst.CSTNode):
            inner = replace(value, old, new)
            if inner is not value:
                return root.with_changes(**{field: inner})
        elif isinstance(value, tuple | list):
            for i, item in enumerate(value):
                if isinstance(item, cst.CSTNode):
                    inner = replace(item, old, new)
                    if inner is not item:
                        return root.with_changes(**{field: [*value[:i], inner, *value[i + 1 :]]})
    return root


def holds(root: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Is the node part of the tree?"""
    return root is node or any(holds(c, node) for c in parts(root))


def old_value(step: Step) -> Term | None:
    """The term that a step made, whose place a new one would take."""
    node = step.node
    event = step.event
    if (
        isinstance(node, cst.Assign)
        and isinstance(node.targets[0].target, cst.Subscript)
        and event is not None
        and isinstance(event.owner, Array)
    ):
        return event.value
    if (
        isinstance(node, cst.AugAssign)
        and isinstance(node.target, cst.Subscript)
        and event is not None
        and isinstance(event.owner, Array)
    ):
        return event.value
    root = expression(step)
    found = step.values.get(id(root)) if root is not None else None
    if isinstance(found, Term):
        return found
    return event.value if event is not None else None


def replacement(it: Interpreter, step: Step, old: cst.CSTNode, new: Any) -> tuple[Term, Term | None] | None:
    """The term that a step made, and the one that it would have made with a node replaced.

    None where it made none, or where the edited statement cannot be followed.
    """
    if old is not step.node:
        was = old_value(step)
        return None if was is None else (was, new_value(it, step, replace(step.node, old, new)))
    was = stored(step)
    if was is None:
        return None
    return was, _accumulated(it, step, new) if isinstance(new, cst.AugAssign) else new_value(it, step, new)


def stored(step: Step) -> Term | None:
    """What a step's target held afterwards."""
    return step.event.value if step.event is not None else None


def _accumulated(it: Interpreter, step: Step, statement: cst.AugAssign) -> Term | None:
    """The value of an accumulating assignment in place of what a step did."""
    if isinstance(statement.target, cst.Subscript) and step.event is not None and isinstance(step.event.owner, Array):
        return new_value(it, step, statement)
    now = stored(step)
    value = new_value(it, step, statement)
    if now is None or value is None:
        return None
    if isinstance(step.node, cst.AugAssign):  # an array that is written in place: what it held stands in the sum
        before = next((a for a in now.args[:1]), None) if now.card is not None and len(now.args) == 2 else None
    else:
        name = statement.target.value if isinstance(statement.target, cst.Name) else ""
        held = step.names.get(name)
        before = held.term if isinstance(held, Array) else None
    if before is None or tuple(before.sample.shape) != tuple(now.sample.shape):
        return None
    other = replayer(it, step)
    operator = type(statement.operator).__name__.removesuffix("Assign")
    try:
        with it.using(), np.errstate(all="ignore"):
            made = binary(other, operator, Array(before, it.dialect), Array(value, it.dialect), None)
    except (Misfit, Restart, TooMuch):
        return None
    return made.term if isinstance(made, Array) else None


def right_side(step: Step) -> Term | None:
    """What stands on the right of a statement that writes a part of an array, where it is the statement's own."""
    node = step.node
    if not isinstance(node, cst.Assign | cst.AugAssign):
        return None
    target = node.targets[0].target if isinstance(node, cst.Assign) else node.target
    found = step.values.get(id(node.value))
    part = isinstance(target, cst.Subscript) and step.event is not None and isinstance(step.event.owner, Array)
    return found if part and isinstance(found, Term) and found.origin is step else None


def new_right_side(it: Interpreter, step: Step, old: cst.CSTNode, new: Any) -> Term | None:
    """The term that the right side would be with a node replaced."""
    assert isinstance(step.node, cst.Assign | cst.AugAssign)
    return new_value(it, step, cst.Expr(replace(step.node.value, old, new)))


def part_wanted(step: Step, wanted: Any) -> Any:
    """What the right side of a statement should be, for the array of which it writes a part to be as wanted."""
    whole, node = stored(step), step.node
    if whole is None or whole.card is None or whole.card.name != "setitem":
        return None
    base, source = whole.args[0], whole.args[1]
    try:
        part = np.asarray(CARDS["getitem"].evaluate(wanted, *[t.sample for t in whole.args[2:]], **whole.params))
        again = CARDS["setitem"].evaluate(base.sample, part, *[t.sample for t in whole.args[2:]], **whole.params)
        before = CARDS["getitem"].evaluate(base.sample, *[t.sample for t in whole.args[2:]], **whole.params)
    except FAILURES:
        return None
    if not np.allclose(again, wanted, rtol=1e-7, atol=1e-9):
        return None
    if isinstance(node, cst.AugAssign):
        if isinstance(node.operator, cst.AddAssign):
            return part - before
        if isinstance(node.operator, cst.SubtractAssign):
            return before - part
        return None
    return part if source.sample.size else None


def new_value(it: Interpreter, step: Step, statement: Any) -> Term | None:
    """The term that an edited statement would make in a recorded step."""
    other = replayer(it, step)
    scope = Scope(step.names, step.scope.outer, step.scope.function)
    tainting = it.graph.tainting
    it.graph.tainting = True
    try:
        with it.using(), np.errstate(all="ignore"):
            return _remade(other, step, statement, scope)
    except FAILURES:
        return None
    finally:
        it.graph.tainting = tainting


def evaluated(it: Interpreter, step: Step, text: str) -> Term | None:
    """What an expression would be worth in a recorded step; None where it has no value there."""
    other = replayer(it, step)
    scope = Scope(step.names, step.scope.outer, step.scope.function)
    tainting, it.graph.tainting = it.graph.tainting, True
    try:
        with it.using(), np.errstate(all="ignore"):
            value = other.eval(cst.parse_expression(text), scope)
    except FAILURES:
        return None
    finally:
        it.graph.tainting = tainting
    return value.term if isinstance(value, Array) else None


FAILURES = (Misfit, Restart, Signal, TooMuch, OverflowError, ValueError, TypeError, KeyError, AttributeError,
            IndexError, RecursionError)


def _remade(it: Replay, step: Step, statement: Any, scope: Scope) -> Term | None:
    if isinstance(statement, cst.Assign | cst.AugAssign):
        target = statement.targets[0].target if isinstance(statement, cst.Assign) else statement.target
        event = step.event
        if isinstance(target, cst.Subscript) and event is not None and isinstance(event.owner, Array):
            base = it.eval(target.value, scope)
            if not isinstance(base, Array):
                return None
            encoded = array_key(it, base, subscript_key(it, target, scope))
            if isinstance(encoded, Unknown):
                return None
            index, terms = encoded
            value = it.eval(statement.value, scope)
            if isinstance(statement, cst.AugAssign):
                part = Array(CARDS["getitem"](base.term, *terms, index=index), base.dialect)
                value = binary(it, type(statement.operator).__name__.removesuffix("Assign"), part, value, None)
            term = it.term(listed(it, value))
            return None if term is None else CARDS["setitem"](base.term, term, *terms, index=index)
    value = it.eval(statement.value, scope)
    return it.term(listed(it, value))
