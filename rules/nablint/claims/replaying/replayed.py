"""Replayed: the values that results would have had with other values in place of some that statements made.

Of the expression graph only what depends on the replaced values is computed anew; which that is, is found once for
each statement, because many edits of it are tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from nablint.calculus.effort import EFFORT, EVALUATION
from nablint.calculus.terms import Term

DEEP = 300
"""Terms in a row that are computed by recursion."""


class Replayed:
    """The part of an expression graph that a set of results is made by."""

    def __init__(self, results: Iterable[Term]) -> None:
        inside: set[Term] = set()
        stack = list(results)
        inside.update(stack)
        while stack:
            for arg in stack.pop().args:
                if arg not in inside:
                    inside.add(arg)
                    stack.append(arg)
        self._order = sorted(inside, key=lambda t: t.number)
        self.inside = inside
        self._touched: dict[frozenset[Term], set[Term]] = {}

    def before(self, node: Term, among: set[Term]) -> Iterable[Term]:
        """Those of some terms that were made before a term, in the order in which they were."""
        return (t for t in self._order if t.number < node.number and t in among)

    def touched(self, replaced: Iterable[Term]) -> set[Term]:
        """What depends on some of these terms, themselves included."""
        key = frozenset(replaced)
        found = self._touched.get(key)
        if found is None:
            found = self._touched[key] = set()
            for node in self._order:
                if node in key or any(a in found for a in node.args):
                    found.add(node)
        return found

    def sampler(self, instead: Mapping[Term, Term]) -> Sampler:
        """Samples of terms with other terms in place of some."""
        return Sampler(self, instead)


class Sampler:
    """Samples under one replacement.

    A replaced term may stand in what replaces it: there it is what it was made of, not its replacement.
    """

    def __init__(self, graph: Replayed, instead: Mapping[Term, Term]) -> None:
        self._graph = graph
        self.instead = instead
        self._inside = graph.inside
        self._touched = graph.touched(instead)
        self._memo: dict[Term | tuple[Term, Term], Any] = {}
        self._fresh: dict[Term, bool] = {}

    def _depends(self, node: Term) -> bool:
        if node in self._inside:
            return node in self._touched
        known = self._fresh.get(node)  # a term that only an edit made
        if known is None:
            known = self._fresh[node] = node in self.instead or any(map(self._depends, node.args))
        return known

    def sample(self, node: Term) -> Any:
        """The sample of a term; raises what the cards raise where shapes do not fit."""
        if len(self._touched) > DEEP:  # a loop's turns are made of each other: one after the other, not one in another
            for other in self._graph.before(node, self._touched):
                self._sample(other)
        return self._sample(node)

    def _sample(self, node: Term, blocked: Term | None = None) -> Any:
        if not self._depends(node):
            return node.sample
        if blocked is not None and node is not blocked and node.number < blocked.number:
            blocked = None  # what was made before it does not depend on it
        key = node if blocked is None else (node, blocked)
        found = self._memo.get(key)
        if found is None:
            if node in self.instead and node is not blocked:
                found = self._sample(self.instead[node], node)
            elif node.card is None:
                found = node.sample
            else:
                EFFORT.seconds += EVALUATION
                inside, touched = self._inside, self._touched
                found = np.asarray(node.card.evaluate(*[
                    a.sample if a in inside and a not in touched else self._sample(a, blocked) for a in node.args
                ], **node.params))
            self._memo[key] = found
        return found


def evaluate(term: Term, instead: Mapping[Term, Term]) -> Any:
    """The sample of a term with other terms in place of some; raises what the cards raise where shapes do not fit."""
    return Replayed([term]).sampler(instead).sample(term)
