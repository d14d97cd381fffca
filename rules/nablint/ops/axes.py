"""Axes of a reduction: normalising, the reduced shape, and putting a reduced value back against its argument."""

from __future__ import annotations

from nablint.ops.card import Operand, actual_shape, op
from nablint.shapes import Misfit, Shape, Size, dim, show_shape, size_product

Axis = int | tuple[int, ...] | None


def axes_of(rank: int, axis: Axis) -> tuple[int, ...]:
    """The axes as numbers from 0; None means all of them."""
    if axis is None:
        return tuple(range(rank))
    return tuple(a % rank if rank else 0 for a in ((axis,) if isinstance(axis, int) else axis))


def reduced_shape(shape: Shape, axis: Axis = None, keepdims: bool = False) -> Shape:
    """The shape after a reduction; raises `Misfit` for an axis that is not there or is named twice."""
    rank = len(shape)
    for a in () if axis is None else (axis,) if isinstance(axis, int) else axis:
        if not -rank <= a < rank:
            raise Misfit(f"{show_shape(shape)} has no axis {a}")
    gone = axes_of(rank, axis)
    if len(set(gone)) != len(gone):
        raise Misfit(f"an axis of {show_shape(shape)} is reduced twice")
    if keepdims:
        return tuple(Size(1) if i in gone else dim(s) for i, s in enumerate(shape))
    return tuple(dim(s) for i, s in enumerate(shape) if i not in gone)


def reduced_count(arg: Operand, axis: Axis) -> Size:
    """How many entries of `arg` go into one entry of the result, in symbols."""
    shape = arg.shape
    return size_product(shape[a] for a in axes_of(len(shape), axis))


def align(value: Operand, arg: Operand, axis: Axis, keepdims: bool) -> Operand:
    """A reduced value with its lost axes back as axes of length 1, so that it broadcasts against `arg`."""
    rank = len(actual_shape(arg))
    if keepdims or axis is None or rank == len(actual_shape(value)):
        return value
    return op.expand_dims(value, axis=axis)


def refill(value: Operand, arg: Operand, axis: Axis, keepdims: bool) -> Operand:
    """A reduced value repeated over the axes that were reduced: the adjoint of a sum."""
    aligned = align(value, arg, axis, keepdims)
    return aligned if actual_shape(aligned) == actual_shape(arg) else op.broadcast_to(aligned, shape=arg.shape)
