"""Spellings that make arrays: constants, copies and conversions.

A copy is the same term: that the program may write to one of the two without touching the other is a matter of the
tracer's cells, not of values.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import Misfit, Shape, Size, dim
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import (
    NUMPY_TYPES,
    as_int,
    as_shape,
    as_term,
    current_graph,
    kind_of,
    kind_of_term,
    sampled,
    spread_args,
    vanished,
)


def filled(shape: Shape, value: Any, kind: str) -> Term:
    """A constant array of one number, or a number of the program spread out."""
    if isinstance(value, Term):
        return op.broadcast_to(value, shape=shape)
    of = NUMPY_TYPES[kind]
    return current_graph().constant(sampled(shape, lambda plain: np.full(plain, value, of), of), shape)


@spelled("numpy.zeros", "numpy.empty", "numpy.ndarray")
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


@spelled("torch.Tensor", "torch.FloatTensor", "torch.DoubleTensor")
def torch_tensor(*data: Any) -> Term:
    """What an array-like holds, or an array of these sizes."""
    if data and all(isinstance(d, int) and not isinstance(d, bool) for d in data):
        return filled(as_shape(data), 0, "float")
    made = as_term(data[0] if data else ())
    return made if kind_of_term(made) == "float" else op.cast(made, kind="float")


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


@spelled("numpy.eye")
def np_eye(N: Any, M: Any = None, k: Any = 0, dtype: Any = None, order: str = "C", **_: Any) -> Term:
    """Ones on a diagonal."""
    rows = dim(as_int(N))
    columns = rows if M is None else dim(as_int(M))
    of, offset = NUMPY_TYPES[kind_of(dtype)], as_int(k)
    array = sampled((rows, columns), lambda plain: np.eye(plain[0], plain[1], offset, of), of)
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
    bounds: list[Any] = [b.sample.item() if isinstance(b, Term) and not b.ndim else b for b in (start, stop, step)]
    if not all(isinstance(b, int | float | np.integer | np.floating) for b in bounds) or not bounds[2]:
        raise TypeError("the bounds of arange must be numbers, its step not zero")
    if any(map(vanished, bounds)):
        raise Misfit("a count is below 1")
    kind = kind_of(dtype, "int" if all(isinstance(b, int | np.integer) for b in bounds) else "float")
    of = NUMPY_TYPES[kind]
    first, last, each = map(float if kind == "float" else int, bounds)
    array = sampled((max(math.ceil((last - first) / each), 0),), lambda _: np.arange(first, last, each, dtype=of), of)
    length = dim(bounds[1]) - dim(bounds[0]) if kind == "int" and bounds[2] == 1 else Size(len(array))
    return current_graph().constant(array, (length if length == len(array) else Size(len(array)),))


@spelled("numpy.linspace", "torch.linspace")
def linspace(start: Any, stop: Any = None, num: Any = 50, endpoint: bool = True, **_: Any) -> Any:
    """Numbers at equal distances, the last one included."""
    count = dim(as_int(_.get("steps", num)))
    start, stop = start, _.get("end", stop)
    if isinstance(start, Term) or isinstance(stop, Term):
        points = sampled((count,), lambda plain: np.linspace(0, 1, plain[0], endpoint))
        return start + current_graph().constant(points, (count,)) * (stop - start)
    array = sampled((count,), lambda plain: np.linspace(start, stop, plain[0], endpoint))
    made = current_graph().constant(array, (count,))
    return (made, (stop - start) / max(count - endpoint, 1)) if _.get("retstep") else made


@spelled("numpy.logspace", "torch.logspace")
def logspace(start: Any, stop: Any, num: Any = 50, *args: Any, base: Any = 10.0, **_: Any) -> Term:
    """Numbers at equal ratios."""
    return base ** linspace(start, stop, num, **_)
