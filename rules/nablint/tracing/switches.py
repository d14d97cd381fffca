"""Switches: flags by whose default forward code does not keep what backward code reads.

    def forward(self, x, training=False):
        if training:
            self.x = x

Backward code is written for what comes after a forward run that has kept it.  Where it reads something that is not
there, and a function of the class stores it under a flag that forward code has tested, the run starts again with the
flag's other value.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.reading.nodes import below, functions_in
from nablint.tracing.values import Class, Function, Instance, Restart

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def switch_of(path: str) -> str:
    """The key of the decision that a flag has another value than its default."""
    return f"{path}:flag"


def held(it: Interpreter, owner: Instance, name: str, value: Any) -> Any:
    """What an attribute holds: a truth value may be a switch, something that backward code lacks waits for one."""
    if value is None:
        lacking(it, owner.cls, name)
    elif type(value) is bool and owner.cls is not None and not it.world.sure:
        path = f"{owner.cls.name}.{name}"
        if it.met is None:
            it.switches[path] = None
        return not value if it.world.decided(switch_of(path)) else value
    return value


def lacking(it: Interpreter, cls: Class | None, name: str) -> None:
    """Backward code reads something that is not there: raise `Restart` where a switch keeps it from being stored."""
    if it.met is None or not it.switches or cls is None or it.world.sure or _asks(it.step.node if it.step else None):
        return
    words = frozenset(path.rpartition(".")[2] for path in it.switches)
    under = {w for f in _functions(cls) if name in _stored(f) for w in _tested(f, words)}
    turned = tuple((switch_of(path), 1) for path in it.switches
                   if path.rpartition(".")[2] in under and it.world.decided(switch_of(path)) is None)
    if turned:
        raise Restart(f"{name} is kept by forward code under another flag", decisions=turned)


def _functions(cls: Class) -> Iterator[cst.FunctionDef]:
    """The functions of a class and of its bases, and those that decorators make of them."""
    for part in cls.order():
        yield from functions_in(part.node)
        for member in part.names.values():
            made = member.decorated if isinstance(member, Function) else None
            if isinstance(made, Function) and isinstance(made.node, cst.FunctionDef):
                yield made.node


@lru_cache(maxsize=4096)
def _asks(statement: cst.CSTNode | None) -> bool:
    """Does a statement ask whether something is there, as `if self.mask is None` does?"""
    return isinstance(statement, cst.If | cst.Assert | cst.While) or statement is None or any(
        isinstance(part, cst.IfExp) or (isinstance(part, cst.Name) and part.value == "None")
        for part in below(statement))


@lru_cache(maxsize=4096)
def _stored(function: cst.FunctionDef) -> frozenset[str]:
    """The attributes and keys that a function stores; what `__init__` does is a beginning."""
    found: set[str] = set()
    for part in below(function.body) if function.name.value != "__init__" else ():
        for target in part.targets if isinstance(part, cst.Assign) else ():
            for place in below(target.target):
                if isinstance(place, cst.Attribute):
                    found.add(place.attr.value)
                elif isinstance(place, cst.SimpleString) and isinstance(place.evaluated_value, str):
                    found.add(place.evaluated_value)
    return frozenset(found)


@lru_cache(maxsize=4096)
def _tested(function: cst.FunctionDef, words: frozenset[str]) -> frozenset[str]:
    """Those of the words that a condition in a function mentions."""
    tests = [part.test for part in below(function.body) if isinstance(part, cst.If | cst.IfExp)]
    return frozenset(part.value for test in tests for part in below(test)
                     if isinstance(part, cst.Name) and part.value in words)
