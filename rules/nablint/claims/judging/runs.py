"""The runs of a unit while its readings are searched: none is made twice.

A run is determined by its hypothesis, and of that by what it has asked until it ends.  A clash in forward code comes
mostly before the run has asked anything about targets and cotangents: readings that differ in those clash alike.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from nablint.claims.model import Judgement, Unit
from nablint.claims.program import Program, run_once
from nablint.tracing.values import Restart
from nablint.tracing.world import Hypothesis, World

LIKELIEST = 0.3
"""Readings that cost less are the likeliest one with what it takes to make it fit; they are searched first."""

STUBBORN = 5
"""Questions that change nothing about a clash when they are answered otherwise, after which the unit is given up.

Of 367 units of public code that something came of, one had met four, and none more, before it fitted.
"""


class Runs:
    """The runs of one unit on the first draw."""

    def __init__(self, program: Program, unit: Unit) -> None:
        self.program = program
        self.unit = unit
        self._fitting: dict[object, tuple[Judgement, World]] = {}
        """Those of the likeliest readings, which a search of all readings begins with again."""
        self._clashing: list[tuple[Hypothesis, Restart]] = []
        self._in_vain: defaultdict[tuple[str, int], set[frozenset[str]]] = defaultdict(set)
        """By the words and the statement of a clash that nothing is known to mend, the questions answered otherwise."""
        self._fits = False

    def once(self, hypothesis: Hypothesis, seconds: float) -> tuple[Judgement, World]:
        """The judgement under a hypothesis.  Raises `Restart` or `TooMuch` as `run_once` does."""
        for known, restart in self._clashing:
            if _alike(hypothesis, known, restart.asked):
                raise restart
        found = self._fitting.get(hypothesis.key)
        if found is None:
            try:
                found = run_once(self.program, self.unit, hypothesis, 0, seconds)
            except Restart as restart:
                restart.__cause__ = restart.__context__ = restart.__traceback__ = None  # they hold the whole run
                self._clashing.append((hypothesis, restart))
                if not restart.answerable:
                    self._in_vain[restart.reason, id(restart.at)].add(frozenset(k for k, _ in hypothesis.decisions))
                raise
            self._fits = True
            if hypothesis.cost < LIKELIEST:
                self._fitting[hypothesis.key] = found
        judgement, world = found
        return replace(judgement, judged=[replace(j) for j in judgement.judged]), world  # verdicts are revised later

    @property
    def hopeless(self) -> bool:
        """Do all readings end alike in one statement, so that what they differ in has nothing to do with it?"""
        return not self._fits and max(map(len, self._in_vain.values()), default=0) >= STUBBORN


def _alike(hypothesis: Hypothesis, known: Hypothesis, asked: set[str]) -> bool:
    """Does a hypothesis answer as the known one all that its run had asked before it clashed?"""
    if replace(hypothesis, decisions=(), cost=0.0) != replace(known, decisions=(), cost=0.0):
        return False
    answers, before = dict(hypothesis.decisions), dict(known.decisions)
    return all(answers.get(key) == before.get(key) for key in answers.keys() | before.keys()
               if key in asked or "==" in key)  # the ways through string modes are looked for all at once
