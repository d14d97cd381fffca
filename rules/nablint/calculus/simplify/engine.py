"""The form that a person would write.

Rewrites from the leaves up, on terms: scalars to the front, nothing times one, products of matrices as one chain with
the transposes inside, sums without zeros and with equal parts collected.  Factored forms stay factored.  Every result
is compared with the term on its sample; a rewrite that would change the value is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from nablint.calculus.terms import Term

Keep = frozenset[Term]
Rewrite = Callable[["Simplifier", Term, tuple[Term, ...]], Term | None]
REWRITES: dict[str, Rewrite] = {}


def simplify(term: Term, keep: Iterable[Term] = ()) -> Term:
    """The same value and shape, shorter.  Terms in `keep` (those that have a name) are not opened."""
    kept = frozenset(keep)
    memo, key = term.graph.memo, ("simplifier", kept)
    found = memo.get(key)
    if found is None:
        found = memo[key] = Simplifier(kept)
    return found.to_the_end(term)


def within(term: Term, keep: Iterable[Term], most: int) -> bool:
    """Is a term made of at most so many others, those in `keep` not opened?

    Simplifying takes about a millisecond for each.
    """
    seen = {term}
    kept = set(keep) - seen
    stack = [term]
    while stack and len(seen) <= most:
        for arg in stack.pop().args:
            if arg not in seen:
                seen.add(arg)
                if arg not in kept:
                    stack.append(arg)
    return len(seen) <= most


class Simplifier:
    """One pass over a graph, with what it has found so far.

    keep: terms that are left as they are.
    """

    def __init__(self, keep: Keep) -> None:
        self.keep = keep
        self.done: dict[Term, Term] = {}
        self.ended: dict[Term, Term] = {}

    def to_the_end(self, term: Term) -> Term:
        """Simplified until nothing changes: a rewrite may make another one possible further down."""
        known = self.ended.get(term)
        if known is not None:
            return known
        now = term
        for _ in range(4):
            following = self.of(now)
            if following is now:
                break
            now = following
        self.ended[term] = self.ended[now] = now
        return now

    def of(self, term: Term) -> Term:
        """The simplified term; every argument first."""
        stack = [term]
        while stack:
            node = stack[-1]
            if node in self.done:
                stack.pop()
            elif node.card is None or (node in self.keep and node is not term):
                self.done[node] = node
                stack.pop()
            else:
                waiting = [a for a in node.args if a not in self.done]
                if waiting:
                    stack.extend(waiting)
                    continue
                stack.pop()
                self.done[node] = self._rewritten(node)
        return self.done[term]

    def _rewritten(self, node: Term) -> Term:
        assert node.card is not None
        args = tuple(self.done[a] for a in node.args)
        plain = node if all(a is b for a, b in zip(args, node.args, strict=True)) else _with(node, args)
        size = _size_of(node)
        assert plain.card is not None
        rule = REWRITES.get(plain.card.name)
        found = rule(self, plain, args if plain.card is node.card else plain.args) if rule else None
        if found is not None and (found is node or equal_samples(found, node, size)):
            return found
        return plain if plain is node or equal_samples(plain, node, size) else node


def _with(node: Term, args: tuple[Term, ...]) -> Term:
    """The node on simplified arguments; a factor 1 that made a number of a truth value may be gone from them."""
    assert node.card is not None
    if args[0].sample.dtype.kind == "b" and node.card.name in ("negative", "subtract"):
        return -args[0] if len(args) == 1 else args[0] + -args[1]
    return node.graph.apply(node.card, args, node.params)


def _size_of(node: Term) -> float | None:
    """The largest entry of a node's arguments, against which its rounding is measured."""
    samples = [a.sample for a in node.args if a.sample.dtype.kind == "f" and a.sample.size]
    if not samples or node.sample.dtype.kind != "f" or not node.sample.size:
        return None
    with np.errstate(all="ignore"):
        return float(max(abs(s).max() for s in samples))


def equal_samples(a: Term, b: Term, size: float | None = None) -> bool:
    """Same shape, same value to rounding; `size` is that of the numbers that it was made of."""
    if a is b:
        return True
    x, y = a.sample, b.sample
    if x.shape != y.shape or x.dtype.kind not in "biufc" or y.dtype.kind not in "biufc":
        return False
    if not x.size:
        return True
    if x.dtype.kind == "b" or y.dtype.kind == "b":
        x, y = x.astype(float), y.astype(float)
    with np.errstate(all="ignore"):
        gap, scale = float(abs(x - y).max()), float(abs(y).max())
    if gap <= 1e-9 * scale or (size is not None and gap <= 1e-14 * size):
        return True
    return gap != gap and bool(np.allclose(x, y, rtol=1e-9, atol=0.0, equal_nan=True))


def number_of(term: Term) -> float | None:
    """The value of a scalar constant without symbol, or of an array constant whose entries are all equal."""
    if not term.is_constant:
        if term.card is not None and term.card.name == "broadcast_to":
            return number_of(term.args[0])
        return None
    if "size" in term.params:
        return None
    sample = np.asarray(term.sample)
    if sample.dtype.kind not in "biuf" or not sample.size:
        return None
    first = float(sample.flat[0])
    return first if bool(np.all(sample == first)) else None


def rewrite(*names: str) -> Callable[[Rewrite], Rewrite]:
    """Register a rule for terms that these cards made."""

    def put(function: Rewrite) -> Rewrite:
        for name in names:
            REWRITES[name] = function
        return function

    return put


def made_by(term: Term, *names: str) -> bool:
    """The term was made by one of these cards."""
    return term.card is not None and term.card.name in names
