"""Returning: what is wrong with a return statement itself.

Values that stand in each other's place, where every one is the gradient that another place wants, values of which one
stands twice and another is left behind, and values that are missing at the end, where an `autograd.Function` has more
arguments than gradients.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.edits.trees import Edit
from nablint.claims.model import Judged, Judgement
from nablint.claims.repairing.aim import wanted_of
from nablint.claims.repairing.live import at_hand
from nablint.claims.repairing.live_numbers import numbers_at_hand, roots_at_hand
from nablint.claims.repairing.matched import matches
from nablint.claims.repairing.restated import completed, reordered
from nablint.tracing.step import Step
from nablint.tracing.values import Array

MAX_FINISHED = 3


def return_edits(judgement: Judgement, failing: list[Judged]) -> Iterator[tuple[Step, Edit]]:
    """The edits of return statements that failing results leave by, likeliest first."""
    by_step: dict[Step, list[Judged]] = {}
    for j in failing:
        if j.result.returned is not None:
            by_step.setdefault(j.result.returned, []).append(j)
    for step, found in by_step.items():
        if isinstance(step.node, cst.Return) and step.node.value is not None:
            yield from ((step, e) for e in _exchanged(step, step.node, found))
            yield from ((step, e) for e in _missing(judgement, step, step.node))
            yield from ((step, e) for e in _left_behind(step, step.node, found))


def finished(judgement: Judgement, failing: list[Judged]) -> Iterator[tuple[Step, Edit]]:
    """What could be done to a value where it is returned: a statement that is missing did it before."""
    it = judgement.run.it
    for j in failing:
        step, node = j.result.returned, j.result.node
        if (step is None or j.result.value is None or j.derived is None or not isinstance(node, cst.Name)
                or step.values.get(id(node)) is not j.result.value):
            continue
        wanted = wanted_of(j)
        numbers = [*numbers_at_hand(step), *roots_at_hand(it, step)]
        found = matches(step, node, wanted, at_hand(it, step, np.shape(wanted)), numbers)
        yield from ((step, e) for e in sorted(found, key=lambda e: e.cost)[:MAX_FINISHED] if e.kind != "operand")


def _exchanged(step: Step, node: cst.Return, failing: list[Judged]) -> Iterator[Edit]:
    """Two values of which one at least is what the other's place wants, and the other is not right where it is."""
    if not isinstance(node.value, cst.Tuple):
        return
    elements = [e.value for e in node.value.elements]
    held = [step.values.get(id(e)) for e in elements]
    wanted = {i: j.derived for j in failing for i, e in enumerate(elements) if j.result.node is e}
    for a, b in combinations(sorted(wanted), 2):
        if _is(held[b], wanted[a]) and _is(held[a], wanted[b]):
            yield Edit(node, reordered(node, a, b), "order", 1.0)


def _left_behind(step: Step, node: cst.Return, failing: list[Judged]) -> Iterator[Edit]:
    """A gradient that has a name and is not returned, where another one is in its place."""
    if isinstance(node.value, cst.Tuple):
        for element in node.value.elements:
            wanted = next((j.derived for j in failing if j.result.node is element.value), None)
            for name, value in step.names.items():
                if wanted is not None and isinstance(value, Array) and name.isidentifier() and _is(value.term, wanted):
                    yield Edit(element.value, cst.Name(name), "operand", 1.0, name)


def _is(value: object, wanted: Term | None) -> bool:
    if not isinstance(value, Term) or wanted is None or np.shape(value.sample) != np.shape(wanted.sample):
        return False
    scale = float(np.max(np.abs(wanted.sample), initial=0.0))
    return bool(np.max(np.abs(value.sample - wanted.sample), initial=0.0) <= 1e-9 * max(scale, 1e-12))


def _missing(judgement: Judgement, step: Step, node: cst.Return) -> Iterator[Edit]:
    for at, _, message in judgement.run.it.misfits:
        words = message.split()
        if at is step and words[-1] == "arguments" and words[0].isdigit():
            yield Edit(node, completed(node, int(words[-2]) - int(words[0])), "arity", 1.0)
