"""What changes of shape and plain indices mean in normal forms."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.algebra import Algebra
from nablint.calculus.forms import EYE, Form, canonical, components
from nablint.calculus.normalise.driver import rule
from nablint.calculus.powers import power
from nablint.calculus.terms import Term
from nablint.shapes import Shape


def _by_rank(g: Algebra, a: Form, sizes: Shape) -> Form | None:
    """A change of shape that only adds or drops axes of size 1."""
    old = [i for i, s in enumerate(a.sizes) if s != 1]
    new = [i for i, s in enumerate(sizes) if s != 1]
    if [a.sizes[i] for i in old] != [sizes[i] for i in new]:
        return None
    labels = tuple(i if a.sizes[i] != 1 else -1 - i for i in range(len(a.sizes)))
    back = dict(zip(new, old, strict=True))
    return g.contract([a], [labels], tuple(back.get(i, 100 + i) for i in range(len(sizes))), sizes)


@rule("reshape", "expand_dims", "squeeze", "ravel")
def _reshape(g: Algebra, t: Term, a: Form, **params: Any) -> Form:
    return _in_shape(g, a, t.shape)


def _in_shape(g: Algebra, a: Form, sizes: Shape) -> Form:
    """The same entries in another shape; products and elementwise functions are reshaped factor by factor."""
    found = _by_rank(g, a, sizes)
    if found is not None:
        return found
    n = len(a.sizes)
    total = g.scalar(0.0, sizes)
    for monomial, coefficient in a.terms.items():
        scalars = tuple(f for f in monomial if not f[1])
        part = Form(sizes, {scalars: coefficient})
        for group in components([f for f in monomial if f[1]], n):
            number, axes, exponent = group[0]
            atom = g.atoms[number]
            if len(group) == 1 and number != EYE and all(i < n for i in axes):
                if atom.key[0] == "fn" and len(atom.key) == 4:
                    inner = g.contract([g.behind[number]], [axes], tuple(range(n)), a.sizes)
                    moved = g.function(atom.key[1], _in_shape(g, inner, sizes), atom.key[2], positive=atom.positive,
                                       boolean=atom.boolean, sign=atom.sign)
                else:
                    moved = _atom_in_shape(g, number, axes, a.sizes, sizes)
                moved = power(g, moved, exponent)
            else:
                inner = Form(a.sizes, {canonical({(f[0], f[1]): f[2] for f in group}, n, g.symmetric): 1.0})
                number, axes, _ = next(iter(g.atomise(inner).terms))[0]
                moved = _atom_in_shape(g, number, axes, a.sizes, sizes)
            part = g.multiply(part, moved, sizes)
        total = g.add(total, part, 1.0, sizes)
    return total


def _atom_in_shape(g: Algebra, number: int, axes: tuple[int, ...], old: Shape, sizes: Shape) -> Form:
    atom = g.atoms[number]
    if atom.key[0] == "reshaped" and axes == tuple(i for i, s in enumerate(old) if s != 1):
        number, axes = atom.key[1], atom.key[2]
        old, atom = atom.key[3], g.atoms[number]
        base = Form(old, {((number, axes, 1),): 1.0})
        if atom.key[0] == "form":
            base = g.contract([g.behind[number]], [axes], tuple(range(len(old))), old)
        found = _by_rank(g, base, sizes)
        if found is not None:
            return found
    wanted = tuple(s for s in sizes if s != 1)
    return g.opaque(("reshaped", number, axes, old, wanted), sizes, positive=atom.positive, boolean=atom.boolean,
                    sign=atom.sign)


@rule("getitem")
def _getitem(g: Algebra, t: Term, a: Form, *arrays: Form, index: Any) -> Form | None:
    if arrays:
        return None
    plain = all(p is None or p is Ellipsis or (isinstance(p, tuple) and p[0] == "slice" and p[1:] == (None,) * 3)
                or (isinstance(p, int) and p in (0, -1)) for p in index)
    if plain and np.size(t.sample) == np.size(t.args[0].sample):
        return _by_rank(g, a, t.shape)
    return None
