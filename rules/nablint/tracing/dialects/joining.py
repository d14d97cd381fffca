"""Spellings that join arrays and cut them apart."""

from __future__ import annotations

from typing import Any

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.ops.layout import axis_in
from nablint.shapes import Misfit, Size, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_int, as_term, spread_args
from nablint.tracing.dialects.indexing import along, read
from nablint.tracing.dialects.layout import reshaped
from nablint.tracing.dialects.stretching import lifted


def _terms(arrays: Any) -> list[Term]:
    """The arrays of a list, or the rows of an array."""
    if isinstance(arrays, Term):
        return [read(arrays, k) for k in range(len(arrays.sample))]
    terms = [as_term(a) for a in arrays]
    if not terms:
        raise Misfit("there is nothing to join")
    return terms


def joined(terms: list[Term], axis: int) -> Term:
    """Arrays one after the other; one array alone stays itself."""
    return terms[0] if len(terms) == 1 and terms[0].ndim else op.concatenate(*terms, axis=int(axis))


def _flat(x: Term) -> Term:
    return reshaped(x, size_product(x.shape))


@spelled("numpy.concatenate", "numpy.concat")
def np_concatenate(arrays: Any, axis: Any = 0, *args: Any, **_: Any) -> Term:
    """Arrays one after the other along an axis, or all entries in a row."""
    terms = _terms(arrays)
    return joined([_flat(t) for t in terms], 0) if axis is None else joined(terms, as_int(axis))


@spelled("torch.cat", "torch.concat", "torch.concatenate")
def torch_cat(tensors: Any, dim: Any = 0, **_: Any) -> Term:
    """Tensors one after the other along an axis; torch skips the empty ones."""
    terms = _terms(tensors)
    full = [t for t in terms if t.sample.shape != (0,)]
    return joined(full or terms[:1], as_int(_.get("axis", dim)))


@spelled("numpy.stack")
def np_stack(arrays: Any, axis: Any = 0, *args: Any, **_: Any) -> Term:
    """Arrays as the layers along a new axis."""
    return op.stack(*_terms(arrays), axis=int(as_int(axis)))


@spelled("torch.stack")
def torch_stack(tensors: Any, dim: Any = 0, **_: Any) -> Term:
    """Tensors as the layers along a new axis."""
    return np_stack(tensors, dim)


@spelled("numpy.hstack", "torch.hstack")
def hstack(tup: Any, *args: Any, **_: Any) -> Term:
    """Side by side: along the second axis, vectors along their only one."""
    terms = [lifted(t, 1) for t in _terms(tup)]
    return joined(terms, 0 if terms[0].ndim == 1 else 1)


@spelled("numpy.vstack", "numpy.row_stack", "torch.vstack", "torch.row_stack")
def vstack(tup: Any, *args: Any, **_: Any) -> Term:
    """One above the other: vectors are rows."""
    return joined([lifted(t, 2) for t in _terms(tup)], 0)


@spelled("numpy.dstack", "torch.dstack")
def dstack(tup: Any, *args: Any, **_: Any) -> Term:
    """One behind the other, along the third axis."""
    return joined([lifted(t, 3) for t in _terms(tup)], 2)


@spelled("numpy.column_stack", "torch.column_stack")
def column_stack(tup: Any) -> Term:
    """Side by side: vectors are columns."""
    return joined([op.expand_dims(t, axis=1) if t.ndim == 1 else lifted(t, 2) for t in _terms(tup)], 1)


@spelled("numpy.append")
def np_append(arr: Any, values: Any, axis: Any = None) -> Term:
    """Values after an array, along an axis or all entries in a row."""
    return np_concatenate([as_term(arr), as_term(values)], axis)


@spelled("numpy.insert")
def np_insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Term:
    """Values before one place of an array."""
    arr, values = as_term(arr), as_term(values)
    arr, at = (_flat(arr), 0) if axis is None else (arr, axis_in(as_int(axis), arr.ndim))
    place = as_int(obj)
    if values.ndim < arr.ndim:
        values = op.broadcast_to(values, shape=(*arr.shape[:at], *arr.shape[at + 1:]))
        values = op.expand_dims(values, axis=at)
    return joined([read(arr, along(at, slice(None, place))), values, read(arr, along(at, slice(place, None)))], at)


@spelled("numpy.c_.__getitem__")
def c_(*parts: Any) -> Term:
    """`np.c_[a, b]`: columns side by side, vectors as columns."""
    return joined([op.expand_dims(t, axis=1) if t.ndim == 1 else t for t in map(as_term, parts)], -1)


@spelled("numpy.r_.__getitem__")
def r_(*parts: Any) -> Term:
    """`np.r_[a, b]`: one after the other along the first axis."""
    return joined([lifted(as_term(p), 1) for p in parts], 0)


@spelled("numpy.block")
def block(arrays: Any) -> Term:
    """A matrix of blocks, given by its rows."""
    if not isinstance(arrays, list):
        return as_term(arrays)
    parts = [block(a) for a in arrays]
    depth = 1
    inner = arrays[0]
    while isinstance(inner, list):
        depth, inner = depth + 1, inner[0]
    rank = max(depth, *(p.ndim for p in parts))
    return joined([lifted(p, rank) for p in parts], -depth)


def _meshed(arrays: Any, indexing: str, sparse: bool = False) -> list[Term]:
    terms = [_flat(as_term(a)) for a in arrays]
    rank = len(terms)
    swap = indexing == "xy" and rank > 1
    axes = [1, 0, *range(2, rank)] if swap else list(range(rank))
    shape = [Size(1)] * rank
    for t, a in zip(terms, axes, strict=True):
        shape[a] = t.shape[0]
    apart = [reshaped(t, tuple(t.shape[0] if k == a else 1 for k in range(rank)))
             for t, a in zip(terms, axes, strict=True)]
    return apart if sparse else [op.broadcast_to(t, shape=tuple(shape)) for t in apart]


@spelled("numpy.meshgrid")
def np_meshgrid(*xi: Any, copy: Any = True, sparse: Any = False, indexing: Any = "xy") -> list[Term]:
    """Coordinates of a grid; the first varies along the second axis."""
    return _meshed(xi, indexing, bool(sparse))


@spelled("torch.meshgrid")
def torch_meshgrid(*tensors: Any, indexing: Any = "ij") -> tuple[Term, ...]:
    """Coordinates of a grid; the first varies along the first axis."""
    return tuple(_meshed(spread_args(tensors), indexing))
