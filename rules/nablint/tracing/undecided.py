"""Branches and loops of a sure run: what is known after code of which nobody knows whether, or how often, it runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.reading.lazily import regex
from nablint.reading.nodes import parts
from nablint.tracing.values import Array, External, Instance, Pending, ReturnSignal, Scope, Signal, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

RETURNS, YIELDED = "$returns", "$yielded"
"""Under these names a frame keeps what branches returned that may not have been taken, and what a generator yields."""


def both(it: Interpreter, branches: Iterable[Callable[[], object]], scope: Scope) -> None:
    """Walk every branch from the same state, and keep that in which those that come to their end agree."""
    before, objects = dict(scope.names), _objects(scope)
    unsettled = _unsettled(scope, objects)
    settled: list[list[Any]] = []
    ends: list[tuple[dict[str, Any], list[Any]]] = []
    signals: list[Signal] = []
    returned: list[Any] = list(before.pop(RETURNS, ()))
    for branch in branches:
        _restore(scope, before, objects)
        it.undecided += 1
        try:
            branch()
        except Signal as signal:
            signals.append(signal)
        else:
            ends.append((dict(scope.names), [_copied(o) for o, _ in objects]))
            settled.append([p.value for p in unsettled])
        finally:
            it.undecided -= 1
            for p in unsettled:
                p.value = None
        returned += scope.names.pop(RETURNS, ())
    returned += [s.value for s in signals if isinstance(s, ReturnSignal)]
    if not ends:
        if returned:
            raise ReturnSignal(joined(returned))
        raise signals[0]
    _restore(scope, before, objects)
    names = {n: None for found, _ in ends for n in found if n != RETURNS}
    scope.names.update({n: joined([found.get(n, _MISSING) for found, _ in ends]) for n in names})
    for place, (held, _) in enumerate(objects):
        _join_object(held, [states[place] for _, states in ends], scope)
    for p, *values in zip(unsettled, *settled, strict=True):
        agreed = None if any(v is None for v in values) else joined(values)
        p.value = None if isinstance(agreed, Unknown) else agreed
    if returned:
        scope.names[RETURNS] = tuple(returned)


_PLAIN = (bool, int, float, str, type(None), External)
_MISSING = Unknown("it is not always assigned")


def joined(values: list[Any]) -> Any:
    """What is known of a value that is one of these."""
    first = values[0]
    if all(v is first for v in values):
        return first
    if all(isinstance(v, Array) for v in values):
        shapes = {tuple(map(str, v.term.shape)) for v in values}
        return first if len(shapes) == 1 else Unknown("it has another shape in another branch")
    if isinstance(first, tuple) and all(type(v) is type(first) and len(v) == len(first) for v in values):
        return tuple(joined([v[k] for v in values]) for k in range(len(first)))
    if isinstance(first, _PLAIN) and all(type(v) is type(first) and str(v) == str(first) for v in values):
        return first  # sizes by their symbols
    return Unknown("it is another value in another branch")


def _objects(scope: Scope) -> list[tuple[Any, Any]]:
    """Containers and objects that the frame can reach, with copies of what they hold."""
    found: dict[int, Any] = {}
    stack = [(v, 0) for v in scope.names.values()]
    while stack:
        value, depth = stack.pop()
        if isinstance(value, Instance | list | dict) and id(value) not in found:
            found[id(value)] = value
            held = value.names if isinstance(value, Instance) else value
            if depth < 2 and len(held) < 100:
                stack += [(v, depth + 1) for v in (held.values() if isinstance(held, dict) else held)]
    return [(value, _copied(value)) for value in found.values()]


def _unsettled(scope: Scope, objects: list[tuple[Any, Any]]) -> list[Pending]:
    """Inputs whose nature nothing has told yet; what a branch tells of one is true of that branch alone."""
    held = [scope.names.values()]
    for value, _ in objects:
        names = value.names if isinstance(value, Instance) else value
        held.append(names.values() if isinstance(names, dict) else names)
    return list({id(v): v for values in held for v in values if isinstance(v, Pending) and v.value is None}.values())


def _copied(value: Any) -> Any:
    held = value.names if isinstance(value, Instance) else value
    return dict(held) if isinstance(held, dict) else list(held)


def _restore(scope: Scope, names: dict[str, Any], objects: list[tuple[Any, Any]]) -> None:
    scope.names.clear()
    scope.names.update(names)
    for value, copy in objects:
        _set(value, copy)


def _set(value: Any, content: Any) -> None:
    held = value.names if isinstance(value, Instance) else value
    held.clear()
    held.update(content) if isinstance(held, dict) else held.extend(content)


def _join_object(value: Any, states: list[Any], scope: Scope) -> None:
    if isinstance(states[0], dict):
        _set(value, {k: joined([s.get(k, _MISSING) for s in states]) for s in states for k in s})
    elif len({len(s) for s in states}) == 1:
        _set(value, [joined([s[k] for s in states]) for k in range(len(states[0]))])
    else:  # of other lengths in other branches
        _lose(value, scope)


def in_part(it: Interpreter, loop: Callable[[], None], node: cst.CSTNode, scope: Scope) -> None:
    """A loop; where only its first turns were walked, what they assigned and appended to is not known after it."""
    outside, objects = it.world.cut, _objects(scope)
    it.world.cut = False
    try:
        loop()
    finally:
        cut, it.world.cut = it.world.cut, outside
        if cut:
            forget(it, node, scope)
            for value, copy in objects:
                held = value.names if isinstance(value, Instance) else value
                if isinstance(held, dict):
                    for key in [k for k in held if k not in copy or held[k] is not copy[k]]:
                        held[key] = Unknown("a loop assigns it")
                elif len(held) != len(copy):
                    _lose(held, scope)


def _lose(value: list[Any], scope: Scope) -> None:
    """A list of unknown length: no name holds it any more."""
    for name, held in scope.names.items():
        if held is value:
            scope.names[name] = Unknown("a list whose length is not known")
    value.clear()


def forget(it: Interpreter, node: cst.CSTNode, scope: Scope) -> None:
    """What a statement assigns that could not be followed is not known."""
    from nablint.tracing.statements import target_names

    for target in _targets(node):
        if isinstance(target, cst.Call):
            target = target.func.value if isinstance(target.func, cst.Attribute) else target
            if not isinstance(_held(target, scope), list | dict | set):
                continue
        if isinstance(target, cst.Attribute) and isinstance(target.value, cst.Name):
            owner = scope.names.get(target.value.value)
            if isinstance(owner, Instance):
                owner.names[target.attr.value] = Unknown("what is assigned is not followed")
        elif not isinstance(target, cst.Attribute):
            scope.names.update({n: Unknown("what is assigned is not followed") for n in target_names(target)})


def _held(node: cst.CSTNode, scope: Scope) -> Any:
    """The value of a name of the frame, or of an attribute of one."""
    if isinstance(node, cst.Attribute) and isinstance(node.value, cst.Name):
        owner = scope.names.get(node.value.value)
        return owner.names.get(node.attr.value) if isinstance(owner, Instance) else None
    return scope.names.get(node.value) if isinstance(node, cst.Name) else None


_CHANGING = frozenset({"append", "extend", "insert", "pop", "remove", "add", "update", "clear", "setdefault", "sort",
                       "reverse", "popitem", "discard", "appendleft"})
"""Methods that change a container."""


@lru_cache(maxsize=20_000)
def _targets(node: cst.CSTNode) -> list[cst.CSTNode]:
    """What a statement and those below it assign to, and the containers that they change."""
    found: list[cst.CSTNode] = []
    stack = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, cst.Assign):
            found += [t.target for t in part.targets]
        elif isinstance(part, cst.AugAssign | cst.AnnAssign | cst.For | cst.NamedExpr):
            found.append(part.target)
        elif isinstance(part, cst.AsName):
            found.append(part.name)
        elif isinstance(part, cst.Call) and isinstance(part.func, cst.Attribute) and part.func.attr.value in _CHANGING:
            found.append(part)
        if not isinstance(part, cst.FunctionDef | cst.ClassDef | cst.Lambda):
            stack.extend(parts(part))
    return found


_EXPECTS = regex(r"raises|assertRaises|suppress|warns", re.I)


def expects_exception(it: Interpreter, node: cst.With) -> bool:
    """`with pytest.raises(ValueError):`, `with self.assertRaises(...)`, `with suppress(...)`."""
    from nablint.tracing.statements import target_names

    return any(isinstance(item.item, cst.Call) and any(map(_EXPECTS.search, target_names(item.item.func)))
               for item in node.items)
