"""Memory: the outcomes of units whose code has not changed since the last analysis.

In an editor every keystroke asks for the whole file again, and nearly all of it is as it was.  An outcome depends on
the blocks that its runs executed and on the module's skeleton (which names it defines, and the statements between the
definitions); as long as these are the same, the outcome is, wherever the blocks have moved to.
"""

from __future__ import annotations

import ast
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

import libcst as cst

from nablint.claims.program import Outcome, Program
from nablint.reading.source import Block

CAPACITY = 120_000_000
"""Bytes, about, of what is remembered of gradients: of each unit the graphs of its runs."""
TERM, STEP = 700, 1500
"""Bytes that a term and the record of a statement take, without samples."""
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
    weight: int


class Memory(Generic[T]):
    """What came of units, the latest ones.

    weigh: what one of them counts towards the capacity; each counts 1 without it.
    """

    def __init__(self, capacity: int, weigh: Callable[[T], int] = lambda _: 1) -> None:
        self.capacity = capacity
        self.weigh = weigh
        self.weight = 0
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
        new = Remembered(outcome, list(program.visited.values()), self.weigh(outcome))
        versions = [new, *self.held.pop(key, ())]
        self.held[key] = versions[:VERSIONS]
        self.weight += new.weight - sum(old.weight for old in versions[VERSIONS:])
        while self.weight > self.capacity and self.held:
            self.weight -= sum(old.weight for old in self.held.popitem(last=False)[1])

    def clear(self) -> None:
        """Forget everything."""
        self.held.clear()
        self.weight = 0


def _weight(outcomes: list[Outcome]) -> int:
    total = 1
    for outcome in outcomes:
        if outcome.judgement is not None:
            it = outcome.judgement.run.it
            total += 8 * it.graph.entries + TERM * it.graph.count + STEP * len(it.steps)
    return total


OUTCOMES: Memory[list[Outcome]] = Memory(CAPACITY, _weight)


def _key(program: Program, unit: Named) -> tuple[str, str, int, int]:
    """A unit by name and kind, its module's skeleton, and the project that its imports come from."""
    project = getattr(getattr(program.resolve, "func", None), "__self__", None)
    return unit.name, unit.kind, skeleton(program), id(project)


@lru_cache(maxsize=512)
def _said(text: str) -> str:
    """What statements say, without comments and blank lines: these concern only the statements themselves."""
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError):
        return text.strip()


def skeleton(program: Program) -> int:
    """A hash of the names that a module defines and of what stands between its definitions."""
    if program.skeleton is None:
        parts: list[object] = []
        for block in program.blocks:
            tree = block.tree()
            body = tree.module.body if tree is not None else ()
            names = [s.name.value for s in body if isinstance(s, cst.FunctionDef | cst.ClassDef)]
            parts.append(tuple(names) if names and len(names) == len(body) else _said(block.text))
        program.skeleton = hash(tuple(parts))
    return program.skeleton
