"""Sites: where in a statement a value is made, whose place in the graph an edit's value takes, and what it should be.

Mostly that is the value of the statement's expression.  What is written into a part of an array, or changes one, shows
in the whole; what is given to a function of the file that returns several values shows in all that the function makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.replaying.replay import holds, new_result, new_value, replace, replayer
from nablint.claims.replaying.undoing import REVERSIBLE, changed_by, part_of, written_part
from nablint.shapes import Misfit
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.operators import binary
from nablint.tracing.step import Step
from nablint.tracing.values import Array, Restart, TooMuch


@dataclass(frozen=True, slots=True)
class Site:
    """An expression of a step, and the term whose place its value takes or that its value is put into."""

    step: Step
    root: Any
    old: Term
    whole: bool
    """The expression's value is the term itself."""

    @property
    def array(self) -> Any:
        """The array that the statement writes into."""
        return self.step.event.owner if self.step.event is not None else None

    def wanted(self, value: Any) -> Any:
        """What the expression should be for the term to have a value; None where nothing would do."""
        if self.whole:
            return value
        return (changed_by(self.step.node, stored(self.step), value) if _updates(self.step)
                else written_part(self.step.node, stored(self.step), value))

    def part(self, last: Site, value: Any) -> Any:
        """What the expression should be for the array to have a value after the statement's last execution."""
        if self.whole or self.root is None or _updates(self.step):
            return None
        return part_of(self.step.node, stored(self.step), last.old, value)

    def named(self, value: Term) -> Term | None:
        """What the term should be for what the statement names to have a value: to a sum, what it has to add."""
        if not self.whole or not isinstance(self.step.node, cst.AugAssign) or _writes_part(self.step):
            return value
        added = changed_by(self.step.node, stored(self.step), np.asarray(value.sample))
        return None if added is None else self.old.graph.leaf("", added, value.shape)


def expression(step: Step) -> Any:
    """The expression of a statement whose value matters."""
    node = step.node
    if isinstance(node, cst.Assign | cst.AugAssign | cst.AnnAssign | cst.Return | cst.Expr):
        return node.value
    return None


def sites(steps: list[Step], given: Any = None) -> list[Site]:
    """The sites of a statement's executions, all of one kind; of one of its arguments where one is given."""
    if given is not None:
        found = [(s, s.values[id(given)]) for s in steps if made_by(s, given)]
        return [Site(s, given, v, True) for s, v in found] if len(found) == len(steps) else []
    if any(map(arguments, steps)) or any(map(returned, steps)):
        return []
    sides = [Site(s, expression(s), v, True) for s in steps if (v := right_side(s)) is not None]
    if len(sides) == len(steps):
        return sides
    out: list[Site] = []
    for s in steps:
        root = expression(s)
        value = stored(s) if _updates(s) else old_value(s)
        if value is not None:
            out.append(Site(s, root, value, root is not None and value is s.values.get(id(root))))
    return out


def arguments(step: Step) -> list[Any]:
    """What a statement works out for a call whose value is no array, of a function that returns several, say; or for
    the entries of a dict, a tuple or a list.
    """
    root = expression(step)
    if isinstance(root, cst.Call) and not isinstance(step.values.get(id(root)), Term):
        return [a.value for a in root.args if made_by(step, a.value)]
    if isinstance(root, cst.Dict | cst.Tuple | cst.List):
        return [e.value for e in root.elements if made_by(step, e.value)]
    return []


def pieces(step: Step) -> list[Any]:
    """The expressions whose values a statement joins to one."""
    root = expression(step)
    if not isinstance(root, cst.Call) or not root.args or not isinstance(root.args[0].value, cst.List | cst.Tuple):
        return []
    return [e.value for e in root.args[0].value.elements if made_by(step, e.value)]


def made_by(step: Step, node: cst.CSTNode) -> bool:
    """Is the value of an expression a term that the step made?"""
    found = step.values.get(id(node))
    return isinstance(found, Term) and found.tainted and found.origin is step


