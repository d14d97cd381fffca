"""Edits of a loop's head: the turns that it takes, and their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

import libcst as cst

from nablint.claims.edits.trees import Edit, number


def headers(loop: cst.For) -> Iterator[Edit]:
    """Other turns than those of `for t in range(a, b)`, or the same the other way round: `reversed(range(a, b))`."""
    turns = loop.iter
    if _calls(turns, "reversed"):
        yield Edit(turns, turns.args[0].value, "loop", 1.0)
        turns = turns.args[0].value
    elif _calls(turns, "range", "xrange"):
        yield Edit(turns, cst.Call(cst.Name("reversed"), [cst.Arg(turns)]), "loop", 1.0)
    if not _calls(turns, "range", "xrange"):
        return
    if len(turns.args) == 1:
        yield Edit(turns, turns.with_changes(args=[cst.Arg(number("1")), *turns.args]), "loop", 1.1)
    elif len(turns.args) == 2 and isinstance(turns.args[0].value, cst.Integer):
        yield Edit(turns, turns.with_changes(args=[turns.args[1]]), "loop", 1.1)
    for bound in [a.value for a in turns.args[:2]]:
        for by in (1, -1):
            yield Edit(bound, _moved(bound, by), "loop", 1.2)


def _calls(node: cst.BaseExpression, *names: str) -> TypeGuard[cst.Call]:
    """Is this a call of one of these functions, with arguments?"""
    return (isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value in names
            and bool(node.args))


def _moved(bound: cst.BaseExpression, by: int) -> cst.BaseExpression:
    """A bound that lies one further: `n` for `n - 1`."""
    if isinstance(bound, cst.Integer):
        return number(str(int(bound.value, 0) + by))
    if isinstance(bound, cst.BinaryOperation) and isinstance(bound.right, cst.Integer) and isinstance(
            bound.operator, cst.Add | cst.Subtract):
        sign = 1 if isinstance(bound.operator, cst.Add) else -1
        total = sign * int(bound.right.value, 0) + by
        if not total:
            return bound.left
        return bound.with_changes(operator=cst.Add() if total > 0 else cst.Subtract(), right=number(str(abs(total))))
    return cst.BinaryOperation(bound, cst.Add() if by > 0 else cst.Subtract(), number("1"))
