"""Spellings of indexing by function: taking, gathering, scattering, adding at, sorting.

All of them are reads and writes at an index: `take_along_axis` reads at the index array and at counters of the other
axes, so one pair of cards and their adjoints serves them all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.ops.index import Index, encode_index
from nablint.ops.layout import axis_in
from nablint.shapes import Misfit, Shape, Size, dim, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_int, as_term, current_graph
from nablint.tracing.dialects.layout import ravel, reshaped
from nablint.tracing.dialects.stretching import broadcast_arrays


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
def torch_take(input: Any, index: Any) -> Term:
    """Entries at indices of all entries in a row."""
    return np_take(input, index)


@spelled("torch.index_select", "Tensor.index_select")
def index_select(input: Any, dim: Any, index: Any) -> Term:
    """Slices at indices along an axis."""
    index = as_term(index)
    if index.ndim > 1:
        raise Misfit(f"the indices of index_select have one axis, not {index.ndim}")
    return np_take(input, index, dim)


@spelled("torch.select", "Tensor.select", "torch.select_copy")
def select(input: Any, dim: Any, index: Any) -> Term:
    """One slice along an axis."""
    x = as_term(input)
    return read(x, along(axis_in(as_int(dim), x.ndim), as_int(index)))


@spelled("torch.narrow", "Tensor.narrow")
def narrow(input: Any, dim: Any, start: Any, length: Any) -> Term:
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
def take_along_dim(input: Any, indices: Any, dim: Any = None, **_: Any) -> Term:
    """Entries chosen along one axis, or of all entries in a row."""
    return np_take(input, ravel(as_term(indices))) if dim is None else take_along_axis(input, indices, dim)


@spelled("torch.gather", "Tensor.gather")
def gather(input: Any, dim: Any, index: Any, **_: Any) -> Term:
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
def masked_select(input: Any, mask: Any) -> Term:
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
def embedding(input: Any, weight: Any, *args: Any, **_: Any) -> Term:
    """Rows of a table at indices."""
    table = as_term(weight)
    if table.ndim != 2:
        raise Misfit(f"an embedding's table has two axes, not {table.ndim}")
    return read(table, as_term(input))


@spelled("torch.nn.functional.one_hot")
def one_hot(tensor: Any, num_classes: Any = -1) -> Term:
    """1 at the index along a new last axis, 0 elsewhere."""
    y = as_term(tensor)
    classes = as_int(num_classes)
    classes = int(y.sample.max(initial=0)) + 1 if classes == -1 else classes
    return op.cast(op.equal(op.expand_dims(y, axis=-1), count(classes, 0, 1)), kind="int")
