"""Spellings of reductions: numpy's axis and keepdims, torch's dim and keepdim (torch accepts numpy's words too)."""

from __future__ import annotations

from typing import Any, NamedTuple

from nablint.ops import CARDS
from nablint.ops.card import Card, Operand, op
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, array, axis_of, is_array, plain, rank_of


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


reduce_numpy("sum", "numpy.sum", "ndarray.sum", "numpy.nansum")
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
             keepdims: Value = False, *, where: Value = True, correction: Value = None, mean: Value = None) -> Operand:
        if where is not True:
            raise TypeError(f"{name} of a part of an array is not followed")
        return card(array(a), axis=axis_of(axis), keepdims=bool(keepdims),
                    ddof=plain(ddof if correction is None else correction))

    spelled(f"numpy.{name}", f"ndarray.{name}", f"numpy.nan{name}")(call)


def _torch_spread(name: str, input: Value, dim: Value, unbiased: Value, correction: Value, keepdim: Value) -> Operand:
    if isinstance(dim, bool):  # torch.var(x, False): the second argument may be `unbiased`
        dim, unbiased = None, dim
    degrees = (1 if correction is None else correction) if unbiased is None else int(bool(unbiased))
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
        if is_array(second):
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


for _name in ("any", "all"):
    reduce_numpy_without_dtype(_name, f"numpy.{_name}", f"ndarray.{_name}")
    reduce_torch(_name, f"torch.{_name}", f"Tensor.{_name}")


@spelled("numpy.count_nonzero", "torch.count_nonzero", "Tensor.count_nonzero")
def count_nonzero(a: Value, axis: Value = None, *, dim: Value = None, keepdims: Value = False) -> Operand:
    """How many entries are not 0."""
    return op.sum(op.not_equal(array(a), 0), axis=axis_of(axis if dim is None else dim), keepdims=bool(keepdims))


@spelled("numpy.average")
def average(a: Value, axis: Value = None, weights: Value = None, returned: Value = False, *, keepdims: Value = False
            ) -> Operand:
    """The mean, or the weighted one."""
    x, along = array(a), axis_of(axis)
    if returned:
        raise TypeError("average with its sum of weights is not followed")
    if weights is None:
        return op.mean(x, axis=along, keepdims=bool(keepdims))
    mass = array(weights)
    if isinstance(along, int) and rank_of(mass) == 1:
        mass = op.reshape(mass, shape=(mass.shape[0], *(1,) * (rank_of(x) - 1 - along % rank_of(x))))
    total = op.sum(op.multiply(x, mass), axis=along, keepdims=bool(keepdims))
    return op.divide(total, op.sum(array(weights), axis=None, keepdims=False) if rank_of(array(weights)) == 1
                     else op.sum(mass, axis=along, keepdims=bool(keepdims)))


@spelled("numpy.ptp", "ndarray.ptp")
def ptp(a: Value, axis: Value = None, out: Value = None, keepdims: Value = False) -> Operand:
    """The largest entry minus the smallest."""
    x, along, keep = array(a), axis_of(axis), bool(keepdims)
    return op.subtract(op.max(x, axis=along, keepdims=keep), op.min(x, axis=along, keepdims=keep))


@spelled("torch.aminmax", "Tensor.aminmax")
def aminmax(input: Value, *, dim: Value = None, keepdim: Value = False, out: Value = None) -> tuple[Operand, Operand]:
    """The smallest and the largest entry."""
    axis, keep = axis_of(dim), bool(keepdim)
    return op.min(input, axis=axis, keepdims=keep), op.max(input, axis=axis, keepdims=keep)


for _name in ("cumsum", "cumprod"):
    _card = CARDS[_name]

    def _cumulate(a: Value, axis: Value = None, dtype: object = None, out: Value = None, _card: Card = _card
                  ) -> Operand:
        return _card(array(a), axis=axis_of(axis))

    def _torch_cumulate(input: Value, dim: Value, *, dtype: object = None, out: Value = None, _card: Card = _card
                        ) -> Operand:
        return _card(array(input), axis=axis_of(dim))

    spelled(f"numpy.{_name}", f"ndarray.{_name}", f"numpy.nan{_name}")(_cumulate)
    spelled(f"torch.{_name}", f"Tensor.{_name}")(_torch_cumulate)
    spelled(f"Tensor.{_name}_", inplace=True)(_torch_cumulate)


def _reduce_first(card: Card) -> Any:
    """A ufunc's own reduction: along the first axis unless another is named."""

    def call(a: Value, axis: Value = 0, dtype: object = None, out: Value = None, keepdims: Value = False) -> Operand:
        return card(array(a), axis=axis_of(axis), keepdims=bool(keepdims))

    return call


def _accumulate_first(card: Card) -> Any:
    """A ufunc's own running reduction: along the first axis unless another is named."""

    def call(a: Value, axis: Value = 0, dtype: object = None, out: Value = None) -> Operand:
        return card(array(a), axis=axis_of(axis))

    return call


for _name, _reduced in (("add", "sum"), ("multiply", "prod"), ("maximum", "max"), ("minimum", "min"),
                        ("logical_and", "all"), ("logical_or", "any")):
    spelled(f"numpy.{_name}.reduce")(_reduce_first(CARDS[_reduced]))
for _name, _running in (("add", "cumsum"), ("multiply", "cumprod")):
    spelled(f"numpy.{_name}.accumulate")(_accumulate_first(CARDS[_running]))


@spelled("torch.logcumsumexp", "Tensor.logcumsumexp")
def logcumsumexp(input: Value, dim: Value, *, out: Value = None) -> Operand:
    """The logarithm of the running sum of exponentials, raised by the largest entry."""
    axis = axis_of(dim)
    top = op.max(input, axis=axis, keepdims=True)
    return op.add(op.log(op.cumsum(op.exp(op.subtract(input, top)), axis=axis)), top)
