"""Indexing: reading, writing and adding at a Python index, with integer and boolean arrays in it.

Parameters of a card are hashable and arrays are arguments, so an index is held in two parts: a tuple `index` of ints,
None, Ellipsis, `("slice", start, stop, step)`, `("term", k)` for the k-th index array and `("mask", k, count)` for the
k-th one where it is boolean with `count` entries that hold; and the index arrays themselves.  `encode_index` makes the two
from what stands between the brackets, `decode_index` the numpy index from them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from nablint.ops.card import CARDS, Card, Operand, example, register
from nablint.ops.layout import reshape, sample_of, shape_of
from nablint.shapes import Misfit, Shape, Size, broadcast, dim, show_shape, size_product

Index = tuple[Any, ...]
_ALL = ("slice", None, None, None)


def encode_index(index: Any, shape: Shape | None = None) -> tuple[Index, tuple[Operand, ...]]:
    """The two parts of a Python index that may hold terms, arrays, lists, ints, sizes, slices, None and Ellipsis.

    With the indexed array's shape given, indices that mean the same become the same: `h[-1]` and `h[T - 1]`,
    `x[1:-1]` and `x[1:1 + H]`.  Raises `TypeError` for what cannot be an index.
    """
    parts: list[Any] = []
    arrays: list[Operand] = []
    for item in index if isinstance(index, tuple) else (index,):
        if item is None or item is Ellipsis:
            parts.append(item)
        elif isinstance(item, slice):
            parts.append(("slice", _bound(item.start), _bound(item.stop), _bound(item.step)))
        elif isinstance(item, int) and not isinstance(item, bool):
            parts.append(item)
        elif isinstance(item, np.integer):
            parts.append(int(item))
        else:
            if isinstance(item, list | tuple | range):
                item = np.array([np.asarray(sample_of(i)) for i in item], dtype=None if len(item) else int)
            value = np.asarray(sample_of(item))
            if value.dtype.kind == "b":
                parts.append(("mask", len(arrays), int(np.count_nonzero(value))))
            elif value.dtype.kind in "iu":
                parts.append(("term", len(arrays)))
            else:
                raise TypeError("only integers and booleans can be an index")
            arrays.append(item)
    if shape is None:
        return tuple(parts), tuple(arrays)
    return canonical_index(tuple(parts), tuple(arrays), shape), tuple(arrays)


def canonical_index(index: Index, arrays: tuple[Operand, ...], shape: Shape) -> Index:
    """The index with its ellipsis written out, its bounds counted from the front and whole axes left out at the end."""
    used = sum(len(shape_of(arrays[p[1]])) if _is(p, "mask") else p is not None and p is not Ellipsis for p in index)
    if used > len(shape):
        return index  # the shape rule says what is wrong with it
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    out: list[Any] = []
    axis = 0
    for p in (*index[:at], *[_ALL] * (len(shape) - used), *index[at + 1:]):
        if p is None:
            out.append(None)
            continue
        size = dim(shape[axis])
        if _is(p, "slice"):
            out.append(_canonical_slice(p, size))
        elif isinstance(p, tuple):
            out.append(p)
            axis += len(shape_of(arrays[p[1]])) - 1 if p[0] == "mask" else 0
        else:
            out.append(size + p if -size <= p < 0 else p)
        axis += 1
    while out and out[-1] == _ALL:
        out.pop()
    return tuple(out)


def _canonical_slice(part: Any, size: Size) -> Any:
    _, start, stop, step = part
    if step is not None and step != 1:
        return part
    if start is not None:
        start = max(size + start, 0) if start < 0 else start
        start = None if start == 0 else start
    if stop is not None:
        stop = size + stop if stop < 0 else stop
        stop = None if stop >= size else max(stop, 0)
    return ("slice", start, stop, None)


def _bound(value: Any) -> int | None:
    if value is None or isinstance(value, int):
        return value
    number = np.asarray(sample_of(value))
    if number.ndim or number.dtype.kind not in "iu":
        raise TypeError("the bounds of a slice must be integers")
    return int(number)


def decode_index(index: Index, arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    """The numpy index of the two parts."""
    parts, holds = _compiled(index)
    if not holds:
        return parts
    return tuple([arrays[p[1]] if p.__class__ is tuple else p for p in parts])


@lru_cache(4096)
def _compiled(index: Index) -> tuple[tuple[Any, ...], bool]:
    parts = tuple(slice(*p[1:]) if isinstance(p, tuple) and p[0] == "slice" else p for p in index)
    return parts, any(isinstance(p, tuple) for p in parts)


def index_shape(x: Shape, *arrays: Shape, index: Index) -> Shape:
    """The shape of `x[index]` by numpy's rule; raises `Misfit` where there are too many indices or one is outside."""
    used = sum(len(arrays[p[1]]) if _is(p, "mask") else p is not None and p is not Ellipsis for p in index)
    if used > len(x):
        raise Misfit(f"{used} indices are too many for {show_shape(x)}")
    full = [_ALL] * (len(x) - used)
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    parts = [*index[:at], *full, *index[at + 1:]]
    advanced = any(_is(p, "term") or _is(p, "mask") for p in parts)
    out: list[Size] = []
    met: list[Shape] = []
    places: list[int] = []
    where, axis = 0, 0
    for k, p in enumerate(parts):
        if p is None:
            out.append(Size(1))
            continue
        if _is(p, "slice"):
            out.append(_slice_size(dim(x[axis]), *p[1:]))
        elif _is(p, "mask"):
            for a, (m, n) in enumerate(zip(arrays[p[1]], x[axis:], strict=False)):
                if m != n:
                    raise Misfit(f"a mask of shape {show_shape(arrays[p[1]])} does not fit {show_shape(x)}: "
                                 f"{dim(m)} against {dim(n)} on axis {axis + a}", ((dim(m), dim(n)),))
            axis += len(arrays[p[1]]) - 1
        elif not _is(p, "term"):
            if not -x[axis] <= p < x[axis]:
                raise Misfit(f"index {p} is outside axis {axis} of {show_shape(x)}")
        if advanced and not _is(p, "slice"):
            where = where if places else len(out)
            places.append(k)
            met.append(arrays[p[1]] if _is(p, "term") else (Size(p[2]),) if _is(p, "mask") else ())
        axis += 1
    if places:
        together = all(_is_advanced(parts[k]) for k in range(places[0], places[-1] + 1))
        at = where if together else 0
        out[at:at] = broadcast(*met)
    return tuple(out)


