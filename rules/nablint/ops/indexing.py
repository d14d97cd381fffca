"""Indexing: reading, writing and adding at a Python index, with integer and boolean arrays in it."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.ops.card import CARDS, Card, Operand, example, register
from nablint.ops.index import ALL, Index, decode_index, encode_index, index_shape, is_part
from nablint.ops.layout import reshape, sample_of, shape_of
from nablint.shapes import Misfit, Shape, broadcast, dim, show_shape, size_product

__all__ = [
    "addat", "decode_index", "encode_index", "getitem", "index_shape", "read_at", "scatter", "setitem", "write_at",
]


def read_at(x: Operand, *arrays: Operand, index: Index) -> Operand:
    """`x[index]`; the array itself where the index takes all of it."""
    return getitem(x, *arrays, index=index) if index else x


def write_at(x: Operand, value: Operand, *arrays: Operand, index: Index) -> Operand:
    """`x` after `x[index] = value`, in the plainest form: a whole array overwritten is the value, a masked one `where`.

    `index` is canonical (`encode_index` with the shape of `x`).
    """
    x_like, value_like = np.asarray(sample_of(x)), np.asarray(sample_of(value))
    if x_like.dtype.kind != "f" or value_like.dtype.kind == "c":
        return setitem(x, value, *arrays, index=index)  # what is written takes the type of what it is written to
    if not index:
        if value_like.dtype.kind != "f":
            value = CARDS["cast"](value, kind="float")
        if value_like.shape == x_like.shape:
            return value
        if value_like.ndim <= x_like.ndim:
            return CARDS["broadcast_to"](value, shape=tuple(shape_of(x)))
    if len(index) == 1 and is_part(index[0], "mask") and not value_like.ndim and shape_of(arrays[0]) == shape_of(x):
        return CARDS["where"](arrays[0], value, x)
    return setitem(x, value, *arrays, index=index)


def _zeros(shape: Shape, like: Any) -> Any:
    return np.zeros(shape, np.asarray(like).dtype)


def _scatter(G: Any, *arrays: Any, index: Index, shape: Shape) -> Any:
    out = _zeros(shape, G)
    if arrays:
        np.add.at(out, decode_index(index, arrays), G)
    else:
        out[decode_index(index, arrays)] = G
    return out


def _by_arrays(index: Index) -> bool:
    """Whether there are only index arrays between the brackets, two at least: `index_put` takes a tuple of them."""
    return len(index) > 1 and all(isinstance(part, tuple) and part[0] == "term" for part in index)


def _none(arrays: tuple[Operand, ...]) -> tuple[None, ...]:
    return (None,) * len(arrays)


getitem = register(Card(
    name="getitem",
    evaluate=lambda x, *arrays, index: x[decode_index(index, arrays)],
    shape=index_shape,
    adjoint=lambda G, out, x, *arrays, index: (
        scatter(G, *arrays, index=index, shape=tuple(shape_of(x))), *_none(arrays)),
    differential=lambda out, args, dargs, index: getitem(dargs[0], *args[1:], index=index),
    numpy="{0}[{index}]", torch="{0}[{index}]", latex="{0}_{{{index}}}", text="{0}[{index}]",
    why="what was read gets its cotangent back where it stood; what was not read gets zero",
    examples=(example("N D", index=(1, ALL)), example("N D", index=(("slice", 1, -1, 2), None, 0)),
              example("N D", "B : index N", index=(("term", 0),)),
              example("N D M", "B : index N", "B : index M", index=(("term", 0), ALL, ("term", 1))),
              example("N D", "B 2 : index D", index=(Ellipsis, ("term", 0)))),
))

scatter = register(Card(
    name="scatter",
    evaluate=_scatter,
    shape=lambda G, *arrays, index, shape: shape,
    adjoint=lambda G, out, x, *arrays, index, shape: (getitem(G, *arrays, index=index), *_none(arrays)),
    differential=lambda out, args, dargs, index, shape: scatter(dargs[0], *args[1:], index=index, shape=shape),
    numpy="scatter({0}, {index}, {shape})", torch=lambda G, *arrays, index, shape:
        "torch.zeros({shape}).index_put(({index}), {0}, accumulate=True)" if _by_arrays(index) else "",
    latex="\\operatorname{{scatter}}({0})", text="scatter({0})",
    why="the adjoint of adding at an index is reading there",
    examples=(example("D", index=(1,), shape=lambda n: (3, n["D"])),
              example("B D", "B : index 4", index=(("term", 0),), shape=lambda n: (4, n["D"]))),
))


def _dtype(x: Any, value: Any) -> Any:
    """The type of `x` after a write: numpy keeps it, but a complex step must pass through."""
    kinds = np.asarray(x).dtype, np.asarray(value).dtype
    return np.result_type(*kinds) if kinds[1].kind == "c" and kinds[0].kind == "f" else kinds[0]


def _setitem(x: Any, value: Any, *arrays: Any, index: Index) -> Any:
    out = np.array(x, dtype=_dtype(x, value))
    place = decode_index(index, arrays)
    lone = np.size(value) == 1 and np.ndim(value) and not np.ndim(out[place])  # numpy makes a number of it
    out[place] = np.reshape(value, ()) if lone else value
    return out


def _addat(x: Any, value: Any, *arrays: Any, index: Index) -> Any:
    out = np.array(x, dtype=_dtype(x, value))
    np.add.at(out, decode_index(index, arrays), value)
    return out


def _written_shape(x: Shape, value: Shape, *arrays: Shape, index: Index) -> Shape:
    place = index_shape(x, *arrays, index=index)
    value = _without_leading_ones(value, len(place))
    if broadcast(place, value) != place:
        wrong = next((p, v) for p, v in zip(place[::-1], value[::-1], strict=False) if v not in (1, p))
        raise Misfit(f"{show_shape(value)} does not fit into {show_shape(place)}", ((dim(wrong[0]), dim(wrong[1])),))
    return x


def _without_leading_ones(value: Shape, rank: int) -> Shape:
    while len(value) > rank and value[0] == 1:
        value = value[1:]
    if len(value) > rank:
        raise Misfit(f"{show_shape(value)} has more axes than the {rank} it is written to")
    return value


def _value_back(part: Operand, value: Operand) -> Operand:
    """The cotangent of a written value: a broadcast write sums over what it was broadcast along."""
    shape = tuple(shape_of(value))
    bare = _without_leading_ones(shape, len(shape_of(part)))
    if tuple(shape_of(part)) != bare:
        part = CARDS["sum_to"](part, shape=bare)
    return part if len(bare) == len(shape) else reshape(part, shape=shape)


def _setitem_back(G: Operand, out: Operand, x: Operand, value: Operand, *arrays: Operand, index: Index) -> Any:
    read = getitem(G, *arrays, index=index)
    last = _last_writers(np.shape(sample_of(x)), tuple(sample_of(a) for a in arrays), index)
    if last is not None:
        read = CARDS["multiply"](read, last)
    return setitem(G, 0.0, *arrays, index=index), _value_back(read, value), *_none(arrays)


def _last_writers(shape: tuple[int, ...], arrays: tuple[Any, ...], index: Index) -> Any:
    """1 where an entry of the value is the one that stays, 0 where a later one overwrites it; None if all stay."""
    if not any(is_part(p, "term") for p in index):
        return None
    place = decode_index(index, arrays)
    final = np.zeros(shape, int)
    count = np.shape(final[place])
    order = np.arange(size_product(count)).reshape(count)
    final[place] = order
    stays = final[place] == order
    return None if stays.all() else stays.astype(float)


setitem = register(Card(
    name="setitem",
    evaluate=_setitem,
    shape=_written_shape,
    adjoint=_setitem_back,
    differential=lambda out, args, dargs, index: setitem(
        0.0 * args[0] if dargs[0] is None else dargs[0], 0.0 if dargs[1] is None else dargs[1], *args[2:], index=index),
    numpy="{0}[{index}] = {1}", torch="{0}[{index}] = {1}", latex="{0}[{index} := {1}]", text="{0}[{index} := {1}]",
    why="what was overwritten does not matter any more: its cotangent is zero, and the value takes it",
    examples=(example("N D", "D", index=(1,)), example("N D", "", index=(ALL, ("slice", 1, None, None))),
              example("N 4", "N 1", index=(ALL, ("slice", None, -1, None))),
              example("N D", "B D", "B : index N", index=(("term", 0),)),
              example("N D", "", "N D : mask", index=(("mask", 0, 0),)), example("N D", "1 1 D", index=(0,))),
))

addat = register(Card(
    name="addat",
    evaluate=_addat,
    shape=_written_shape,
    adjoint=lambda G, out, x, value, *arrays, index: (
        G, _value_back(getitem(G, *arrays, index=index), value), *_none(arrays)),
    differential=lambda out, args, dargs, index: addat(
        0.0 * args[0] if dargs[0] is None else dargs[0], 0.0 if dargs[1] is None else dargs[1], *args[2:], index=index),
    numpy="np.add.at({0}, {index}, {1})", torch=lambda x, value, *arrays, index:
        "{0}.index_put(({index}), {1}, accumulate=True)" if _by_arrays(index) else "",
    latex="{0} +_{{{index}}} {1}", text="{0}[{index}] += {1}",
    why="the sum passes the cotangent on, to the value from where it was added",
    examples=(example("N D", "B D", "B : index N", index=(("term", 0),)),
              example("N D", "D", "B : index N", index=(("term", 0),)),
              example("N D", "", index=(ALL, 1)),
              example("N D", "B", "B : index N", "B : index D", index=(("term", 0), ("term", 1)))),
))

