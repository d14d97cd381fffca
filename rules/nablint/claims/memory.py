"""Memory: the outcomes of units whose code has not changed since the last analysis.

In an editor every keystroke asks for the whole file again, and nearly all of it is as it was.  An outcome depends on
the blocks that its runs executed and on the module's skeleton (which names it defines, and the statements between the
definitions); as long as these are the same, the outcome is, wherever the blocks have moved to.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import libcst as cst

from nablint.claims.search import Outcome, Program
from nablint.reading.source import Block

CAPACITY = 96
"""Units of gradients remembered; each holds the graphs of its runs."""
VERSIONS = 2
"""Of each, the last ones: what is undone is as it was."""


T = TypeVar("T")


class Named(Protocol):
    """A unit of any kind."""

    name: str
    kind: str


@dataclass(slots=True)
class Remembered(Generic[T]):
    """What came of a unit, and the blocks that it depends on."""

    outcome: T
    blocks: list[Block]


class Memory(Generic[T]):
    """What came of units, the latest ones."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.held: OrderedDict[tuple[str, str, int, int], list[Remembered[T]]] = OrderedDict()

    def recall(self, program: Program, unit: Named) -> T | None:
        """What came of a unit if nothing that it depends on has changed, with its blocks where they stand now."""
        key = _key(program, unit)
        for found in self.held.get(key, ()):
            own = [b for b in found.blocks if not b.outside]
            if all(b.text in program.rows for b in own):
                for block in own:
                    block.row = program.rows[block.text]
                self.held.move_to_end(key)
                return found.outcome
        return None

    def remember(self, program: Program, unit: Named, outcome: T) -> None:
        """Keep it for the next analysis."""
        key = _key(program, unit)
        versions = [Remembered(outcome, list(program.visited.values())), *self.held.get(key, ())]
        self.held[key] = versions[:VERSIONS]
        self.held.move_to_end(key)
        while len(self.held) > self.capacity:
            self.held.popitem(last=False)


OUTCOMES: Memory[list[Outcome]] = Memory(CAPACITY)


def _key(program: Program, unit: Named) -> tuple[str, str, int, int]:
    """A unit by name and kind, its module's skeleton, and the project that its imports come from."""
    project = getattr(getattr(program.resolve, "func", None), "__self__", None)
    return unit.name, unit.kind, skeleton(program), id(project)


def skeleton(program: Program) -> int:
    """A hash of the names that a module defines and of what stands between its definitions."""
    if program.skeleton is None:
        parts: list[object] = []
        for block in program.blocks:
            tree = block.tree()
            body = tree.module.body if tree is not None else ()
            names = [s.name.value for s in body if isinstance(s, cst.FunctionDef | cst.ClassDef)]
            parts.append(tuple(names) if names and len(names) == len(body) else block.text.strip())
        program.skeleton = hash(tuple(parts))
    return program.skeleton
