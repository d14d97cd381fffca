"""The two rules by which arrays of unequal shape meet: broadcasting and the matrix product."""

from __future__ import annotations

from nablint.shapes.sizes import Misfit, Shape, Size, dim, show_shape

ONE = Size(1)


def broadcast(*shapes: Shape) -> Shape:
    """The common shape by numpy's rule: aligned at the last axis, size 1 stretches.

    Raises `Misfit` with the equations that would make the shapes fit.
    """
    rank = max(map(len, shapes), default=0)
    out: list[Size] = []
    for axis in range(-rank, 0):
        found = ONE
        for shape in shapes:
            if len(shape) < -axis:
                continue
            size = dim(shape[axis])
            if size == 1:
                continue
            if found != 1 and found != size:
                shown = " with ".join(show_shape(s) for s in shapes)
                raise Misfit(f"{shown} cannot broadcast: {found} against {size}", ((found, size),))
            if found == 1 or (found.expr.number is not None and size.expr.number is None):
                found = size
        out.append(found)
    return tuple(out)


def matmul_shape(a: Shape, b: Shape) -> Shape:
    """The shape of `a @ b` by numpy's rule: stacks broadcast, one-axis operands lose their axis again.

    Raises `Misfit` when the inner sizes differ.
    """
    if not a or not b:
        raise Misfit(f"a matrix product of {show_shape(a)} and {show_shape(b)} needs at least one axis each")
    inner_a, inner_b = dim(a[-1]), dim(b[-2:][0])
    if inner_a != inner_b:
        raise Misfit(
            f"{show_shape(a)} @ {show_shape(b)}: inner sizes {inner_a} and {inner_b} differ", ((inner_a, inner_b),)
        )
    stack = broadcast(a[:-2], b[:-2])
    return (*stack, *(a[-2:-1] if len(a) > 1 else ()), *(b[-1:] if len(b) > 1 else ()))
