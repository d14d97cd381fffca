"""Parameters that begin as a number: after `self.b = 0.0`, steps along a gradient change it.

They are inputs of the forward code as arrays of zeros are that begin a parameter: with the number as it stands, nothing
would depend on them.  A count or a sum begins the same way; only what a gradient's name is subtracted from, or added
to, is a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import libcst as cst
import numpy as np

from nablint.reading.source import Block
from nablint.tracing.statements.targets import last_name
from nablint.tracing.values import Array

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def begun(it: Interpreter, target: cst.CSTNode, node: cst.BaseExpression, value: Any) -> Any:
    """What a target is given: an array of no axes for a number that begins a parameter, else the value itself."""
    if type(target) is cst.Tuple and type(node) is cst.Tuple and type(value) is tuple:
        pairs = zip(target.elements, node.elements, cast(tuple[Any, ...], value), strict=False)
        return tuple(begun(it, t.value, n.value, v) for t, n, v in pairs) if (
            len(target.elements) == len(node.elements)) else value
    if type(node) not in (cst.Integer, cst.Float) or type(target) not in (cst.Name, cst.Attribute):
        return value
    if it.world.sure or it.graph.tainting or it.block is None or not any(
            _descends(text, last_name(target), it.is_claim) for text in _texts(it, it.block)):
        return value
    array = Array(it.graph.leaf("", np.asarray(float(value)), ()), it.dialect)
    array.fresh = True
    return array


def _texts(it: Interpreter, block: Block) -> list[str]:
    """The code that a statement's names are of: its own block, and in a script the blocks after it."""
    script = it.step is not None and not it.step.function
    return [block.text, *(b.text for b in it.source if b.row > block.row and not b.outside)] if script else [block.text]


@lru_cache(maxsize=4096)
def _descends(text: str, name: str, is_claim: Callable[[str], bool]) -> bool:
    """Does code step along a gradient from what goes by a name?"""
    steps = re.findall(rf"(?<!\w){name}[ \t]*(?:[-+]=|=[ \t]*(?:self\.)?{name}[ \t]*[-+])([^\n#]*)", text)
    return any(is_claim(word) for step in steps for word in re.findall(r"[A-Za-z_]\w*", step))