def hands_on(step: Step) -> bool:
    """Does a step only give a value that was made elsewhere another name?"""
    value = old_value(step)
    return value is not None and value.origin is not step


def old_value(step: Step) -> Term | None:
    """The term that a step made, whose place a new one would take."""
    event = step.event
    if event is not None and _writes_part(step):
        return event.value
    root = expression(step)
    found = step.values.get(id(root)) if root is not None else None
    if isinstance(found, Term):
        return found
    return event.value if event is not None else None


def stored(step: Step) -> Term | None:
    """What a step's target held afterwards."""
    return step.event.value if step.event is not None else None


def right_side(step: Step) -> Term | None:
    """What stands on the right of a statement that writes a part of an array, where it is the statement's own."""
    found = step.values.get(id(expression(step)))
    return found if _writes_part(step) and isinstance(found, Term) and found.origin is step else None


def _writes_part(step: Step) -> bool:
    """Does the step write some entries of an array?"""
    node = step.node
    if not isinstance(node, cst.Assign | cst.AugAssign):
        return False
    target = node.targets[0].target if isinstance(node, cst.Assign) else node.target
    return isinstance(target, cst.Subscript) and step.event is not None and isinstance(step.event.owner, Array)


def _updates(step: Step) -> bool:
    """Does the step change a whole array by what is not its own, or is repeated to fill it, and only shows there?"""
    node, now = step.node, stored(step)
    if not isinstance(node, cst.AugAssign) or not isinstance(node.operator, REVERSIBLE):
        return False
    if now is None or now.card is None or len(now.args) != 2 or _writes_part(step):
        return False
    found = step.values.get(id(node.value))
    return not isinstance(found, Term) or found.origin is not step or found.sample.size < now.sample.size


def replacement(it: Interpreter, step: Step, old: cst.CSTNode, new: Any) -> tuple[Term, Term | None] | None:
    """The term that a step made, and the one that it would have made with a node replaced.

    None where it made none, or where the edited statement cannot be followed.
    """
    if old is not step.node:
        for given in arguments(step):
            if holds(given, old):
                return step.values[id(given)], new_value(it, step, cst.Expr(replace(given, old, new)))
        edited = replace(step.node, old, new)
        if _updates(step) and (now := stored(step)) is not None:
            return now, _accumulated(it, step, edited)
        was = old_value(step)
        return None if was is None else (was, new_value(it, step, edited))
    was = stored(step)
    if was is None:
        return None
    return was, _accumulated(it, step, new) if isinstance(new, cst.AugAssign) else new_value(it, step, new)


def replacements(it: Interpreter, step: Step, old: cst.CSTNode, new: Any) -> list[tuple[Term, Term | None]] | None:
    """All terms that a step made, each with what it would have been: those of a call that returns several, too.

    None where it made none, or where the edited statement cannot be followed.
    """
    were = returned(step)
    if were and old is not step.node and not any(holds(given, old) for given in arguments(step)):
        now = list(_arrays(new_result(it, step, replace(expression(step), old, new))))
        return [*zip(were, now, strict=True)] if len(now) == len(were) else [(were[0], None)]
    pair = replacement(it, step, old, new)
    return None if pair is None else [pair]


def returned(step: Step) -> list[Term]:
    """The arrays of a call that returns several, in a tuple or dict."""
    root = expression(step)
    return [*_arrays(step.values.get(id(root)))] if isinstance(root, cst.Call) else []


def _arrays(value: Any) -> Iterator[Term]:
    """The terms of arrays in containers, in the order in which they stand there."""
    if isinstance(value, dict):
        value = list(cast(dict[Any, Any], value).values())
    for item in cast(list[Any], value) if isinstance(value, list | tuple) else ():
        if isinstance(item, Array):
            yield item.term
        else:
            yield from _arrays(item)


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
        before = held.before(step.number) if isinstance(held, Array) else None
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
