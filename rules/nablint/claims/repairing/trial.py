"""Trial: does an edit make what failed right, without touching what is right?

Answered by replay (see `replay`); where an edit reaches what the graph does not hold, only a new trace can tell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.effort import EFFORT, TRIAL
from nablint.calculus.terms import Term, ancestors
from nablint.claims.edits.trees import Edit
from nablint.claims.gather.updating import unscaled
from nablint.claims.judging.ratios import constant_ratio
from nablint.claims.judging.small_constants import NEAR, agree_without
from nablint.claims.model import Judged, Judgement
from nablint.claims.replaying.replay import new_value, replace
from nablint.claims.replaying.replayed import Replayed, Sampler
from nablint.claims.replaying.sites import replacements
from nablint.shapes import Misfit
from nablint.tracing.step import Step
from nablint.tracing.values import Array

TOLERANCE = 1e-9


@dataclass(eq=False, slots=True)
class Candidate:
    """An edit of a statement, tried at all its executions; `fixes` are the results that it makes right."""

    steps: list[Step]
    edit: Edit
    level: int
    """0 a strong suspect, 1 the failing claim itself or a weak suspect, 3 others on the way, 4 right by its name."""
    fixes: list[Judged] = field(default_factory=lambda: [])
    cost: float = 0.0
    """How unlikely the edit is, all evidence considered (see `likelihood`)."""

    def rank(self) -> tuple[Any, ...]:
        """The best first: most results mended, the strongest suspect, the smallest edit, the latest line.

        A live term that a sum could take up further on, too, is missing where it could first.
        """
        line = self.steps[-1].number if self.edit.kind == "term" else -self.steps[-1].number
        return (-len(self.fixes), self.level, round(self.cost, 1), line, self.cost)


class Trial:
    """Tries edits against one judgement: what is wrong must become right, and what is right must stay so."""

    def __init__(self, judgement: Judgement, failing: list[Judged]) -> None:
        self.judgement = judgement
        self.failing = failing
        self.right = [j for j in judgement.judged if j.verdict in ("proved", "verified")
                      and j.result.value is not None and j.derived is not None and j.ratio is None
                      and not _rounded_to_zero(j.derived)]
        self.graph = Replayed(j.result.value for j in (*failing, *self.right) if j.result.value is not None)
        asis = self.graph.sampler({})
        self.right = [j for j in self.right if j.result.value is not None and _right(j, j.result.value, asis)]
        """Without those that are right for another reason than their values, as gradients for each sample are."""
        seed = judgement.seed
        self._guessed = seed is not None and seed.kind == "implicit" and not judgement.good
        """Nothing is right that could tell which loss is meant: what results should be is not known, but their shape.
        """
        self.start = ({t for c in seed.cotangents.values() for t in ancestors(c)}
                      if seed is not None and seed.kind == "implicit" else set[Term]())

    def tried(self, candidate: Candidate) -> bool | None:
        """Does the edit make what failed right and leave the rest so?  None where only a new trace can tell."""
        EFFORT.seconds += TRIAL
        run = self.judgement.run
        if candidate.edit.old is candidate.steps[-1].node and candidate.edit.kind == "sign":
            turned = [j for j in self.failing if j.result.update and j.result.step in candidate.steps]
            if turned:  # a step's gradient is what it adds, up to the step's own sign
                candidate.fixes = [j for j in turned if j.result.value is not None
                                   and _right(j, -j.result.value, self.graph.sampler({}))]
                return bool(candidate.fixes)
        stepping = [j for j in self.failing if j.result.update and j.result.step in candidate.steps]
        if stepping and candidate.edit.old is not candidate.steps[-1].node:
            return self._stepped(candidate, stepping)
        lost = [j for j in self.failing if j.result.value is None and j.result.step in candidate.steps]
        if lost and len(candidate.steps) == 1 and candidate.edit.old is not candidate.steps[-1].node:
            return self._found_again(candidate, lost)
        instead: dict[Term, Term] = {}
        for step in candidate.steps:
            pairs = replacements(run.it, step, candidate.edit.old, candidate.edit.new)
            if pairs is None:
                return None
            for old, new in pairs:
                if old.card is None and isinstance(step.node, cst.AugAssign) and old.label.startswith("misfit: "):
                    return None  # the sum is not in the graph
                if old.origin is not step and old.card is None:
                    return self._renamed(candidate)
                if new is None:
                    return False
                if new is not old:
                    instead[old] = new
        if not instead:
            return False
        if not self.start.isdisjoint(instead):
            return None
        sampler = self.graph.sampler(instead)
        fixes: list[Judged] = []
        for j in self.failing:
            if j.result.value is None or j.derived is None:
                return None
            if _right(j, j.result.value, sampler):
                fixes.append(j)
        if not fixes:
            if any(j.reason == message for j in self.failing for _, _, message in run.it.misfits):
                return None  # what did not fit was left out of the graph, and what was made of it may be
            shared = any(old.origin not in candidate.steps for old in instead)
            return None if shared and candidate.level == 1 else False
        if not all(j.result.value is None or _right(j, j.result.value, sampler) for j in self.right):
            return False
        candidate.fixes = fixes
        return True

    def _stepped(self, candidate: Candidate, stepping: list[Judged]) -> bool | None:
        """A step's gradient is what the parameter changes by, whatever the size of the step."""
        it = self.judgement.run.it
        for j in stepping:
            step = j.result.step
            new = new_value(it, step, replace(step.node, candidate.edit.old, candidate.edit.new))
            if new is None or j.derived is None:
                return False
            with it.using(), np.errstate(all="ignore"):
                part = _added(step.node, new, j.result.wrt)
                sample = None if part is None else unscaled(part).sample
            if sample is None or sample.shape != j.derived.sample.shape or not np.all(np.isfinite(sample)):
                return False
            if self._guessed and j.result.value is None:
                return None
            ratio = constant_ratio(np.asarray(sample), np.asarray(j.derived.sample))
            if ratio is not None and ratio > 0:
                candidate.fixes.append(j)
        return bool(candidate.fixes)

    def _found_again(self, candidate: Candidate, lost: list[Judged]) -> bool | None:
        """A statement whose operands did not fit made no value: the one that it makes when edited is the result's."""
        step = candidate.steps[-1]
        new = new_value(self.judgement.run.it, step, replace(step.node, candidate.edit.old, candidate.edit.new))
        if new is None:
            return False
        if isinstance(step.node, cst.AugAssign):
            held = step.names.get(step.node.target.value) if isinstance(step.node.target, cst.Name) else None
            return None if not isinstance(held, Array) or _fits_into(new.sample, held.term.sample) else False
        if step.event is not None and isinstance(step.event.owner, Array):
            return None  # the value goes into one that was there
        if self._guessed:
            return None if any(j.derived is not None and j.derived.shape == new.shape for j in lost) else False
        sampler = self.graph.sampler({})
        candidate.fixes = [j for j in lost if j.derived is not None and _right(j, new, sampler)]
        return bool(candidate.fixes)

    def _renamed(self, candidate: Candidate) -> bool | None:
        """A statement that only gives a value another name makes the results that it names, and no others."""
        step = candidate.steps[-1]
        own = [j for j in self.failing if j.result.step is step and j.derived is not None]
        if not own or len(candidate.steps) > 1:
            return None
        new = new_value(self.judgement.run.it, step, replace(step.node, candidate.edit.old, candidate.edit.new))
        if new is None:
            return False
        sampler = self.graph.sampler({})
        candidate.fixes = [j for j in own if _right(j, new, sampler)]
        return bool(candidate.fixes)


