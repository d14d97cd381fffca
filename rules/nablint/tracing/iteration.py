"""Iteration: what a loop runs over, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.shapes import Size
from nablint.tracing import refine
from nablint.tracing.subscripts import index_array
from nablint.tracing.values import Array, Instance, Pending, PendingShape, Undecided, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

LONG = 40
"""A loop over more than this many constant steps is a training loop: its first turn tells what it does."""


def iterate(it: Interpreter, value: Any, node: cst.CSTNode, *, loop: bool = False) -> Iterator[Any]:
    """The items of a value; an unknown has none."""
    if isinstance(value, Pending):
        value = refine.iterated(it, value)
    if isinstance(value, PendingShape):
        value = refine.whole_shape(it, value)
    if it.world.sure and _in_part(value, loop=loop):
        if not loop:
            raise Undecided
        it.world.cut = True
    if isinstance(value, Array):
        if value.term.ndim:
            for i in range(value.term.sample.shape[0]):
                yield index_array(it, value, i, node)
        return
    if isinstance(value, range):
        it.world.cut |= len(value) > LONG
        yield from value[:1] if len(value) > LONG else value
    elif isinstance(value, dict):
        yield from list(value)
    elif isinstance(value, list | tuple | set | str):
        yield from list(value)[:1] if loop and len(value) > 10 * LONG else list(value)
    elif isinstance(value, Iterator):
        yield from value
    elif isinstance(value, Instance) and value.cls is not None:
        yield from _object(it, value, node)
    elif isinstance(value, Unknown) and loop:
        # A loop over something outside (a data loader): one turn, with an input for the item.  It gives the same the
        # next time (in another epoch), so that what is found out of the item is found out once.
        first = it.world.loops.setdefault(id(node), it.world.steps)
        yield Pending(f"item@{first}", "item", tainted=value.tainted)
    elif isinstance(value, Unknown):
        it.world.cut = True


def _in_part(value: Any, *, loop: bool) -> bool:
    """Are only the first items walked, or none at all?"""
    if isinstance(value, range):
        return len(value) > LONG
    return isinstance(value, Unknown) or (loop and isinstance(value, list | tuple | set) and len(value) > 10 * LONG)


def _object(it: Interpreter, value: Instance, node: cst.CSTNode) -> Iterator[Any]:
    from nablint.tracing.calls import call_method

    assert value.cls is not None
    if value.cls.lookup("__iter__"):
        yield from iterate(it, call_method(it, value, "__iter__", [], node), node)
    elif value.cls.lookup("__getitem__") and value.cls.lookup("__len__"):
        length = call_method(it, value, "__len__", [], node)
        for i in range(length if isinstance(length, int) else 0):
            yield call_method(it, value, "__getitem__", [Size(i)], node)
