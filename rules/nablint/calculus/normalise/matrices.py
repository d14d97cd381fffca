"""What traces, diagonals, inverses and determinants mean in normal forms."""

from __future__ import annotations

from typing import Any

from nablint.calculus.algebra import Algebra
from nablint.calculus.forms import EYE, Form
from nablint.calculus.normalise.contractions import matmul
from nablint.calculus.normalise.driver import rule
from nablint.calculus.powers import power
from nablint.calculus.terms import Term
from nablint.shapes import Shape


@rule("trace")
def _trace(g: Algebra, t: Term, a: Form, **params: Any) -> Form | None:
    return g.contract([a], [(0, 0)], (), ()) if len(a.sizes) == 2 and not any(params.values()) \
        and a.sizes[0] == a.sizes[1] else None


@rule("diagonal")
def _diagonal(g: Algebra, t: Term, a: Form, **params: Any) -> Form | None:
    plain = not any(v for k, v in params.items() if k not in ("axis1", "axis2"))
    if not plain or len(a.sizes) != 2 or a.sizes[0] != a.sizes[1]:
        return None
    return g.contract([a], [(0, 0)], (0,), t.shape)


@rule("diag", "diag_embed")
def _diag(g: Algebra, t: Term, a: Form, **params: Any) -> Form | None:
    if any(params.values()):
        return None
    if len(a.sizes) == 2:
        return _diagonal(g, t, a)
    if len(a.sizes) != 1:
        return None
    if a.sizes[0] == 1:
        return Form(t.shape, a.terms)
    eye = Form(t.shape, {((EYE, (0, 1), 1),): 1.0})
    return g.contract([a, eye], [(0,), (0, 1)], (0, 1), t.shape)


def path_of(g: Algebra, a: Form) -> tuple[float, tuple[Any, ...], list[tuple[int, bool]]] | None:
    """A form that is one product of square matrices: coefficient, scalar factors, (atom, transposed) in order."""
    if len(a.sizes) != 2 or a.sizes[0] == 1 or a.sizes[0] != a.sizes[1] or len(a.terms) != 1:
        return None
    ((monomial, coefficient),) = a.terms.items()
    scalars = tuple(f for f in monomial if not f[1])
    rest = [f for f in monomial if f[1]]
    if any(f[2] != 1 or len(f[1]) != 2 or f[1][0] == f[1][1] for f in rest):
        return None
    if any(size != a.sizes[0] for f in rest if f[0] != EYE for size in g.atoms[f[0]].sizes):
        return None
    at, found = 0, list[tuple[int, bool]]()
    while rest:
        following = [f for f in rest if at in f[1]]
        if len(following) != 1:
            return None
        rest.remove(following[0])
        number, axes, _ = following[0]
        found.append((number, axes[1] == at))
        at = axes[0] if axes[1] == at else axes[1]
    return (coefficient, scalars, found) if at == 1 else None


@rule("inv")
def _inv(g: Algebra, t: Term, a: Form) -> Form | None:
    path = path_of(g, a)
    if path is None:
        return _inverse_of_sum(g, a)
    coefficient, scalars, factors = path
    result = Form(a.sizes, {tuple((n, x, -e) for n, x, e in scalars): 1 / coefficient})
    product: Form | None = None
    for number, turned in reversed(factors):
        one = _inverse_atom(g, number, a.sizes, turned)
        product = one if product is None else g.contract([product, one], [(0, 2), (2, 1)], (0, 1), a.sizes)
    assert product is not None
    return g.multiply(result, product, a.sizes)


def _turned(g: Algebra, a: Form) -> Form:
    return g.contract([a], [(0, 1)], (1, 0), a.sizes[::-1])


def _inverse_of_sum(g: Algebra, a: Form) -> Form | None:
    """The inverse of what is no plain product, as one atom that it shares with the inverse of the transpose."""
    if len(a.sizes) != 2 or a.sizes[0] == 1:
        return None
    number, turned = g.identify(a), g.identify(_turned(g, a))
    found = g.atom(("inverse", min(number, turned)), a.sizes, symmetric=number == turned)
    return Form(a.sizes, {((found, (0, 1) if number <= turned else (1, 0), 1),): 1.0})


def _inverse_atom(g: Algebra, number: int, sizes: Shape, turned: bool) -> Form:
    atom = g.atoms[number]
    axes = (1, 0) if turned else (0, 1)
    if number == EYE:
        found = EYE
    elif atom.key[0] == "inv":
        found = atom.key[1]
    else:
        found = g.atom(("inv", number, True), atom.sizes, symmetric=atom.symmetric)
    return Form(sizes, {((found, tuple(sorted(axes)) if found in g.symmetric else axes, 1),): 1.0})


@rule("det", "logabsdet")
def _det(g: Algebra, t: Term, a: Form) -> Form | None:
    """det(A B) = det A det B, det A⁻¹ = 1/det A, det Aᵀ = det A."""
    path = path_of(g, a)
    assert t.card is not None
    if path is None or path[0] != 1 or path[1]:
        if len(a.sizes) != 2:
            return None
        return g.opaque((t.card.name, "form", min(g.identify(a), g.identify(_turned(g, a)))), ())
    result = g.scalar(1.0 if t.card.name == "det" else 0.0)
    for number, _ in path[2]:
        if number == EYE:
            continue
        atom = g.atoms[number]
        base, exponent = (atom.key[1], -1.0) if atom.key[0] == "inv" else (number, 1.0)
        one = g.opaque((t.card.name, base), ())
        if t.card.name == "det":
            result = g.multiply(result, power(g, one, exponent), ())
        else:
            result = g.add(result, one, exponent, ())
    return result


@rule("solve")
def _solve(g: Algebra, t: Term, a: Form, b: Form) -> Form | None:
    inverse = _inv(g, t, a) if len(a.sizes) == 2 else None
    return matmul(g, t, inverse, b) if inverse is not None else None
