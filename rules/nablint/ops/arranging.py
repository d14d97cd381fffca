"""Rearranging along axes: reversing, rolling, repeating and padding."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.ops.card import Card, Operand, example, op, register
from nablint.ops.layout import axes_in, axis_in, reshape, shape_of
from nablint.shapes import Misfit, Shape, Size, dim, show_shape

Axes = int | tuple[int, ...] | None


def _checked(x: Shape, axis: Axes = None) -> Shape:
    axes_in(axis, len(x))
    return x


flip = register(Card(
    name="flip",
    evaluate=lambda x, axis=None: np.flip(x, axis),
    shape=_checked,
    adjoint=lambda G, out, x, axis=None: (flip(G, axis=axis),),
    numpy="np.flip({0}, {axis})", torch="torch.flip({0}, {axis})",
    latex="\\operatorname{{flip}}({0})", text="flip({0})",
    why="reversing twice changes nothing, so the adjoint reverses",
    examples=(example("N D"), example("N D", axis=0), example("B N D", axis=(0, -1))),
))


def _opposite(shift: int | tuple[int, ...]) -> int | tuple[int, ...]:
    return -shift if isinstance(shift, int) else tuple(-s for s in shift)


def _rolled(x: Shape, shift: int | tuple[int, ...], axis: Axes = None) -> Shape:
    for a in () if axis is None else (axis,) if isinstance(axis, int) else axis:
        axis_in(a, len(x))
    return x


roll = register(Card(
    name="roll",
    evaluate=lambda x, shift, axis=None: np.roll(x, shift, axis),
    shape=_rolled,
    adjoint=lambda G, out, x, shift, axis=None: (roll(G, shift=_opposite(shift), axis=axis),),
    numpy="np.roll({0}, {shift}, {axis})", torch="torch.roll({0}, {shift}, {axis})",
    latex="\\operatorname{{roll}}({0}, {shift})", text="roll({0}, {shift})",
    why="what was rolled forward is rolled back",
    examples=(example("N D", shift=2), example("N D", shift=-1, axis=1), example("N D", shift=(1, 2), axis=(0, 1))),
))


def _repeated(x: Shape, repeats: int, axis: int) -> Shape:
    at = axis_in(axis, len(x))
    return (*x[:at], dim(x[at]) * repeats, *x[at + 1:])


def _repeat_back(G: Operand, out: Operand, x: Operand, repeats: int, axis: int) -> tuple[Operand]:
    shape = tuple(shape_of(x))
    at = axis_in(axis, len(shape))
    return (op.sum(reshape(G, shape=(*shape[:at + 1], dim(repeats), *shape[at + 1:])), axis=at + 1),)


repeat = register(Card(
    name="repeat",
    evaluate=lambda x, repeats, axis: x.repeat(repeats, axis),
    shape=_repeated,
    adjoint=_repeat_back,
    numpy="np.repeat({0}, {repeats}, axis={axis})", torch="{0}.repeat_interleave({repeats}, dim={axis})",
    latex="\\operatorname{{repeat}}({0}, {repeats})", text="repeat({0}, {repeats})",
    why="every copy of an entry adds its cotangent",
    examples=(example("N D", repeats=3, axis=0), example("N D", repeats=2, axis=-1), example("N", repeats=4, axis=0)),
))


def _tile_parts(x: Shape, reps: tuple[int, ...]) -> tuple[Shape, tuple[Size, ...]]:
    """The shape and the repetitions of a tiling, made equally long."""
    rank = max(len(x), len(reps))
    return ((Size(1),) * (rank - len(x)) + tuple(map(dim, x)),
            (Size(1),) * (rank - len(reps)) + tuple(map(dim, reps)))


def _tile_back(G: Operand, out: Operand, x: Operand, reps: tuple[int, ...]) -> tuple[Operand]:
    pairs = list(zip(*_tile_parts(shape_of(x), reps), strict=True))
    apart = reshape(G, shape=tuple(s for size, count in pairs for s in (count, size)))
    return (reshape(op.sum(apart, axis=tuple(range(0, 2 * len(pairs), 2))), shape=tuple(shape_of(x))),)


tile = register(Card(
    name="tile",
    evaluate=lambda x, reps: np.tile(x, reps),
    shape=lambda x, reps: tuple(size * count for size, count in zip(*_tile_parts(x, reps), strict=True)),
    adjoint=_tile_back,
    numpy="np.tile({0}, {reps})", torch="{0}.repeat({reps})",
    latex="\\operatorname{{tile}}({0}, {reps})", text="tile({0}, {reps})",
    why="every copy of an entry adds its cotangent",
    examples=(example("N D", reps=(2, 3)), example("N", reps=(4, 1)), example("N D", reps=(2,)),
              example("N D", reps=(2, 1, 3))),
))

Widths = tuple[tuple[int, int], ...]
"""How many entries stand before and after, for each axis."""


def padded_array(x: Any, pad_width: Widths, value: float = 0.0) -> Any:
    """An array with constant entries around it (`np.pad` takes thirty times as long on small arrays)."""
    if len(pad_width) != x.ndim:
        raise ValueError("a padding is needed for each axis")
    out = np.full([a + n + b for n, (a, b) in zip(x.shape, pad_width, strict=True)], value, x.dtype)
    out[tuple([slice(a, a + n) for n, (a, _) in zip(x.shape, pad_width, strict=True)])] = x
    return out


def _padded(x: Shape, pad_width: Widths, value: float = 0.0) -> Shape:
    if len(pad_width) != len(x):
        raise Misfit(f"{show_shape(x)} has {len(x)} axes, the padding is for {len(pad_width)}")
    return tuple(dim(n) + before + after for n, (before, after) in zip(x, pad_width, strict=True))


def _unpad(G: Operand, x: Operand, pad_width: Widths) -> Operand:
    cuts = [("slice", dim(before) if before else None, before + dim(n) if after else None, None)
            for n, (before, after) in zip(shape_of(x), pad_width, strict=True)]
    while cuts and cuts[-1][1:] == (None, None, None):
        cuts.pop()
    return op.getitem(G, index=tuple(cuts))


pad = register(Card(
    name="pad",
    evaluate=padded_array,
    shape=_padded,
    adjoint=lambda G, out, x, pad_width, value=0.0: (_unpad(G, x, pad_width),),
    differential=lambda out, args, dargs, pad_width, value=0.0: pad(dargs[0], pad_width=pad_width),
    numpy="np.pad({0}, {pad_width})", torch="np.pad({0}, {pad_width})",
    latex="\\operatorname{{pad}}({0})", text="pad({0})",
    why="the padding is constant: only the inner part has a cotangent to take",
    examples=(example("N D", pad_width=((1, 2), (0, 3))), example("N D", pad_width=((0, 0), (2, 0)), value=1.5),
              example("N", pad_width=((1, 1),))),
))
