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
    """An array without index under a sum."""

    array: Term


def _is_vector(array: Term) -> bool:
    return array.ndim == 1 or (array.ndim == 2 and 1 in np.shape(array.sample))


def _flat(array: Term) -> Term:
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
    if not isinstance(a, Rows | Whole):
        return replace(b, array=_beside(a) * b.array)
    if not isinstance(b, Rows | Whole):
        return replace(a, array=_beside(b) * a.array)
    return _multiplied(a, b, dotted=sign == "·")


def _added(sign: str, a: Any, b: Any) -> Any:
    def row(value: Any) -> Any:
        if isinstance(value, Whole) and _is_vector(value.array):
            return _flat(value.array)
        return value.array if isinstance(value, Rows) else None

    left, right = row(a), row(b)
    if left is None or right is None:
        return None
    first = a if isinstance(a, Rows) else b
    return replace(first, array=left + right if sign == "+" else left - right)


def _multiplied(a: Any, b: Any, *, dotted: bool) -> Any:
    if isinstance(a, Rows) and isinstance(b, Rows):
        return op.sum(a.array * b.array, axis=1, keepdims=False) if dotted or (a.turned and not b.turned) else None
    rows, whole = (a, b.array) if isinstance(a, Rows) else (b, a.array)
    if _is_vector(whole):
        column = dotted or isinstance(a, Rows) == rows.turned
        return rows.array @ _flat(whole) if column else None
    if isinstance(a, Rows):
        return Rows(rows.array @ whole, turned=True) if rows.turned else None
    return None if rows.turned else Rows(rows.array @ whole.T)
