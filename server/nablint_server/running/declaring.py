"""Classes that are declared so that they cost less, libcst's above all.

Python compiles the methods of a dataclass where it is declared.  libcst declares some two hundred: that is a tenth of a
second, nearly all that its import takes, and a file needs few of them.  Its classes of nodes are abstract ones: for
these `isinstance` calls a function in Python, which takes ten times as long as to look at the type.  And they are
frozen: to set each field of a node past its own lock is a tenth of the time that parsing takes.
"""

from __future__ import annotations

import abc
import dataclasses
import importlib
import sys
from collections.abc import Callable
from typing import Any

ABSTRACT = "ABC"
DECLARES = "dataclass"
COMPILES = "_create_fn"
KNOWN = ("name", "args", "body", "globals", "locals", "return_type")
"""The function of `dataclasses` that compiles a method, and what it is told, in Python 3.11 and 3.12."""


def compile_late() -> bool:
    """Have methods of dataclasses that are declared from now on compiled late; false where this Python cannot."""
    compiled: Callable[..., Any] | None = getattr(dataclasses, COMPILES, None)
    code = getattr(compiled, "__code__", None)
    if compiled is None or code is None or code.co_varnames[: len(KNOWN)] != KNOWN:
        return False

    def late(name: str, *said: Any, **options: Any) -> Callable[..., Any]:
        return _waiting(name, lambda: compiled(name, *said, **options))

    setattr(dataclasses, COMPILES, late)
    return True


def _waiting(name: str, compiled: Callable[[], Callable[..., Any]]) -> Callable[..., Any]:
    """A method that is compiled by its first call, and then stands in its class itself."""
    made: Callable[..., Any] | None = None

    def method(self: Any, /, *values: Any, **named: Any) -> Any:
        nonlocal made
        if made is None:
            made = compiled()
            made.__qualname__ = method.__qualname__
            for cls in type(self).__mro__:
                if cls.__dict__.get(name) is method:
                    setattr(cls, name, made)
        return made(self, *values, **named)

    method.__name__ = name
    return method


class _Plain:
    """Stands for `abc.ABC` as a base, and leaves those that are made from it plain classes."""

    __slots__ = ()


def import_nodes() -> None:
    """Import libcst, if nobody has, with classes of nodes that are plain ones and not frozen."""
    if "libcst" in sys.modules:
        return
    abstract, declared = abc.ABC, dataclasses.dataclass

    def thawed(cls: type | None = None, /, **options: Any) -> Any:
        return declared(cls, **{**options, "frozen": False})

    setattr(abc, ABSTRACT, _Plain)
    setattr(dataclasses, DECLARES, thawed)
    try:
        importlib.import_module("libcst")
    finally:
        setattr(abc, ABSTRACT, abstract)
        setattr(dataclasses, DECLARES, declared)
