"""Guided: the edits of one statement that are worth a try, and a quick look at each before the graph is asked.

Where the value that the statement should have made is known (see `aim`), edits are found from it first, and an edit
that does not make it is turned down without a replay.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.edits.live import added, multiplied
from nablint.claims.edits.trees import Edit, bracketed, walk
from nablint.claims.repairing.aim import Aim, aim_at
from nablint.claims.repairing.arranged import reorderings
from nablint.claims.repairing.contracted import products_of_shape
from nablint.claims.repairing.counted_items import brought
from nablint.claims.repairing.forms import repeats
from nablint.claims.repairing.live import at_hand, left_out
from nablint.claims.repairing.live_numbers import numbers_at_hand, roots_at_hand
from nablint.claims.repairing.localise import carries
from nablint.claims.repairing.matched import matches
from nablint.claims.repairing.scaled_before import scaled_before
from nablint.claims.repairing.slicing import edits_of
from nablint.claims.repairing.trial import Trial
from nablint.claims.replaying.replay import holds, new_value, replace
from nablint.claims.replaying.sites import Site, replacement, sites
from nablint.reading.nodes import written
from nablint.tracing.step import Step

CLOSE = 1e-7

MAX_FACTORS = 12
"""Cotangents tried as a missing factor where it is not known what is missing."""
MAX_TERMS = 8
"""Products of live values tried as a missing term where it is not known what is missing."""


class Search:
    """The search for an edit of one statement, at all its executions; or of an argument of its call (see `sites`)."""

    def __init__(self, trial: Trial, steps: list[Step], suspected: Term | None, given: Any = None) -> None:
        self._trial = trial
        self._it = trial.judgement.run.it
        self._steps = steps
        self._given = given
        found = sites(steps, given)
        olds = list(dict.fromkeys(site.old for site in found))
        touched = trial.graph.touched(olds)
        here = [j for j in trial.failing if j.result.value in touched]
        rest = [j for j in trial.failing if j not in here and j.result.value is not None]
        aim: Aim | None = None
        sized = not any(j.result.update for j in here)  # a step's size is free: what it should be is not known
        # from an implicit cotangent follows what is wanted
        if here and sized and olds and trial.start.isdisjoint(olds):
            aim = aim_at(trial.graph, olds, here, [*trial.right, *rest])
        self.pointless = aim is not None and not aim.possible
        """No value of the statement makes right what depends on it."""
        self._site = found[-1] if found else None
        self._wanted: Any = None
        self._perhaps: Any = None
        self._part: Any = None
        """What the expression should be that is written into a part of an array, where one after the other is."""
        values = None if aim is None else aim.values or aim.scaled
        if aim is not None and values is not None:
            # in a loop later turns are made from what earlier ones left wrong: the first that is wrong shows the slip
            self._site = next((s for s in found if not _near(s.old.sample, values[s.old])), found[-1])
            self._perhaps = values[self._site.old]
            self._wanted = self._perhaps if aim.values is not None else None
            if len(found) > 1 and self._wanted is not None:
                self._aim_at_part(found, values)
        elif suspected is not None and len(found) == 1:
            suspected = found[0].named(suspected)
            if suspected is not None and repeats(np.shape(found[0].old.sample), np.shape(suspected.sample)):
                self._perhaps = np.asarray(suspected.sample)
        self._suspected = suspected

    def _aim_at_part(self, found: list[Site], values: dict[Term, Any]) -> None:
        """Of executions that each write a part of an array, the first that wrote something else than it should."""
        for site in found:
            last = next(other for other in reversed(found) if other.array is site.array)
            now, part = _sample(site), site.part(last, values[last.old])
            if part is not None and part.size == now.size and not _near(now, part):
                self._site, self._part = site, part.reshape(now.shape)
                return

    @property
    def aimed(self) -> bool:
        """Is it known what the statement should have made?"""
        return self._wanted is not None

    def edits(self) -> Iterator[Edit]:
        """The edits, those that the known value suggests first."""
        target = self._suspected
        step, site = self._steps[-1], self._site
        matched = False
        if site is not None and self._perhaps is not None:
            step = site.step
            if self._wanted is not None and (not site.whole or site.root is None):
                target = site.old.graph.leaf("", self._wanted, site.old.shape)
            wanted = site.wanted(self._perhaps) if self._part is None else self._part
            if site.root is not None and wanted is not None:
                matched = site.whole and self._wanted is not None
                numbers = [*numbers_at_hand(step), *roots_at_hand(self._it, step)]
                yield from matches(step, site.root, wanted, at_hand(self._it, step, np.shape(wanted)), numbers)
                if np.shape(wanted) == _sample(site).shape:
                    yield from scaled_before(step, wanted - _sample(site), numbers)
        elif site is not None and site.whole and site.root is not None:
            yield from added(site.root, left_out(self._it, site.step, site.root, site.old))
            yield from self._outer_terms(site)
            yield from reorderings(site.step, site.root, torch=self._it.dialect == "torch")
        if site is not None and site.root is not None and self._wanted is None:
            shape = np.shape(site.old.sample)
            live = at_hand(self._it, site.step, shape)
            derivatives = [v.text for v in live if v.text.endswith(")")]
            upstream = [v.text for v in live if v.tainted and np.shape(v.sample) in ((), shape)]
            yield from multiplied(site.root, [*upstream[:MAX_FACTORS], *derivatives])
        if site is not None and site.root is not None and self._forgotten(site):
            yield from brought(self._it, site.step, site.root)
        if self._given is None:
            yield from edits_of(self._trial.judgement, [*(s for s in self._steps if s is not step), step], target,
                                matched=matched)

    def _forgotten(self, site: Site) -> bool:
        """Does no cotangent flow into what an expression is worth?"""
        value, seed = site.step.values.get(id(site.root)), self._trial.judgement.seed
        return isinstance(value, Term) and seed is not None and not carries(value, seed)

    def _outer_terms(self, site: Site) -> Iterator[Edit]:
        """Products of what an expression is made of, by which it could be too much or too little."""
        code = cst.Module([]).code_for_node(site.root)
        own = {cst.Module([]).code_for_node(n) for n in walk(site.root) if isinstance(n, cst.Name | cst.Attribute)}
        factors = [v for v in at_hand(self._it, site.step) if v.text in own]
        found = products_of_shape(site.old.sample.shape, factors, dot="dot(" in code or "@" not in code)
        for text, _ in islice((f for f in found if f[0] not in code), MAX_TERMS):
            for operator in (cst.Add(), cst.Subtract()):
                new = cst.BinaryOperation(bracketed(site.root), operator, written(text))
                yield Edit(site.root, new, "term", 1.6 + 0.002 * len(text), text)

    def promising(self, edit: Edit) -> bool:
        """Does the edit make the value that is known to be wanted?"""
        site = self._site
        if self._wanted is None or site is None or edit.old is site.step.node:
            return True
        if site.root is not None and (site.whole or self._part is not None):
            if not holds(site.root, edit.old):
                return True
            new = new_value(self._it, site.step, cst.Expr(replace(site.root, edit.old, edit.new)))
            return new is not None and _fits(new.sample, self._wanted if self._part is None else self._part)
        pair = replacement(self._it, site.step, edit.old, edit.new)
        if pair is None or pair[1] is None:
            return pair is None
        return _fits(pair[1].sample, self._wanted)


def _sample(site: Site) -> Any:
    """What the expression of a site was."""
    found = site.step.values.get(id(site.root))
    return found.sample if isinstance(found, Term) else np.asarray(np.nan)


def _fits(sample: Any, wanted: Any) -> bool:
    """Is a value as wanted, or is it when it is repeated to fill the place of a larger one?"""
    if 0 < sample.size < wanted.size and sample.ndim <= wanted.ndim:
        try:
            return _near(np.broadcast_to(sample, wanted.shape), wanted)
        except ValueError:
            return False
    return _near(sample, wanted)


def _near(sample: Any, wanted: Any) -> bool:
    """Equal, but for axes of size 1."""
    if sample.size != wanted.size:
        return False
    scale = max(float(np.max(np.abs(wanted), initial=0.0)), 1e-12)
    return bool(np.max(np.abs(sample.reshape(-1) - wanted.reshape(-1)), initial=0.0) <= CLOSE * scale)
