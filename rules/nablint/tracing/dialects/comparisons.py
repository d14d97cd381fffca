"""Spellings of tests on numbers: closeness, equality, signs, and choices among several cases."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nablint.ops.card import Operand, op
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, apply, array, plain


@spelled("numpy.isclose")
def isclose(a: Value, b: Value, rtol: Value = 1e-5, atol: Value = 1e-8, equal_nan: Value = False) -> Operand:
    """Where `|a - b| <= atol + rtol |b|`."""
    a, b = array(a), array(b)
    bound = op.add(plain(atol), op.multiply(plain(rtol), op.absolute(b)))
    return op.less_equal(op.absolute(op.subtract(a, b)), bound)


@spelled("torch.isclose", "Tensor.isclose")
def torch_isclose(input: Value, other: Value, rtol: Value = 1e-5, atol: Value = 1e-8, equal_nan: Value = False
                  ) -> Operand:
    """Where `|input - other| <= atol + rtol |other|`."""
    return isclose(input, other, rtol, atol)


@spelled("numpy.allclose")
def allclose(a: Value, b: Value, rtol: Value = 1e-5, atol: Value = 1e-8, equal_nan: Value = False) -> Operand:
    """Whether all entries are close."""
    return op.all(isclose(a, b, rtol, atol), axis=None, keepdims=False)


@spelled("torch.allclose", "Tensor.allclose")
def torch_allclose(input: Value, other: Value, rtol: Value = 1e-5, atol: Value = 1e-8, equal_nan: Value = False
                   ) -> Operand:
    """Whether all entries are close."""
    return allclose(input, other, rtol, atol)


@spelled("numpy.array_equal", "numpy.array_equiv")
def array_equal(a1: Value, a2: Value, equal_nan: Value = False) -> Operand | bool:
    """Whether two arrays have the same shape and entries."""
    a1, a2 = array(a1), array(a2)
    return a1.shape == a2.shape and op.all(op.equal(a1, a2), axis=None, keepdims=False)


@spelled("torch.equal", "Tensor.equal")
def torch_equal(input: Value, other: Value) -> Operand | bool:
    """Whether two tensors have the same shape and entries."""
    return array_equal(input, other)


@spelled("numpy.isposinf", "torch.isposinf", "Tensor.isposinf")
def isposinf(x: Value) -> Operand:
    """Where the entries are infinite and positive."""
    return apply(op.equal, x, np.inf)


@spelled("numpy.isneginf", "torch.isneginf", "Tensor.isneginf")
def isneginf(x: Value) -> Operand:
    """Where the entries are infinite and negative."""
    return apply(op.equal, x, -np.inf)


@spelled("numpy.signbit", "torch.signbit", "Tensor.signbit")
def signbit(x: Value) -> Operand:
    """Where the entries are negative."""
    return apply(op.less, x, 0)


@spelled("numpy.heaviside")
def heaviside(x1: Value, x2: Value, /) -> Operand:
    """0 below 0, 1 above it, the second argument at 0."""
    x1, x2 = array(x1), array(x2)
    return op.where(op.equal(x1, 0), x2, op.multiply(op.greater(x1, 0), 1.0))


@spelled("torch.heaviside", "Tensor.heaviside")
def torch_heaviside(input: Value, values: Value, *, out: Value = None) -> Operand:
    """0 below 0, 1 above it, the second argument at 0."""
    return heaviside(input, values)


@spelled("numpy.copysign", "math.copysign")
def copysign(x1: Value, x2: Value, /) -> Operand:
    """The size of one with the sign of the other."""
    size = apply(op.absolute, x1)
    return op.where(signbit(x2), op.negative(size), size)


@spelled("torch.copysign", "Tensor.copysign")
def torch_copysign(input: Value, other: Value, *, out: Value = None) -> Operand:
    """The size of one with the sign of the other."""
    return copysign(input, other)


@spelled("numpy.select")
def select(condlist: Sequence[Value], choicelist: Sequence[Value], default: Value = 0) -> Operand:
    """The first choice whose condition holds."""
    chosen = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        chosen = apply(op.where, condition, choice, chosen)
    return chosen


@spelled("numpy.divmod")
def divide_with_rest(x1: Value, x2: Value, /) -> tuple[Operand, Operand]:
    """The floored quotient and the rest."""
    return apply(op.floor_divide, x1, x2), apply(op.mod, x1, x2)


@spelled("torch.frac", "Tensor.frac")
@spelled("Tensor.frac_", inplace=True)
def frac(input: Value, *, out: Value = None) -> Operand:
    """What stands behind the decimal point."""
    return op.subtract(input, op.trunc(input))
