"""Other files of the same project: read as text, walked for their definitions, never imported.

What a file imports from a neighbour (`from common.functions import *`, `from ..utils import im2col`) is looked up by a
callback that the caller provides; the rules themselves touch no disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import libcst as cst

from nablint.reading.source import Block, blocks
from nablint.tracing.loading import load
from nablint.tracing.values import Array, Class, External, Function, Pending, Restart, Scope, Signal, TooMuch, Unknown
from nablint.tracing.world import Hypothesis, World

MAX_LINES = 6000
MAX_MODULES = 40
OUTSIDE = frozenset({
    "numpy", "scipy", "torch", "matplotlib", "pandas", "sklearn", "os", "sys", "math", "random", "time", "json",
    "pickle", "copy", "typing",
    "collections", "functools", "itertools", "abc", "re", "warnings", "jax", "tensorflow", "keras", "tqdm", "logging",
    "dataclasses",
    "__future__", "builtins", "cupy", "contextlib", "argparse", "pathlib", "operator", "autograd", "six", "future",
    "past", "chainer", "chainermn", "chainerx"})
"""Packages that are no part of a project; they are not asked for."""


@dataclass(eq=False, slots=True)
class Module(Scope):
    """A file of the project: its dotted name, its definitions, and the blocks that they stand in."""

    name: str = ""
    blocks: dict[int, Block] = field(default_factory=lambda: {})
    stars: list[str] = field(default_factory=lambda: [])


class Project:
    """The files of a project, by dotted module name.

    read: the source text of a module, None where there is none; a package is its `__init__`.
    """

    def __init__(self, read: Callable[[str], str | None]) -> None:
        self.read = read
        self.modules: dict[str, Module | None] = {}
        self.loading: set[str] = set()

    def resolver(self, module: str, *, package: bool = False) -> Callable[[str], Any]:
        """The function that a module's imports are looked up by: `.sibling` is relative to it.

        module:  its dotted name. package: it is an `__init__`.
        """
        return partial(self.resolve, base=module.split(".") if package else module.split(".")[:-1])

    def resolve(self, name: str, base: list[str]) -> Module | None:
        """The module of this name, absolute, beside the asking file, or relative; None outside of the project."""
        dots = len(name) - len(name.lstrip("."))
        if dots:
            parent = base[: len(base) - dots + 1]
            rest = name[dots:]
            return self.module(".".join([*parent, rest] if rest else parent)) if dots <= len(base) + 1 else None
        if name.split(".")[0] in OUTSIDE:
            return None
        beside = ".".join([*base, name])
        return self.module(beside) or (self.module(name) if beside != name else None)

    def module(self, name: str) -> Module | None:
        """The loaded module; one that is being loaded, or one too many, is not followed."""
        if name in self.modules:
            return self.modules[name]
        if (
            not name
            or name in self.loading
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

    def _load(self, name: str, text: str) -> Module:
        from nablint.tracing.interpreter import Interpreter

        package = self.read(f"{name}.__init__") is not None
        it = Interpreter(World(Hypothesis(), seconds=3.0), is_gradient_name=lambda _: False,
                         resolve=self.resolver(name, package=package))
        module = Module({}, function="", name=name)
        it.scope = module
        with it.using():
            try:
                later = load(it, [replace(b, outside=True) for b in blocks(text)], everything=False)
                _constants(it, later)
            except (Signal, Restart, TooMuch, RecursionError):
                pass
        for key, value in list(module.names.items()):
            if not _lasting(value):
                del module.names[key]
        module.blocks, module.stars = it.blocks, it.stars
        return module


def _constants(it: Any, later: list[tuple[Block, cst.CSTNode]]) -> None:
    from nablint.tracing.statements import execute

    for block, statement in later:
        it.block = block
        try:
            execute(it, statement, it.scope)
        except (Signal, Restart, TooMuch):
            pass


def _lasting(value: Any) -> bool:
    """Does a value outlive the run that made it?  Arrays and inputs belong to one run."""
    if isinstance(value, int | float | str | bool | Function | Class | External | Scope) or value is None:
        return True
    if isinstance(value, Array | Pending | Unknown):
        return False
    if isinstance(value, dict):
        return all(map(_lasting, value.values()))
    return isinstance(value, list | tuple) and all(map(_lasting, value))
