"""Joining arrays along an axis; the adjoint cuts the cotangent into the pieces again."""

from __future__ import annotations

import numpy as np

from nablint.ops.card import Card, Operand, example, register
from nablint.ops.indexing import getitem
from nablint.ops.layout import axis_in, shape_of
from nablint.shapes import Misfit, Shape, Size, dim, show_shape


def _joined(*xs: Shape, axis: int) -> Shape:
    first = xs[0]
    if not first:
        raise Misfit("arrays without an axis cannot be joined along one")
    at = axis_in(axis, len(first))
    total = Size(0)
    for x in xs:
        if len(x) != len(first):
            raise Misfit(f"{show_shape(first)} and {show_shape(x)} differ in their number of axes")
        for a, (m, n) in enumerate(zip(first, x, strict=True)):
            if a != at and m != n:
                raise Misfit(f"{show_shape(first)} and {show_shape(x)} differ beside axis {at}: {dim(m)} and {dim(n)}",
                             ((dim(m), dim(n)),), strict=True)
        total = total + dim(x[at])
    return (*first[:at], total, *first[at + 1:])


def _zero_where_fixed(args: tuple[Operand, ...], dargs: tuple[Operand | None, ...]) -> list[Operand]:
    return [0.0 * x if dx is None else dx for x, dx in zip(args, dargs, strict=True)]


def _cut(G: Operand, out: Operand, *xs: Operand, axis: int) -> tuple[Operand, ...]:
    before = (("slice", None, None, None),) * axis_in(axis, len(shape_of(out)))
    start, parts = Size(0), []
    for x in xs:
        stop = start + dim(shape_of(x)[len(before)])
        parts.append(getitem(G, index=(*before, ("slice", start, stop, None))))
        start = stop
    return tuple(parts)


concatenate = register(Card(
    name="concatenate",
    evaluate=lambda *xs, axis: np.concatenate(xs, axis),
    shape=_joined,
    adjoint=_cut,
    differential=lambda out, args, dargs, axis: concatenate(*_zero_where_fixed(args, dargs), axis=axis),
    numpy="np.concatenate(({*}), axis={axis})", torch="torch.cat(({*}), dim={axis})",
    latex="[{*}]", text="[{*}]",
    why="each piece takes its own stretch of the cotangent",
    examples=(example("N D", "N M", axis=1), example("N D", "B D", "1 D", axis=0), example("N D", "N 1", axis=-1),
              example("N", "D", axis=0)),
))


def _stacked(*xs: Shape, axis: int) -> Shape:
    for x in xs:
        if len(x) != len(xs[0]):
            raise Misfit(f"{show_shape(xs[0])} and {show_shape(x)} differ in their number of axes")
        for m, n in zip(xs[0], x, strict=True):
            if m != n:
                raise Misfit(f"{show_shape(xs[0])} and {show_shape(x)} cannot be stacked: {dim(m)} and {dim(n)}",
                             ((dim(m), dim(n)),))
    at = axis_in(axis, len(xs[0]) + 1)
    return (*xs[0][:at], Size(len(xs)), *xs[0][at:])


def _unstack(G: Operand, out: Operand, *xs: Operand, axis: int) -> tuple[Operand, ...]:
    before = (("slice", None, None, None),) * axis_in(axis, len(shape_of(out)))
    return tuple(getitem(G, index=(*before, k)) for k in range(len(xs)))


stack = register(Card(
    name="stack",
    evaluate=lambda *xs, axis: np.stack(xs, axis),
    shape=_stacked,
    adjoint=_unstack,
    differential=lambda out, args, dargs, axis: stack(*_zero_where_fixed(args, dargs), axis=axis),
    numpy="np.stack(({*}), axis={axis})", torch="torch.stack(({*}), dim={axis})", latex="[{*}]", text="[{*}]",
    why="each piece takes its own layer of the cotangent",
    examples=(example("N D", "N D", axis=0), example("N D", "N D", "N D", axis=-1), example("N D", "N D", axis=1),
              example("", "", axis=0)),
))
