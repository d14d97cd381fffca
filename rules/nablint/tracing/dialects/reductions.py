"""Spellings of reductions: numpy's axis and keepdims, torch's dim and keepdim (and numpy's words, which torch accepts)."""

from __future__ import annotations

from typing import Any, NamedTuple

from nablint.ops import CARDS
from nablint.ops.card import Operand, op
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, array, axis_of, is_array, plain


class Extremes(NamedTuple):
    """What torch's `max(dim=...)` returns."""

    values: Operand
    indices: Operand


def reduce_numpy(name: str, *names: str, neutral: float | None = 0.0) -> None:
    """Register numpy spellings of a reduction; `neutral` replaces what `where=` leaves out."""
    card = CARDS[name]

    def call(a: Value, axis: Value = None, dtype: object = None, out: Value = None, keepdims: Value = False, *,
             initial: Value = None, where: Value = True) -> Operand:
        x = array(a)
        if where is not True:
            if neutral is None:
                raise TypeError(f"{name} of a part of an array is not followed")
            x = op.where(where, x, neutral)
        result = card(x, axis=axis_of(axis), keepdims=bool(keepdims))
        return result if initial is None or neutral is None else CARDS[_JOIN[name]](result, initial)

    spelled(*names)(call)


_JOIN = {"sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum"}


def reduce_numpy_without_dtype(name: str, *names: str) -> None:
    """Register numpy spellings whose third argument is `out`, not `dtype` (`np.max`)."""
    card = CARDS[name]

    def call(a: Value, axis: Value = None, out: Value = None, keepdims: Value = False, *, initial: Value = None,
             where: Value = True) -> Operand:
        if where is not True:
            raise TypeError(f"{name} of a part of an array is not followed")
        result = card(array(a), axis=axis_of(axis), keepdims=bool(keepdims))
        return result if initial is None else CARDS[_JOIN[name]](result, initial)

    spelled(*names)(call)


def reduce_torch(name: str, *names: str) -> None:
    """Register torch spellings of a reduction that returns one tensor."""
    card = CARDS[name]

    def call(input: Value, dim: Value = None, keepdim: Value = False, *, axis: Value = None, keepdims: Value = False,
             dtype: object = None, out: Value = None) -> Operand:
        return card(array(input), axis=axis_of(axis if dim is None else dim), keepdims=bool(keepdim or keepdims))

    spelled(*names)(call)


reduce_numpy("sum", "numpy.sum", "ndarray.sum", "numpy.nansum", "numpy.add.reduce")
reduce_numpy("prod", "numpy.prod", "ndarray.prod", "numpy.product", "numpy.nanprod", neutral=1.0)
reduce_numpy("mean", "numpy.mean", "ndarray.mean", "numpy.nanmean", neutral=None)
for _name in ("max", "min"):
    reduce_numpy_without_dtype(_name, f"numpy.{_name}", f"numpy.a{_name}", f"numpy.nan{_name}", f"ndarray.{_name}")
for _name in ("sum", "mean", "prod"):
    reduce_torch(_name, f"torch.{_name}", f"Tensor.{_name}")
for _name in ("max", "min"):
    reduce_torch(_name, f"torch.a{_name}", f"Tensor.a{_name}")
reduce_torch("sum", "torch.nansum", "Tensor.nansum")
reduce_torch("mean", "torch.nanmean", "Tensor.nanmean")


def _spread_numpy(name: str) -> None:
    card = CARDS[name]

    def call(a: Value, axis: Value = None, dtype: object = None, out: Value = None, ddof: Value = 0,
             keepdims: Value = False, *, correction: Value = None, mean: Value = None) -> Operand:
        return card(array(a), axis=axis_of(axis), keepdims=bool(keepdims),
                    ddof=plain(ddof if correction is None else correction))

    spelled(f"numpy.{name}", f"ndarray.{name}", f"numpy.nan{name}")(call)


def _torch_spread(name: str, input: Value, dim: Value, unbiased: Value, correction: Value, keepdim: Value) -> Operand:
    if isinstance(dim, bool):  # torch.var(x, False): the second argument may be `unbiased`
        dim, unbiased = None, dim
    degrees = correction if unbiased is None else int(bool(unbiased))
    return CARDS[name](array(input), axis=axis_of(dim), keepdims=bool(keepdim), ddof=plain(degrees))


def _spread_torch(name: str) -> None:
    def call(input: Value, dim: Value = None, unbiased: Value = None, keepdim: Value = False, *, correction: Value = 1,
             axis: Value = None, keepdims: Value = False, out: Value = None) -> Operand:
        return _torch_spread(name, input, axis if dim is None else dim, unbiased, correction, keepdim or keepdims)

    def both(input: Value, dim: Value = None, unbiased: Value = None, keepdim: Value = False, *,
             correction: Value = 1, out: Value = None) -> tuple[Operand, Operand]:
        return (_torch_spread(name, input, dim, unbiased, correction, keepdim),
                CARDS["mean"](input, axis=axis_of(None if isinstance(dim, bool) else dim), keepdims=bool(keepdim)))

    spelled(f"torch.{name}", f"Tensor.{name}")(call)
    spelled(f"torch.{name}_mean")(both)


for _name in ("var", "std"):
    _spread_numpy(_name)
    _spread_torch(_name)


def _extremes_torch(name: str, elementwise: str) -> None:
    def call(input: Value, dim: Value = None, keepdim: Value = False, *, other: Value = None, axis: Value = None,
             keepdims: Value = False, out: Value = None) -> Any:
        second = other if dim is None else dim
        if is_array(second) and len(second.shape):
            return CARDS[elementwise](input, second)
        along, keep = axis_of(axis if dim is None else dim), bool(keepdim or keepdims)
        values = CARDS[name](array(input), axis=along, keepdims=keep)
        return values if along is None else Extremes(values, CARDS[f"arg{name}"](input, axis=along, keepdims=keep))

    spelled(f"torch.{name}", f"Tensor.{name}")(call)


_extremes_torch("max", "maximum")
_extremes_torch("min", "minimum")


@spelled("Tensor.sum_to_size")
def sum_to_size(self: Value, *size: Value) -> Operand:
    """Summed over the axes that the size holds as 1 or not at all."""
    return op.sum_to(self, shape=tuple(size[0] if len(size) == 1 and isinstance(size[0], list | tuple) else size))
