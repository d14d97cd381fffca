"""Calls while edits are tried: those of one statement call the same functions with the same arrays many times over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nablint.calculus.effort import EFFORT, ENTRY, TERM
from nablint.shapes import Size
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Function

CALLS = "calls"
"""Under which name a graph's memo holds what calls gave."""

_NUMBERS = (int, float, bool, str, Size, type(None))


def followed(it: Interpreter, function: Function, args: list[Any], walk: Callable[[], Any]) -> Any:
    """What a call without keywords gives: as before where a function of the module got the same before.

    It counts as the effort of walking it again, in which no terms are new.  What a call gives that leaves a trace, in
    an argument or in the random numbers, is not remembered.
    """
    key = _key(it, function, args)
    if key is None:
        return walk()
    known: dict[Any, tuple[Any, str, float]] = it.graph.memo.setdefault(CALLS, {})
    if key in known:
        term, dialect, effort = known[key]
        EFFORT.seconds += effort
        return Array(term, dialect)
    began, drawn = _effort(it), it.world.random.bit_generator.state
    result = walk()
    if (type(result) is Array and result.base is None and not (result.blank or result.fresh)
            and not any(result is a for a in args) and _key(it, function, args) == key
            and it.world.random.bit_generator.state == drawn):
        known[key] = result.term, result.dialect, _effort(it) - began
    return result


def _effort(it: Interpreter) -> float:
    """The effort so far, but for that of making the graph's terms."""
    return EFFORT.seconds - TERM * it.graph.count - ENTRY * it.graph.entries


def _key(it: Interpreter, function: Function, args: list[Any]) -> tuple[Any, ...] | None:
    """What tells calls of a function apart; None of one that sees more than its arguments and the module."""
    if function.scope is not it.scope or function.generator or function.defaults:
        return None
    key: list[Any] = [id(function), it.graph.tainting]
    for value in args:
        if type(value) is Array and not value.blank:
            key += (value.term, value.dialect)
        elif type(value) in _NUMBERS:
            key += (type(value), str(value) if type(value) is Size else value)
        else:
            return None
    return tuple(key)
