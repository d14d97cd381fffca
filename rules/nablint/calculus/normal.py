"""Equality of terms: what the verdict "proved" rests on.

`same` is sound: it says yes only where the two terms are equal for every value of the inputs (outside kinks and
zeros of denominators), and it may say no where they are equal all the same.
"""

from __future__ import annotations

import numpy as np

from nablint.calculus.algebra import Algebra
from nablint.calculus.effort import EFFORT
from nablint.calculus.forms import Form
from nablint.calculus.normalise import algebra_of, form_of
from nablint.calculus.powers import leads_negative, power
from nablint.calculus.terms import Term

SECONDS = 0.3
"""What a proof by clearing denominators may take; past it the samples alone speak."""


def same(a: Term, b: Term) -> bool:
    """The two terms, of one graph, are equal by algebra."""
    if a is b:
        return True
    if np.shape(a.sample) != np.shape(b.sample) or not _agree(a, b):
        return False
    try:
        return _equal(a, b)
    except (ArithmeticError, ValueError, RecursionError):
        return False  # numbers beyond floating point: nothing is proved


def _equal(a: Term, b: Term) -> bool:
    first, second = form_of(a), form_of(b)
    algebra = algebra_of(a.graph)
    if algebra.identify(first) == algebra.identify(second):
        return True
    if len(first.terms) + len(second.terms) > algebra.limit:
        return False
    algebra.ends = EFFORT.seconds + SECONDS
    try:
        return _vanishes(algebra, algebra.add(first, second, -1.0, first.sizes))
    finally:
        algebra.ends = None


def is_zero(a: Term) -> bool:
    """The term is zero by algebra, without denominators being cleared."""
    return not form_of(a).terms


def _agree(a: Term, b: Term) -> bool:
    """Terms that differ on their samples need no proof."""
    with np.errstate(all="ignore"):
        x, y = np.asarray(a.sample, float), np.asarray(b.sample, float)
        scale = max(float(np.max(np.abs(x), initial=0.0)), 1e-300)
        return not bool(np.any(np.abs(x - y) > 1e-6 * scale))


def _vanishes(algebra: Algebra, form: Form) -> bool:
    """Zero after logistic functions are written by exponentials and denominators are cleared, a few times over."""
    for turn in range(6):
        if not form.terms:
            return True
        if len(form.terms) > 400 or max(map(len, form.terms)) > 40:
            return False
        old, algebra.limit = algebra.limit, 600
        try:
            opened = _open(algebra, form) if turn else form
            cleared = _clear(algebra, opened)
        finally:
            algebra.limit = old
        if turn and algebra.identify(cleared) == algebra.identify(form):
            return False
        form = cleared
    return not form.terms


def _open(algebra: Algebra, form: Form) -> Form:
    """Sigmoid and tanh by exponentials; of a comparison and its opposite only one."""
    n = len(form.sizes)
    total = algebra.scalar(0.0, form.sizes)
    for monomial, coefficient in form.terms.items():
        part = Form(form.sizes, {(): coefficient})
        kept = []
        for number, axes, exponent in monomial:
            key = algebra.atoms[number].key
            if key[:2] in (("fn", "sigmoid"), ("fn", "tanh")) and exponent in (1, 2, 3, 4) and all(i < n for i in axes):
                part = algebra.multiply(
                    part, power(algebra, _logistic(algebra, form, number, axes), exponent), form.sizes
                )
            elif (
                key[:2] == ("fn", "above")
                and all(i < n for i in axes)
                and leads_negative(algebra, algebra.behind[number])
            ):
                part = algebra.multiply(part, _not_above(algebra, form, number, axes), form.sizes)
            else:
                kept.append((number, axes, exponent))
        total = algebra.add(
            total, algebra.multiply(part, Form(form.sizes, {tuple(kept): 1.0}), form.sizes), 1.0, form.sizes
        )
    return total


def _not_above(algebra: Algebra, form: Form, number: int, axes: tuple[int, ...]) -> Form:
    """x > 0 where not -x > 0, but for x = 0."""
    inner = algebra.behind[number]
    turned = algebra.function("above", Form(inner.sizes, {m: -c for m, c in inner.terms.items()}), boolean=True)
    placed = algebra.contract([turned], [axes], tuple(range(len(form.sizes))), form.sizes)
    return algebra.add(algebra.scalar(1.0), placed, -1.0, form.sizes)


def _logistic(algebra: Algebra, form: Form, number: int, axes: tuple[int, ...]) -> Form:
    name = algebra.atoms[number].key[1]
    inner = algebra.behind[number]
    argument = algebra.contract([inner], [axes], tuple(range(len(form.sizes))), form.sizes)
    base, double = algebra.scalar(1.0, form.sizes), 1.0 if name == "sigmoid" else 2.0
    for monomial, coefficient in argument.terms.items():
        e = algebra.function("exp", Form(form.sizes, {monomial: 1.0}), positive=True)
        base = algebra.multiply(base, power(algebra, e, coefficient * double), form.sizes)
    ((monomial, scale),) = base.terms.items()
    below = Form(form.sizes, {(): 1.0, monomial: scale})
    denominator = algebra.atomise(below)
    above = base if name == "sigmoid" else algebra.add(base, algebra.scalar(1.0), -1.0, form.sizes)
    return algebra.multiply(above, power(algebra, denominator, -1.0), form.sizes)


def _clear(algebra: Algebra, form: Form) -> Form:
    """Multiply by the denominators that are sums, then write out the sums that stand in numerators."""
    n = len(form.sizes)
    lowest: dict[tuple[int, tuple[int, ...]], float] = {}
    for monomial in form.terms:
        for number, axes, exponent in monomial:
            if algebra.atoms[number].key[0] == "form" and all(i < n for i in axes):
                lowest[(number, axes)] = min(lowest.get((number, axes), 0.0), exponent)
    # A monomial without the factor has exponent 0: it takes part in the minimum.
    total = algebra.scalar(0.0, form.sizes)
    for monomial, coefficient in form.terms.items():
        powers = {(a, x): e for a, x, e in monomial}
        for key, low in lowest.items():
            powers[key] = powers.get(key, 0) - low
        kept, part = [], Form(form.sizes, {(): coefficient})
        for (number, axes), exponent in powers.items():
            if algebra.atoms[number].key[0] == "form" and 1 <= exponent <= 4 and float(exponent).is_integer():
                inner = algebra.behind[number]
                expanded = (
                    algebra.contract([inner], [axes], tuple(range(n)), form.sizes) if all(i < n for i in axes) else None
                )
                if expanded is not None:
                    for _ in range(int(exponent)):
                        part = algebra.multiply(part, expanded, form.sizes)
                    continue
            if exponent:
                kept.append((number, axes, exponent))
        piece = algebra.multiply(part, Form(form.sizes, {tuple(sorted(kept)): 1.0}), form.sizes)
        total = algebra.add(total, piece, 1.0, form.sizes)
    return total
