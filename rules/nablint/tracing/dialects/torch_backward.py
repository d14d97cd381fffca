"""Spellings of the backward kernels that PyTorch itself calls, which hand-written backward functions borrow.

They are undocumented but stable: `aten/src/ATen/native/native_functions.yaml` names their arguments.
"""

from __future__ import annotations

import math
from typing import Any

from nablint.calculus.terms import Term
from nablint.ops.card import Operand, op
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, array, axis_of, plain
from nablint.tracing.dialects.randomness import torch_bernoulli


def _aten(name: str, *others: str) -> Any:
    """Register under the operator's own name and under further ones."""
    return spelled(f"torch.ops.aten.{name}", *others)


@_aten("_softmax_backward_data", "torch._softmax_backward_data")
def softmax_backward(grad_output: Value, output: Value, dim: Value, input_dtype: object = None) -> Operand:
    """`y * (g - sum(g * y))` for `y = softmax(x)`."""
    kept = op.sum(op.multiply(grad_output, output), axis=axis_of(dim), keepdims=True)
    return op.multiply(output, op.subtract(grad_output, kept))


@_aten("_log_softmax_backward_data", "torch._log_softmax_backward_data")
def log_softmax_backward(grad_output: Value, output: Value, dim: Value, input_dtype: object = None) -> Operand:
    """`g - exp(y) * sum(g)` for `y = log_softmax(x)`."""
    return op.subtract(grad_output, op.multiply(op.exp(array(output)),
                                                op.sum(array(grad_output), axis=axis_of(dim), keepdims=True)))


@_aten("_softmax", "torch._softmax")
def softmax(input: Value, dim: Value, half_to_float: object = False) -> Operand:
    """`exp(x)` over its sum along an axis."""
    return op.softmax(array(input), axis=axis_of(dim))


@_aten("_log_softmax", "torch._log_softmax")
def log_softmax(input: Value, dim: Value, half_to_float: object = False) -> Operand:
    """The logarithm of the softmax along an axis."""
    return op.log_softmax(array(input), axis=axis_of(dim))


@spelled("torch._fused_dropout")
def fused_dropout(input: Term, p: Value, generator: object = None) -> tuple[Operand, Operand]:
    """The entries that stay over the share `p` of them that does, and which these are."""
    mask = torch_bernoulli(input)
    return op.divide(op.multiply(input, mask), p), mask


@_aten("native_dropout", "torch.native_dropout")
def native_dropout(input: Term, p: Value, train: Value = True) -> tuple[Operand, Operand]:
    """The entries that stay over the share `1 - p` of them that does, and which these are."""
    if train is False:
        return input, op.equal(input, input)
    mask = torch_bernoulli(input)
    return op.divide(op.multiply(input, mask), op.subtract(1.0, p)), mask


@_aten("native_dropout_backward", "torch._masked_scale", "torch.ops.aten._masked_scale")
def masked_scale(grad_output: Value, mask: Value, scale: Value) -> Operand:
    """`g * mask * scale`."""
    return op.multiply(op.multiply(grad_output, mask), scale)


@_aten("sigmoid_backward")
def sigmoid_backward(grad_output: Value, output: Value) -> Operand:
    """`g * y * (1 - y)` for `y = sigmoid(x)`."""
    return op.multiply(grad_output, op.multiply(output, op.subtract(1.0, output)))


@_aten("tanh_backward")
def tanh_backward(grad_output: Value, output: Value) -> Operand:
    """`g * (1 - y²)` for `y = tanh(x)`."""
    return op.multiply(grad_output, op.subtract(1.0, op.multiply(output, output)))


@_aten("threshold_backward")
def threshold_backward(grad_output: Value, self: Value, threshold: Value) -> Operand:
    """The cotangent where the input is above the threshold."""
    return op.where(op.greater(self, threshold), grad_output, 0.0)


@_aten("silu_backward")
def silu_backward(grad_output: Value, self: Value) -> Operand:
    """`g * s * (1 + x * (1 - s))` for `s = sigmoid(x)`."""
    s = op.sigmoid(array(self))
    return op.multiply(grad_output, op.multiply(s, op.add(1.0, op.multiply(self, op.subtract(1.0, s)))))


@_aten("gelu_backward")
def gelu_backward(grad_output: Value, self: Value, *, approximate: str = "none") -> Operand:
    """`g * (Φ(x) + x φ(x))` with the normal distribution; its approximation by a tanh has another derivative."""
    if approximate != "none":
        raise TypeError("the approximate derivative of gelu is not followed")
    x = array(self)
    below = op.multiply(0.5, op.add(1.0, op.erf(op.divide(x, math.sqrt(2.0)))))
    density = op.divide(op.exp(op.multiply(-0.5, op.multiply(x, x))), math.sqrt(2 * math.pi))
    return op.multiply(grad_output, op.add(below, op.multiply(x, density)))


@_aten("leaky_relu_backward")
def leaky_relu_backward(grad_output: Value, self: Value, negative_slope: Value, self_is_result: object) -> Operand:
    """The cotangent, times the slope where the input is not above 0."""
    return op.where(op.greater(self, 0), grad_output, op.multiply(plain(negative_slope), grad_output))
