"""Spellings of `jax.nn`; `jax.numpy` and `jax.scipy` are read as numpy and scipy."""

from __future__ import annotations

from nablint.ops.card import Operand, op
from nablint.tracing.dialects import SPELLINGS, softmaxes, spelled
from nablint.tracing.dialects import activations as F  # noqa: N812 - torch's own abbreviation
from nablint.tracing.dialects.operands import Value, apply, array, axis_of, plain

SAME = {
    "relu": F.relu, "relu6": F.relu6, "elu": F.elu, "celu": F.celu, "selu": F.selu, "leaky_relu": F.leaky_relu,
    "silu": F.silu, "swish": F.silu, "mish": F.mish, "hard_tanh": F.hardtanh, "hard_sigmoid": F.hardsigmoid,
    "hard_silu": F.hardswish, "hard_swish": F.hardswish, "glu": F.glu, "logsumexp": softmaxes.logsumexp,
}
"""What differs from torch's functions in name only."""

for _name, _call in SAME.items():
    spelled(f"jax.nn.{_name}")(_call)


@spelled("jax.nn.sigmoid")
def sigmoid(x: Value) -> Operand:
    """The logistic function."""
    return apply(op.sigmoid, x)


@spelled("jax.nn.log_sigmoid")
def log_sigmoid(x: Value) -> Operand:
    """Its logarithm."""
    return apply(op.log_sigmoid, x)


@spelled("jax.nn.softplus")
def softplus(x: Value) -> Operand:
    """`log(1 + exp(x))`."""
    return apply(op.softplus, x)


@spelled("jax.nn.soft_sign")
def soft_sign(x: Value) -> Operand:
    """`x / (1 + |x|)`."""
    return apply(op.softsign, x)


@spelled("jax.nn.gelu")
def gelu(x: Value, approximate: Value = True) -> Operand:
    """`x * Φ(x)`, by default approximated by tanh."""
    return op.gelu_tanh(array(x)) if approximate else op.gelu(array(x))


@spelled("jax.nn.softmax")
def softmax(x: Value, axis: Value = -1, where: None = None) -> Operand:
    """`exp(x)` over its sum along an axis."""
    return op.softmax(array(x), axis=axis_of(axis))


@spelled("jax.nn.log_softmax")
def log_softmax(x: Value, axis: Value = -1, where: None = None) -> Operand:
    """The logarithm of the softmax."""
    return op.log_softmax(array(x), axis=axis_of(axis))


@spelled("jax.nn.standardize")
def standardize(x: Value, axis: Value = -1, mean: None = None, variance: None = None, epsilon: Value = 1e-5) -> Operand:
    """Mean 0 and variance 1 along an axis."""
    return op.standardize(array(x), axis=axis_of(axis), eps=plain(epsilon))


@spelled("jax.nn.one_hot")
def one_hot(x: Value, num_classes: Value, *, dtype: object = None, axis: Value = -1) -> Operand:
    """1 at the index along a new last axis, 0 elsewhere."""
    if axis != -1:
        raise TypeError("one_hot along another axis than the last is not followed")
    return SPELLINGS["torch.nn.functional.one_hot"].call(x, num_classes)
