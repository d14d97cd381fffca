"""Loops that estimate a gradient by finite differences: an entry is nudged, the loss looked at, the entry put back.

Such a loop calls the forward code once or twice for every entry, and what comes of it is derived from nothing: its
first turn tells what the code takes, and what it fills is an estimate.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import libcst as cst

from nablint.reading.nodes import below
from nablint.tracing.subscripts import poison
from nablint.tracing.values import Array, Scope, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

ESTIMATED = Unknown("finite differences estimate it", True)

_GROWING = frozenset({"append", "extend", "insert", "add"})


@lru_cache(maxsize=4096)
def nudges(loop: cst.For | cst.While) -> bool:
    """Is a loop, or the only statement in it that is one, of this kind?  Not one that collects its values in a list."""
    body = loop.body.body
    if len(body) == 1 and isinstance(body[0], cst.For | cst.While):
        return nudges(body[0])
    calls = [p for p in below(loop.body) if isinstance(p, cst.Call)]
    if not calls or any(isinstance(c.func, cst.Attribute) and c.func.attr.value in _GROWING for c in calls):
        return False
    small = [s for line in body if isinstance(line, cst.SimpleStatementLine) for s in line.body]
    return _put_back([(t.target, s.value) for s in small if isinstance(s, cst.Assign) for t in s.targets]) or _undone(
        [s for s in small if isinstance(s, cst.AugAssign) and isinstance(s.target, cst.Subscript)])


def _put_back(assigned: list[tuple[cst.BaseExpression, cst.BaseExpression]]) -> bool:
    """`old = w[i]`, `w[i] = old + eps`, `w[i] = old`."""
    for name, entry in assigned:
        if isinstance(name, cst.Name) and isinstance(entry, cst.Subscript):
            written = [value for target, value in assigned if target.deep_equals(entry)]
            back = [v for v in written if isinstance(v, cst.Name) and v.value == name.value]
            if back and any(v not in back and _mentions(v, name.value) for v in written):
                return True
    return False


def _undone(changed: list[cst.AugAssign]) -> bool:
    """`w[i] += eps`, `w[i] -= 2 * eps`, `w[i] += eps`."""
    ups = [s for s in changed if isinstance(s.operator, cst.AddAssign)]
    downs = [s for s in changed if isinstance(s.operator, cst.SubtractAssign)]
    return any(isinstance(up.value, cst.Name) and _mentions(down.value, up.value.value)
               and up.target.deep_equals(down.target) for up in ups for down in downs)


def _mentions(node: cst.CSTNode, name: str) -> bool:
    return any(isinstance(p, cst.Name) and p.value == name for p in below(node))


def estimated(it: Interpreter, loop: cst.For | cst.While, events: int, scope: Scope) -> None:
    """After the first turn: what the loop wrote into arrays, beside the entries that it put back, is an estimate.

    events: how many there were before it.
    """
    for event in it.events[events:]:
        event.value, event.cell = None, ESTIMATED
    written = [t for part in below(loop.body) for t in _targets(part)]
    for place in written:
        if isinstance(place, cst.Name):
            scope.names[place.value] = ESTIMATED
        elif isinstance(place, cst.Subscript) and sum(map(place.deep_equals, written)) == 1:
            owner = it.eval(place.value, scope)
            if isinstance(owner, Array):
                poison(it, owner, ESTIMATED)


def _targets(part: cst.CSTNode) -> list[cst.BaseExpression]:
    if isinstance(part, cst.Assign):
        return [t.target for t in part.targets]
    return [part.target] if isinstance(part, cst.AugAssign) else []