def _is(part: Any, kind: str) -> bool:
    return isinstance(part, tuple) and part[0] == kind


def _is_advanced(part: Any) -> bool:
    return part is not None and not _is(part, "slice")


def _slice_size(size: Size, start: int | None, stop: int | None, step: int | None) -> Size:
    """How many entries a slice takes, with its symbols: `x[1:-1]` of N has N - 2."""
    stride = 1 if step is None else int(step)
    if not stride:
        raise Misfit("a slice step cannot be zero")
    count = len(range(*slice(start, stop, step).indices(size)))
    if count == 0 or count == size:
        return size if count else Size(0)
    if stride < 0:
        return Size(count)
    first = dim(0 if start is None else start)
    last = size if stop is None else dim(stop)
    first, last = (size + first if first < 0 else first), (size + last if last < 0 else last)
    span = (size if last > size else last) - (Size(0) if first < 0 else first)
    if stride == 1:
        return span
    exact = span.expr.divided(dim(step or 1).expr)
    return Size(count, exact) if exact is not None else (span - 1) // dim(step or 1) + 1


def _zeros(shape: Shape, like: Any) -> Any:
    return np.zeros(shape, np.asarray(like).dtype)


def _scatter(G: Any, *arrays: Any, index: Index, shape: Shape) -> Any:
    out = _zeros(shape, G)
    if arrays:
        np.add.at(out, decode_index(index, arrays), G)
    else:
        out[decode_index(index, arrays)] = G
    return out


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
    examples=(example("N D", index=(1, _ALL)), example("N D", index=(("slice", 1, -1, 2), None, 0)),
              example("N D", "B : index N", index=(("term", 0),)),
              example("N D M", "B : index N", "B : index M", index=(("term", 0), _ALL, ("term", 1))),
              example("N D", "B 2 : index D", index=(Ellipsis, ("term", 0)))),
))

scatter = register(Card(
    name="scatter",
    evaluate=_scatter,
    shape=lambda G, *arrays, index, shape: shape,
    adjoint=lambda G, out, x, *arrays, index, shape: (getitem(G, *arrays, index=index), *_none(arrays)),
    differential=lambda out, args, dargs, index, shape: scatter(dargs[0], *args[1:], index=index, shape=shape),
    numpy="scatter({0}, {index}, {shape})", torch="torch.zeros({shape}).index_put(({index}), {0}, accumulate=True)",
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
    out[decode_index(index, arrays)] = value
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
    if not any(_is(p, "term") for p in index):
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
    examples=(example("N D", "D", index=(1,)), example("N D", "", index=(_ALL, ("slice", 1, None, None))),
              example("N 4", "N 1", index=(_ALL, ("slice", None, -1, None))),
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
    numpy="np.add.at({0}, {index}, {1})", torch="{0}.index_put(({index}), {1}, accumulate=True)",
    latex="{0} +_{{{index}}} {1}", text="{0}[{index}] += {1}",
    why="the sum passes the cotangent on, to the value from where it was added",
    examples=(example("N D", "B D", "B : index N", index=(("term", 0),)), example("N D", "D", "B : index N", index=(("term", 0),)),
              example("N D", "", index=(_ALL, 1)),
              example("N D", "B", "B : index N", "B : index D", index=(("term", 0), ("term", 1)))),
))

