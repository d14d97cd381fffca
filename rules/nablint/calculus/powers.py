"""Powers of normal forms, and the logistic function that hides in 1/(1 + eˣ)."""

from __future__ import annotations

from nablint.calculus.algebra import Algebra
from nablint.calculus.forms import (
    EYE,
    Factor,
    Form,
    Monomial,
    Powers,
    Terms,
    accumulate,
    canonical,
    components,
    rounded,
)
from nablint.shapes import Shape


def power(g: Algebra, form: Form, exponent: float) -> Form:
    """form ** exponent; what holds only for positive numbers is used only on them."""
    n, whole = len(form.sizes), float(exponent).is_integer()
    if exponent == 1:
        return form
    if exponent == 0:
        return g.scalar(1.0, form.sizes)
    if not form.terms:
        return form if exponent > 0 else g.function("power", form, rounded(exponent))
    if exponent < 0 and any(a == EYE for m in form.terms for a, _, _ in m):
        return g.function("power", form, rounded(exponent))
    if whole and 2 <= exponent <= 4 and len(form.terms) ** int(exponent) <= g.limit:
        result = form
        for _ in range(int(exponent) - 1):
            result = g.multiply(result, form, form.sizes)
        return result
    if len(form.terms) == 1:
        ((monomial, coefficient),) = form.terms.items()
        return _power_of_one(g, form.sizes, monomial, coefficient, exponent, n)
    common, rest = _content(g, form, whole)
    lead = rest.terms[min(rest.terms)]
    if not whole:
        lead = abs(lead)
    rest = Form(form.sizes, {m: c / lead for m, c in rest.terms.items()})
    factors: Powers = {(a, x): e * exponent for a, x, e in common}
    found = _logistic(g, rest, factors, exponent, rounded(lead) ** exponent)
    if found is not None:
        return found
    number, axes, power = g.atom_of(rest, exponent)
    factors[(number, axes)] = factors.get((number, axes), 0) + power
    return Form(form.sizes, {tuple(sorted((a, x, rounded(e)) for (a, x), e in factors.items() if e)):
                             rounded(lead) ** exponent})


def _logistic(g: Algebra, rest: Form, factors: Powers, exponent: float,
              lead: float) -> Form | None:
    """1/(1 + eᵐ) is 1 - σ(m), and eᵐ/(1 + eᵐ) is σ(m)."""
    if exponent not in (-1, -2) or len(rest.terms) != 2 or rest.terms.get((), 0) != 1:
        return None
    ((monomial, coefficient),) = [t for t in rest.terms.items() if t[0]]
    if coefficient != 1 or len(monomial) != 1:
        return None
    ((number, axes, power),) = monomial
    if g.atoms[number].key[:2] != ("fn", "exp"):
        return None
    inner = g.behind[number]
    argument = g.contract([inner], [tuple(range(len(inner.sizes)))], tuple(range(len(inner.sizes))), inner.sizes)
    argument = Form(argument.sizes, {m: c * power for m, c in argument.terms.items()})
    placed = g.contract([argument], [axes], tuple(range(len(rest.sizes))), rest.sizes)
    sigma, whole = sigmoid(g, placed), int(-exponent)
    left = factors.get((number, axes), 0)
    if left >= power * whole:
        factors[(number, axes)] = left - power * whole
    else:
        sigma = g.add(g.scalar(1.0), sigma, -1.0, rest.sizes)
    outside = tuple(sorted((a, x, rounded(e)) for (a, x), e in factors.items() if e))
    result = Form(rest.sizes, {outside: lead})
    for _ in range(whole):
        result = g.multiply(result, sigma, rest.sizes)
    return result


def sigmoid(g: Algebra, form: Form) -> Form:
    """σ(x) as an atom whose argument leads with a positive coefficient: σ(-x) = 1 - σ(x)."""
    if leads_negative(g, form):
        flipped = Form(form.sizes, {m: -c for m, c in form.terms.items()})
        return g.add(g.scalar(1.0), g.function("sigmoid", flipped, positive=True), -1.0, form.sizes)
    return g.function("sigmoid", form, positive=True)


def leads_negative(g: Algebra, form: Form) -> bool:
    """The sign by which f(x) and f(-x) are told apart."""
    inner, _ = g.axes_of(form)
    return bool(inner.terms) and inner.terms[min(inner.terms)] < 0


def _power_of_one(g: Algebra, sizes: Shape, monomial: Monomial, coefficient: float, exponent: float, n: int) -> Form:
    whole = float(exponent).is_integer()
    factors: Powers = {}

    def put(factor: Factor) -> None:
        factors[factor[:2]] = factors.get(factor[:2], 0) + factor[2]

    left: list[Factor] = []
    for part in components(monomial, n):
        if any(i >= n for _, axes, _ in part for i in axes):
            put(
                g.atom_of(
                    Form(sizes, {canonical({(a, x): e for a, x, e in part}, n, g.symmetric): 1.0}), exponent
                )
                if whole or all(g.atoms[a].positive or e % 2 == 0 for a, _, e in part)
                else (-1, (), 0)
            )
            if (-1, ()) in factors:
                del factors[(-1, ())]
                left.extend(part)
            continue
        ((number, axes, power),) = part
        if whole or g.atoms[number].positive or not float(power).is_integer():
            put((number, axes, power * exponent))
        elif power % 2 == 0 and float(power * exponent).is_integer():
            put((number, axes, power * exponent))
            if (power * exponent) % 2:
                sign = g.function("sign", Form(sizes, {((number, axes, 1),): 1.0}), sign=True)
                put(next(iter(sign.terms))[0])
        else:
            left.append((number, axes, power))
    if left or (not whole and coefficient < 0):
        sign = 1.0 if coefficient > 0 else -1.0
        inside = Form(sizes, {canonical({(a, x): e for a, x, e in left}, n, g.symmetric): sign})
        coefficient = abs(coefficient)
        if sign > 0 and len(left) == 1 and left[0][2] == 1:
            put((left[0][0], left[0][1], exponent))
        else:
            inner, axes = g.axes_of(inside)
            number = g.atom(("form", g.identify(inner)), inner.sizes)
            g.behind.setdefault(number, inner)
            put((number, axes, exponent))
    found = tuple(sorted((a, x, rounded(e)) for (a, x), e in factors.items() if e))
    return Form(sizes, {found: rounded(coefficient) ** exponent})


def _content(g: Algebra, form: Form, whole: bool) -> tuple[Monomial, Form]:
    """The factors common to all monomials (without summed indices), and what remains."""
    n = len(form.sizes)
    shared: Powers | None = None
    for monomial in form.terms:
        mine = {(a, x): e for a, x, e in monomial
                if all(i < n for i in x) and (whole or g.atoms[a].positive) and a != EYE}
        if shared is None:
            shared = mine
        else:
            # A factor that is missing counts as exponent 0: what is left of 1 + 1/E is E + 1.
            keys = shared.keys() | mine.keys()
            lowest = {k: min(shared.get(k, 0), mine.get(k, 0)) for k in keys}
            shared = {k: e for k, e in lowest.items() if e}
    if not shared:
        return (), form
    rest: Terms = {}
    for monomial, coefficient in form.terms.items():
        merged: Powers = {(a, x): e for a, x, e in monomial}
        for key, e in shared.items():
            merged[key] = merged.get(key, 0) - e
        accumulate(rest, tuple(sorted((a, x, e) for (a, x), e in merged.items() if e)), coefficient)
    return tuple((a, x, e) for (a, x), e in shared.items()), Form(form.sizes, rest)
