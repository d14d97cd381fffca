"""Replay: what a run would have given had one statement been written otherwise.

Nothing is traced again.  The edited expression is evaluated on the operands that its statement recorded; its new value
takes the old one's place in the expression graph, and only what depends on it is computed anew.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

import libcst as cst
import numpy as np

from nablint.calculus.effort import EFFORT
from nablint.calculus.terms import Term
from nablint.claims.replaying.calling import followed
from nablint.ops import CARDS
from nablint.reading.nodes import fields_of, parts, written
from nablint.shapes import Misfit
from nablint.tracing.expressions import EXPRESSIONS
from nablint.tracing.indices import subscript_key
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.operators import binary, listed
from nablint.tracing.step import Step
from nablint.tracing.subscripts import array_key
from nablint.tracing.values import Array, Function, Instance, Pending, Restart, Scope, Signal, TooMuch, Unknown

SECONDS = 0.2
"""What one replay may take."""


class Replay(Interpreter):
    """An interpreter that answers for recorded nodes from the record."""

    recorded: dict[int, Any]
    moment: int
    """The number of the step: what was written later is not there yet."""

    def eval(self, node: cst.CSTNode, scope: Scope) -> Any:
        """The recorded value of a node, or the value that its rule gives."""
        if self.step is None:
            found = self.recorded.get(id(node))
            if found is not None:
                return Array(found, self.dialect) if isinstance(found, Term) else found
        rule = EXPRESSIONS.get(type(node))
        if rule is None:
            return Unknown("not followed")
        value = self._as_it_was(node, scope) if self.step is None else None
        value = rule(self, node, scope) if value is None else value
        value = value.value if type(value) is Pending and value.value is not None else value
        if self.step is None and type(value) is Array and value.past:
            return Array(value.before(self.moment), value.dialect)
        return value

    def _as_it_was(self, node: cst.CSTNode, scope: Scope) -> Any:
        """What an attribute held where the step stands, if it was given something else since."""
        if not isinstance(node, cst.Attribute) or not isinstance(node.value, cst.Name):
            return None
        owner = scope.names.get(node.value.value)
        name = node.attr.value
        return owner.before(name, self.moment) if isinstance(owner, Instance) and name in owner.past else None

    def follow(self, function: Function, args: list[Any], keywords: dict[str, Any], node: cst.CSTNode | None) -> Any:
        """A call of a function of the source; one that was made before gives what it gave."""
        def walk() -> Any:
            return super(Replay, self).follow(function, args, keywords, node)

        return walk() if keywords else followed(self, function, args, walk)


def replayer(it: Interpreter, step: Step) -> Replay:
    """A copy of an interpreter that stands before a recorded step."""
    other = Replay.__new__(Replay)
    other.__dict__.update(it.__dict__)  # as `copy.copy` does, which takes four times as long
    other.steps, other.events, other.misfits, other.returned = [], [], [], []
    other.step, other.block, other.recorded, other.moment = None, step.block, step.values, step.number
    other.history, other.lists, other.frames = {}, {}, {}
    other.sizes_named = {**it.sizes_named}  # a call that is made otherwise names what it unpacks otherwise
    return other


@lru_cache(maxsize=256)
def replace(root: Any, old: cst.CSTNode, new: cst.CSTNode) -> Any:
    """The tree with one node replaced; what does not hold it stays the same object.

    An edit is tried at every execution of its statement: the edited tree is made once.
    """
    return _replaced(root, old, new)


def _replaced(root: Any, old: cst.CSTNode, new: cst.CSTNode) -> Any:
    if root is old:
        return new
    for field in fields_of(root):
        value = getattr(root, field)
        if isinstance(value, cst.CSTNode):
            inner = _replaced(value, old, new)
            if inner is not value:
                return root.with_changes(**{field: inner})
        elif isinstance(value, tuple | list):
            for i, item in enumerate(value):
                if isinstance(item, cst.CSTNode):
                    inner = _replaced(item, old, new)
                    if inner is not item:
                        return root.with_changes(**{field: [*value[:i], inner, *value[i + 1 :]]})
    return root


def holds(root: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Is the node part of the tree?"""
    return root is node or any(holds(c, node) for c in parts(root))


def new_value(it: Interpreter, step: Step, statement: Any) -> Term | None:
    """The term that an edited statement would make in a recorded step."""
    other = replayer(it, step)
    scope = Scope(step.names, step.scope.outer, step.scope.function)
    tainting = it.graph.tainting
    it.graph.tainting = True
    try:
        with it.using(), _apart(it, step, statement), np.errstate(all="ignore"):
            return _remade(other, step, statement, scope)
    except FAILURES:
        return None
    finally:
        it.graph.tainting = tainting


def evaluated(it: Interpreter, step: Step, text: str) -> Term | None:
    """What an expression would be worth in a recorded step; None where it is no array there."""
    value = new_result(it, step, written(text))
    return value.term if isinstance(value, Array) else None


def new_result(it: Interpreter, step: Step, expression: cst.BaseExpression) -> Any:
    """What an expression would be worth in a recorded step, whatever it is; None where it has no value there."""
    other = replayer(it, step)
    scope = Scope(step.names, step.scope.outer, step.scope.function)
    tainting, it.graph.tainting = it.graph.tainting, True
    try:
        with it.using(), _apart(it, step, expression), np.errstate(all="ignore"):
            return other.eval(expression, scope)
    except FAILURES:
        return None
    finally:
        it.graph.tainting = tainting


@contextmanager
def _apart(it: Interpreter, step: Step, code: cst.CSTNode) -> Generator[None]:
    """A replay of its own: its bounds are not those of the run, and afterwards all is as before that objects keep,
    whatever the methods assign that the code calls.
    """
    world = it.world
    bounds = world.ends, world.steps
    world.ends, world.steps = EFFORT.seconds + SECONDS, 0
    holders, arrays = _kept(step.names.values()) if _calls(code) else ([], [])
    before = [(holder, [*holder] if isinstance(holder, list) else {**holder}) for holder in holders]
    terms = [(array, array.term) for array in arrays]
    try:
        yield
    finally:
        world.ends, world.steps = bounds
        for holder, held in before:
            if isinstance(holder, list):
                holder[:] = held
            elif holder != held:
                holder.clear()
                holder.update(cast(dict[Any, Any], held))
        for array, term in terms:
            if array.term is not term:
                array.write(term)


@lru_cache(maxsize=4096)
def _calls(node: cst.CSTNode) -> bool:
    """Is anything called in it?  Edits of a statement have most of their parts in common."""
    return isinstance(node, cst.Call) or any(map(_calls, parts(node)))


def _kept(values: Iterable[Any]) -> tuple[list[list[Any] | dict[Any, Any]], list[Array]]:
    """The containers that objects keep what they have in, those of objects in objects, too, and the arrays in them."""
    holders: dict[int, list[Any] | dict[Any, Any]] = {}
    arrays: list[Array] = []
    stack: list[Any] = [v for v in values if isinstance(v, Instance)]
    while stack:
        value = stack.pop()
        if isinstance(value, Array):
            arrays.append(value)
        elif isinstance(value, Instance | list | dict):
            holder: list[Any] | dict[Any, Any] = value.names if isinstance(value, Instance) else value
            if id(holder) not in holders:
                holders[id(holder)] = holder
                stack += holder if isinstance(holder, list) else holder.values()
    return [*holders.values()], arrays


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
