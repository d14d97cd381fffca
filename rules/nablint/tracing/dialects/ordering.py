"""Spellings of order and place: the largest, sorted, where something holds, index arrays of triangles and grids."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.ops.layout import axis_in
from nablint.shapes import Size, dim, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_axes, as_int, as_shape, as_term, current_graph, kind_of_term
from nablint.tracing.dialects.indexing import along, count, read, take_along_axis
from nablint.tracing.dialects.layout import reshaped


@spelled("numpy.argmax", "ndarray.argmax", "numpy.nanargmax")
def np_argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Term:
    """Where the largest entry is."""
    return op.argmax(as_term(a), axis=as_axes(axis), keepdims=bool(keepdims))


@spelled("numpy.argmin", "ndarray.argmin", "numpy.nanargmin")
def np_argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Term:
    """Where the smallest entry is."""
    return op.argmin(as_term(a), axis=as_axes(axis), keepdims=bool(keepdims))


@spelled("torch.argmax", "Tensor.argmax")
def torch_argmax(input: Any, dim: Any = None, keepdim: Any = False, **_: Any) -> Term:
    """Where the largest entry is."""
    return np_argmax(input, _.get("axis", dim), keepdims=keepdim)


@spelled("torch.argmin", "Tensor.argmin")
def torch_argmin(input: Any, dim: Any = None, keepdim: Any = False, **_: Any) -> Term:
    """Where the smallest entry is."""
    return np_argmin(input, _.get("axis", dim), keepdims=keepdim)


@spelled("numpy.argsort", "ndarray.argsort")
def np_argsort(a: Any, axis: Any = -1, *args: Any, **_: Any) -> Term:
    """The order of the entries."""
    a = as_term(a)
    if axis is None:
        return op.argsort(reshaped(a, size_product(a.shape)), axis=0)
    return op.argsort(a, axis=as_int(axis))


@spelled("torch.argsort", "Tensor.argsort")
def torch_argsort(input: Any, dim: Any = -1, descending: Any = False, **_: Any) -> Term:
    """The order of the entries."""
    return op.argsort(as_term(input), axis=as_int(dim), descending=bool(descending))


@spelled("numpy.sort")
def np_sort(a: Any, axis: Any = -1, *args: Any, **_: Any) -> Term:
    """The entries in order."""
    a = as_term(a)
    a = reshaped(a, size_product(a.shape)) if axis is None else a
    return take_along_axis(a, np_argsort(a, -1 if axis is None else axis), -1 if axis is None else axis)


@spelled("ndarray.sort", inplace=True)
def sort_into(x: Term, axis: Any = -1, *args: Any, **_: Any) -> Term:
    """The entries in order, in place."""
    return np_sort(x, axis)


@spelled("torch.sort", "Tensor.sort")
def torch_sort(input: Any, dim: Any = -1, descending: Any = False, **_: Any) -> tuple[Term, Term]:
    """The entries in order, and their order."""
    x = as_term(input)
    order = torch_argsort(x, dim, descending)
    return take_along_axis(x, order, dim), order


@spelled("torch.topk", "Tensor.topk")
def topk(input: Any, k: Any, dim: Any = -1, largest: Any = True, *args: Any, **_: Any) -> tuple[Term, Term]:
    """The first entries in order, and where they are."""
    x = as_term(input)
    at = axis_in(as_int(dim), x.ndim)
    order = read(torch_argsort(x, at, largest), along(at, slice(None, as_int(k))))
    return take_along_axis(x, order, at), order


@spelled("numpy.searchsorted", "torch.searchsorted", "ndarray.searchsorted")
def searchsorted(a: Any, v: Any, side: Any = "left", *args: Any, right: bool = False, **_: Any) -> Term:
    """Where entries belong in an order."""
    a = as_term(a)
    if a.ndim > 1 or _.get("sorter") is not None:
        raise TypeError("only one order is searched")
    return op.searchsorted(a, as_term(v), side="right" if right or side == "right" else "left")


@spelled("torch.bucketize")
def bucketize(input: Any, boundaries: Any, *, right: Any = False, **_: Any) -> Term:
    """Between which boundaries entries lie."""
    return searchsorted(boundaries, input, right=bool(right))


@spelled("numpy.nonzero", "ndarray.nonzero")
def np_nonzero(a: Any) -> tuple[Term, ...]:
    """Where the entries are not zero, an index array for each axis."""
    a = as_term(a)
    if not a.ndim:
        raise TypeError("a number has no places")
    found = int(np.count_nonzero(a.sample))
    return tuple(op.nonzero(a, axis=k, count=found) for k in range(a.ndim))


@spelled("torch.nonzero", "Tensor.nonzero", "numpy.argwhere", "torch.argwhere")
def argwhere(input: Any, *, as_tuple: Any = False) -> Any:
    """Where the entries are not zero, a row for each."""
    found = np_nonzero(input)
    return found if as_tuple is True else op.stack(*found, axis=1)


@spelled("numpy.flatnonzero")
def flatnonzero(a: Any) -> Term:
    """Where the entries in a row are not zero."""
    a = as_term(a)
    return np_nonzero(reshaped(a, size_product(a.shape)))[0]


@spelled("numpy.unique", "torch.unique", "Tensor.unique")
def unique(ar: Any, *args: Any, **_: Any) -> Term:
    """The different integers in an array."""
    ar = as_term(ar)
    if args or _ or kind_of_term(ar) == "float":
        raise TypeError("only the different values of integers are followed")
    return current_graph().constant(np.unique(ar.sample))


@spelled("numpy.bincount", "torch.bincount", "Tensor.bincount")
def bincount(x: Any, weights: Any = None, minlength: Any = 0) -> Term:
    """How often each integer occurs, or the sum of its weights."""
    x = as_term(x)
    length = max(dim(as_int(minlength)), Size(int(x.sample.max(initial=-1)) + 1))
    if weights is None:
        return op.bincount(x, length=length)
    return op.scatter(as_term(weights), x, index=(("term", 0),), shape=(length,))


def _triangle(mask: Any) -> tuple[Term, ...]:
    return tuple(map(current_graph().constant, np.nonzero(mask)))


@spelled("numpy.tril_indices")
def tril_indices(n: Any, k: Any = 0, m: Any = None) -> tuple[Term, ...]:
    """The index arrays of the lower triangle."""
    return _triangle(np.tri(as_int(n), None if m is None else as_int(m), as_int(k)))


@spelled("numpy.triu_indices")
def triu_indices(n: Any, k: Any = 0, m: Any = None) -> tuple[Term, ...]:
    """The index arrays of the upper triangle."""
    return _triangle(1 - np.tri(as_int(n), None if m is None else as_int(m), as_int(k) - 1))


@spelled("torch.tril_indices")
def torch_tril_indices(row: Any, col: Any, offset: Any = 0, **_: Any) -> Term:
    """The index arrays of the lower triangle, stacked."""
    return op.stack(*tril_indices(row, offset, col), axis=0)


@spelled("torch.triu_indices")
def torch_triu_indices(row: Any, col: Any, offset: Any = 0, **_: Any) -> Term:
    """The index arrays of the upper triangle, stacked."""
    return op.stack(*triu_indices(row, offset, col), axis=0)


@spelled("numpy.diag_indices")
def diag_indices(n: Any, ndim: Any = 2) -> tuple[Term, ...]:
    """The index arrays of the diagonal."""
    return (count(as_int(n), 0, 1),) * int(as_int(ndim))


@spelled("numpy.ix_")
def ix_(*args: Any) -> tuple[Term, ...]:
    """Index arrays that meet in a grid."""
    terms = [as_term(a) for a in args]
    rank = len(terms)
    return tuple(reshaped(t, tuple(t.shape[0] if a == k else 1 for a in range(rank))) for k, t in enumerate(terms))


@spelled("numpy.indices")
def indices(dimensions: Any, *args: Any, **_: Any) -> Term:
    """The index of every place of a shape, along a new first axis."""
    shape = as_shape(dimensions)
    grids = [op.broadcast_to(count(n, a, len(shape)), shape=shape) for a, n in enumerate(shape)]
    return op.stack(*grids, axis=0)


@spelled("numpy.unravel_index")
def unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Any, ...]:
    """An index of all entries in a row as one for each axis."""
    rest, out = as_term(indices), []
    for size in reversed(as_shape(shape)):
        out.append(op.mod(rest, size))
        rest = op.floor_divide(rest, size)
    return tuple(reversed(out))