def _rounded_to_zero(derived: Term) -> bool:
    """A gradient that is zero whatever the statements on its way make, as a bias has before a normalisation."""
    return bool(np.max(np.abs(derived.sample), initial=0.0) < TOLERANCE)


def _added(statement: cst.CSTNode, value: Term, parameters: list[Term]) -> Term | None:
    """What a statement with this value adds to one of the parameters."""
    if isinstance(statement, cst.AugAssign):
        turned = isinstance(statement.operator, cst.SubtractAssign)
        return -value if turned else value if isinstance(statement.operator, cst.AddAssign) else None
    if value.card is None or value.card.name not in ("add", "subtract"):
        return None
    first, second = value.args
    if first in parameters:
        return -second if value.card.name == "subtract" else second
    return first if second in parameters and value.card.name == "add" else None


def _fits_into(part: Any, whole: Any) -> bool:
    """Can a value be added to an array in place?"""
    try:
        return np.broadcast_shapes(np.shape(part), np.shape(whole)) == np.shape(whole)
    except ValueError:
        return False


def _right(j: Judged, value: Term, sampler: Sampler) -> bool:
    assert j.derived is not None
    try:
        with np.errstate(all="ignore"):
            sample = np.asarray(sampler.sample(value))
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
    if j.result.update and j.ratio is None:  # a step has any size
        return constant_ratio(sample, expected) is not None
    far = float(np.max(np.abs(sample - expected), initial=0.0))
    return far <= TOLERANCE * scale or (far <= NEAR * scale and agree_without(value, j.derived, sampler.instead))
