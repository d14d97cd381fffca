"""Functions of numbers: `sum`, `min`, `abs`, `int`, `round` and their like."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from nablint.ops import CARDS
from nablint.shapes import Size
from nablint.tracing import refine
from nablint.tracing.builtin.sequences import Node, in_order
from nablint.tracing.domains import clipped
from nablint.tracing.made_sizes import rounded
from nablint.tracing.standard import items as items_of
from nablint.tracing.values import Array, Pending, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def _sum(it: Interpreter, node: Node, values: Any, start: Any = 0) -> Any:
    from nablint.tracing.operators import binary

    if isinstance(values, Pending):
        values = refine.as_operand(it, values)
    if isinstance(values, Array):
        return Array(CARDS["sum"](it.operand(values), axis=0, keepdims=False), values.dialect)
    total = start
    for i, value in enumerate(items_of(it, values, node)):
        total = value if i == 0 and isinstance(start, int) and start == 0 else binary(it, "Add", total, value, node)
    return total


def _extreme(card: str, pick: Callable[..., Any]) -> Callable[..., Any]:
    def extreme(it: Interpreter, node: Node, *values: Any, key: Any = None, default: Any = None) -> Any:
        first, *rest = values
        items = list(values) if rest else items_of(it, first, node)
        items = [refine.as_operand(it, v) if isinstance(v, Pending) else v for v in items]
        if not items:
            return default
        if any(isinstance(v, Unknown) for v in items):
            return it.unknown("", *items)
        if key is not None:
            return in_order(it, node, items, key, card == "maximum")[0]
        if not any(isinstance(v, Array) for v in items):
            try:
                return pick(items)
            except TypeError:
                return it.unknown("an extreme of mixed values")
        out = it.term(items[0])
        for value in items[1:]:
            term = it.term(value)
            if out is None or term is None:
                return it.unknown("an extreme of mixed values", *items)
            out = CARDS[card](out, term)
            clipped(it, out)
        return it.wrap(out)

    return extreme


def _abs(it: Interpreter, node: Node, value: Any) -> Any:
    value = refine.as_operand(it, value) if isinstance(value, Pending) else value
    if isinstance(value, Array):
        return Array(CARDS["absolute"](it.operand(value)), value.dialect)
    return abs(value) if isinstance(value, int | float) else it.unknown("abs of something unknown", value)


def _int(it: Interpreter, node: Node, value: Any = 0, base: Any = 10) -> Any:
    if isinstance(value, Pending):
        return refine.as_size(it, value)
    if isinstance(value, Size):
        return value
    if isinstance(value, Array) and value.term.ndim == 0:
        sample = value.term.sample
        return (
            rounded(it, value.term) if np.isfinite(sample) else it.unknown("int of a number that is not finite")
        )
    try:
        return int(cast(Any, value))
    except (TypeError, ValueError):
        return it.unknown("int of something unknown", value)


def _float(it: Interpreter, node: Node, value: Any = 0.0) -> Any:
    if isinstance(value, Pending):
        return refine.as_operand(it, value)
    if isinstance(value, Array) and value.term.sample.size == 1:
        return Array(CARDS["reshape"](value.term, shape=()), value.dialect) if value.term.ndim else value
    if isinstance(value, Size):
        return Array(it.size_term(value)) if value.expr.number is None else float(value)
    try:
        return float(cast(Any, value))
    except (TypeError, ValueError):
        return it.unknown("float of something unknown", value)


def _round(it: Interpreter, node: Node, value: Any, digits: Any = None) -> Any:
    if isinstance(value, Size) and digits is None:
        return value
    return (
        round(value, digits)
        if isinstance(value, int | float) and isinstance(digits, int | None)
        else it.unknown("round", value)
    )


def _divmod(it: Interpreter, node: Node, a: Any, b: Any) -> Any:
    return divmod(a, b) if isinstance(a, int) and isinstance(b, int) and b else it.unknown("divmod", a, b)


REDUCING: dict[str, Callable[..., Any]] = {
    "sum": _sum, "max": _extreme("maximum", max), "min": _extreme("minimum", min), "abs": _abs, "int": _int,
    "float": _float, "bool": lambda it, node, value=False: value, "round": _round, "divmod": _divmod,
}
