"""Layout: the same entries in another arrangement of axes.

All of these are linear and move entries without changing them, so the adjoint moves them back, and adds up where one
entry was used several times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from nablint.ops.card import CARDS, Card, Operand, example, register
from nablint.shapes import Misfit, Shape, Size, dim, evened, show_shape, size_product


def shape_of(x: Operand) -> Shape:
    """The shape of a term, an array or a number."""
    shape = getattr(x, "shape", None)
    return np.shape(x) if shape is None else shape  # type: ignore[return-value]


def sample_of(x: Operand) -> Any:
    """The value of a term on this draw; arrays and numbers are their own."""
    return getattr(x, "sample", x)


def axis_in(axis: int, rank: int) -> int:
    """`axis` counted from the front; raises `Misfit` when there is no such axis."""
    if not -rank <= axis < rank:
        raise Misfit(f"axis {axis} does not exist: there {'is' if rank == 1 else 'are'} {rank or 'no'} "
                     f"ax{'i' if rank == 1 else 'e'}s", rank=axis + 1 if axis >= 0 else -axis,
                     least=True)
    return int(axis) % rank


def axes_in(axis: int | Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """Several axes counted from the front, None for all; raises `Misfit` for a missing or repeated one."""
    if axis is None:
        return tuple(range(rank))
    axes = tuple(axis_in(a, rank) for a in ((axis,) if isinstance(axis, int) else axis))
    if len(set(axes)) != len(axes):
        raise Misfit(f"an axis is named twice in {tuple(map(int, axis))}")  # type: ignore[arg-type]
    return axes


def resolve_shape(shape: Iterable[int], source: Shape) -> Shape:
    """A reshape target with its -1 replaced; raises `Misfit` when it cannot hold the entries of `source`."""
    target = tuple(map(dim, shape))
    if -1 in target:
        total, known = size_product(source), size_product(s for s in target if s != -1)
        if sum(s == -1 for s in target) > 1 or not known or total % known:
            raise Misfit(f"{show_shape(source)} cannot be reshaped to {show_shape(target)}", evened(source, target),
                         rank=len(source) + 1)
        target = tuple(total // known if s == -1 else s for s in target)
    elif prod(target) != prod(source):
        total = size_product(source)
        raise Misfit(f"{show_shape(source)} cannot be reshaped to {show_shape(target)}: "
                     f"{total} against {size_product(target)} entries", ((total, size_product(target)),),
                     rank=len(source) + 1)
    return target


def _transposed(x: Shape, axes: tuple[int, ...] | None = None) -> Shape:
    if axes is None:
        return x[::-1]
    if len(axes) != len(x):
        raise Misfit(f"transpose{show_shape(axes)} needs {len(axes)} axes, {show_shape(x)} has {len(x)}")
    return tuple(x[a] for a in axes_in(axes, len(x)))


def _transpose_back(G: Operand, out: Operand, x: Operand, axes: tuple[int, ...] | None = None) -> tuple[Operand]:
    if axes is None:
        return (transpose(G, axes=None),)
    order = axes_in(axes, len(axes))
    return (transpose(G, axes=tuple(sorted(range(len(order)), key=order.__getitem__))),)


transpose = register(Card(
    name="transpose",
    evaluate=lambda x, axes=None: x.transpose(axes),
    shape=_transposed,
    adjoint=_transpose_back,
    numpy="np.transpose({0}, {axes})", torch="{0}.permute({axes})", latex="{0}^{{\\top}}", text="{0}ᵀ", binding=4,
    why="⟨G, Vᵀ⟩ = ⟨Gᵀ, V⟩: the axes go back to where they came from",
    examples=(example("N D"), example("B N D", axes=(1, 2, 0)), example("B N D"), example("N"),
              example("B N D", axes=(0, 2, -2))),
))

reshape = register(Card(
    name="reshape",
    evaluate=lambda x, shape: x.reshape(shape),
    shape=lambda x, shape: resolve_shape(shape, x),
    adjoint=lambda G, out, x, shape: (reshape(G, shape=tuple(shape_of(x))),),
    numpy="{0}.reshape({shape})", torch="{0}.reshape({shape})",
    latex="\\operatorname{{reshape}}({0}, {shape})", text="reshape({0}, {shape})",
    why="the entries keep their order, so the cotangent is reshaped back",
    examples=(example("N D", shape=lambda n: (n["N"] * n["D"],)), example("N D", shape=lambda n: (n["D"], 1, n["N"])),
              example("1", shape=())),
))


@lru_cache(256)
def _new_axes(rank: int, axis: int | tuple[int, ...]) -> tuple[slice | None, ...]:
    """The index that adds the axes."""
    total = rank + (1 if isinstance(axis, int) else len(axis))
    axes = axes_in(axis, total)
    return tuple(None if a in axes else slice(None) for a in range(total))


def _expanded(x: Shape, axis: int | tuple[int, ...]) -> Shape:
    rank = len(x) + (1 if isinstance(axis, int) else len(axis))
    axes, old = axes_in(axis, rank), iter(x)
    return tuple(Size(1) if a in axes else next(old) for a in range(rank))


expand_dims = register(Card(
    name="expand_dims",
    evaluate=lambda x, axis: x[_new_axes(np.ndim(x), axis)],
    shape=_expanded,
    adjoint=lambda G, out, x, axis: (squeeze(G, axis=axis),),
    numpy="np.expand_dims({0}, {axis})", torch="{0}.unsqueeze({axis})", latex="{0}", text="{0}",
    why="an axis of size 1 holds the same entries",
    examples=(example("N D", axis=1), example("N", axis=-1), example("N", axis=(0, 2)), example("", axis=0)),
))


def _squeezed(x: Shape, axis: int | tuple[int, ...] | None = None) -> Shape:
    if axis is None:
        return tuple(s for s in x if s != 1)
    axes = axes_in(axis, len(x))
    for a in axes:
        if x[a] != 1:
            raise Misfit(f"axis {a} of {show_shape(x)} has size {dim(x[a])} and cannot be squeezed away",
                         ((dim(x[a]), Size(1)),))
    return tuple(s for a, s in enumerate(x) if a not in axes)


squeeze = register(Card(
    name="squeeze",
    evaluate=lambda x, axis=None: x.squeeze(axis),
    shape=_squeezed,
    adjoint=lambda G, out, x, axis=None: (
        reshape(G, shape=tuple(shape_of(x))) if axis is None else expand_dims(G, axis=axis),),
    numpy="np.squeeze({0}, {axis})", torch="{0}.squeeze({axis})", latex="{0}", text="{0}",
    why="an axis of size 1 holds the same entries",
    examples=(example("N 1"), example("N 1 D", axis=1), example("1 N 1", axis=(0, -1)), example("1", axis=-1)),
))


def _stretch(x: Any, shape: tuple[int, ...]) -> Any:
    x = np.asarray(x)
    if x.ndim > len(shape):
        raise ValueError("an axis would be lost")
    out = np.empty(shape, x.dtype)  # copying a small array is faster than making a view of it by np.broadcast_to
    out[...] = x
    return out


def _stretched(x: Shape, shape: Shape) -> Shape:
    if len(shape) < len(x):
        raise Misfit(f"{show_shape(x)} has more axes than {show_shape(shape)}")
    for a in range(-len(x), 0):
        if x[a] != 1 and x[a] != shape[a]:
            raise Misfit(f"{show_shape(x)} does not broadcast to {show_shape(shape)}", ((dim(x[a]), dim(shape[a])),))
    return shape


broadcast_to = register(Card(
    name="broadcast_to",
    evaluate=_stretch,
    shape=_stretched,
    adjoint=lambda G, out, x, shape: (CARDS["sum_to"](G, shape=tuple(shape_of(x))),),
    numpy="np.broadcast_to({0}, {shape})", torch="{0}.expand({shape})", latex="{0}", text="{0}",
    why="every copy of an entry adds its cotangent: broadcasting turns into a sum",
    examples=(example("N 1", shape=lambda n: (n["N"], 4)), example("D", shape=lambda n: (3, n["D"])),
              example("", shape=(5,)), example("1 D", shape=lambda n: (3, 2, n["D"]))),
))
