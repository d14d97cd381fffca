"""Products multiplied out where that makes a sum shorter: (1 - y) a - y (1 - a) is a - y.

Only elementwise products of sums are opened, and the result is taken only where parts cancel: a factored form that
loses nothing stays factored.
"""

from __future__ import annotations

from collections.abc import Iterable

from nablint.calculus.simplify.engine import Keep, made_by, number_of
from nablint.calculus.simplify.products import Product
from nablint.calculus.terms import Term

Monomial = frozenset[tuple[Term, int]]
Expanded = dict[Monomial, float]
_MOST = 12
"""Longer sums are left as they are."""
_LOOKS = 120
"""And so are those of which more terms would have to be looked at."""


def shortened(listed: Iterable[tuple[Term, float]], node: Term, keep: Keep) -> list[tuple[Term, float]] | None:
    """The sum multiplied out, where parts cancel and fewer factors are left; None where nothing is won."""
    listed, expansion = list(listed), _Expansion(keep)
    opened = [(expansion.of(t), c) for t, c in listed]
    written = sum(expansion.leaves(t) for t, _ in listed)
    if all(len(e) == 1 for e, _ in opened) or sum(len(e) for e, _ in opened) > _MOST or expansion.left < 0:
        return None
    total: Expanded = {}
    for expanded, c in opened:
        for monomial, d in expanded.items():
            total[monomial] = total.get(monomial, 0.0) + c * d
    total = {m: c for m, c in total.items() if abs(c) > 1e-12}
    if len(total) >= sum(len(e) for e, _ in opened) or _length(total) >= written:
        return None
    return [(_built(m, node), c) for m, c in total.items()]


class _Expansion:
    """One sum multiplied out; what is shared is opened again and again, so the terms that are looked at are counted."""

    def __init__(self, keep: Keep) -> None:
        self.keep, self.left = keep, _LOOKS

    def of(self, term: Term) -> Expanded:
        """The term as a sum of products of what is not opened."""
        self.left -= 1
        number = number_of(term)
        if number is not None:
            return {frozenset(): number}
        return {frozenset({(term, 1)}): 1.0} if term in self.keep or self.left < 0 else self._opened(term)

    def _opened(self, term: Term) -> Expanded:
        if made_by(term, "broadcast_to"):
            return self.of(term.args[0])
        if made_by(term, "negative"):
            return {m: -c for m, c in self.of(term.args[0]).items()}
        if made_by(term, "add", "subtract"):
            sign = 1 if made_by(term, "add") else -1
            found = dict(self.of(term.args[0]))
            for m, c in self.of(term.args[1]).items():
                found[m] = found.get(m, 0.0) + sign * c
            return found
        if made_by(term, "multiply"):
            sides = [self.of(a) for a in term.args]
            if len(sides[0]) * len(sides[1]) <= _MOST:
                return _times(*sides)
        if made_by(term, "divide") and len(below := self.of(term.args[1])) == 1:
            (monomial, c), = below.items()
            if c:
                return _times(self.of(term.args[0]), {frozenset((t, -p) for t, p in monomial): 1 / c})
        return {frozenset({(term, 1)}): 1.0}

    def leaves(self, term: Term) -> int:
        """The factors of a term as it is written now."""
        self.left -= 1
        if self.left > 0 and term not in self.keep and made_by(
                term, "add", "subtract", "multiply", "divide", "negative", "broadcast_to"):
            return sum(self.leaves(a) for a in term.args)
        return 1


def _times(a: Expanded, b: Expanded) -> Expanded:
    found: Expanded = {}
    for m, c in a.items():
        for n, d in b.items():
            powers = dict(m)
            for t, p in n:
                powers[t] = powers.get(t, 0) + p
            key = frozenset((t, p) for t, p in powers.items() if p)
            found[key] = found.get(key, 0.0) + c * d
    return found


def _length(total: Expanded) -> int:
    return sum(max(len(m), 1) for m in total)


def _built(monomial: Monomial, node: Term) -> Term:
    product = Product(node)
    product.powers = dict(sorted(monomial, key=lambda f: f[0].number))
    return product.build()
