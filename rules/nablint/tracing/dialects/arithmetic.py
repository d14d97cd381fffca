"""Spellings of arithmetic, comparisons and choices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nablint.ops import CARDS
from nablint.ops.card import Card, Operand, op
from nablint.tracing.dialects import SPELLINGS, spelled
from nablint.tracing.dialects.operands import Value, apply, array, is_array, plain, rank_of, where_true

ROWS: dict[str, str] = {
    "add": "numpy.add operator.add",
    "subtract": "numpy.subtract operator.sub",
    "multiply": "numpy.multiply operator.mul torch.mul torch.multiply",
    "divide": "numpy.divide numpy.true_divide operator.truediv",
    "power": "numpy.power numpy.pow numpy.float_power operator.pow math.pow torch.pow torch.float_power",
    "floor_divide": "numpy.floor_divide operator.floordiv torch.floor_divide",
    "mod": "numpy.mod numpy.remainder operator.mod torch.remainder",
    "maximum": "numpy.maximum numpy.fmax torch.maximum torch.fmax",
    "minimum": "numpy.minimum numpy.fmin torch.minimum torch.fmin",
    "arctan2": "numpy.arctan2 numpy.atan2 math.atan2 torch.atan2 torch.arctan2",
    "hypot": "numpy.hypot math.hypot torch.hypot",
    "greater": "numpy.greater operator.gt torch.gt torch.greater",
    "greater_equal": "numpy.greater_equal operator.ge torch.ge torch.greater_equal",
    "less": "numpy.less operator.lt torch.lt torch.less",
    "less_equal": "numpy.less_equal operator.le torch.le torch.less_equal",
    "equal": "numpy.equal operator.eq torch.eq",
    "not_equal": "numpy.not_equal operator.ne torch.ne torch.not_equal",
    "logical_and": "numpy.logical_and torch.logical_and",
    "logical_or": "numpy.logical_or torch.logical_or",
    "logical_xor": "numpy.logical_xor torch.logical_xor",
    "bitwise_and": "numpy.bitwise_and operator.and_ torch.bitwise_and",
    "bitwise_or": "numpy.bitwise_or operator.or_ torch.bitwise_or",
    "bitwise_xor": "numpy.bitwise_xor operator.xor torch.bitwise_xor",
}


WITHOUT_INPLACE = ("maximum", "minimum", "fmax", "fmin", "logaddexp")


def _numpy(card: Card) -> Callable[..., Any]:
    def call(x1: Value, x2: Value, /, out: Value = None, *, where: Value = True, dtype: object = None,
             casting: object = None, order: object = None, subok: object = None) -> Operand:
        return where_true(apply(card, x1, x2), where, out)

    return call


def _torch(card: Card) -> Callable[..., Any]:
    def call(input: Value, other: Value, *, out: Value = None) -> Operand:
        return apply(card, input, other)

    return call


def spell_rows(rows: dict[str, str]) -> None:
    """Register a table of rows for functions of two arguments: card name -> dotted names."""
    for card_name, names in rows.items():
        card = CARDS[card_name]
        for name in names.split():
            if not name.startswith("torch."):
                spelled(name)(_numpy(card))
                continue
            spelled(name)(_torch(card))
            owner, _, last = name.rpartition(".")
            if owner == "torch":
                spelled(f"Tensor.{last}")(_torch(card))
                if last not in WITHOUT_INPLACE:
                    spelled(f"Tensor.{last}_", inplace=True)(_torch(card))


spell_rows(ROWS)


def _scaled(value: Value, alpha: Value) -> Value:
    return value if isinstance(alpha, int) and alpha == 1 else alpha * value


@spelled("torch.add", "Tensor.add")
@spelled("Tensor.add_", inplace=True)
def add(input: Value, other: Value, *, alpha: Value = 1, out: Value = None) -> Operand:
    """`input + alpha * other`."""
    return op.add(input, _scaled(other, alpha))


@spelled("torch.sub", "torch.subtract", "Tensor.sub", "Tensor.subtract")
@spelled("Tensor.sub_", "Tensor.subtract_", inplace=True)
def sub(input: Value, other: Value, *, alpha: Value = 1, out: Value = None) -> Operand:
    """`input - alpha * other`."""
    return op.subtract(input, _scaled(other, alpha))


@spelled("torch.rsub")
def rsub(input: Value, other: Value, *, alpha: Value = 1) -> Operand:
    """`other - alpha * input`."""
    return op.subtract(other, _scaled(input, alpha))


@spelled("torch.div", "torch.divide", "torch.true_divide", "Tensor.div", "Tensor.divide", "Tensor.true_divide")
@spelled("Tensor.div_", "Tensor.divide_", "Tensor.true_divide_", inplace=True)
def div(input: Value, other: Value, *, rounding_mode: str | None = None, out: Value = None) -> Operand:
    """`input / other`, rounded down or towards zero when asked to."""
    if rounding_mode == "floor":
        return op.floor_divide(input, other)
    quotient = op.divide(input, other)
    return op.trunc(quotient) if rounding_mode == "trunc" else quotient


@spelled("numpy.fmod", "math.fmod")
def fmod(x1: Value, x2: Value, /) -> Operand:
    """The remainder with the sign of the dividend."""
    return op.subtract(x1, op.multiply(x2, op.trunc(op.divide(x1, x2))))


@spelled("torch.fmod", "Tensor.fmod")
@spelled("Tensor.fmod_", inplace=True)
def torch_fmod(input: Value, other: Value, *, out: Value = None) -> Operand:
    """The remainder with the sign of the dividend."""
    return fmod(input, other)


@spelled("torch.addcmul", "Tensor.addcmul")
@spelled("Tensor.addcmul_", inplace=True)
def addcmul(input: Value, tensor1: Value, tensor2: Value, *, value: Value = 1, out: Value = None) -> Operand:
    """`input + value * tensor1 * tensor2`."""
    return op.add(input, _scaled(op.multiply(tensor1, tensor2), value))


@spelled("torch.addcdiv", "Tensor.addcdiv")
@spelled("Tensor.addcdiv_", inplace=True)
def addcdiv(input: Value, tensor1: Value, tensor2: Value, *, value: Value = 1, out: Value = None) -> Operand:
    """`input + value * tensor1 / tensor2`."""
    return op.add(input, _scaled(op.divide(tensor1, tensor2), value))


@spelled("torch.lerp", "Tensor.lerp")
@spelled("Tensor.lerp_", inplace=True)
def lerp(input: Value, end: Value, weight: Value, *, out: Value = None) -> Operand:
    """`input + weight * (end - input)`."""
    return op.add(input, op.multiply(weight, op.subtract(end, input)))


@spelled("numpy.where", "torch.where")
def where(condition: Value, x: Value = None, y: Value = None, /, *, input: Value = None, other: Value = None) -> Any:
    """`x` where the condition holds, else `y`; the condition alone gives the indices where it holds."""
    x, y = input if x is None else x, other if y is None else y
    if x is None:
        return SPELLINGS["numpy.nonzero"].call(condition)
    return apply(op.where, condition, x, y)


@spelled("Tensor.where")
def tensor_where(self: Value, condition: Value, other: Value) -> Operand:
    """The tensor where the condition holds, else the other."""
    return apply(op.where, condition, self, other)


@spelled("torch.masked_fill", "Tensor.masked_fill")
@spelled("Tensor.masked_fill_", inplace=True)
def masked_fill(input: Value, mask: Value, value: Value) -> Operand:
    """The value where the mask holds."""
    return apply(op.where, mask, value, input)


def _clip(x: Value, low: Value, high: Value) -> Operand:
    if low is not None and high is not None and not is_array(low) and not is_array(high):
        return apply(op.clip, x, low=low, high=high)
    x = x if low is None else apply(op.maximum, x, low)
    return x if high is None else apply(op.minimum, x, high)


@spelled("numpy.clip", "numpy.core.umath.clip", "ndarray.clip")
def clip(a: Value, a_min: Value = None, a_max: Value = None, out: Value = None, *, min: Value = None,
         max: Value = None, dtype: object = None) -> Operand:
    """The array, with what lies outside the bounds replaced by them."""
    return _clip(array(a), min if a_min is None else a_min, max if a_max is None else a_max)


@spelled("torch.clamp", "torch.clip", "Tensor.clamp", "Tensor.clip")
@spelled("Tensor.clamp_", "Tensor.clip_", "torch.clamp_", inplace=True)
def clamp(input: Value, min: Value = None, max: Value = None, *, out: Value = None) -> Operand:
    """The tensor, with what lies outside the bounds replaced by them."""
    return _clip(input, min, max)


@spelled("torch.clamp_min", "Tensor.clamp_min")
@spelled("Tensor.clamp_min_", "torch.clamp_min_", inplace=True)
def clamp_min(input: Value, min: Value) -> Operand:
    """Nothing below the bound."""
    return _clip(input, min, None)


@spelled("torch.clamp_max", "Tensor.clamp_max")
@spelled("Tensor.clamp_max_", "torch.clamp_max_", inplace=True)
def clamp_max(input: Value, max: Value) -> Operand:
    """Nothing above the bound."""
    return _clip(input, None, max)


@spelled("numpy.round", "numpy.around", "ndarray.round")
def rounded(a: Value, decimals: Value = 0, out: Value = None) -> Operand:
    """Rounded to a number of decimals."""
    scale = 10.0 ** plain(decimals)
    return op.rint(array(a)) if scale == 1 else op.divide(op.rint(op.multiply(array(a), scale)), scale)


@spelled("torch.round", "Tensor.round")
@spelled("Tensor.round_", inplace=True)
def torch_round(input: Value, *, decimals: Value = 0, out: Value = None) -> Operand:
    """Rounded to a number of decimals."""
    return rounded(input, decimals)


@spelled("numpy.nan_to_num", "torch.nan_to_num", "Tensor.nan_to_num")
@spelled("Tensor.nan_to_num_", inplace=True)
def nan_to_num(x: Value, *args: Value, **kwargs: Value) -> Operand:
    """The array itself where it is finite, and samples are."""
    return array(x)


@spelled("numpy.real", "numpy.positive", "torch.positive", "Tensor.positive", "operator.pos", "numpy.conj",
         "numpy.conjugate", "ndarray.conj", "ndarray.conjugate",
         "Tensor.conj", "torch.conj", "torch.real")
def itself(x: Value, /) -> Operand:
    """What real arrays are under this function: themselves."""
    return array(x)


@spelled("ndarray.real", "Tensor.real", attribute=True)
def real(x: Value) -> Operand:
    """The real part of a real array: itself."""
    return x


def _outer(card: Card) -> Callable[..., Any]:
    def call(A: Value, B: Value, /, dtype: object = None, out: Value = None) -> Operand:
        a, b = array(A), array(B)
        ranks = rank_of(a), rank_of(b)
        return card(op.expand_dims(a, axis=tuple(range(ranks[0], sum(ranks)))) if ranks[1] else a, b)

    return call


for _name in ("add", "subtract", "multiply", "divide", "maximum", "minimum", "power", "greater", "less", "equal"):
    spelled(f"numpy.{_name}.outer")(_outer(CARDS[_name]))
