"""What signs, comparisons and choices mean in normal forms: masks of 0 and 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.algebra import Algebra
from nablint.calculus.forms import Form
from nablint.calculus.normalise.driver import rule, scale
from nablint.calculus.terms import Term


def _sign(g: Algebra, a: Form) -> Form:
    if g.is_positive(a):
        return g.scalar(1.0, a.sizes)
    lead = a.terms[min(a.terms)] if a.terms else 0.0
    if not lead:
        return g.scalar(0.0, a.sizes)
    return scale(g.function("sign", scale(a, 1 / abs(lead)), sign=True), 1.0)


def _above(g: Algebra, a: Form) -> Form:
    """1 where a > 0, else 0; relu(x) > 0 where x > 0."""
    if g.is_positive(a):
        return g.scalar(1.0, a.sizes)
    if not a.terms:
        return g.scalar(0.0, a.sizes)
    n = len(a.sizes)
    masks = [f for f in min(a.terms) if g.atoms[f[0]].boolean and all(i < n for i in f[1])]
    shared = {f for f in masks if all(f in monomial for monomial in a.terms)}
    if shared:
        rest = Form(a.sizes, {tuple(f for f in m if f not in shared): c for m, c in a.terms.items()})
        return g.multiply(_above(g, rest), Form(a.sizes, {tuple(sorted(shared)): 1.0}), a.sizes)
    lead = abs(a.terms[min(a.terms)])
    return g.function("above", scale(a, 1 / lead), boolean=True)


def _not(g: Algebra, a: Form) -> Form:
    return g.add(g.scalar(1.0, a.sizes), a, -1.0, a.sizes)


rule("sign")(lambda g, t, a: _sign(g, a))
rule("absolute")(lambda g, t, a: g.multiply(a, _sign(g, a), t.shape))
rule("greater")(lambda g, t, a, b: _above(g, g.add(a, b, -1.0, t.shape)))
rule("less")(lambda g, t, a, b: _above(g, g.add(b, a, -1.0, t.shape)))
rule("greater_equal")(lambda g, t, a, b: _not(g, _above(g, g.add(b, a, -1.0, t.shape))))
rule("less_equal")(lambda g, t, a, b: _not(g, _above(g, g.add(a, b, -1.0, t.shape))))
rule("logical_not")(lambda g, t, a: _not(g, a) if _boolean(t.args[0]) else None)
rule("logical_and")(lambda g, t, a, b: g.multiply(a, b, t.shape) if all(map(_boolean, t.args)) else None)
rule("relu")(lambda g, t, a: g.multiply(a, _above(g, a), t.shape))


def _boolean(term: Term) -> bool:
    return np.asarray(term.sample).dtype.kind == "b"


@rule("maximum", "minimum")
def _maximum(g: Algebra, t: Term, a: Form, b: Form) -> Form:
    assert t.card is not None
    difference = g.add(a, b, -1.0, t.shape)
    chosen = _above(g, difference if t.card.name == "maximum" else scale(difference, -1.0))
    return g.add(g.multiply(chosen, difference, t.shape), b, 1.0, t.shape)


@rule("where")
def _where(g: Algebra, t: Term, mask: Form, a: Form, b: Form) -> Form | None:
    if not _boolean(t.args[0]):
        return None
    return g.add(g.multiply(mask, g.add(a, b, -1.0, t.shape), t.shape), b, 1.0, t.shape)


@rule("astype", "cast")
def _cast(g: Algebra, t: Term, a: Form, **params: Any) -> Form | None:
    kinds = np.asarray(t.args[0].sample).dtype.kind, np.asarray(t.sample).dtype.kind
    return a if kinds[1] in "fc" or kinds[0] == "b" or kinds[0] == kinds[1] else None
