"""Spellings that make arrays: constants, copies and conversions.

A copy is the same term: that the program may write to one of the two without touching the other is a matter of the
tracer's cells, not of values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import Misfit, Shape, Size, dim
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import (
    as_int,
    as_shape,
    as_term,
    current_graph,
    kind_of,
    kind_of_term,
    spread_args,
)

NUMPY_TYPES: dict[str, type] = {"float": float, "int": int, "bool": bool, "complex": complex}


def filled(shape: Shape, value: Any, kind: str) -> Term:
    """A constant array of one number, or a number of the program spread out."""
    if isinstance(value, Term):
        return op.broadcast_to(value, shape=shape)
    return current_graph().constant(np.full(shape, value, NUMPY_TYPES[kind]), shape)


def cast(x: Term, kind: str) -> Term:
    """The values of `x` as another kind of numbers; nothing where they already are."""
    if kind_of_term(x) == kind or (kind == "float" and x.sample.dtype.kind == "c"):
        return x
    return op.not_equal(x, 0) if kind == "bool" else op.cast(x, kind=kind)


def _same(base: Term, new: Term, *args: Any, **kwargs: Any) -> Term:
    """The base after its alias was overwritten: the new value itself."""
    return new


@spelled("numpy.zeros", "numpy.empty")
def np_zeros(shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None) -> Term:
    """Zeros; an empty array is taken as zeros, because what it holds cannot matter."""
    return filled(as_shape(shape), 0, kind_of(dtype))


@spelled("numpy.ones")
def np_ones(shape: Any, dtype: Any = None, order: str = "C", *, device: Any = None, like: Any = None) -> Term:
    """Ones."""
    return filled(as_shape(shape), 1, kind_of(dtype))


@spelled("numpy.full")
def np_full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", *, device: Any = None) -> Term:
    """One number everywhere."""
    return filled(as_shape(shape), fill_value, kind_of(dtype, _kind_of_number(fill_value)))


def _kind_of_number(value: Any) -> str:
    return "bool" if isinstance(value, bool) else "int" if isinstance(value, int) else "float"


@spelled("torch.zeros", "torch.empty")
def torch_zeros(*size: Any, dtype: Any = None, **_: Any) -> Term:
    """Zeros."""
    return filled(as_shape(_.pop("size", None) or spread_args(size)), 0, kind_of(dtype))


@spelled("torch.ones")
def torch_ones(*size: Any, dtype: Any = None, **_: Any) -> Term:
    """Ones."""
    return filled(as_shape(_.pop("size", None) or spread_args(size)), 1, kind_of(dtype))


@spelled("torch.full")
def torch_full(size: Any, fill_value: Any, *, dtype: Any = None, **_: Any) -> Term:
    """One number everywhere."""
    return filled(as_shape(size), fill_value, kind_of(dtype, _kind_of_number(fill_value)))


def _like(a: Any, value: Any, dtype: Any, shape: Any = None) -> Term:
    a = as_term(a)
    return filled(a.shape if shape is None else as_shape(shape), value, kind_of(dtype, kind_of_term(a)))


@spelled("numpy.zeros_like", "numpy.empty_like", "torch.zeros_like", "torch.empty_like")
def zeros_like(a: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None, **_: Any) -> Term:
    """Zeros in the shape and type of an array."""
    return _like(_.get("input", a), 0, dtype, shape)


@spelled("numpy.ones_like", "torch.ones_like")
def ones_like(a: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None, **_: Any) -> Term:
    """Ones in the shape and type of an array."""
    return _like(_.get("input", a), 1, dtype, shape)


@spelled("numpy.full_like", "torch.full_like")
def full_like(a: Any, fill_value: Any, dtype: Any = None, **_: Any) -> Term:
    """One number in the shape and type of an array."""
    return _like(a, fill_value, dtype)


@spelled("Tensor.new_zeros", "Tensor.new_empty")
def new_zeros(x: Term, *size: Any, dtype: Any = None, **_: Any) -> Term:
    """Zeros of the tensor's type."""
    return filled(as_shape(spread_args(size)), 0, kind_of(dtype, kind_of_term(x)))


@spelled("Tensor.new_ones")
def new_ones(x: Term, *size: Any, dtype: Any = None, **_: Any) -> Term:
    """Ones of the tensor's type."""
    return filled(as_shape(spread_args(size)), 1, kind_of(dtype, kind_of_term(x)))


@spelled("Tensor.new_full")
def new_full(x: Term, size: Any, fill_value: Any, dtype: Any = None, **_: Any) -> Term:
    """One number in a new tensor of the tensor's type."""
    return filled(as_shape(size), fill_value, kind_of(dtype, kind_of_term(x)))


