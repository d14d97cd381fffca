"""Spellings of activations: `torch.nn.functional` and the few that scipy and torch itself have."""

from __future__ import annotations

from nablint.ops.card import Operand, op
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, array, plain
from nablint.tracing.dialects.randomness import whole


def leaky_relu(input: Value, negative_slope: Value = 0.01, inplace: Value = False) -> Operand:
    """A small slope below 0."""
    return op.leaky_relu(input, slope=plain(negative_slope))


def elu(input: Value, alpha: Value = 1.0, inplace: Value = False) -> Operand:
    """`alpha * (exp(x) - 1)` below 0."""
    return op.elu(input, alpha=plain(alpha))


def celu(input: Value, alpha: Value = 1.0, inplace: Value = False) -> Operand:
    """`alpha * (exp(x / alpha) - 1)` below 0."""
    return op.celu(input, alpha=plain(alpha))


def selu(input: Value, inplace: Value = False) -> Operand:
    """The self-normalising multiple of elu (Klambauer et al. 2017)."""
    return op.multiply(1.0507009873554805, op.elu(input, alpha=1.6732632423543772))


def relu(input: Value, inplace: Value = False) -> Operand:
    """0 below 0."""
    return op.relu(input)


def relu6(input: Value, inplace: Value = False) -> Operand:
    """Clipped to 0 and 6."""
    return op.relu6(input)


def hardtanh(input: Value, min_val: Value = -1.0, max_val: Value = 1.0, inplace: Value = False) -> Operand:
    """Clipped to -1 and 1."""
    return op.clip(input, low=plain(min_val), high=plain(max_val))


def threshold(input: Value, threshold: Value, value: Value, inplace: Value = False) -> Operand:
    """A value in the place of what does not exceed the threshold."""
    return op.where(op.greater(input, threshold), input, value)


for _name, _call in (("leaky_relu", leaky_relu), ("elu", elu), ("selu", selu), ("relu", relu), ("hardtanh", hardtanh),
                     ("threshold", threshold)):
    spelled(f"torch.nn.functional.{_name}")(_call)
    spelled(f"torch.nn.functional.{_name}_", inplace=True)(_call)
spelled("torch.nn.functional.celu", "torch.celu")(celu)
spelled("torch.nn.functional.celu_", "torch.celu_", inplace=True)(celu)
spelled("torch.selu")(selu)
spelled("torch.selu_", inplace=True)(selu)
spelled("torch.threshold")(threshold)
spelled("torch.nn.functional.relu6")(relu6)


@spelled("torch.nn.functional.silu")
def silu(input: Value, inplace: Value = False) -> Operand:
    """`x * sigmoid(x)`."""
    return op.silu(input)


@spelled("torch.nn.functional.mish")
def mish(input: Value, inplace: Value = False) -> Operand:
    """`x * tanh(softplus(x))`."""
    return op.mish(input)


@spelled("torch.nn.functional.gelu")
def gelu(input: Value, approximate: str = "none") -> Operand:
    """`x * Φ(x)`, or its approximation by tanh."""
    return op.gelu_tanh(input) if approximate == "tanh" else op.gelu(input)


@spelled("torch.nn.functional.softplus")
def softplus(input: Value, beta: Value = 1.0, threshold: Value = 20.0) -> Operand:
    """`log(1 + exp(beta * x)) / beta`; beyond the threshold torch rounds it to x."""
    smooth = op.softplus(input) if plain(beta) == 1 else op.divide(op.softplus(op.multiply(beta, input)), beta)
    if plain(threshold) >= 20:  # nothing that is seen at this precision
        return smooth
    return op.where(op.greater(op.multiply(input, beta), threshold), input, smooth)


@spelled("torch.nn.functional.hardsigmoid")
def hardsigmoid(input: Value, inplace: Value = False) -> Operand:
    """`clip(x / 6 + 1/2, 0, 1)`."""
    return op.divide(op.relu6(op.add(input, 3)), 6)


@spelled("torch.nn.functional.hardswish")
def hardswish(input: Value, inplace: Value = False) -> Operand:
    """`x * hardsigmoid(x)`."""
    return op.multiply(input, hardsigmoid(input))


@spelled("torch.nn.functional.tanhshrink")
def tanhshrink(input: Value) -> Operand:
    """`x - tanh(x)`."""
    return op.subtract(input, op.tanh(input))


@spelled("torch.nn.functional.softshrink")
def softshrink(input: Value, lambd: Value = 0.5) -> Operand:
    """Towards 0 by lambda, and no further."""
    return op.subtract(input, op.clip(input, low=-plain(lambd), high=plain(lambd)))


@spelled("torch.nn.functional.hardshrink", "torch.hardshrink", "Tensor.hardshrink")
def hardshrink(input: Value, lambd: Value = 0.5) -> Operand:
    """0 within lambda of 0."""
    return op.where(op.greater(op.absolute(input), lambd), input, 0.0)


@spelled("torch.nn.functional.prelu", "torch.prelu", "Tensor.prelu")
def prelu(input: Value, weight: Value) -> Operand:
    """A learned slope below 0, one for each channel (axis 1)."""
    slope = array(weight)
    if len(input.shape) == 0 and len(slope.shape):
        slope = op.squeeze(slope, axis=0)
    elif len(slope.shape) == 1 and slope.shape[0] != 1 and len(input.shape) > 2:
        slope = op.reshape(slope, shape=(slope.shape[0], *(1,) * (len(input.shape) - 2)))
    return op.where(op.greater(input, 0), input, op.multiply(slope, input))


@spelled("torch.nn.functional.glu")
def glu(input: Value, dim: Value = -1) -> Operand:
    """One half times the sigmoid of the other."""
    axis = int(plain(dim)) % len(input.shape)
    half = input.shape[axis] // 2
    lead = (("slice", None, None, None),) * axis
    value = op.getitem(input, index=(*lead, ("slice", None, half, None)))
    return op.multiply(value, op.sigmoid(op.getitem(input, index=(*lead, ("slice", half, None, None)))))


@spelled("torch.nn.functional.dropout", "torch.dropout")
def dropout(input: Value, p: Value = 0.5, training: Value = True, inplace: Value = False) -> Operand:
    """Entries times a mask that is drawn once and fixed, over the share that is kept."""
    if not training or not plain(p):
        return input
    return op.divide(op.multiply(input, whole("mask", input.shape, 0, 2)), 1 - plain(p))
