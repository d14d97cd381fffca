"""Spellings of norms and condition numbers: numpy's table of orders, and torch's."""

from __future__ import annotations

import math

from nablint.ops.card import Operand, op
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, array, axes_last, axis_of, plain, rank_of


def vector_norm(x: Operand, p: float, axis: Value = None, keepdims: bool = False) -> Operand:
    """The p-norm along axes."""
    if p == 2:
        return op.norm(x, axis=axis, keepdims=keepdims)
    size = op.absolute(x)
    if math.isinf(p):
        return (op.max if p > 0 else op.min)(size, axis=axis, keepdims=keepdims)
    if p == 0:
        return op.sum(op.multiply(op.not_equal(x, 0), 1.0), axis=axis, keepdims=keepdims)
    if p == 1:
        return op.sum(size, axis=axis, keepdims=keepdims)
    return op.power(op.sum(op.power(size, p), axis=axis, keepdims=keepdims), 1 / p)


@spelled("numpy.linalg.cond", "torch.linalg.cond")
def cond(x: Value, p: Value = None, *, out: Value = None) -> Operand:
    """The norm times the norm of the inverse; the ratio of singular values where no norm is named."""
    x = array(x)
    if p in (None, 2, -2):
        values = op.svdvals(x)
        high, low = (reduce(values, axis=-1, keepdims=False) for reduce in (op.max, op.min))
        return op.divide(low, high) if p == -2 else op.divide(high, low)
    return op.multiply(norm_of(x, p, (-2, -1), False), norm_of(op.inv(x), p, (-2, -1), False))


def norm_of(x: Operand, order: Value, axis: Value, keepdims: bool) -> Operand:
    """A norm of vectors (one axis) or of matrices (two): numpy's table of orders."""
    rank = rank_of(x)
    if axis is None and order is None:
        return op.norm(x, axis=None, keepdims=keepdims)
    axes = tuple(range(rank)) if axis is None else (axis,) if isinstance(axis, int) else axis
    if len(axes) == 1 or (isinstance(order, int | float) and len(axes) > 2):
        return vector_norm(x, 2 if order is None else plain(order), axes[0] if len(axes) == 1 else axes, keepdims)
    return _matrix_norm(x, order, axes, keepdims)


def _matrix_norm(x: Operand, order: Value, axes: tuple[int, ...], keepdims: bool) -> Operand:
    if order in (None, "fro"):
        return op.norm(x, axis=axes, keepdims=keepdims)
    rows, columns = (a % rank_of(x) for a in axes)
    if order in (1, -1, math.inf, -math.inf):
        gone, left = (rows, columns) if order in (1, -1) else (columns, rows)
        sums = op.sum(op.absolute(x), axis=gone, keepdims=True)
        extreme = (op.max if order > 0 else op.min)(sums, axis=left, keepdims=True)
        return extreme if keepdims else op.squeeze(extreme, axis=(rows, columns))
    if order not in (2, -2, "nuc"):
        raise TypeError(f"the matrix norm of order {order!r} is not followed")
    values = op.svdvals(axes_last(x, (rows, columns)))
    reduce = op.sum if order == "nuc" else op.max if order == 2 else op.min
    result = reduce(values, axis=-1, keepdims=False)
    return op.expand_dims(result, axis=(rows, columns)) if keepdims else result


@spelled("numpy.linalg.norm", "scipy.linalg.norm")
def norm(x: Value, ord: Value = None, axis: Value = None, keepdims: Value = False, check_finite: object = None
         ) -> Operand:
    """A norm of a vector or matrix."""
    return norm_of(array(x), ord, axis_of(axis), bool(keepdims))


@spelled("torch.linalg.norm")
def torch_linalg_norm(A: Value, ord: Value = None, dim: Value = None, keepdim: Value = False, *, out: Value = None,
                      dtype: object = None) -> Operand:
    """A norm of a vector or matrix."""
    return norm_of(A, ord, axis_of(dim), bool(keepdim))


@spelled("torch.norm", "Tensor.norm")
def torch_norm(input: Value, p: Value = "fro", dim: Value = None, keepdim: Value = False, out: Value = None,
               dtype: object = None) -> Operand:
    """The norm of all entries, or along axes."""
    axis = axis_of(dim)
    if p == "nuc":
        return norm_of(input, "nuc", axis, bool(keepdim))
    return vector_norm(input, 2 if p in ("fro", None) else plain(p), axis, bool(keepdim))


@spelled("numpy.linalg.vector_norm")
def numpy_vector_norm(x: Value, /, *, axis: Value = None, keepdims: Value = False, ord: Value = 2) -> Operand:
    """The norm of all entries, or along axes."""
    return vector_norm(array(x), plain(ord), axis_of(axis), bool(keepdims))


@spelled("torch.linalg.vector_norm")
def torch_vector_norm(x: Value, ord: Value = 2, dim: Value = None, keepdim: Value = False, *, dtype: object = None,
                      out: Value = None) -> Operand:
    """The norm of all entries, or along axes."""
    return vector_norm(x, plain(ord), axis_of(dim), bool(keepdim))


@spelled("numpy.linalg.matrix_norm")
def numpy_matrix_norm(x: Value, /, *, keepdims: Value = False, ord: Value = "fro") -> Operand:
    """The norm of the matrices in the last two axes."""
    return norm_of(array(x), ord, (-2, -1), bool(keepdims))


@spelled("torch.linalg.matrix_norm")
def torch_matrix_norm(A: Value, ord: Value = "fro", dim: Value = (-2, -1), keepdim: Value = False, *,
                      dtype: object = None, out: Value = None) -> Operand:
    """The norm of matrices."""
    return norm_of(A, ord, axis_of(dim), bool(keepdim))
