"""Spellings that convert: arrays of array-likes, copies, types of numbers, Python numbers, overwritten values.

A copy is the same term: that the program may write to one of the two without touching the other is a matter of the
tracer's cells, not of values.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import Misfit, dim
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import (
    as_int,
    as_term,
    kind_of,
    kind_of_term,
    spread_args,
)
from nablint.tracing.dialects.creation import filled
from nablint.tracing.values import Instance


def cast(x: Term, kind: str) -> Term:
    """The values of `x` as another kind of numbers; nothing where they already are."""
    if kind_of_term(x) == kind or (kind == "float" and x.sample.dtype.kind == "c"):
        return x
    return op.not_equal(x, 0) if kind == "bool" else op.cast(x, kind=kind)


def _same(base: Term, new: Term, *args: Any, **kwargs: Any) -> Term:
    """The base after its alias was overwritten: the new value itself."""
    return new


@spelled("Tensor.new_tensor")
def new_tensor(x: Term, data: Any, dtype: Any = None, **_: Any) -> Term:
    """A tensor from data."""
    return cast(as_term(data), kind_of(dtype, kind_of_term(as_term(data))))


@spelled("numpy.asarray", "numpy.asanyarray", "numpy.ascontiguousarray", "numpy.asfortranarray",
         "torch.as_tensor", "torch.from_numpy",
         "torch.asarray", "torch.detach", "torch.autograd.Variable", "torch.nn.Parameter",
         "torch.nn.parameter.Parameter",
         unview=_same)
def asarray(object: Any, dtype: Any = None, *args: Any, **_: Any) -> Term:
    """An array of an array-like, the same one where it is an array already."""
    return array(object, dtype)


@spelled("numpy.array", "numpy.asfarray", "numpy.copy", "torch.tensor", "torch.clone", "numpy.float64", "numpy.float32",
         "numpy.matrix")
def array(object: Any, dtype: Any = None, *args: Any, ndmin: int = 0, **_: Any) -> Term:
    """An array of an array-like."""
    made = as_term(object)
    while made.ndim < ndmin:
        made = op.expand_dims(made, axis=0)
    typed = isinstance(dtype, str | type) or hasattr(dtype, "name")
    return cast(made, kind_of(dtype, kind_of_term(made))) if typed else made


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


@spelled("numpy.finfo", "torch.finfo")
def finfo(dtype: Any = None) -> Instance:
    """The limits of floating-point numbers."""
    limits = np.finfo(np.float32 if "32" in str(getattr(dtype, "name", dtype)) else np.float64)
    names = ("eps", "max", "min", "tiny", "smallest_normal", "resolution")
    return Instance(None, {name: float(getattr(limits, name)) for name in names})


@spelled("numpy.iinfo", "torch.iinfo")
def iinfo(dtype: Any = None) -> Instance:
    """The limits of integers."""
    limits = np.iinfo(np.int32 if "32" in str(getattr(dtype, "name", dtype)) else np.int64)
    return Instance(None, {"max": int(limits.max), "min": int(limits.min)})


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
        whole = len(at) > 1 or x.ndim == 1
        return op.getitem(x, index=tuple(map(as_int, at))) if whole else _flat_entry(x, as_int(at[0]))
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
