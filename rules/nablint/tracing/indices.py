"""Indices: what a subscript is given, as Python would pass it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst
import numpy as np

from nablint.shapes import Size
from nablint.tracing import refine
from nablint.tracing.made_sizes import rounded
from nablint.tracing.values import Array, Pending, Scope, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def subscript_key(it: Interpreter, node: cst.Subscript, scope: Scope) -> Any:
    """The index of a subscript as Python would pass it; a tuple where there is more than one element."""
    parts = [_index_part(it, element.slice, scope) for element in node.slice]
    if len(parts) == 1 and type(node.slice[0].comma) is not cst.Comma:
        return parts[0]
    return tuple(parts)


def _index_part(it: Interpreter, part: cst.BaseSlice, scope: Scope) -> Any:
    if type(part) is cst.Slice:
        bounds = [None if b is None else _bound(it, b, scope) for b in (part.lower, part.upper, part.step)]
        if any(isinstance(b, Unknown) for b in bounds):
            return it.unknown("a slice with unknown bounds", *bounds)
        refine.unpadded(it, part, bounds)
        return slice(*bounds)
    assert type(part) is cst.Index
    value = it.eval(part.value, scope)
    return _numbered(it, part.value, value, scope) if isinstance(value, range | list) else value


def _numbered(it: Interpreter, node: cst.BaseExpression, value: Any, scope: Scope) -> Any:
    """`range(len(y))` as an index, which remembers the dimension that it counts up to as `np.arange` does."""
    inner = node
    while isinstance(inner, cst.Call) and isinstance(inner.func, cst.Name) and len(inner.args) == 1:
        if inner.func.value in ("range", "xrange"):
            bound = it.eval(inner.args[0].value, scope)
            return Array(it.spellings["numpy.arange"].call(bound), it.dialect) if isinstance(bound, Size) else value
        if inner.func.value != "list":
            break
        inner = inner.args[0].value
    return value


def _bound(it: Interpreter, node: cst.BaseExpression, scope: Scope) -> Any:
    """A slice bound as an integer: 0-d integer arrays and pending sizes are read as numbers."""
    if isinstance(node, cst.BinaryOperation):
        _whole(it, node, scope)
    bound = it.eval(node, scope)
    if isinstance(bound, Pending):
        return refine.as_size(it, bound)
    if isinstance(bound, Array):
        if bound.term.ndim or not np.isfinite(bound.term.sample):
            return it.unknown("a slice with an array bound")
        return rounded(it, bound.term) if it.world.sure else int(bound.term.sample)
    return bound


def _whole(it: Interpreter, node: cst.BaseExpression, scope: Scope) -> None:
    """Inputs that nothing is known of are whole numbers where a bound is computed of them, as in `v[:rows * cols]`."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add | cst.Subtract | cst.Multiply):
        for side in (node.left, node.right):
            _whole(it, side, scope)
    elif isinstance(node, cst.Name) and (held := scope.find(node.value)) is not None:
        value = held.names[node.value]  # looked up, not evaluated: nothing is to note that it was read
        if isinstance(value, Pending) and value.value is None:
            refine.as_size(it, value)
