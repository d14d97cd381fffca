"""Places that help to understand a wrong gradient: what it spoils, the forward line behind it, where its shape is."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.naming import Naming
from nablint.claims.program import Outcome
from nablint.claims.repairing.blame import Fault
from nablint.claims.repairing.rewriting import extent
from nablint.results import Place, Related
from nablint.tracing.imports import dotted
from nablint.tracing.step import Step

Span = tuple[Place, Place]

RESULTS = 4
"""How many spoilt results are named."""


def related(outcome: Outcome, fault: Fault) -> tuple[Related, ...]:
    """The places, the finding's own left out and each once."""
    assert outcome.judgement is not None
    it = outcome.judgement.run.it
    spoilt = [j for j in fault.judged if j.result.step.node is not fault.step.node][:RESULTS]
    found = [(j.result.step, f"{j.result.name} comes out wrong here") for j in spoilt]
    first = fault.judged[0]
    if first.wrt is not None and (name := first.result.wrt_name):
        used = _used(it.steps, first.wrt)
        made = None if used is None else _made(it.steps[:it.steps.index(used)], name)
        if used is not None:
            found.append((used, f"{name} is used here: its gradient follows from this line"))
        if made is not None:
            found.append((made, f"{name} gets its shape {Naming(it).shape(first.wrt.shape)} here"))
    places: dict[Span, Related] = {}
    for step, message in found:
        span = None if step.block.outside or step.node is fault.step.node else span_of(step)
        if span is not None:
            places.setdefault(span, Related(message, *span))
    return tuple(places.values())


def span_of(step: Step) -> Span | None:
    """The place of a step's statement in the file."""
    span = extent(step)
    return (step.block.place(span[0]), step.block.place(span[1])) if span is not None else None


def _terms(step: Step) -> Iterator[Term]:
    return (value for value in step.values.values() if isinstance(value, Term))


def _used(steps: list[Step], variable: Term) -> Step | None:
    """The first forward statement that computes with a variable."""
    return next((s for s in steps if any(variable in t.args and not t.tainted for t in _terms(s))), None)


def _made(steps: list[Step], name: str) -> Step | None:
    """The first assignment to a name: an input has none."""
    return next((s for s in steps if isinstance(s.node, cst.Assign)
                 and any(dotted(target.target) == name for target in s.node.targets)), None)
