"""What arithmetic and elementwise functions mean in normal forms."""

from __future__ import annotations

import math
from typing import Any

from nablint.calculus.algebra import Algebra
from nablint.calculus.forms import Form, canonical, components, rounded
from nablint.calculus.normalise.driver import every, rule, scale
from nablint.calculus.powers import leads_negative, power, sigmoid
from nablint.calculus.terms import Term

rule("add")(lambda g, t, a, b: g.add(a, b, 1.0, t.shape))
rule("subtract")(lambda g, t, a, b: g.add(a, b, -1.0, t.shape))
rule("negative")(lambda g, t, a: scale(a, -1.0))
rule("renamed")(lambda g, t, a, mark=0: a)
rule("positive", "copy", "ascontiguous", "stop_gradient_of_constant")(lambda g, t, a: a)
rule("multiply")(lambda g, t, a, b: g.multiply(a, b, t.shape))
rule("divide")(lambda g, t, a, b: g.multiply(a, power(g, b, -1.0), t.shape))
rule("reciprocal")(lambda g, t, a: power(g, a, -1.0))
rule("square")(lambda g, t, a: power(g, a, 2.0))
rule("sqrt")(lambda g, t, a: power(g, a, 0.5))
rule("rsqrt")(lambda g, t, a: power(g, a, -0.5))


@rule("power")
def _power(g: Algebra, t: Term, a: Form, b: Form) -> Form | None:
    if len(b.terms) == 1 and () in b.terms:
        return g.broadcast(power(g, a, b.terms[()]), t.shape)
    if len(a.terms) == 1 and () in a.terms and a.terms[()] > 0 and not b.terms:
        return g.scalar(1.0, t.shape)
    return None


@rule("exp")
def _exp(g: Algebra, t: Term, a: Form) -> Form:
    if len(a.terms) > 6:
        return g.function("exp", a, positive=True)
    result = g.scalar(1.0, a.sizes)
    for monomial, coefficient in a.terms.items():
        if not monomial:
            result = scale(result, math.exp(min(coefficient, 700.0)))
            continue
        if monomial[0][2] == 1 and len(monomial) == 1 and g.atoms[monomial[0][0]].key[:2] == ("fn", "log"):
            inner = g.behind[monomial[0][0]]
            part = g.contract([inner], [monomial[0][1]], every(len(a.sizes)), a.sizes)
        else:
            part = g.function("exp", Form(a.sizes, {monomial: 1.0}), positive=True)
        if coefficient != 1:
            part = power(g, part, rounded(coefficient))
        result = g.multiply(result, part, a.sizes)
    return result


@rule("log")
def _log(g: Algebra, t: Term, a: Form) -> Form:
    """The logarithm of a product of positive factors is a sum; of anything else it is an atom."""
    if len(a.terms) != 1:
        return g.function("log", a)
    ((monomial, coefficient),) = a.terms.items()
    n = len(a.sizes)
    factors: list[Any] = []
    for group in components(monomial, n):
        if any(i >= n for _, axes, _ in group for i in axes):
            inner = Form(a.sizes, {canonical({(f[0], f[1]): f[2] for f in group}, n, g.symmetric): 1.0})
            group = list(next(iter(g.atomise(inner).terms)))
        factors += group
    alone = len(factors) == 1 and factors[0][2] == 1 and coefficient == 1
    if coefficient <= 0 or not (alone or all(g.atoms[number].positive for number, _, _ in factors)):
        return g.function("log", a)
    total = g.scalar(math.log(coefficient), a.sizes)
    for number, axes, exponent in factors:
        atom = g.atoms[number]
        inner = Form(a.sizes, {((number, axes, 1),): 1.0})
        if atom.key[0] == "form" or atom.key[:2] == ("fn", "exp"):
            inner = g.contract([g.behind[number]], [axes], every(n), a.sizes)
        part = inner if atom.key[:2] == ("fn", "exp") else g.function("log", inner)
        total = g.add(total, part, float(exponent), a.sizes)
    return total


rule("expm1")(lambda g, t, a: g.add(_exp(g, t, a), g.scalar(1.0), -1.0, t.shape))
rule("log1p")(lambda g, t, a: _log(g, t, g.add(a, g.scalar(1.0), 1.0, t.shape)))
rule("sigmoid")(lambda g, t, a: sigmoid(g, a))
rule("softplus")(lambda g, t, a, **p: None if p else _log(g, t, g.add(_exp(g, t, a), g.scalar(1.0), 1.0, t.shape)))
rule("silu")(lambda g, t, a: g.multiply(a, sigmoid(g, a), t.shape))


def _odd(name: str) -> None:
    rule(name)(lambda g, t, a: scale(g.function(name, scale(a, -1.0)), -1.0) if leads_negative(g, a)
               else g.function(name, a))


for _name in ("tanh", "sin", "sinh", "arctan", "erf", "arcsinh"):
    _odd(_name)
for _name in ("cos", "cosh"):
    rule(_name)(lambda g, t, a, _name=_name: g.function(_name, scale(a, -1.0) if leads_negative(g, a) else a))
