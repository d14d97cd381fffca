"""Spellings of elementwise functions of one argument: one row for each card.

A row names the functions that mean the card; every one in `torch` is also a method of tensors, and with an underscore
behind it (`x.exp_()`) an in-place one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nablint.ops import CARDS
from nablint.ops.card import Card, Operand
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, apply, where_true

ROWS: dict[str, str] = {
    "exp": "numpy.exp math.exp torch.exp torch.special.exp",
    "log": "numpy.log torch.log",
    "sqrt": "numpy.sqrt math.sqrt torch.sqrt",
    "tanh": "numpy.tanh math.tanh torch.tanh",
    "sin": "numpy.sin math.sin torch.sin",
    "cos": "numpy.cos math.cos torch.cos",
    "sigmoid": "torch.sigmoid scipy.special.expit torch.special.expit",
    "negative": "numpy.negative torch.neg torch.negative operator.neg",
    "absolute": "numpy.abs numpy.absolute numpy.fabs math.fabs torch.abs torch.absolute operator.abs builtins.abs",
    "sign": "numpy.sign torch.sign torch.sgn",
    "floor": "numpy.floor math.floor torch.floor",
    "ceil": "numpy.ceil math.ceil torch.ceil",
    "trunc": "numpy.trunc numpy.fix math.trunc torch.trunc torch.fix",
    "rint": "numpy.rint",
    "logical_not": "numpy.logical_not numpy.invert numpy.bitwise_not torch.logical_not torch.bitwise_not",
    "isnan": "numpy.isnan math.isnan torch.isnan",
    "isinf": "numpy.isinf math.isinf torch.isinf",
    "isfinite": "numpy.isfinite math.isfinite torch.isfinite",
}


def _numpy(card: Card) -> Callable[..., Any]:
    def call(x: Value, /, out: Value = None, *, where: Value = True, dtype: object = None, casting: object = None,
             order: object = None, subok: object = None) -> Operand:
        return where_true(apply(card, x), where, out)

    return call


def _torch(card: Card) -> Callable[..., Any]:
    def call(input: Value, *, out: Value = None) -> Operand:
        return apply(card, input)

    return call


def spell_rows(rows: dict[str, str]) -> None:
    """Register a table of rows: card name -> dotted names."""
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
                spelled(f"Tensor.{last}_", f"torch.{last}_", inplace=True)(_torch(card))


spell_rows(ROWS)
