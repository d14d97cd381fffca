"""Spellings of medians, covariances, integrals and polynomials, composed of cards."""

from __future__ import annotations

from typing import Any

from nablint.ops.card import Operand, op
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, array, axes_last, axis_of, plain, rank_of
from nablint.tracing.dialects.ordering import np_sort

_ALL = ("slice", None, None, None)


def _entry(x: Operand, k: int) -> Operand:
    """The k-th entry along the last axis."""
    return op.getitem(x, index=(*(_ALL,) * (rank_of(x) - 1), k))


@spelled("numpy.median", "numpy.nanmedian")
def median(a: Value, axis: Value = None, out: Value = None, overwrite_input: object = None, keepdims: Value = False
           ) -> Operand:
    """The entry in the middle, or the mean of two."""
    x, along = array(a), axis_of(axis)
    if isinstance(along, tuple):
        raise TypeError("the median over several axes is not followed")
    ordered = np_sort(x, along)
    ordered = ordered if along is None else axes_last(ordered, (along,))
    count = int(ordered.shape[-1])
    middle = _entry(ordered, count // 2)
    if count % 2 == 0:
        middle = op.divide(op.add(_entry(ordered, count // 2 - 1), middle), 2)
    if not keepdims:
        return middle
    return op.expand_dims(middle, axis=tuple(range(rank_of(x))) if along is None else along)


@spelled("numpy.cov")
def cov(m: Value, y: Value = None, rowvar: Value = True, bias: Value = False, ddof: Value = None, **_: Any) -> Operand:
    """The covariances of the rows (variables) over the columns (observations)."""
    x = array(m)
    if y is not None or _:
        raise TypeError("covariances of two sets or with weights are not followed")
    if rank_of(x) == 1:
        return op.var(x, axis=0, keepdims=False, ddof=int(not bias) if ddof is None else plain(ddof))
    x = x if rowvar else x.T
    centred = op.subtract(x, op.mean(x, axis=1, keepdims=True))
    covariance = op.divide(op.matmul(centred, centred.T), x.shape[1] - (int(not bias) if ddof is None else plain(ddof)))
    return op.reshape(covariance, shape=()) if x.shape[0] == 1 else covariance


@spelled("torch.cov", "Tensor.cov")
def torch_cov(input: Value, *, correction: Value = 1, fweights: Value = None, aweights: Value = None) -> Operand:
    """The covariances of the rows (variables) over the columns (observations)."""
    if fweights is not None or aweights is not None:
        raise TypeError("covariances with weights are not followed")
    return cov(input, ddof=correction)


@spelled("numpy.corrcoef")
def corrcoef(x: Value, y: Value = None, rowvar: Value = True) -> Operand:
    """The correlations of the rows over the columns."""
    covariance = cov(x, y, rowvar)
    if rank_of(covariance) == 0:
        return op.divide(covariance, covariance)
    deviations = op.sqrt(op.diagonal(covariance))
    return op.divide(covariance, op.outer(deviations, deviations))


@spelled("torch.corrcoef", "Tensor.corrcoef")
def torch_corrcoef(input: Value) -> Operand:
    """The correlations of the rows over the columns."""
    return corrcoef(input)


@spelled("numpy.trapezoid", "numpy.trapz", "scipy.integrate.trapezoid", "scipy.integrate.trapz")
def trapezoid(y: Value, x: Value = None, dx: Value = 1.0, axis: Value = -1) -> Operand:
    """The integral by the trapezoid rule."""
    values = axes_last(array(y), (int(plain(axis)),))
    lead = (_ALL,) * (rank_of(values) - 1)
    after, before = (*lead, ("slice", 1, None, None)), (*lead, ("slice", None, -1, None))
    if x is not None:
        points = array(x)
        if rank_of(points) != 1:
            points = axes_last(points, (int(plain(axis)),))
            dx = op.subtract(op.getitem(points, index=after), op.getitem(points, index=before))
        else:
            dx = op.subtract(op.getitem(points, index=after[-1:]), op.getitem(points, index=before[-1:]))
    both = op.add(op.getitem(values, index=after), op.getitem(values, index=before))
    return op.sum(op.divide(op.multiply(dx, both), 2), axis=-1, keepdims=False)


@spelled("torch.trapezoid", "torch.trapz")
def torch_trapezoid(y: Value, x: Value = None, *, dx: Value = 1.0, dim: Value = -1) -> Operand:
    """The integral by the trapezoid rule."""
    return trapezoid(y, x, dx, dim)


@spelled("numpy.polyval")
def polyval(p: Value, x: Value) -> Operand:
    """The polynomial with these coefficients, the highest power first (Horner's rule)."""
    coefficients = list(p) if isinstance(p, list | tuple) else [_entry(p, k) for k in range(int(array(p).shape[0]))]
    point = array(x)
    total: Operand = op.add(op.multiply(point, 0), coefficients[0])
    for coefficient in coefficients[1:]:
        total = op.add(op.multiply(total, point), coefficient)
    return total


@spelled("numpy.vander")
def vander(x: Value, N: Value = None, increasing: Value = False) -> Operand:
    """The powers of the entries as columns."""
    point = array(x)
    count = int(point.shape[0] if N is None else plain(N))
    powers = [op.power(point, k) if k else op.add(op.multiply(point, 0), 1) for k in range(count)]
    return op.stack(*(powers if increasing else reversed(powers)), axis=1)


@spelled("numpy.matvec")
def matvec(x1: Value, x2: Value, /) -> Operand:
    """A matrix times a vector, or a stack of each."""
    return op.squeeze(op.matmul(array(x1), op.expand_dims(array(x2), axis=-1)), axis=-1)


@spelled("numpy.vecmat")
def vecmat(x1: Value, x2: Value, /) -> Operand:
    """A vector times a matrix, or a stack of each."""
    return op.squeeze(op.matmul(op.expand_dims(array(x1), axis=-2), array(x2)), axis=-2)
