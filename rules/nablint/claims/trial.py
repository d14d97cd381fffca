"""Trial: does an edit make what failed right, without touching what is right?

Answered by replay (see `replay`); where an edit reaches what the graph does not hold, only a new trace can tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nablint.calculus.effort import EFFORT, TRIAL
from nablint.calculus.terms import Term
from nablint.claims.edits import Edit
from nablint.claims.entries import ancestors
from nablint.claims.model import Judged, Judgement
from nablint.claims.replay import evaluate, new_value, old_value, replace
from nablint.claims.small_constants import NEAR, agree_without
from nablint.shapes import Misfit
from nablint.tracing.step import Step

TOLERANCE = 1e-9


@dataclass(eq=False, slots=True)
class Candidate:
    """An edit of a statement, tried at all its executions; `fixes` are the results that it makes right."""

    steps: list[Step]
    edit: Edit
    level: int
    """0 a strong suspect, 1 the failing claim itself, 2 a weak suspect, 3 anything else on the way."""
    fixes: list[Judged] = field(default_factory=lambda: [])

    def rank(self) -> tuple[Any, ...]:
        """The best first: most results mended, the strongest suspect, the smallest edit, the latest line."""
        return (-len(self.fixes), self.level, round(self.edit.cost, 1), -self.steps[-1].number, self.edit.cost)

def tried(judgement: Judgement, candidate: Candidate, failing: list[Judged]) -> bool | None:
    """Does the edit make failing results right and leave right ones right?  None where only a new trace can tell."""
    EFFORT.seconds += TRIAL
    run = judgement.run
    seed = judgement.seed
    instead: dict[Term, Term] = {}
    for step in candidate.steps:
        old = old_value(step)
        if old is None:
            return None
        if old.origin is not step and old.card is None:
            return _renamed(judgement, candidate, failing)
        statement = replace(step.node, candidate.edit.old, candidate.edit.new)
        new = new_value(run.it, step, statement)
        if new is None:
            return False
        if new is not old:
            instead[old] = new
    if not instead:
        return False
    if seed is not None and seed.kind == "implicit" and any(old in ancestors(c) for c in seed.cotangents.values()
                                                            for old in instead):
        return None
    fixes: list[Judged] = []
    for j in failing:
        if j.result.value is None or j.derived is None:
            return None
        if _right(j, j.result.value, instead):
            fixes.append(j)
    if not fixes:
        if any(j.reason == message for j in failing for step, _,
               message in run.it.misfits if step.node is not candidate.steps[-1].node):
            return None  # what did not fit was left out of the graph
        shared = any(old.origin not in candidate.steps for old in instead)
        return None if shared and candidate.level == 1 else False
    for j in judgement.judged:
        if (
            j.verdict in ("proved", "verified")
            and j.result.value is not None
            and j.derived is not None
            and j.ratio is None
            and not _right(j, j.result.value, instead)
        ):
            return False
    candidate.fixes = fixes
    return True


def _renamed(judgement: Judgement, candidate: Candidate, failing: list[Judged]) -> bool | None:
    """A statement that only gives a value another name (`db = dout`) makes the results that it names, and no others."""
    step = candidate.steps[-1]
    own = [j for j in failing if j.result.step is step and j.derived is not None]
    if not own or len(candidate.steps) > 1:
        return None
    new = new_value(judgement.run.it, step, replace(step.node, candidate.edit.old, candidate.edit.new))
    if new is None:
        return False
    candidate.fixes = [j for j in own if _right(j, new, {})]
    return bool(candidate.fixes)


def _right(j: Judged, value: Term, instead: dict[Term, Term]) -> bool:
    assert j.derived is not None
    try:
        with np.errstate(all="ignore"):
            sample = np.asarray(evaluate(value, instead))
    except (ValueError, IndexError, TypeError, Misfit, KeyError, np.linalg.LinAlgError, RecursionError):
        return False
    expected = np.asarray(j.derived.sample)
    if sample.shape != expected.shape:
        if (
            sample.size != expected.size
            or sample.reshape(-1).shape != expected.reshape(-1).shape
            or 1 not in (*sample.shape, *expected.shape)
        ):
            return False
        if [s for s in sample.shape if s != 1] != [s for s in expected.shape if s != 1]:
            return False
        sample = sample.reshape(expected.shape)
    scale = max(float(np.max(np.abs(expected), initial=0.0)), 1e-12)
    if not np.all(np.isfinite(sample)):
        return False
    far = float(np.max(np.abs(sample - expected), initial=0.0))
    return far <= TOLERANCE * scale or (far <= NEAR * scale and agree_without(value, j.derived, instead))