@spelled("Tensor.new_tensor")
def new_tensor(x: Term, data: Any, dtype: Any = None, **_: Any) -> Term:
    """A tensor from data."""
    return cast(as_term(data), kind_of(dtype, kind_of_term(as_term(data))))


@spelled("numpy.eye")
def np_eye(N: Any, M: Any = None, k: Any = 0, dtype: Any = None, order: str = "C", **_: Any) -> Term:  # noqa: N803
    """Ones on a diagonal."""
    rows = dim(as_int(N))
    columns = rows if M is None else dim(as_int(M))
    array = np.eye(rows, columns, as_int(k), NUMPY_TYPES[kind_of(dtype)])
    return current_graph().constant(array, (rows, columns))


@spelled("torch.eye")
def torch_eye(n: Any, m: Any = None, *, dtype: Any = None, **_: Any) -> Term:
    """Ones on the diagonal."""
    return np_eye(n, m, dtype=dtype)


@spelled("numpy.identity")
def np_identity(n: Any, dtype: Any = None, **_: Any) -> Term:
    """The identity matrix."""
    return np_eye(n, dtype=dtype)


@spelled("numpy.arange", "torch.arange")
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None, **_: Any) -> Term:
    """Numbers at equal steps; `stop` is left out of them."""
    stop = _.get("end", stop)
    if stop is None:
        start, stop = 0, start
    bounds = [b.sample.item() if isinstance(b, Term) and not b.ndim else b for b in (start, stop, step)]
    if not all(isinstance(b, int | float | np.integer | np.floating) for b in bounds) or not bounds[2]:
        raise TypeError("the bounds of arange must be numbers, its step not zero")
    kind = kind_of(dtype, "int" if all(isinstance(b, int | np.integer) for b in bounds) else "float")
    array = np.arange(*map(float if kind == "float" else int, bounds), dtype=NUMPY_TYPES[kind])
    length = dim(bounds[1]) - dim(bounds[0]) if kind == "int" and bounds[2] == 1 else Size(len(array))
    return current_graph().constant(array, (length if length == len(array) else Size(len(array)),))


@spelled("numpy.linspace", "torch.linspace")
def linspace(start: Any, stop: Any = None, num: Any = 50, endpoint: bool = True, **_: Any) -> Any:
    """Numbers at equal distances, the last one included."""
    count = dim(as_int(_.get("steps", num)))
    points = current_graph().constant(np.linspace(0, 1, count, endpoint), (count,))
    start, stop = start, _.get("end", stop)
    if isinstance(start, Term) or isinstance(stop, Term):
        return start + points * (stop - start)
    array = np.linspace(start, stop, count, endpoint)
    made = current_graph().constant(array, (count,))
    return (made, (stop - start) / max(count - endpoint, 1)) if _.get("retstep") else made


@spelled("numpy.logspace", "torch.logspace")
def logspace(start: Any, stop: Any, num: Any = 50, *args: Any, base: Any = 10.0, **_: Any) -> Term:
    """Numbers at equal ratios."""
    return base ** linspace(start, stop, num, **_)


@spelled("numpy.asarray", "numpy.asanyarray", "numpy.ascontiguousarray", "torch.as_tensor", "torch.from_numpy",
         "torch.asarray", "torch.detach", "torch.autograd.Variable", "torch.nn.Parameter", "torch.nn.parameter.Parameter",
         unview=_same)
def asarray(object: Any, dtype: Any = None, *args: Any, **_: Any) -> Term:
    """An array of an array-like, the same one where it is an array already."""
    return array(object, dtype)


@spelled("numpy.array", "numpy.asfarray", "numpy.copy", "torch.tensor", "torch.clone", "numpy.float64", "numpy.float32",
         "numpy.matrix", "torch.Tensor", "torch.FloatTensor", "torch.DoubleTensor")
def array(object: Any, dtype: Any = None, *args: Any, ndmin: int = 0, **_: Any) -> Term:
    """An array of an array-like."""
    made = as_term(object)
    while made.ndim < ndmin:
        made = op.expand_dims(made, axis=0)
    return cast(made, kind_of(dtype, kind_of_term(made))) if isinstance(dtype, str | type) or hasattr(dtype, "name") else made


@spelled("torch.LongTensor", "torch.IntTensor", "numpy.int64", "numpy.int32", "numpy.intp", "numpy.uint8")
def integers(object: Any) -> Term:
    """An integer array of an array-like."""
    return cast(as_term(object), "int")


