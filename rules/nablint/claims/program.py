"""A program: a module that is loaded once, and runs of its units, each judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import libcst as cst
import numpy as np

from nablint.calculus.effort import EFFORT, PROGRAM
from nablint.claims.gather.targets import candidates
from nablint.claims.judging.judge import judge
from nablint.claims.keys import letters
from nablint.claims.model import Judgement, Unit
from nablint.claims.names import is_gradient_name
from nablint.reading.source import Block
from nablint.shapes import Misfit, Shape
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.loading import keep_globals, load
from nablint.tracing.values import (
    Class,
    Function,
    Names,
    RaiseSignal,
    Restart,
    Scope,
    Signal,
    TooMuch,
    as_they_stand,
)
from nablint.tracing.world import Hypothesis, World

STRICT = False
"""Tests set it, so that an error of the tool in a trace is raised instead of leaving its unit unchecked."""


class Program:
    """A module, loaded once: its definitions, shared by all runs."""

    def __init__(self, blocks: list[Block], *, evidence: Callable[[Function | Class, str], Any] | None = None,
                 resolve: Callable[[str], Any] | None = None) -> None:
        EFFORT.seconds += PROGRAM
        self.blocks = blocks
        self.rows = {b.text: b.row for b in blocks}
        self.evidence = evidence
        self.resolve = resolve
        self.scope = Scope(Names(), function="")
        self.first_look = False
        """Somebody waits for what is wrong: what comes out right is asked again on other draws later."""
        self.surroundings: Any = None
        self.unsure: set[str] | None = None
        self.read: set[str] = set()
        """The names that runs have looked up in the module, whether it has them or not."""
        self.key: Mapping[str, str] = {}
        """The letters that suffixes of names spell shapes with."""
        self.left: dict[tuple[int, int], Any] = {}
        """What methods leave in their objects, as runs for shapes found it out."""
        self.visited: dict[int, Block] = {}
        """The blocks that runs have executed, for what is remembered from one analysis to the next."""
        self.later: list[tuple[Block, cst.CSTNode]] = []
        loader = self._interpreter(World(Hypothesis(), seconds=5.0))
        with loader.using():
            try:
                self.later = load(loader, blocks, everything=False)
            except (Signal, Restart, TooMuch, RecursionError):
                pass
        self.loader = loader
        self.names = Names(as_they_stand(self.scope.names))
        self.stars = list(loader.stars)
        self.key = letters(blocks, self.names) if evidence is not None else {}

    def _interpreter(self, world: World) -> Interpreter:
        it = Interpreter(world, is_gradient_name=is_gradient_name, evidence=self.evidence, resolve=self.resolve)
        it.claimed_shape = claimed_shape
        it.source = self.blocks
        it.key = self.key
        it.scope = self.scope
        return it

    def bare(self, world: World) -> Interpreter:
        """An interpreter in whose module nothing has been defined yet."""
        it = self._interpreter(world)
        self.scope.names.clear()
        it.stars = []
        return it

    def fresh(self, world: World, *, module: bool) -> Interpreter:
        """An interpreter with the module's definitions in place."""
        it = self._interpreter(world)
        self.scope.names.clear()
        if module:
            it.stars = []
            with it.using():
                load(it, self.blocks, everything=True)
        else:
            self.scope.names.update((name, _anew(value)) for name, value in as_they_stand(self.names).items())
            it.stars = list(self.stars)
            with it.using():
                keep_globals(it, self.later)
        return it

    def statements(self) -> list[cst.CSTNode]:
        """All module-level statements."""
        return [s for b in self.blocks if (t := b.tree()) is not None for s in t.module.body]


def _anew(value: Any) -> Any:
    """A module's containers as they were made: what a run puts in stays in that run."""
    if type(value) is dict:
        return {key: _anew(item) for key, item in cast(dict[Any, Any], value).items()}
    return [_anew(item) for item in cast(list[Any], value)] if type(value) is list else value


def claimed_shape(it: Interpreter, name: str, holder: str, key: Any) -> Shape | None:
    """The shape of the variable whose gradient a name claims to be."""
    found = candidates(it, name, holder, key)
    return found[0].shape if found else None


@dataclass(slots=True)
class Outcome:
    """What came of a unit (on one path through its string modes)."""

    unit: Unit
    judgement: Judgement | None
    hypothesis: Hypothesis
    runs: int = 0
    restarts: int = 0
    reason: str = ""
    fitting: list[Hypothesis] = field(default_factory=lambda: [])
    rivals: list[tuple[Judgement, Hypothesis]] = field(default_factory=lambda: [])
    """Other readings, under which it is as wrong and may be the easier to mend."""
    faults: Any = None
    """What was found wrong with it and how it is mended, once that has been asked for."""
    provisional: bool = False
    """What is right has not been asked again on other draws (see `Program.first_look`)."""
    confirmed: bool = False
    """The repairs were judged with the whole unit traced anew."""
    sound: frozenset[str] = frozenset()
    """The functions that were known to be right by themselves when faults were looked for."""
    entries: Any = None
    """The audit's entries, once they have been asked for, and whether that was with proofs."""


def run_once(
    program: Program, unit: Unit, hypothesis: Hypothesis, draw: int, seconds: float
) -> tuple[Judgement, World]:
    """One run, judged.  Raises `Restart` or `TooMuch`."""
    world = World(hypothesis, draw, seconds)
    world.visited, world.read = program.visited, program.read
    it = None
    try:
        with np.errstate(all="ignore"):
            it = program.fresh(world, module=unit.module)
        with it.using(), np.errstate(all="ignore"):
            run = unit.run(it)
            world.graph.origin = None
            world.graph.tainting = False
            return judge(run), world
    except TooMuch:
        raise
    except (Restart, RaiseSignal) as stop:
        restart = stop if isinstance(stop, Restart) else Restart(f"raises {stop.kind}")
        restart.choices, restart.asked = world.choices, world.asked
        restart.at = it.step.node if it is not None and it.step is not None else None
        if restart is stop:
            raise
        raise restart from stop
    except MemoryError as error:
        raise TooMuch("an array of very many entries") from error
    except (Misfit, OverflowError, RecursionError, Signal) as error:
        raise TooMuch(str(error) or type(error).__name__) from error
    except Exception as error:
        if STRICT:
            raise
        raise TooMuch(f"an error of the tool: {type(error).__name__}: {error}") from error
