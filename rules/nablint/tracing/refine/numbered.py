"""Dicts with numbered keys, of which only the number is asked: `L = len(parameters) // 2`.

Where nobody in sight makes the parameters, the keys that the code reads tell how many there are for each layer
(`parameters["W" + str(l)]` and `parameters["b" + str(l)]` are two), and there are as many layers as lists have items.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import libcst as cst

from nablint.reading.nodes import below
from nablint.tracing.refine.kinds import LIST_LENGTH
from nablint.tracing.values import OpenDict, Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def numbered(it: Interpreter, p: Pending) -> OpenDict | None:
    """The input as a dict of that many keys; None where the code reads no numbered keys of it."""
    if p.value is None and it.block is not None and not it.world.sure and (tree := it.block.tree()) is not None:
        if families := _families(tree.module, p.hint):
            p.value = made = OpenDict()
            made.path, made.counted = p.path, families * LIST_LENGTH
            return made
    return None


@lru_cache(maxsize=1024)
def _families(source: cst.CSTNode, name: str) -> int:
    """How many families of numbered keys code reads of what goes by a name."""
    found: set[str] = set()
    for part in below(source):
        if isinstance(part, cst.Subscript) and len(part.slice) == 1 and isinstance(part.slice[0].slice, cst.Index) and (
                (isinstance(part.value, cst.Name) and part.value.value == name)
                or (isinstance(part.value, cst.Attribute) and part.value.attr.value == name)):
            found |= {stem} if (stem := _stem(part.slice[0].slice.value)) else set()
    return len(found)


def _stem(key: cst.BaseExpression) -> str:
    """The text before the number: `W` of `"W" + str(l)`, `f"W{l}"`, `"W%d" % l` and `"W{}".format(l)`."""
    if isinstance(key, cst.FormattedString) and len(key.parts) == 2:
        text, number = key.parts
        return text.value if isinstance(text, cst.FormattedStringText) and isinstance(
            number, cst.FormattedStringExpression) else ""
    if isinstance(key, cst.BinaryOperation) and isinstance(key.operator, cst.Add | cst.Modulo):
        return _before_number(key.left)
    if isinstance(key, cst.Call) and isinstance(key.func, cst.Attribute) and key.func.attr.value == "format":
        return _before_number(key.func.value)
    return ""


def _before_number(text: cst.BaseExpression) -> str:
    value = text.evaluated_value if isinstance(text, cst.SimpleString) else ""
    return value.rstrip("%di{}") if isinstance(value, str) else ""
