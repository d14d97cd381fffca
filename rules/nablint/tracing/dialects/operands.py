"""What spellings of all families do with their arguments: lists become arrays, axes become ints, masks choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nablint.ops.card import Card, Operand, actual_shape, op
from nablint.tracing.dialects.context import as_term

Value = Any
"""A term, a number, or nested lists and tuples of these: what a program hands to a library function."""


def array(value: Value) -> Operand:
    """The value as a term or numpy array; lists become terms."""
    if isinstance(value, list | tuple):
        return as_term(value)
    return value if hasattr(value, "graph") else np.asarray(value)


def is_array(value: Value) -> bool:
    """A term or an array, not a number or a list."""
    return hasattr(value, "graph") or isinstance(value, np.ndarray)


def rank_of(value: Operand) -> int:
    """The number of axes of a term, array or number."""
    return len(actual_shape(value))


def axis_of(axis: Value) -> int | tuple[int, ...] | None:
    """An axis argument as the cards want it: an int, a tuple of ints, or None."""
    if axis is None:
        return None
    if isinstance(axis, Sequence):
        return tuple(int(plain(a)) for a in axis)
    return int(plain(axis))


def axes_last(x: Operand, axes: tuple[int, ...]) -> Operand:
    """The array with these axes moved to the end, in this order."""
    rank = rank_of(x)
    ends = tuple(a % rank for a in axes)
    order = (*(a for a in range(rank) if a not in ends), *ends)
    return x if order == tuple(range(rank)) else op.transpose(x, axes=order)


def plain(value: Value) -> Any:
    """A number out of a term that holds one (`axis=np.array(1)`, `p=torch.tensor(2)`)."""
    return value.sample.item() if hasattr(value, "graph") else value


def where_true(result: Operand, where: Value, out: Value) -> Operand:
    """A ufunc's `where=`: entries that are not chosen keep what `out` held."""
    if where is True:
        return result
    return op.where(where, result, 0.0 if out is None else out)


def apply(card: Card, *args: Value, **params: Any) -> Operand:
    """Call a card on values among which there may be lists."""
    return card(*(array(a) if isinstance(a, list | tuple) else a for a in args), **params)
