"""Samples of very large arrays: a shape and a kind of number without entries.

Where only shapes are asked for, a table of 50,000 embeddings need not be drawn, nor multiplied by anything.  A hollow
sample has all of ndarray's shape and takes the memory of one entry; what depends on its entries is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from nablint.ops.card import Card
from nablint.ops.index import is_part
from nablint.shapes import Shape

LARGEST = 2**40
"""Entries of the largest array that anybody means."""


class NoEntries(OverflowError, ValueError):
    """The entries of a hollow sample were asked for."""

    def __init__(self, *_: Any) -> None:
        super().__init__("an array of very many entries")


def _refuse(*_: Any, **__: Any) -> NoReturn:
    raise NoEntries


_SHAPE_ALONE = frozenset({np.shape, np.ndim, np.size})


class Hollow(np.ndarray[Any, Any]):
    """A sample without entries of its own: shape, size and type of number are those of the array."""

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if func not in _SHAPE_ALONE:
            raise NoEntries
        return super().__array_function__(func, types, args, kwargs)

    __array_ufunc__ = __int__ = __float__ = __bool__ = __index__ = __iter__ = _refuse
    item = tolist = tobytes = copy = astype = any = all = _refuse


def hollow(shape: Sequence[int], kind: Any = float) -> Hollow:
    """A sample of this shape and type of number without entries; raises `NoEntries` past all sizes that are meant."""
    plain = tuple(map(int, shape))
    size = 1
    for n in plain:
        size *= n
    if size > LARGEST:
        raise NoEntries
    return np.broadcast_to(np.zeros((), kind), plain).view(Hollow)


_TRUTHS = frozenset({"equal", "not_equal", "less", "less_equal", "greater", "greater_equal", "logical_and",
                     "logical_or", "logical_not", "isnan", "isinf", "isfinite"})
_COUNTS = frozenset({"argmax", "argmin", "argsort"})
_READ = frozenset({"getitem", "setitem", "addat"})
_KINDS: dict[str, type] = {"float": float, "int": int, "bool": bool, "complex": complex}


def result(card: Card, samples: Sequence[Any], shape: Shape, params: dict[str, Any]) -> Hollow:
    """What a card gives where an argument, or the result, is too large to be computed.

    Raises `NoEntries` where the shape depends on the entries, as that of `x[mask]` does.
    """
    if card.name == "nonzero" or (card.name == "getitem" and any(is_part(p, "mask") for p in params["index"])):
        raise NoEntries
    if card.name in _TRUTHS:
        return hollow(shape, bool)
    if card.name in _COUNTS:
        return hollow(shape, int)
    if card.name == "cast":
        return hollow(shape, _KINDS.get(params["kind"], float))
    if card.name in _READ:
        return hollow(shape, samples[0].dtype)
    values = samples[1:] if card.name == "where" else samples
    return hollow(shape, np.result_type(*(s.dtype for s in values)))
