"""Normal forms: every term as a sum of tensor contractions in index notation.

A `Form` is a sum of monomials with numbers before them.  A monomial is a product of factors; a factor is an *atom* (a
leaf, or an operation that the algebra does not look into) with an index for each of its axes and an exponent.  The
form's own axes are the indices 0..n-1; all other indices of a monomial are summed over.  Axes of size 1 carry no index.
So transposes, matrix products in any bracketing, elementwise products, broadcasting, sums over axes, traces, diagonals
and outer products are all the same thing, and become equal when they are equal.

Sizes that bear a symbol take part as atoms, so that 1/N is not the number that N happens to be on a draw.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from nablint.shapes import Shape, Size

Factor = tuple[int, tuple[int, ...], float]
"""Atom, the index of each of its axes, exponent."""
Monomial = tuple[Factor, ...]
Terms = dict[Monomial, float]
Powers = dict[tuple[int, tuple[int, ...]], float]
"""A product while it is worked on: (atom, indices) -> exponent."""

LIMIT = 40
"""More monomials than this are not multiplied out; the sum becomes an atom."""
LENGTH = 24
"""Longer products become atoms."""
BOUND = 1000
"""Labels of summed indices while a contraction is worked out."""
EYE = 0
"""The number of the identity matrix among the atoms."""


@dataclass(slots=True)
class Atom:
    """What stands behind an atom's number.

    key:      what makes it equal to another atom.
    sizes:    one per axis, never 1.
    positive: greater than zero wherever defined.
    boolean:  0 or 1, so that its square is itself; sign: 1 or -1, so that its square is 1.
    symmetric: a matrix that is its own transpose.
    """

    key: tuple[Any, ...]
    sizes: tuple[Size, ...]
    positive: bool = False
    boolean: bool = False
    sign: bool = False
    symmetric: bool = False


@dataclass(slots=True, eq=False)
class Form:
    """A sum of monomials over the axes of `sizes`."""

    sizes: Shape
    terms: Terms
    number: int = -1


def rounded(value: float) -> float:
    """Coefficients are compared to twelve digits: constants that programs round."""
    whole = round(value)
    return float(whole) if abs(value - whole) < 1e-12 * max(1.0, abs(value)) else float(f"{value:.12g}")


def accumulate(total: Terms, monomial: Monomial, coefficient: float) -> None:
    """Add a monomial to a sum; what cancels to rounding is gone."""
    old = total.get(monomial)
    if old is None:
        if coefficient:
            total[monomial] = coefficient
        return
    new = old + coefficient
    if abs(new) <= 1e-12 * max(abs(old), abs(coefficient)):
        del total[monomial]
    else:
        total[monomial] = new


def rename(factors: Powers, old: int, new: int) -> Powers:
    """The factors with one index called by another name."""
    moved: Powers = {}
    for (number, axes), exponent in factors.items():
        key = (number, tuple([new if i == old else i for i in axes]))
        moved[key] = moved.get(key, 0) + exponent
    return moved


def uses(factors: Powers, index: int) -> int:
    """How often an index stands in a product."""
    return sum(axes.count(index) for _, axes in factors)


def sort_key(form: Form) -> Any:
    """An order on forms."""
    return sorted((m, rounded(c)) for m, c in form.terms.items())


def components(monomial: Iterable[Factor], n: int) -> list[list[Factor]]:
    """The factors grouped by the summed indices that they share."""
    groups: list[tuple[set[int], list[Factor]]] = []
    for factor in monomial:
        mine = {i for i in factor[1] if i >= n}
        joined: list[Factor] = [factor]
        kept: list[tuple[set[int], list[Factor]]] = []
        for indices, members in groups:
            if indices & mine:
                mine |= indices
                joined = members + joined
            else:
                kept.append((indices, members))
        groups = [*kept, (mine, joined)]
    return [members for _, members in groups]


def canonical(factors: Powers, n: int, symmetric: set[int]) -> Monomial:
    """Names for the summed indices that do not depend on the names they had: by colour refinement, then by trial.

    Where many indices stay alike the trial is cut short; equal products may then look different, never the reverse.
    """
    bound = {i for _, axes in factors for i in axes if i >= n}
    if not bound:
        return tuple(sorted((a, x, e) for (a, x), e in factors.items() if e))
    items = [(a, x, e) for (a, x), e in factors.items() if e]
    if len(bound) == 1:
        (only,) = bound
        return _named(items, {only: n}, symmetric)
    colour: dict[int, Any] = dict.fromkeys(bound, n)
    ranks = 1
    for _ in range(len(bound)):
        seen: dict[int, list[Any]] = {i: [] for i in bound}
        for a, x, e in items:
            view = tuple([colour.get(i, i) for i in x])
            for position, i in enumerate(x):
                if i >= n:
                    alike = a in symmetric
                    seen[i].append((a, e, 0 if alike else position, tuple(sorted(view)) if alike else view))
        signatures = {i: (colour[i], tuple(sorted(s))) for i, s in seen.items()}
        order = {s: n + k for k, s in enumerate(sorted(set(signatures.values())))}
        colour = {i: order[signatures[i]] for i in bound}
        if (len(order) == ranks and ranks > 1) or len(order) == len(bound):
            break
        ranks = len(order)
    classes = [
        list(g) for _, g in itertools.groupby(sorted(bound, key=lambda i: (colour[i], i)), key=lambda i: colour[i])
    ]
    best: Monomial | None = None
    for trial, arrangement in enumerate(itertools.product(*[itertools.permutations(c) for c in classes])):
        if trial >= 120:
            break
        names = {i: n + k for k, i in enumerate(itertools.chain(*arrangement))}
        candidate = _named(items, names, symmetric)
        if best is None or candidate < best:
            best = candidate
    assert best is not None
    return best


def _named(items: list[Factor], names: dict[int, int], symmetric: set[int]) -> Monomial:
    renamed: list[Factor] = []
    for a, x, e in items:
        axes = [names.get(i, i) for i in x]
        renamed.append((a, tuple(sorted(axes)) if a in symmetric else tuple(axes), e))
    return tuple(sorted(renamed))
