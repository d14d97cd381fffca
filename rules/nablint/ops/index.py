"""An index in two parts, and the shape that it gives.

Parameters of a card are hashable and arrays are arguments, so an index is held in two parts: a tuple `index` of ints,
None, Ellipsis, `("slice", start, stop, step)`, `("term", k)` for the k-th index array and `("mask", k, count)` for the
k-th one where it is boolean with `count` entries that hold; and the index arrays themselves.  `encode_index` makes
the two from what stands between the brackets, `decode_index` the numpy index from them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from nablint.ops.card import Operand
from nablint.ops.layout import sample_of, shape_of
from nablint.shapes import Misfit, Shape, Size, broadcast, dim, show_shape

Index = tuple[Any, ...]
ALL: Any = ("slice", None, None, None)
"""A whole axis."""


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
    used = _used(index, [shape_of(a) for a in arrays])
    if used > len(shape):
        return index  # the shape rule says what is wrong with it
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    out: list[Any] = []
    axis = 0
    for p in (*index[:at], *[ALL] * (len(shape) - used), *index[at + 1:]):
        if p is None:
            out.append(None)
            continue
        if p.__class__ is not tuple:
            out.append(p if p >= 0 or p < -int(shape[axis]) else dim(shape[axis]) + p)
        elif p[0] == "slice":
            out.append(_canonical_slice(p, dim(shape[axis])) if p != ALL else p)
        else:
            out.append(p)
            axis += len(shape_of(arrays[p[1]])) - 1 if p[0] == "mask" else 0
        axis += 1
    while out and out[-1] == ALL:
        out.pop()
    return tuple(out)


def _used(index: Index, shapes: Sequence[Shape]) -> int:
    """How many axes the index speaks of."""
    used = 0
    for p in index:
        if p.__class__ is tuple and p[0] == "mask":
            used += len(shapes[p[1]])
        elif p is not None and p is not Ellipsis:
            used += 1
    return used


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
    used = _used(index, arrays)
    if used > len(x):
        raise Misfit(f"{used} indices are too many for {show_shape(x)}", rank=used, least=True)
    full: list[Any] = [ALL] * (len(x) - used)
    at = index.index(Ellipsis) if Ellipsis in index else len(index)
    parts = [*index[:at], *full, *index[at + 1:]]
    advanced = any(is_part(p, "term") or is_part(p, "mask") for p in parts)
    out: list[Size] = []
    met: list[Shape] = []
    places: list[int] = []
    where, axis = 0, 0
    for k, p in enumerate(parts):
        if p is None:
            out.append(Size(1))
            continue
        if is_part(p, "slice"):
            out.append(_slice_size(dim(x[axis]), *p[1:]))
        elif is_part(p, "mask"):
            for a, (m, n) in enumerate(zip(arrays[p[1]], x[axis:], strict=False)):
                if m != n:
                    raise Misfit(f"a mask of shape {show_shape(arrays[p[1]])} does not fit {show_shape(x)}: "
                                 f"{dim(m)} against {dim(n)} on axis {axis + a}", ((dim(m), dim(n)),))
            axis += len(arrays[p[1]]) - 1
        elif not is_part(p, "term"):
            if not -int(x[axis]) <= p < x[axis]:
                raise Misfit(f"index {p} is outside axis {axis} of {show_shape(x)}")
        if advanced and not is_part(p, "slice"):
            where = where if places else len(out)
            places.append(k)
            met.append(arrays[p[1]] if is_part(p, "term") else (Size(p[2]),) if is_part(p, "mask") else ())
        axis += 1
    if places:
        together = all(_is_advanced(parts[k]) for k in range(places[0], places[-1] + 1))
        at = where if together else 0
        out[at:at] = broadcast(*met)
    return tuple(out)


def is_part(part: Any, kind: str) -> bool:
    """Is a part of an index a `slice`, a `term` or a `mask`?"""
    return part.__class__ is tuple and part[0] == kind


def _is_advanced(part: Any) -> bool:
    return part is not None and not is_part(part, "slice")


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
    if stride == 1 and (start is None or start >= 0) and stop is not None and 0 < stop <= size:
        return dim(stop) if not start else dim(stop) - start
    first = dim(0 if start is None else start)
    last = size if stop is None else dim(stop)
    first, last = (size + first if first < 0 else first), (size + last if last < 0 else last)
    span = (size if last > size else last) - (Size(0) if first < 0 else first)
    if stride == 1:
        return span
    exact = span.expr.divided(dim(step or 1).expr)
    return Size(count, exact) if exact is not None else (span - 1) // dim(step or 1) + 1
