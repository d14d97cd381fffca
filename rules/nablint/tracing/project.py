"""Other files of the same project: read as text, walked for their definitions, never imported.

What a file imports from a neighbour (`from common.functions import *`, `from ..utils import im2col`) is looked up by a
callback that the caller provides; the rules themselves touch no disk.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any

import libcst as cst

from nablint.calculus.effort import EFFORT
from nablint.reading.lazily import regex
from nablint.reading.source import Block, blocks
from nablint.tracing.imports import stands_outside
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.loading import load
from nablint.tracing.statements import execute
from nablint.tracing.values import (
    Array,
    Class,
    Deferred,
    External,
    Function,
    Names,
    Pending,
    Restart,
    Scope,
    Signal,
    TooMuch,
    Unknown,
    as_they_stand,
)
from nablint.tracing.world import Hypothesis, World

MAX_LINES = 6000
MAX_MODULES = 1000
"""A module that is known costs its text; what is parsed of it is what is asked for."""

_DEFINED = regex(r"^(?:(?:async\s+)?def|class)\s+(\w+)", re.M)

NUMBERS = count(1)


@dataclass(eq=False, slots=True)
class Module(Scope):
    """A file of the project: its dotted name and its definitions, each read when it is asked for."""

    name: str = ""
    package: bool = False
    """It is the `__init__` of a package."""
    stars: list[str] = field(default_factory=lambda: [])


@dataclass(frozen=True, slots=True)
class Resolver:
    """What looks up the modules that one file asks for.

    base: the packages that it stands in, outermost first. own: its name among what they hold.
    """

    project: Project
    base: list[str]
    own: str

    def __call__(self, name: str) -> Module | None:
        """The module of this name, which is relative to the file where it begins with a dot."""
        return self.project.resolve(name, self.base, self.file)

    @property
    def file(self) -> str:
        """What the file goes by among those that ask."""
        return ".".join([*self.base, self.own])


class Project:
    """The files of a project, by dotted module name.

    read:   the source text of a module, None where there is none; a package is its `__init__`.
    number: tells it from every other, those that are no more among them.
    """

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self.read = read
        self.number = next(NUMBERS)
        self.modules: dict[str, Module | None] = {}
        self.asked: defaultdict[str, set[str]] = defaultdict(set)
        """By file, the names of the modules that it has asked for; some may not be there."""
        self.loading: set[str] = set()

    def resolver(self, module: str, *, package: bool = False) -> Resolver:
        """What a module's imports are looked up by: `.sibling` is relative to it.

        module:  its dotted name. package: it is an `__init__`.
        """
        parts = module.split(".")
        return Resolver(self, parts if package else parts[:-1], "__init__" if package else parts[-1])

    def resolve(self, name: str, base: list[str], asking: str) -> Module | None:
        """The module of this name, absolute, beside the asking file, or relative; None outside of the project."""
        dots = len(name) - len(name.lstrip("."))
        if dots:
            parent = base[: len(base) - dots + 1]
            rest = name[dots:]
            absolute = ".".join([*parent, rest] if rest else parent)
            return self.module(absolute, asking) if dots <= len(base) + 1 else None
        if stands_outside(name, base):
            return None
        beside = ".".join([*base, name])
        return self.module(beside, asking) or (self.module(name, asking) if beside != name else None)

    def module(self, name: str, asking: str) -> Module | None:
        """The loaded module; one that is being loaded, or one too many, is not followed."""
        if not name:
            return None
        self.asked[asking].add(name)
        if name in self.modules:
            return self.modules[name]
        if (
            name in self.loading
            or len(self.modules) - list(self.modules.values()).count(None) >= MAX_MODULES
        ):
            return None
        text = self.read(name)
        if text is None or text.count("\n") > MAX_LINES:
            self.modules[name] = None
            return None
        self.loading.add(name)
        try:
            self.modules[name] = self._load(name, text)
        finally:
            self.loading.discard(name)
        return self.modules[name]

    def behind(self, file: str) -> set[str]:
        """The names of all modules that what is known of a file comes from, also of those that it asked for in vain."""
        found: set[str] = set()
        waiting = [file]
        while waiting:
            for name in self.asked.get(waiting.pop(), set()) - found:
                found.add(name)
                waiting.append(name)
        return found

    def _load(self, name: str, text: str) -> Module:
        inside = f"{name}.__init__"
        self.asked[name].add(inside)
        module = Module(Names(), function="", name=name, package=self.read(inside) is not None)
        later: list[tuple[Block, cst.CSTNode]] = []
        for block in (replace(b, outside=True) for b in blocks(text)):
            defined = _DEFINED.search(block.text)
            if defined is not None:
                before = as_they_stand(module.names).get(defined[1])
                module.names[defined[1]] = Deferred(partial(self._defined, module, block, defined[1], before))
                continue
            with self._inside(module) as it:
                later += load(it, [block], everything=False)
        for block, statement in later:
            with self._inside(module) as it:
                it.block = block
                execute(it, statement, module)
        for key, value in as_they_stand(module.names).items():
            if not _lasting(value):
                del module.names[key]
        return module

    def _defined(self, module: Module, block: Block, name: str, before: Any) -> Any:
        """The function or class of this name, which the block defines.

        before: what goes by the name up to there: `class Param(Param)` derives from a class that was imported.
        """
        if before is not None:
            module.names[name] = before
        with self._inside(module) as it:
            load(it, [block], everything=False)
        value = as_they_stand(module.names)[name]
        return External(f"{module.name}.{name}") if isinstance(value, Deferred) or not _lasting(value) else value

    @contextmanager
    def _inside(self, module: Module) -> Generator[Interpreter]:
        """An interpreter of the module; what it cannot do is left undone.

        The work is done once for all who ask for it, and counts for none of them.
        """
        done = EFFORT.seconds
        it = Interpreter(World(Hypothesis(), seconds=3.0), is_gradient_name=lambda _: False,
                         resolve=self.resolver(module.name, package=module.package))
        it.scope, it.stars = module, module.stars
        with it.using(), suppress(Signal, Restart, TooMuch, RecursionError):
            yield it
        EFFORT.seconds = done


def _lasting(value: Any) -> bool:
    """Does a value outlive the run that made it?  Arrays and inputs belong to one run."""
    if isinstance(value, int | float | str | bool | Function | Class | External | Scope | Deferred) or value is None:
        return True
    if isinstance(value, Array | Pending | Unknown):
        return False
    if isinstance(value, dict):
        return all(map(_lasting, value.values()))
    return isinstance(value, list | tuple) and all(map(_lasting, value))
