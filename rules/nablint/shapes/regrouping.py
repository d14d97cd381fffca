"""What sizes make a reshape with a -1 come out even."""

from __future__ import annotations

import re

from nablint.shapes.sizes import Polynomial, Shape, Size, size_product

_AXIS = re.compile(r"\.\d+$")
"""How the axes of inputs are named."""


def evened(source: Shape, target: Shape) -> tuple[tuple[Size, Size], ...]:
    """The equation under which `source` can be regrouped into `target`, one of whose sizes is -1; empty for none.

    Sizes that both have are left out.  What the target has besides is the size of an axis of the source where it is an
    array's axis itself (`x.reshape(-1, gamma.shape[0])`), and divides one where it is a count (`x.reshape(N * G, -1)`).
    """
    wanted = size_product(s for s in target if s != -1).expr
    if len(wanted.terms) != 1 or any(len(s.expr.terms) != 1 for s in source):
        return ()
    (monomial, number), = wanted.terms
    powers = dict(monomial)
    free: list[Size] = []
    for size in source:
        (own, factor), = size.expr.terms
        if factor == 1 and all(powers.get(name, 0) >= power for name, power in own):
            for name, power in own:
                powers[name] -= power
        else:
            free.append(size)
    rest = Polynomial(((tuple(sorted((n, p) for n, p in powers.items() if p)), number),))
    bare = [s for s in free if s.expr.name is not None and s.expr.name not in rest.names()]
    if not bare or rest.number == 1:
        return ()
    if rest.number is None and (rest.name is None or _AXIS.search(rest.name)):
        axis = bare[-1] if target[-1].expr == rest else bare[0]
        return ((axis, Size(0, rest)),)
    axis = bare[-1] if rest.number is not None and target[0] == -1 else bare[0]
    part = Polynomial.symbol(f"({axis.expr.name})/({rest})")
    return ((axis, Size(0, rest * part)),)
