"""Spellings of indexing by function: taking, gathering, scattering, adding at, sorting.

All of them are reads and writes at an index: `take_along_axis` reads at the index array and at counters of the other
axes, so one pair of cards and their adjoints serves them all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.ops.indexing import Index, encode_index
from nablint.ops.layout import axis_in
from nablint.shapes import Misfit, Shape, Size, dim, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_axes, as_int, as_shape, as_term, current_graph, kind_of_term
from nablint.tracing.dialects.layout import broadcast_arrays, ravel, reshaped

ALL = ("slice", None, None, None)


def read(x: Term, index: Any) -> Term:
    """`x[index]`, with the index in its canonical form."""
    parts, arrays = encode_index(index, x.shape)
    return op.getitem(x, *arrays, index=parts) if parts else x


def along(axis: int, part: Any) -> tuple[Any, ...]:
    """An index that says something of one axis only."""
    return (*[slice(None)] * axis, part)


def count(size: int, axis: int, rank: int) -> Term:
    """0, 1, 2 ... along one axis of several."""
    size = dim(size)
    shape = tuple(size if a == axis else Size(1) for a in range(rank))
    return current_graph().constant(np.arange(size).reshape(tuple(map(int, shape))), shape)


def _along_axis(x: Term, index: Term, axis: Any, lead: Shape | None = None) -> tuple[Index, tuple[Term, ...]]:
    """The index by which `index` chooses along one axis and every other axis counts for itself."""
    if index.ndim != x.ndim:
        raise Misfit(f"an index with {index.ndim} axes does not choose along one of {x.ndim}")
    at = axis_in(as_int(axis), x.ndim)
    sizes = x.shape if lead is None else lead
    arrays = tuple(index if a == at else count(sizes[a], a, x.ndim) for a in range(x.ndim))
    return tuple(("term", k) for k in range(x.ndim)), arrays


@spelled("numpy.take", "ndarray.take")
def np_take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Term:
    """Entries at indices along an axis, or of all entries in a row."""
    a = as_term(a)
    a, at = (reshaped(a, size_product(a.shape)), 0) if axis is None else (a, axis_in(as_int(axis), a.ndim))
    return read(a, along(at, indices if isinstance(indices, int | Term) else as_term(indices)))


@spelled("torch.take", "Tensor.take")
def torch_take(input: Any, index: Any) -> Term:  # noqa: A002 - torch's name
    """Entries at indices of all entries in a row."""
    return np_take(input, index)


@spelled("torch.index_select", "Tensor.index_select")
def index_select(input: Any, dim: Any, index: Any) -> Term:  # noqa: A002 - torch's name
    """Slices at indices along an axis."""
    return np_take(input, index, dim)


@spelled("torch.select", "Tensor.select", "torch.select_copy")
def select(input: Any, dim: Any, index: Any) -> Term:  # noqa: A002 - torch's name
    """One slice along an axis."""
    x = as_term(input)
    return read(x, along(axis_in(as_int(dim), x.ndim), as_int(index)))


@spelled("torch.narrow", "Tensor.narrow")
def narrow(input: Any, dim: Any, start: Any, length: Any) -> Term:  # noqa: A002 - torch's name
    """A stretch of an axis."""
    x, first = as_term(input), as_int(start)
    return read(x, along(axis_in(as_int(dim), x.ndim), slice(first, first + as_int(length))))


@spelled("numpy.take_along_axis")
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Term:
    """Entries chosen along one axis by an array that broadcasts along the others."""
    arr, indices = as_term(arr), as_term(indices)
    if axis is None:
        arr, axis = reshaped(arr, size_product(arr.shape)), 0
    parts, arrays = _along_axis(arr, indices, axis)
    return op.getitem(arr, *arrays, index=parts)


@spelled("torch.take_along_dim", "Tensor.take_along_dim")
def take_along_dim(input: Any, indices: Any, dim: Any = None, **_: Any) -> Term:  # noqa: A002 - torch's name
    """Entries chosen along one axis, or of all entries in a row."""
    return np_take(input, ravel(as_term(indices))) if dim is None else take_along_axis(input, indices, dim)


@spelled("torch.gather", "Tensor.gather")
def gather(input: Any, dim: Any, index: Any, **_: Any) -> Term:  # noqa: A002 - torch's name
    """Entries chosen along one axis; the index may be shorter along the others."""
    x, index = as_term(input), as_term(index)
    parts, arrays = _along_axis(x, index, dim, index.shape)
    return op.getitem(x, *arrays, index=parts)


@spelled("numpy.put_along_axis", inplace=True)
def put_along_axis(arr: Term, indices: Any, values: Any, axis: Any) -> Term:
    """Entries chosen along one axis, overwritten."""
    parts, arrays = _along_axis(arr, as_term(indices), axis)
    return op.setitem(arr, as_term(values), *arrays, index=parts)


def _scattered(x: Term, dim: Any, index: Any, src: Any, add: bool) -> Term:
    index = as_term(index)
    parts, arrays = _along_axis(x, index, dim, index.shape)
    if isinstance(src, Term) and src.ndim:
        src = read(src, tuple(slice(None, n) for n in index.shape))
    return (op.addat if add else op.setitem)(x, as_term(src), *arrays, index=parts)


def _scatter(x: Any, dim: Any, index: Any, src: Any = None, *, value: Any = None, reduce: Any = None) -> Term:
    """Values written to the places that an index chooses along one axis."""
    if reduce not in (None, "add", "sum"):
        raise TypeError(f"scatter with {reduce} is not followed")
    return _scattered(as_term(x), dim, index, value if src is None else src, reduce is not None)


def _scatter_add(x: Any, dim: Any, index: Any, src: Any) -> Term:
    """Values added at the places that an index chooses along one axis."""
    return _scattered(as_term(x), dim, index, src, add=True)


def _index_add(x: Any, dim: Any, index: Any, source: Any, *, alpha: Any = 1) -> Term:
    """Slices added at indices along an axis."""
    x, source = as_term(x), as_term(source)
    at = along(axis_in(as_int(dim), x.ndim), as_term(index))
    parts, arrays = encode_index(at, x.shape)
    return op.addat(x, source if alpha == 1 else source * alpha, *arrays, index=parts)


def _index_copy(x: Any, dim: Any, index: Any, source: Any) -> Term:
    """Slices written at indices along an axis."""
    x = as_term(x)
    parts, arrays = encode_index(along(axis_in(as_int(dim), x.ndim), as_term(index)), x.shape)
    return op.setitem(x, as_term(source), *arrays, index=parts)


def _index_put(x: Any, indices: Any, values: Any, accumulate: Any = False) -> Term:
    """Values written or added at an index."""
    x = as_term(x)
    parts, arrays = encode_index(tuple(indices), x.shape)
    return (op.addat if accumulate is True else op.setitem)(x, as_term(values), *arrays, index=parts)


for _name, _call in (("scatter", _scatter), ("scatter_add", _scatter_add), ("index_add", _index_add),
                     ("index_copy", _index_copy), ("index_fill", _index_copy), ("index_put", _index_put)):
    spelled(f"torch.{_name}", f"Tensor.{_name}")(_call)
    spelled(f"Tensor.{_name}_", inplace=True)(_call)


@spelled("numpy.add.at", inplace=True)
def add_at(a: Term, indices: Any, b: Any) -> Term:
    """Values added at an index; a repeated index adds repeatedly."""
    parts, arrays = encode_index(_as_index(indices), a.shape)
    return op.addat(a, as_term(b), *arrays, index=parts)


@spelled("numpy.subtract.at", inplace=True)
def subtract_at(a: Term, indices: Any, b: Any) -> Term:
    """Values subtracted at an index; a repeated index subtracts repeatedly."""
    return add_at(a, indices, -as_term(b))


def _as_index(indices: Any) -> Any:
    return tuple(indices) if isinstance(indices, tuple) else indices


@spelled("numpy.putmask", "numpy.place", inplace=True)
def putmask(a: Term, mask: Any, values: Any) -> Term:
    """Entries overwritten where a mask holds."""
    return op.where(as_term(mask), as_term(values), a)


@spelled("torch.masked_select", "Tensor.masked_select")
def masked_select(input: Any, mask: Any) -> Term:  # noqa: A002 - torch's name
    """The entries where a mask holds, in a row."""
    x, mask = broadcast_arrays(input, mask)
    return read(x, mask) if x.ndim else read(reshaped(x, 1), reshaped(mask, 1))


@spelled("numpy.compress", "ndarray.compress")
def compress(condition: Any, a: Any, axis: Any = None) -> Term:
    """Slices where a mask holds."""
    a = as_term(a)
    a, at = (reshaped(a, size_product(a.shape)), 0) if axis is None else (a, axis_in(as_int(axis), a.ndim))
    return read(a, along(at, as_term(condition)))


@spelled("numpy.extract")
def extract(condition: Any, arr: Any) -> Term:
    """The entries where a mask holds, in a row."""
    return masked_select(arr, condition)


@spelled("numpy.delete")
def delete(arr: Any, obj: Any, axis: Any = None) -> Term:
    """All slices but those at an index."""
    arr = as_term(arr)
    arr, at = (reshaped(arr, size_product(arr.shape)), 0) if axis is None else (arr, axis_in(as_int(axis), arr.ndim))
    out = obj if isinstance(obj, slice) else np.asarray(getattr(obj, "sample", obj))
    rest = np.delete(np.arange(int(arr.shape[at])), out)
    return read(arr, along(at, current_graph().constant(rest)))


@spelled("torch.nn.functional.embedding")
def embedding(input: Any, weight: Any, *args: Any, **_: Any) -> Term:  # noqa: A002 - torch's name
    """Rows of a table at indices."""
    return read(as_term(weight), as_term(input))


@spelled("torch.nn.functional.one_hot")
def one_hot(tensor: Any, num_classes: Any = -1) -> Term:
    """1 at the index along a new last axis, 0 elsewhere."""
    y = as_term(tensor)
    classes = as_int(num_classes)
    classes = int(y.sample.max(initial=0)) + 1 if classes == -1 else classes
    return op.cast(op.equal(op.expand_dims(y, axis=-1), count(classes, 0, 1)), kind="int")


@spelled("numpy.argmax", "ndarray.argmax", "numpy.nanargmax")
def np_argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Term:
    """Where the largest entry is."""
    return op.argmax(as_term(a), axis=as_axes(axis), keepdims=bool(keepdims))


@spelled("numpy.argmin", "ndarray.argmin", "numpy.nanargmin")
def np_argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Term:
    """Where the smallest entry is."""
    return op.argmin(as_term(a), axis=as_axes(axis), keepdims=bool(keepdims))


@spelled("torch.argmax", "Tensor.argmax")
def torch_argmax(input: Any, dim: Any = None, keepdim: Any = False, **_: Any) -> Term:  # noqa: A002 - torch's name
    """Where the largest entry is."""
    return np_argmax(input, _.get("axis", dim), keepdims=keepdim)


@spelled("torch.argmin", "Tensor.argmin")
def torch_argmin(input: Any, dim: Any = None, keepdim: Any = False, **_: Any) -> Term:  # noqa: A002 - torch's name
    """Where the smallest entry is."""
    return np_argmin(input, _.get("axis", dim), keepdims=keepdim)


@spelled("numpy.argsort", "ndarray.argsort")
def np_argsort(a: Any, axis: Any = -1, *args: Any, **_: Any) -> Term:
    """The order of the entries."""
    a = as_term(a)
    return op.argsort(reshaped(a, size_product(a.shape)) if axis is None else a, axis=-1 if axis is None else as_int(axis))


@spelled("torch.argsort", "Tensor.argsort")
def torch_argsort(input: Any, dim: Any = -1, descending: Any = False, **_: Any) -> Term:  # noqa: A002 - torch's name
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
def torch_sort(input: Any, dim: Any = -1, descending: Any = False, **_: Any) -> tuple[Term, Term]:  # noqa: A002
    """The entries in order, and their order."""
    x = as_term(input)
    order = torch_argsort(x, dim, descending)
    return take_along_axis(x, order, dim), order


@spelled("torch.topk", "Tensor.topk")
def topk(input: Any, k: Any, dim: Any = -1, largest: Any = True, *args: Any, **_: Any) -> tuple[Term, Term]:  # noqa: A002
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
def bucketize(input: Any, boundaries: Any, *, right: Any = False, **_: Any) -> Term:  # noqa: A002 - torch's name
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
def argwhere(input: Any, *, as_tuple: Any = False) -> Any:  # noqa: A002 - torch's name
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
    return tuple(reshaped(t, tuple(t.shape[0] if a == k else 1 for a in range(len(terms)))) for k, t in enumerate(terms))


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
