"""Spellings of the softmax, its logarithm and the logarithm of a sum of exponentials."""

from __future__ import annotations

from typing import Any

from nablint.ops.card import Operand, op
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, array, axis_of


@spelled("torch.nn.functional.softmax", "torch.softmax", "Tensor.softmax", "torch.special.softmax")
def softmax(input: Value, dim: Value = None, _stacklevel: object = 3, dtype: object = None) -> Operand:
    """`exp(x)` over its sum along an axis; without one, torch's own default."""
    return op.softmax(array(input), axis=_default_axis(input, dim))


@spelled("torch.nn.functional.softmin")
def softmin(input: Value, dim: Value = None, _stacklevel: object = 3, dtype: object = None) -> Operand:
    """The softmax of `-x`."""
    return op.softmax(op.negative(input), axis=_default_axis(input, dim))


@spelled("torch.nn.functional.log_softmax", "torch.log_softmax", "Tensor.log_softmax", "torch.special.log_softmax")
def log_softmax(input: Value, dim: Value = None, _stacklevel: object = 3, dtype: object = None) -> Operand:
    """The logarithm of the softmax."""
    return op.log_softmax(array(input), axis=_default_axis(input, dim))


def _default_axis(input: Value, dim: Value) -> Any:
    """Torch's choice where no axis is given: 0 for 0, 1 and 3 axes, else 1."""
    return axis_of(dim) if dim is not None else 0 if len(input.shape) in (0, 1, 3) else 1


@spelled("scipy.special.softmax")
def scipy_softmax(x: Value, axis: Value = None) -> Operand:
    """`exp(x)` over its sum, of all entries unless an axis is given."""
    return op.softmax(array(x), axis=axis_of(axis))


@spelled("scipy.special.log_softmax")
def scipy_log_softmax(x: Value, axis: Value = None) -> Operand:
    """The logarithm of the softmax, over all entries unless an axis is given."""
    return op.log_softmax(array(x), axis=axis_of(axis))


@spelled("scipy.special.logsumexp", "scipy.misc.logsumexp")
def logsumexp(a: Value, axis: Value = None, b: Value = None, keepdims: Value = False, return_sign: Value = False
              ) -> Operand:
    """`log(sum(b * exp(a)))`."""
    if return_sign:
        raise TypeError("logsumexp with a sign is not followed")
    if b is None:
        return op.logsumexp(array(a), axis=axis_of(axis), keepdims=bool(keepdims))
    return op.log(op.sum(op.multiply(b, op.exp(array(a))), axis=axis_of(axis), keepdims=bool(keepdims)))


@spelled("torch.logsumexp", "Tensor.logsumexp", "torch.special.logsumexp")
def torch_logsumexp(input: Value, dim: Value, keepdim: Value = False, *, out: Value = None) -> Operand:
    """`log(sum(exp(input)))`."""
    return op.logsumexp(array(input), axis=axis_of(dim), keepdims=bool(keepdim))
