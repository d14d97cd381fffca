"""Loops: they unroll on the samples; those that run until something converges are cut after a few turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.shapes import Size
from nablint.tracing.comparing import truth
from nablint.tracing.iteration import iterate
from nablint.tracing.statements.assigning import assign
from nablint.tracing.statements.filling import filled_from_outside
from nablint.tracing.statements.nudging import estimated, nudges
from nablint.tracing.undecided import both, in_part
from nablint.tracing.values import BreakSignal, ContinueSignal, Scope, Undecided, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


MAX_WHILE = 6
"""Turns of a `while` loop; most loops of this kind in numerical code run until something converges."""


def loop_over(it: Interpreter, node: cst.For, scope: Scope) -> None:
    """`for`."""
    _looped(it, lambda: _turns(it, node, scope), node, scope)


def _turns(it: Interpreter, node: cst.For, scope: Scope) -> None:
    it.begin(node, scope)
    value = it.eval(node.iter, scope)
    if isinstance(value, Unknown) and not (value.tainted or it.world.sure):
        with filled_from_outside(scope):
            _each(it, value, node, scope)
    else:
        _each(it, value, node, scope)


def _each(it: Interpreter, value: Any, node: cst.For, scope: Scope) -> None:
    bound = _bound(it, node.iter)
    for item in iterate(it, value, node.iter, loop=True):
        it.world.tick()
        if bound is not None and isinstance(node.target, cst.Name):
            it.counters[node.target.value] = (item, bound)
        assign(it, node.target, item, scope, quiet=True)
        ended = _turn(it, node, scope)
        if ended is BreakSignal:
            return
        if ended:
            break
    if node.orelse is not None:
        it.run(node.orelse.body.body, scope)


def _bound(it: Interpreter, node: cst.BaseExpression) -> Size | None:
    """The dimension that a loop counts up to: `for i in range(N)`, `range(W.shape[0])`, `range(len(x))`."""
    if not (isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in ("range", "xrange")
            and len(node.args) == 1 and it.step is not None):
        return None
    value = it.step.values.get(id(node.args[0].value))
    return value if isinstance(value, Size) and value.expr.name is not None else None


def repeat(it: Interpreter, node: cst.While, scope: Scope) -> None:
    """`while`."""
    _looped(it, lambda: _until(it, node, scope), node, scope)


def _looped(it: Interpreter, turns: Callable[[], None], node: cst.For | cst.While, scope: Scope) -> None:
    """A loop's turns; where nothing may be guessed, what they leave open is forgotten afterwards."""
    if it.world.sure:
        in_part(it, turns, node, scope)
    else:
        turns()


def _until(it: Interpreter, node: cst.While, scope: Scope) -> None:
    for _ in range(MAX_WHILE):
        it.begin(node, scope)
        try:
            goes_on = truth(it, it.eval(node.test, scope), node.test)
        except Undecided:
            both(it, (lambda: _turn(it, node, scope), lambda: None), scope)
            return
        if not goes_on:
            if node.orelse is not None:
                it.run(node.orelse.body.body, scope)
            return
        ended = _turn(it, node, scope)
        if ended is BreakSignal:
            return
        if ended:
            break
    else:
        it.world.cut = True


def _turn(it: Interpreter, node: cst.For | cst.While, scope: Scope) -> type[BreakSignal] | bool:
    """Run the body once: `BreakSignal` where it breaks off, else whether another turn would tell nothing new."""
    steps, events = len(it.steps), len(it.events)
    estimates = not it.world.sure and nudges(node)
    try:
        it.run(node.body.body, scope)
    except BreakSignal:
        return BreakSignal
    except ContinueSignal:
        return False
    if estimates:
        estimated(it, node, events, scope)
        return True
    return _trained(it, steps, events)


def _trained(it: Interpreter, steps: int, events: int) -> bool:
    """Did a turn of a loop go forward, backward, and update?  Another turn would tell nothing new: its parameters are
    what this one made of them.
    """
    updated: set[Term] = set()
    for event in it.events[events:]:
        new = event.value
        if new is not None and new.tainted and new.card is not None and new.card.name in ("add", "subtract"):
            updated |= {a for a in new.args if not a.tainted and a.card is None and a.label and a.ndim == new.ndim
                        and (a.ndim or a.label.startswith("blank"))}
    if not updated:
        return False
    stack = [v for step in it.steps[steps:] for v in step.values.values() if isinstance(v, Term) and not v.tainted]
    return any(a in updated or (len(a.args) == 1 and a.args[0] in updated) for term in stack for a in term.args)
