"""Forward and backward in one function, one method or one script."""

from __future__ import annotations

from typing import Any

import libcst as cst

from nablint.claims.dialect import settle_dialect
from nablint.claims.gather.returned import returned_results
from nablint.claims.gather.stored import stored_results
from nablint.claims.gather.updating import updates
from nablint.claims.inputs import guarded, inputs_for, last_scope, settle
from nablint.claims.judging.seeds import implicit_seeds, loss_seeds
from nablint.claims.model import Run
from nablint.claims.scenarios.arrivals import counted_once
from nablint.claims.scenarios.instances import method_of, new_instance
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Class, Function


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
    run.seeds = loss_seeds(it, start) + implicit_seeds(it, start)
    return counted_once(run)


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
