"""Memory: the outcomes of units whose code has not changed since the last analysis.

In an editor every keystroke asks for the whole file again, and nearly all of it is as it was.  An outcome depends on
the blocks that its runs executed and on its surroundings in the module; as long as these are the same, the outcome is,
wherever the blocks have moved to.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from nablint.claims.program import Outcome, Program
from nablint.claims.surroundings import BY_NAME, Said, surroundings
from nablint.reading.source import Block

CAPACITY = 120_000_000
"""Bytes, about, of what is remembered of gradients: of each unit the graphs of its runs."""
TERM, STEP = 700, 1500
"""Bytes that a term and the record of a statement take, without samples."""
VERSIONS = 2
"""Of each, the last ones: what is undone is as it was."""


T = TypeVar("T")
Key = tuple[str, str, tuple[str, ...], int, int]


class Named(Protocol):
    """A unit of any kind."""

    name: str
    kind: str
    functions: tuple[str, ...]
    module: bool


@dataclass(slots=True)
class Remembered(Generic[T]):
    """What came of a unit, and what it depends on: blocks, and names with what the module says of them."""

    outcome: T
    blocks: list[Block]
    names: dict[str, Said]
    weight: int


class Memory(Generic[T]):
    """What came of units, the latest ones.

    weigh: what one of them counts towards the capacity; each counts 1 without it.
    """

    def __init__(self, capacity: int, weigh: Callable[[T], int] = lambda _: 1) -> None:
        self.capacity = capacity
        self.weigh = weigh
        self.weight = 0
        self.held: OrderedDict[Key, list[Remembered[T]]] = OrderedDict()

    def recall(self, program: Program, unit: Named) -> T | None:
        """What came of a unit if nothing that it depends on has changed, with its blocks where they stand now."""
        key = _key(program, unit)
        for found in self.held.get(key, ()):
            own = [b for b in found.blocks if not b.outside]
            if all(b.text in program.rows for b in own) and surroundings(program).of(set(found.names)) == found.names:
                for block in own:
                    block.row = program.rows[block.text]
                self.held.move_to_end(key)
                self.held[key].sort(key=lambda version: version is not found)  # the latest first
                return found.outcome
        return None

    def latest(self, program: Program, unit: Named) -> T | None:
        """What came of a unit the last time, whatever has changed since."""
        versions = self.held.get(_key(program, unit))
        return versions[0].outcome if versions else None

    def remember(self, program: Program, unit: Named, outcome: T) -> None:
        """Keep it for the next analysis."""
        key = _key(program, unit)
        own = {name.partition(".")[0] for name in (unit.name, *unit.functions)}
        names = surroundings(program).of(program.read | own)
        new = Remembered(outcome, list(program.visited.values()), names, self.weigh(outcome))
        versions = [new, *self.held.pop(key, ())]
        self.held[key] = versions[:VERSIONS]
        self.weight += new.weight - sum(old.weight for old in versions[VERSIONS:])
        while self.weight > self.capacity and self.held:
            self.weight -= sum(old.weight for old in self.held.popitem(last=False)[1])

    def widen(self, program: Program, unit: Named) -> None:
        """What was recalled depends on what further runs of it met, too."""
        found = self.held[_key(program, unit)][0]
        known = {b.text for b in found.blocks}
        found.blocks += [b for b in program.visited.values() if b.text not in known]
        found.names |= surroundings(program).of(program.read)

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


def _key(program: Program, unit: Named) -> Key:
    """A unit by name, kind and functions, what all of its kind depend on, and the project that imports are from."""
    project = getattr(program.resolve, "project", None)
    around = surroundings(program)
    own = unit.kind in BY_NAME and not unit.module
    return unit.name, unit.kind, unit.functions, around.frame if own else around.whole, getattr(project, "number", 0)