@spelled("torch.BoolTensor", "torch.ByteTensor", "numpy.bool_")
def booleans(object: Any) -> Term:
    """A boolean array of an array-like."""
    return cast(as_term(object), "bool")


@spelled("ndarray.copy", "Tensor.clone", "ndarray.__copy__", "copy.copy", "copy.deepcopy", "Tensor.new")
def copied(x: Any, *args: Any, **_: Any) -> Any:
    """A copy holds the same values."""
    return x


@spelled("Tensor.detach", "Tensor.contiguous", "Tensor.cpu", "Tensor.cuda", "Tensor.numpy", "Tensor.requires_grad_",
         "Tensor.detach_", "Tensor.pin_memory", "Tensor.share_memory_", "Tensor.resolve_conj", unview=_same)
def aliased(x: Term, *args: Any, **_: Any) -> Term:
    """The same tensor, elsewhere or outside autograd.

    A gradient written by hand is judged against the values; autograd's bookkeeping is none of its business.
    """
    return x


@spelled("Tensor.data", attribute=True, unview=_same)
def data(x: Term) -> Term:
    """The values outside autograd."""
    return x


@spelled("ndarray.astype", "Tensor.type")
def astype(x: Term, dtype: Any = None, *args: Any, **_: Any) -> Any:
    """The values as another type of numbers."""
    return "torch.FloatTensor" if dtype is None else cast(x, kind_of(dtype))


@spelled("Tensor.to", unview=_same)
def to(x: Term, *args: Any, dtype: Any = None, **_: Any) -> Term:
    """The values as another type, on another device, or both."""
    for arg in (dtype, *args):
        if isinstance(arg, Term):
            return cast(x, kind_of_term(arg))
        name = str(getattr(arg, "name", arg if isinstance(arg, str) else ""))
        if isinstance(arg, type) or any(w in name for w in ("float", "double", "half", "int", "long", "bool")):
            return cast(x, kind_of(arg))
    return x


@spelled("Tensor.type_as")
def type_as(x: Term, other: Term) -> Term:
    """The values as the type of another tensor."""
    return cast(x, kind_of_term(other))


@spelled("Tensor.float", "Tensor.double", "Tensor.half", "Tensor.bfloat16")
def as_float(x: Term, *args: Any, **_: Any) -> Term:
    """The values as floating-point numbers."""
    return cast(x, "float")


@spelled("Tensor.long", "Tensor.int", "Tensor.short", "Tensor.byte", "Tensor.char")
def as_integer(x: Term, *args: Any, **_: Any) -> Term:
    """The values as integers, cut towards zero."""
    return cast(x, "int")


@spelled("Tensor.bool")
def as_boolean(x: Term, *args: Any, **_: Any) -> Term:
    """Where the values are not zero."""
    return cast(x, "bool")


@spelled("ndarray.item", "Tensor.item", "numpy.asscalar")
def item(x: Term, *args: Any) -> Term:
    """The one entry of an array, or the one at an index."""
    if args:
        at = spread_args(args)
        return op.getitem(x, index=tuple(map(as_int, at))) if len(at) > 1 or x.ndim == 1 else _flat_entry(x, as_int(at[0]))
    if x.sample.size != 1:
        raise Misfit("item() needs an array of one entry")
    return op.reshape(x, shape=()) if x.ndim else x


def _flat_entry(x: Term, at: int) -> Term:
    return op.getitem(op.reshape(x, shape=(dim(x.sample.size),)), index=(int(at),))


@spelled("ndarray.tolist", "Tensor.tolist")
def tolist(x: Term) -> Any:
    """Nested lists of the entries."""
    if not x.ndim:
        return x.sample.item() if x.is_constant else x
    return [tolist(op.getitem(x, index=(k,))) for k in range(len(x.sample))]


@spelled("ndarray.fill", "Tensor.fill_", inplace=True)
def fill(x: Term, value: Any) -> Term:
    """One number everywhere, in place."""
    return filled(x.shape, value, kind_of_term(x))


@spelled("Tensor.zero_", inplace=True)
def zero(x: Term) -> Term:
    """Zeros, in place."""
    return filled(x.shape, 0, kind_of_term(x))


@spelled("Tensor.copy_", inplace=True)
def copy_into(x: Term, src: Any, non_blocking: bool = False) -> Term:
    """Other values, in place."""
    return op.broadcast_to(as_term(src), shape=tuple(x.shape))


@spelled("numpy.copyto", inplace=True)
def np_copyto(dst: Term, src: Any, casting: str = "same_kind", where: Any = True) -> Term:
    """Other values, in place, where a mask holds."""
    return copy_into(dst, src) if where is True else op.where(where, src, dst)
