"""Guided: the edits of one statement that are worth a try, and a quick look at each before the graph is asked.

Where the value that the statement should have made is known (see `aim`), edits are found from it first, and an edit
that does not make it is turned down without a replay.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.aim import Aim, aim_at
from nablint.claims.edits.trees import Edit
from nablint.claims.live import at_hand, numbers_at_hand
from nablint.claims.matched import matches
from nablint.claims.replay import (
    expression,
    holds,
    new_right_side,
    old_value,
    part_wanted,
    replacement,
    right_side,
)
from nablint.claims.slicing import edits_of
from nablint.claims.trial import Trial
from nablint.tracing.step import Step

CLOSE = 1e-7


class Search:
    """The search for an edit of one statement, at all its executions."""

    def __init__(self, trial: Trial, steps: list[Step], suspected: Term | None) -> None:
        self._trial = trial
        self._it = trial.judgement.run.it
        self._steps = steps
        sides = [(s, v) for s in steps if (v := right_side(s)) is not None]
        self._sides = len(sides) == len(steps)
        found = sides if self._sides else [(s, v) for s in steps if (v := old_value(s)) is not None]
        olds = list(dict.fromkeys(v for _, v in found))
        touched = trial.graph.touched(olds)
        here = [j for j in trial.failing if j.result.value in touched]
        rest = [j for j in trial.failing if j not in here and j.result.value is not None]
        aim: Aim | None = aim_at(trial.graph, olds, here, [*trial.right, *rest]) if here and olds else None
        self.pointless = aim is not None and not aim.possible
        """No value of the statement makes right what depends on it."""
        self._step = steps[-1]
        self._wanted: Any = None
        if aim is not None and aim.values is not None:
            # in a loop later turns are made from what earlier ones left wrong: the first that is wrong shows the slip
            self._step = next((s for s, v in found if not _near(v.sample, aim.values[v])), steps[-1])
            self._wanted = aim.values[next(v for s, v in found if s is self._step)]
        self._suspected = suspected

    @property
    def aimed(self) -> bool:
        """Is it known what the statement should have made?"""
        return self._wanted is not None

    def edits(self) -> Iterator[Edit]:
        """The edits, those that the known value suggests first."""
        target = self._suspected
        step = self._step
        matched = False
        if self._wanted is not None:
            root = expression(step)
            value = right_side(step) if self._sides else old_value(step)
            assert value is not None
            if not self._sides:
                target = value.graph.leaf("", self._wanted, value.shape)
            whole = root is not None and value is step.values.get(id(root))
            wanted = self._wanted if whole else part_wanted(step, self._wanted)
            if root is not None and wanted is not None:
                matched = whole
                yield from matches(step, root, wanted, at_hand(self._it, step), numbers_at_hand(step))
        yield from edits_of(self._trial.judgement, [*(s for s in self._steps if s is not step), step], target,
                            matched=matched)

    def promising(self, edit: Edit) -> bool:
        """Does the edit make the value that is known to be wanted?"""
        if self._wanted is None or edit.old is self._step.node:
            return True
        if self._sides:
            if not holds(expression(self._step), edit.old):
                return True
            new = new_right_side(self._it, self._step, edit.old, edit.new)
            return new is not None and _near(new.sample, self._wanted)
        pair = replacement(self._it, self._step, edit.old, edit.new)
        if pair is None or pair[1] is None:
            return pair is None
        return _near(pair[1].sample, self._wanted)


def _near(sample: Any, wanted: Any) -> bool:
    """Equal, but for axes of size 1."""
    if sample.size != wanted.size:
        return False
    scale = max(float(np.max(np.abs(wanted), initial=0.0)), 1e-12)
    return bool(np.max(np.abs(sample.reshape(-1) - wanted.reshape(-1)), initial=0.0) <= CLOSE * scale)
