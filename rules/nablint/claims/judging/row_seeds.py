"""Cotangents of an output that forward code writes row by row, a time step each: `o[t] = softmax(V @ s[t])`.

What the rows are made of has no array of its own that a cotangent of the whole could belong to; each gets its row.
"""

from __future__ import annotations

from collections.abc import Callable

from nablint.calculus.terms import Term
from nablint.ops import CARDS
from nablint.ops.index import ALL


def rows_of(term: Term) -> list[Term]:
    """The rows of an array that is all written row by row, in order; empty for other arrays."""
    found: dict[int, Term] = {}
    node = term
    while node.card is not None and node.card.name == "setitem":
        base, row, *numbers = node.args
        place = _row(node.params["index"], numbers)
        if place is None:
            return []
        count = int(base.shape[0])
        if tuple(row.shape) == tuple(base.shape[1:]):
            found.setdefault(place % count, row)
        node = base
    return [found[k] for k in range(len(found))] if found and len(found) == int(term.shape[0]) else []


def _row(index: tuple[object, ...], numbers: list[Term]) -> int | None:
    """The row that an index chooses, `k` or `k, :`, where `k` may be a number that an array holds."""
    first, *rest = index
    if any(part not in (ALL, Ellipsis) for part in rest):
        return None
    if first == ("term", 0) and not numbers[0].ndim:
        return int(numbers[0].sample)
    return first if type(first) is int else None


def row_cotangents(value: Term, cotangent: Term, under: Callable[[Term], Term | None]) -> dict[Term, Term]:
    """The cotangents of what the rows of an output are functions of, by the cotangent of them all; empty without rows.

    under: what a row is a function of, entry by entry or as a softmax, None where it is none.
    """
    scores = [under(row) for row in rows_of(value)]
    if not scores or any(s is None for s in scores) or len(set(scores)) != len(scores):
        return {}
    return {s: CARDS["getitem"](cotangent, index=(k,)) for k, s in enumerate(scores) if s is not None}
