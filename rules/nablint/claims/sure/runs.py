"""Sure runs: a unit traced without guesses, for the shapes of its expressions."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, TypeGuard

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims import program as programs
from nablint.claims.naming import Naming
from nablint.claims.program import Program
from nablint.claims.sure.units import SureUnit, speaks_torch, unsure_names
from nablint.reading.nodes import Kinds, parts
from nablint.reading.source import Block
from nablint.shapes import Misfit
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step
from nablint.tracing.sure import depends
from nablint.tracing.values import Array, Pending, Restart, Signal, TooMuch, Unknown, as_they_stand
from nablint.tracing.world import Hypothesis, World

STEPS = 1_200
"""Statements of one run."""
SECONDS = 0.3
RESTARTS = 16
"""How often assertions, and names of one size, may make sizes equal."""


class Seen:
    """An expression as a statement evaluated it, with the nodes around it from the statement inwards.

    value: a term for an array, other values as they are.
    """

    __slots__ = ("around", "node", "step", "value")

    def __init__(self, step: Step, node: cst.CSTNode, around: tuple[cst.CSTNode, ...]) -> None:
        self.step, self.node, self.around = step, node, around
        self.value = self.of(node)

    def of(self, node: cst.CSTNode) -> Any:
        """The value of another expression of the same statement."""
        value = self.step.values.get(id(node))
        value = value.value if isinstance(value, Pending) else value
        return value.term if isinstance(value, Array) else value


@dataclass(slots=True)
class SureRun:
    """A finished run: `steps` are those of the file itself."""

    unit: SureUnit
    it: Interpreter
    draw: int
    naming: Naming
    blocks: list[Block]
    """The whole file."""
    steps: list[Step] = field(default_factory=lambda: [])
    _open: dict[int, bool] = field(default_factory=lambda: {})
    _seen: list[Seen] | None = None

    def known(self, value: Any) -> TypeGuard[Term]:
        """An array with axes, all of which are known; one without entries waits for what is not followed."""
        return isinstance(value, Term) and value.ndim > 0 and value.sample.size > 0 and not self.is_open(value)

    def holds_arrays(self) -> bool:
        """Is the shape of any array known?"""
        return any(t.ndim for t in self.it.world.leaves.values()) or any(
            isinstance(v, Term) and v.ndim for step in self.steps for v in step.values.values())

    def is_open(self, term: Term) -> bool:
        """Does the term depend on an input that may have more axes than it is read with, or other sizes?"""
        doubtful = self.it.open | self.it.assumed
        return bool(doubtful) and depends(term, doubtful, self._open)

    def expressions(self) -> list[Seen]:
        """Every operator, call, attribute, assigned value and returned value of every statement that ran."""
        if self._seen is None:
            self._seen = [Seen(step, node, around) for step in self.steps for node, around in _expressions(step.node)]
        return self._seen


TURNS = 3
"""How many executions of a statement are looked at."""


_LOOKED_AT = Kinds(cst.BinaryOperation, cst.AugAssign, cst.Call, cst.Attribute, cst.Assign, cst.AnnAssign, cst.Return)
Places = list[tuple[cst.CSTNode, tuple[cst.CSTNode, ...]]]


@lru_cache(maxsize=20_000)
def _expressions(statement: cst.CSTNode) -> Places:
    """The nodes of a statement's own expressions with those around them, from the statement inwards."""
    found: Places = []
    stack: Places = [(statement, ())]
    while stack:
        node, around = stack.pop()
        if _LOOKED_AT[type(node)]:
            found.append((node, around))
        inside = (*around, node)
        stack += [(child, inside) for child in reversed([*parts(node)]) if not _APART[type(child)]]
    return found


_APART = Kinds(cst.BaseSuite, cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.If, cst.Else, cst.Name, cst.BaseString)


def run_sure(program: Program, unit: SureUnit, draw: int, seconds: float = SECONDS) -> SureRun | None:
    """One run on one draw; None where nothing came of it."""
    hypothesis = Hypothesis()
    for _ in range(RESTARTS):
        world = World(hypothesis, draw, seconds, max_steps=STEPS, sure=True)
        world.visited, world.read = program.visited, program.read
        try:
            it = _prepared(program, unit, world)
        except (Signal, Restart, TooMuch, Misfit, OverflowError, RecursionError, MemoryError):
            return None
        try:
            with it.using(), np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # numpy warns of empty slices
                unit.run(it)
        except Restart as restart:
            if restart.alike:
                hypothesis = replace(hypothesis, alike=(*hypothesis.alike, *restart.alike))
                continue
            fresh = [e for e in restart.equations if e[0] not in {n for n, _ in hypothesis.equations}]
            if not restart.asserted or not fresh:
                break
            hypothesis = hypothesis.equate(fresh[:1])
            continue
        except (Signal, TooMuch, Misfit, OverflowError, RecursionError, MemoryError):
            pass
        except Exception:
            if programs.STRICT:
                raise
            return None
        world.graph.origin = None
        return SureRun(unit, it, draw, Naming(it), program.blocks, _looked_at(it))
    return None


def _prepared(program: Program, unit: SureUnit, world: World) -> Interpreter:
    it = program.bare(world) if unit.module else program.fresh(world, module=False)
    it.dialect = "torch" if speaks_torch(unit.text, program.names) else "numpy"
    if not unit.module:
        for name in unsure_names(program):
            if name in it.lazy or name in it.scope.names:
                it.lazy.pop(name, None)
                it.scope.names[name] = Unknown(f"{name} is assigned more than once")
        for name, value in as_they_stand(it.scope.names).items():
            if isinstance(value, Array):  # of an input that the module's loading guessed the shape of
                it.scope.names[name] = Unknown(f"nothing tells the shape of {name}")
    return it


def _looked_at(it: Interpreter) -> list[Step]:
    turns: dict[int, int] = {}
    found: list[Step] = []
    for step in it.steps:
        if step.block.outside:
            continue
        turns[id(step.node)] = turns.get(id(step.node), 0) + 1
        if turns[id(step.node)] <= TURNS:
            found.append(step)
    return found


