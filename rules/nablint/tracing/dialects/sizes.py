"""Spellings of sizes: shapes, ranks, lengths, and what an array says of itself."""

from __future__ import annotations

from typing import Any

from nablint.calculus.terms import Term
from nablint.ops.layout import axis_in
from nablint.shapes import Misfit, Size, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_int, as_term


@spelled("ndarray.shape", "Tensor.shape", attribute=True)
def shape_attribute(x: Term) -> tuple[Size, ...]:
    """The sizes of the axes."""
    return tuple(x.shape)


@spelled("numpy.shape")
def np_shape(a: Any) -> tuple[Size, ...]:
    """The sizes of the axes."""
    return tuple(as_term(a).shape)


@spelled("ndarray.ndim", "Tensor.ndim", attribute=True)
def ndim_attribute(x: Term) -> int:
    """The number of axes."""
    return x.ndim


@spelled("numpy.ndim", "Tensor.dim", "Tensor.ndimension")
def np_ndim(a: Any) -> int:
    """The number of axes."""
    return as_term(a).ndim


@spelled("ndarray.size", attribute=True)
def size_attribute(x: Term) -> Size:
    """The number of entries."""
    return size_product(x.shape)


@spelled("numpy.size")
def np_size(a: Any, axis: Any = None) -> Size:
    """The number of entries, or of those along an axis."""
    return size_product(as_term(a).shape) if axis is None else as_term(a).shape[as_int(axis)]


@spelled("Tensor.size")
def tensor_size(x: Term, dim: Any = None) -> Any:
    """The shape, or the size of one axis."""
    return tuple(x.shape) if dim is None else x.shape[axis_in(as_int(dim), x.ndim)]


@spelled("Tensor.numel", "Tensor.nelement", "torch.numel")
def numel(x: Any) -> Size:
    """The number of entries."""
    return size_product(as_term(x).shape)


@spelled("ndarray.__len__", "Tensor.__len__")
def length(x: Term) -> Size:
    """The size of the first axis."""
    if not x.ndim:
        raise Misfit("a number has no length")
    return x.shape[0]


@spelled("ndarray.dtype", "Tensor.dtype", attribute=True)
def dtype_attribute(x: Term) -> str:
    """The type of the entries, as its name."""
    return {"b": "bool", "i": "int64", "u": "int64", "c": "complex128"}.get(x.sample.dtype.kind, "float64")


@spelled("Tensor.device", attribute=True)
def device_attribute(x: Term) -> str:
    """Where the tensor is; no value depends on it."""
    return "cpu"


@spelled("Tensor.is_cuda", attribute=True)
def place_attribute(x: Term) -> bool:
    """Where the tensor is; no value depends on it."""
    return False


@spelled("Tensor.requires_grad", attribute=True)
def wanted_attribute(x: Term) -> bool:
    """Somebody wants the gradient: what is kept for backward code, and computed there, is kept and computed."""
    return True


@spelled("Tensor.is_contiguous", "Tensor.is_floating_point")
def flag_method(x: Any, *args: Any, **_: Any) -> bool:
    """True of the tensors that are traced."""
    return isinstance(x, Term)


@spelled("numpy.promote_types", "numpy.result_type", "torch.promote_types", "torch.result_type", "numpy.common_type")
def common_type(*args: Any) -> str:
    """The type of a result: all floats are of one width here."""
    return "float64"
