"""Memory: the outcomes of units whose code has not changed since the last analysis.

In an editor every keystroke asks for the whole file again, and nearly all of it is as it was.  An outcome depends on
the blocks that its runs executed and on the module's skeleton (which names it defines, and the statements between the
definitions); as long as these are the same, the outcome is, wherever the blocks have moved to.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import libcst as cst

from nablint.claims.model import Unit
from nablint.claims.search import Outcome, Program
from nablint.reading.source import Block

CAPACITY = 96
"""Units remembered; each holds the graphs of its runs."""


@dataclass(slots=True)
class Remembered:
    """The outcomes of a unit and the blocks that they depend on."""

    outcomes: list[Outcome]
    blocks: list[Block]


_memory: OrderedDict[tuple[str, str, int, int], Remembered] = OrderedDict()


def recall(program: Program, unit: Unit) -> list[Outcome] | None:
    """The outcomes of a unit if nothing that they depend on has changed, with their blocks where they stand now."""
    key = _key(program, unit)
    found = _memory.get(key)
    if found is None:
        return None
    rows = {b.text: b.row for b in program.blocks}
    own = [b for b in found.blocks if not b.outside]
    if any(b.text not in rows for b in own):
        return None
    for block in own:
        block.row = rows[block.text]
    _memory.move_to_end(key)
    return found.outcomes


def remember(program: Program, unit: Unit, outcomes: list[Outcome]) -> None:
    """Keep outcomes for the next analysis."""
    _memory[_key(program, unit)] = Remembered(outcomes, list(program.visited.values()))
    while len(_memory) > CAPACITY:
        _memory.popitem(last=False)


def _key(program: Program, unit: Unit) -> tuple[str, str, int, int]:
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
