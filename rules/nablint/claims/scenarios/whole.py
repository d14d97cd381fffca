"""Forward and backward in one function, one method or one script."""

from __future__ import annotations

from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.dialect import settle_dialect
from nablint.claims.gather.beside_loss import argument_of_shape, gradient_beside_loss
from nablint.claims.gather.returned import returned_results
from nablint.claims.gather.stored import stored_results
from nablint.claims.gather.updating import updates
from nablint.claims.inputs import guarded, inputs_for, last_scope, settle
from nablint.claims.judging.implicit import implicit_seeds
from nablint.claims.judging.seeds import loss_seeds
from nablint.claims.model import Result, Run
from nablint.claims.names import is_loss_name
from nablint.claims.scenarios.going_back import counted_once
from nablint.claims.scenarios.instances import method_of, new_instance
from nablint.tracing.hints import base, names_parameter
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Class, Function, Restart


def function(it: Interpreter, target: Function, *, alone: bool = False) -> Run:
    """A function that holds forward and backward code; `alone`: or backward code whose forward code is not in sight."""
    it.alone = alone
    settle_dialect(it, target)
    given = inputs_for(it, target, bound=False)
    return _whole(it, target, given, [settle(v) for v in given])


def method(it: Interpreter, cls: Class, name: str) -> Run:
    """A method that holds forward and backward code."""
    target = method_of(cls, name)
    if target.kind == "static":
        return function(it, target)
    settle_dialect(it, target)
    instance = new_instance(it, cls, (target,))
    given = inputs_for(it, target, bound=True)
    return _whole(it, target, [instance, *given], given)


def _whole(it: Interpreter, target: Function, args: list[Any], given: list[Any]) -> Run:
    start = len(it.steps)
    returned = guarded(it, target, args)
    run = Run(it, start=start)
    run.results = (
        returned_results(it, target, returned, [], [])
        + stored_results(it, start, last_scope(it, target))
        + updates(it, start)
    )
    written = loss_seeds(it, start)
    run.seeds = written + implicit_seeds(it, start)
    if run.results and not written and _returns_loss_with_axes(it, returned):
        raise Restart("what is returned for a loss is no number", decisions=_vectors(it))
    arguments = [v.term for v in map(settle, given) if isinstance(v, Array)]
    run.results += gradient_beside_loss(it, target, returned, arguments)
    run = counted_once(run)
    doubtful = [r for r in run.results if r.guess]
    if isinstance(returned, tuple) and len(returned) == 2 and len(doubtful) == 1 and any(
            isinstance(v, Array) and v.term is doubtful[0].value for v in returned):  # itself, not in a dict of several
        _of_argument(doubtful[0], arguments)
    return run


def _vectors(it: Interpreter) -> tuple[tuple[str, int], ...]:
    """The decisions by which parameters of which nothing told the rank have fewer axes: vectors, or numbers."""
    found: list[tuple[str, int]] = []
    for key, choice in it.world.choices.items():
        fewer = 0 if choice.options[choice.taken] == 1 else 1
        if key.endswith(":rank") and fewer in choice.options and it.world.decided(key) is None and names_parameter(
                key.removesuffix(":rank")):
            found.append((key, choice.options.index(fewer)))
    return tuple(found)


def _of_argument(result: Result, arguments: list[Term]) -> None:
    """`return loss, grad`: the gradient is that of the argument of its shape, where one alone has it."""
    assert result.value is not None
    if (found := argument_of_shape(result.value, arguments)) is not None:
        result.beside = tuple(t for t in result.wrt if t is not found)
        result.wrt, result.guess, result.wrt_name = [found], False, base(found.label)


def _returns_loss_with_axes(it: Interpreter, returned: Any) -> bool:
    """Is an array with axes returned by the name of a loss, beside others?  Then an input was read with too many."""
    parts = [v.term for v in returned if isinstance(v, Array)] if isinstance(returned, tuple) else []
    return len(parts) > 1 and any(t.ndim and t in parts and t.card is not None
                                  for name, terms in it.history.items() if is_loss_name(name) for t in terms)


def script(it: Interpreter, part: int = 0, parts: int = 1) -> Run:
    """The statements of a module, one after another (the module has been run by the caller).

    part: which of several training loops is meant; the claims are those that stand after the loop before it, up to
          its own end (the last one's to the end of the module).
    """
    start = 0
    if parts > 1:
        loops = [e for e in _loop_ends(it) if any(e[0] <= event.step.number < e[1] for event in it.events)][:parts]
        if part < len(loops):
            start = loops[part - 1][1] if part else 0
            end = loops[part][1] if part < parts - 1 else len(it.steps)
            it.events = [e for e in it.events if start <= e.step.number < end]
    run = Run(it, start=start)
    run.results = stored_results(it, start, it.scope) + updates(it, start)
    run.seeds = loss_seeds(it, start) + implicit_seeds(it, start)
    return counted_once(run)


def _loop_ends(it: Interpreter) -> list[tuple[int, int]]:
    """The first step of every module-level loop, and the first after it."""
    starts = sorted(it.marks.values())
    found: list[tuple[int, int]] = []
    for number in sorted(set(it.marks.values())):
        if number < len(it.steps) and isinstance(it.steps[number].node, cst.For | cst.While):
            found.append((number, next((s for s in starts if s > number), len(it.steps))))
    return found
