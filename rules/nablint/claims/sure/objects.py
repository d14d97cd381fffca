"""What methods leave in an object: `fit` sets `self.coef_`, and `predict` reads it.

Nobody knows which methods ran before, so an attribute is known where all methods that assign it leave the same shape.
Sizes keep the names of the method that they come from: those of another call are other numbers, until code makes them
meet (`nablint.tracing.alike`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nablint.reading.lazily import regex
from nablint.shapes import Polynomial, Shape, Size, dim
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Class, Function, Instance, Pending, Unknown

if TYPE_CHECKING:
    from nablint.claims.program import Program
    from nablint.reading.source import Block

MOST = 4
"""Methods that assign an attribute; with more it is not looked into what they leave."""
_OWNER = regex(r"@[\w.]+|[A-Za-z_]\w*\.[A-Za-z_]\w*(?=\.\w+\.\d+)")


@dataclass(frozen=True, slots=True)
class Left:
    """An attribute as a method leaves it: an array's sizes and kind of number, or a plain value (`shape` is None)."""

    shape: tuple[Polynomial, ...] | None
    value: Any

    @property
    def key(self) -> object:
        """What two methods must agree in: sizes of the same names count as the same."""
        if self.shape is None:
            return type(self.value).__name__, str(self.value)
        return tuple(_OWNER.sub("", str(p)) for p in self.shape)


def settle(it: Interpreter, program: Program, cls: Class, instance: Instance, assigning: dict[str, list[Function]],
           text: str) -> None:
    """Give an object the attributes that a method reads and others assign, where those agree about them."""
    for name, functions in assigning.items():
        before = instance.names.get(name)
        said = it.evidence(cls, name) if it.evidence is not None else None
        told = said is not None and said.dims
        instance.names[name] = (Pending(f"self.{name}", name, evidence=said, space=cls.name) if told else
                                Unknown(f"self.{name} is assigned in several methods"))
        if len(functions) > MOST or not re.search(rf"\bself\.{name}\b", text):
            continue
        found = [_left(program, cls, f).get(name) for f in functions]
        if before is not None and not isinstance(before, Unknown):
            found.append(_as_left(before))
        known = [one for one in found if one is not None]
        if known and len(known) == len(found) and len({one.key for one in known}) == 1:
            instance.names[name] = _again(it, f"self.{name}", known[0])


def _left(program: Program, cls: Class, function: Function) -> dict[str, Left]:
    """What a method leaves in the object that it was called on; nothing while that is being found out."""
    key = id(cls), id(function)
    if key not in program.left:
        program.left[key] = {}, {}
        outer, program.visited = program.visited, {}
        try:
            left = _found_out(program, cls, function)
        finally:
            blocks: dict[int, Block] = program.visited
            program.visited = outer
        program.left[key] = left, blocks
    left, blocks = program.left[key]
    program.visited.update(blocks)
    return left


def _found_out(program: Program, cls: Class, function: Function) -> dict[str, Left]:
    from nablint.claims.sure.runs import run_sure
    from nablint.claims.sure.units import method_unit

    kept: list[Instance] = []
    names = dict(program.scope.names)
    try:
        run = run_sure(program, method_unit(program, cls, function, kept), 0)
    finally:
        program.scope.names.clear()
        program.scope.names.update(names)
    if run is None or not kept:
        return {}
    found: dict[str, Left] = {}
    for name, value in kept[-1].names.items():
        if isinstance(value, Array) and run.is_open(value.term):
            continue
        if (left := _as_left(value)) is not None:
            found[name] = left
    return found


def _as_left(value: Any) -> Left | None:
    if isinstance(value, Array):
        return Left(tuple(dim(s).expr for s in value.term.shape), value.term.sample.dtype.kind)
    if isinstance(value, Size):
        return Left(None, value)
    return Left(None, value) if isinstance(value, bool | int | float | str) else None


def _again(it: Interpreter, path: str, left: Left) -> Any:
    """The value in another run."""
    if left.shape is None:
        return it.world.dimension_of(left.value.expr) if isinstance(left.value, Size) else left.value
    shape: Shape = tuple(map(it.world.dimension_of, left.shape))
    kind = {"b": "bool", "i": "int"}.get(left.value, "float")
    return Array(it.world.leaf(path, shape, kind=kind), it.dialect)
