"""What begins as a number or as zeros: parameters and states.

After `self.b = 0.0`, steps along a gradient change it.

They are inputs of the forward code as arrays of zeros are that begin a parameter: with the number as it stands, nothing
would depend on them.  A count or a sum begins the same way; only what a gradient's name is subtracted from, or added
to, is a parameter.

A state that a function's loop carries on (`h = np.zeros((N, H))`, then `h = np.tanh(x[t] @ W + h @ U)`) is an input
like these, because what a cell does with it shows in no other way.  But backward code may count on its zeros: where a
result is wrong it is tried whether it is right with them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import libcst as cst
import numpy as np

from nablint.reading.nodes import below
from nablint.reading.source import Block
from nablint.tracing.hints import names_parameter
from nablint.tracing.statements.targets import last_name, target_names
from nablint.tracing.values import Array, Scope

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
    if it.world.sure or it.graph.tainting or it.block is None:
        return value
    name, texts = last_name(target), _texts(it, it.block)
    if not any(it.is_claim(word) for text in texts for word in _steps(text, name)) and not (
            type(target) is cst.Attribute and names_parameter(name) and any(_derives(text, name) for text in texts)):
        return value
    array = Array(it.graph.leaf("", np.asarray(float(value)), ()), it.dialect)
    array.fresh = True
    return array


def keep_state(it: Interpreter, name: str, value: Any, scope: Scope) -> None:
    """Zeros with a name that the function's loops give new values stay zeros by choice; no mask is a parameter."""
    if type(value) is Array and value.blank and "mask" in name.lower():
        value.blank = False
    if (type(value) is Array and value.blank and scope.function and it.met is None and not it.world.sure
            and it.block is not None and not np.any(value.current.sample)
            and (tree := it.block.tree()) is not None
            and name in _carried_on(tree.module, scope.function.rsplit(".", 1)[-1])):
        value.blank = it.world.choose("states begin", ("with any values", "with zeros"), 0.25) == "with any values"


@lru_cache(maxsize=1024)
def _carried_on(module: cst.Module, function: str) -> frozenset[str]:
    """The names that loops of a function by this name assign and read."""
    loops = [loop for node in below(module) if isinstance(node, cst.FunctionDef) and node.name.value == function
             for loop in below(node.body) if isinstance(loop, cst.For | cst.While)]
    inside = [part for loop in loops for part in below(loop.body)]
    given = {name for part in inside if isinstance(part, cst.Assign) for target in part.targets
             for name in target_names(target.target) if not isinstance(target.target, cst.Subscript)}
    read = {part.value for assign in inside if isinstance(assign, cst.Assign) for part in below(assign.value)
            if isinstance(part, cst.Name)}
    return frozenset(given & read)


def _texts(it: Interpreter, block: Block) -> list[str]:
    """The code that a statement's names are of: its own block, and in a script the blocks after it."""
    script = it.step is not None and not it.step.function
    return [block.text, *(b.text for b in it.source if b.row > block.row and not b.outside)] if script else [block.text]


@lru_cache(maxsize=4096)
def _derives(text: str, name: str) -> bool:
    """Does code give a value to the gradient of what an object keeps by a name, `db = ...` beside `self.b = 0`?"""
    return re.search(rf"(?<![\w.])(?:self\.)?(?:d_?{name}|grad_{name}|{name}_grad)[ \t]*=(?!=)", text) is not None


@lru_cache(maxsize=4096)
def _steps(text: str, name: str) -> frozenset[str]:
    """The words beside what is added to, or taken from, what goes by a name: a gradient among them makes a step."""
    steps = re.findall(rf"(?<!\w){name}[ \t]*(?:[-+]=|=[ \t]*(?:self\.)?{name}[ \t]*[-+])([^\n#]*)", text)
    return frozenset(word for step in steps for word in re.findall(r"[A-Za-z_]\w*", step))
