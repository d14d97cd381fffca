"""Vectors that bear a running index: under Σ_i, the x_i of `wᵀ x_i` are the rows of a matrix x.

So wᵀ x_i for all i is x w, ‖x_i - m‖² are the squared norms along the rows, and nothing of third order appears.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import size_product


@dataclass(frozen=True, slots=True)
class Rows:
    """x_i for all i: row i of `array`; a column unless `turned`."""

    array: Term
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Whole:
    """An array without index under a sum; `times` is a number for each i before it (the y_i of `y_i wᵀ x_i`)."""

    array: Term
    times: Term | None = None


@dataclass(frozen=True, slots=True)
class Pairs:
    """x_i y_iᵀ for all i, of which the sum is taken: Xᵀ Y."""

    left: Term
    right: Term


def bare(value: Any) -> Any:
    """An array without index as it is outside of the sum."""
    return value.array if isinstance(value, Whole) and value.times is None else value


def summed(value: Any) -> Term | None:
    """The sum over the index; None for what is no vector or matrix that bears it."""
    if isinstance(value, Pairs):
        return value.left.T @ value.right
    if isinstance(value, Rows):
        return op.sum(value.array, axis=0, keepdims=False)
    if isinstance(value, Whole) and value.times is not None:
        return op.sum(value.times, axis=None, keepdims=False) * value.array
    return None


def _is_vector(array: Term) -> bool:
    return array.ndim == 1 or (array.ndim == 2 and 1 in np.shape(array.sample))


def _flat(array: Term) -> Term:
    if array.card is not None and array.card.name == "transpose":
        array = array.args[0]
    return array if array.ndim == 1 else op.reshape(array, shape=(size_product(array.shape),))


def _beside(number: Any) -> Any:
    """A number for each i, beside the rows."""
    return op.expand_dims(number, axis=1) if isinstance(number, Term) and number.ndim else number


def combined(sign: str, a: Any, b: Any) -> Any:
    """The value of `a sign b` where one side is `Rows`; None for what is not followed."""
    if sign in ("+", "-"):
        return _added(sign, a, b)
    if sign == "/":
        return None if isinstance(b, Rows | Whole) else replace(a, array=a.array / _beside(b))
    if sign not in ("", "@", "·", "*"):
        return None
    for number, other in ((a, b), (b, a)):
        if not isinstance(number, Rows | Whole | Pairs):
            return _scaled(number, other)
    if isinstance(a, Pairs) or isinstance(b, Pairs):
        return None
    return _multiplied(a, b, dotted=sign == "·")


def _scaled(number: Any, value: Any) -> Any:
    if isinstance(value, Rows):
        return replace(value, array=_beside(number) * value.array)
    if isinstance(value, Pairs):
        return replace(value, left=_beside(number) * value.left)
    return replace(value, times=number if value.times is None else number * value.times)


def _added(sign: str, a: Any, b: Any) -> Any:
    def row(value: Any) -> Any:
        if isinstance(value, Whole) and _is_vector(value.array):
            flat = _flat(value.array)
            return flat if value.times is None else _beside(value.times) * flat
        return value.array if isinstance(value, Rows) else None

    left, right = row(a), row(b)
    if left is None or right is None:
        return None
    first = a if isinstance(a, Rows) else b
    return replace(first, array=left + right if sign == "+" else left - right)


def _multiplied(a: Any, b: Any, *, dotted: bool) -> Any:
    if isinstance(a, Rows) and isinstance(b, Rows):
        if b.turned and not a.turned and not dotted:
            return Pairs(a.array, b.array)
        return op.sum(a.array * b.array, axis=1, keepdims=False) if dotted or (a.turned and not b.turned) else None
    rows, whole, times = (a, b.array, b.times) if isinstance(a, Rows) else (b, a.array, a.times)
    if _is_vector(whole):
        if not dotted and isinstance(a, Rows) != rows.turned:
            return None
        found = rows.array @ _flat(whole)
        return found if times is None else times * found
    if times is not None:
        rows = _scaled(times, rows)
    if isinstance(a, Rows):
        return Rows(rows.array @ whole, turned=True) if rows.turned else None
    return None if rows.turned else Rows(rows.array @ whole.T)
