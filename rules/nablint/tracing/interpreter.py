"""The interpreter: walks libcst trees with stand-ins.

The tree is the program; there is no second form of it.  Expressions, statements, calls and attributes are tables by
node type in their own files; this file holds the state of a run and what is common to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import libcst as cst

from nablint.calculus.effort import EFFORT, EXPRESSION
from nablint.calculus.terms import Graph, Term
from nablint.reading.dimension_keys import suffix_evidence
from nablint.reading.source import Block
from nablint.shapes import Shape, Size
from nablint.tracing import assumed, dialects, hints, misfits
from nablint.tracing.assumed_windows import is_window
from nablint.tracing.blanks import begin
from nablint.tracing.clashes import sure_clash
from nablint.tracing.dialects import context
from nablint.tracing.expressions import EXPRESSIONS
from nablint.tracing.functions import call_function
from nablint.tracing.imports import canonical
from nablint.tracing.paths import backward_begins
from nablint.tracing.refine import as_integer
from nablint.tracing.statements import execute
from nablint.tracing.step import Event, Step
from nablint.tracing.sure import Clash, Passed, depends, terms_of
from nablint.tracing.values import (
    Array,
    Class,
    External,
    Function,
    Instance,
    Names,
    Pending,
    Scope,
    TooMuch,
    Unknown,
    external,
    is_tainted,
)
from nablint.tracing.world import World

MAX_DEPTH = 40


class Interpreter:
    """One run of a source under one hypothesis on one draw.

    is_gradient_name: tells whether an assignment to this name claims to be a gradient.
    evidence:         shapes that annotations, docstrings and comments give, by path of the input.
    """

    def __init__(self, world: World, *, is_gradient_name: Callable[[str], bool],
                 evidence: Callable[[Function | Class, str], Any] | None = None,
                 resolve: Callable[[str], Any] | None = None) -> None:
        self.world = world
        self.graph: Graph = world.graph
        self.is_gradient_name = is_gradient_name
        self.evidence = evidence
        self.resolve = resolve
        self.spellings = dialects.load()
        self.canonical = canonical
        self.dialect = "numpy"
        self.scope = Scope(Names(), function="")
        """The module's names."""
        self.entrywise = False
        """The code is for plain numbers, and is run on arrays of them: a condition chooses entry by entry."""
        self.literal = False
        """Functions only compute: what they fill with zeros or ones is just that, and no parameter that begins so."""
        self.claimed_shape: Callable[[Interpreter, str, str, Any], Shape | None] | None = None

        # where the run stands
        self.step: Step | None = None
        self.block: Block | None = None
        self.depth = 0
        self.undecided = 0
        """How many conditions around the present statement of a sure run nobody knows."""
        self.shielded = 0
        """How many statements around the present one expect exceptions."""
        self.applied: list[tuple[Instance, list[Any], dict[str, Any]]] = []
        """Functions of a library's protocol that were applied, with their inputs and what they held before."""
        self.replaced: list[Function | Class] = []
        """Definitions at module level that later ones replaced."""
        self.books = False
        """Who made what is wanted: calls of an engine's functions are followed as they stand."""
        self.handling: list[str] = []
        """The exceptions whose handlers are running."""
        self.calling: cst.Call | None = None
        """The call of the judged file that is being followed, through functions of other files."""
        self.layer: Any = None
        """The layer of a library that is being called."""
        self.sealed: Any = None
        """An object whose forward method has run: what it does not hold by then is not known."""
        self.presumed = ""
        """What was taken for granted, such that nothing may be called wrong that depends on it; "" for nothing."""
        self.alone = False
        """Backward code is run without forward code, of which the file has none."""
        self.standing: dict[Term, str] = {}
        """What functions that are not in sight were taken to give, with the reason: nothing may be called wrong that
        is made of it.
        """
        self.stand_ins: dict[str, dict[Term, Term]] = {}
        """The outputs of functions that are not in sight, with their inputs, by the functions' paths."""
        self.taken = ""
        """Which function of a file that is not there was taken for what its name says; "" for none."""
        self.ahead = False
        """A forward function runs that has a backward one: its `c_bar` is another state, and no adjoint."""
        self.switches: dict[str, None] = {}
        """The flags that forward code has tested, and the truth values that it read of objects, by their paths."""
        self.named: dict[tuple[str, str], set[str]] = {}
        """The texts that backward code compared a mode with, by the mode's path and its value."""
        self.met: frozenset[Term] | None = None
        """The inputs that forward code has met; None before backward begins."""

        # what is recorded
        self.steps: list[Step] = []
        self.events: list[Event] = []
        self.misfits: list[tuple[Step, cst.CSTNode, str]] = []
        """What did not fit in backward code."""
        self.clashes: list[Clash] = []
        """What did not fit in a sure run."""
        self.frames: dict[str, list[Scope]] = {}
        """The scopes of a function's calls, by its name."""
        self.passed: list[Passed] = []
        """The calls of functions of the source in a sure run."""
        self.unpacked: list[tuple[Step, Term, int]] = []
        """Inputs of a sure run that were unpacked into another number of sizes than they are said to have."""
        self.returned: list[tuple[Function, Scope, Step | None, Any]] = []
        self.names: dict[Term, str] = {}
        """What messages call a term."""
        self.history: dict[str, list[Term]] = {}
        """The forward values that went by a name, oldest first."""
        self.lists: dict[str, list[Any]] = {}
        """The lists and tuples that went by a name."""

        # the source
        self.source: list[Block] = []
        """The blocks of the module that is judged."""
        self.marks: dict[int, int] = {}
        """By identity of a module-level statement, the number of its first step."""
        self.stars: list[str] = []
        """The modules whose names were all imported."""
        self.key: Mapping[str, str] = {}
        """The letters that suffixes of names spell shapes with (`x_BLD`), where the file has such a key."""
        self.lazy: dict[str, list[tuple[Block, cst.CSTNode]]] = {}
        """Statements at module level that run when what they assign is asked for."""
        self.defaults: dict[int, Any] = {}
        """Defaults that are containers: made once in a run, and shared by all calls."""
        self.numbers: set[str] = set()
        """The module's whole numbers that forward code has read."""
        self.free: dict[str, Pending] = {}
        """Inputs for names that nothing defines."""
        self.attributes: dict[int, dict[str, Any]] = {}
        """Attributes that code gave to arrays and functions, by the owner's identity."""
        self.kept: list[Any] = []
        """Their owners, kept so that no other object gets the identity of one."""

        # sizes
        self.sizes_named: dict[str, str] = {}
        """The user's names for dimensions, by their symbols."""
        self.sizes_measured: dict[str, Size] = {}
        """The dimensions that became numbers of the expression graph, by their symbols."""
        self.counters: dict[str, tuple[Any, Size]] = {}
        """Loop variables: their present value, and the dimension that they count up to."""
        self.counts: dict[str, Size] = {}
        """Axes that a loop variable runs along, with the dimension that it counts up to."""
        self.spans: dict[str, Size] = {}
        """Axes that slices cut into parts, with the end of the last part so far."""
        self.units: dict[str, Size] = {}
        """The end of the first part of each of those axes."""
        self.open: set[Term] = set()
        """Inputs of a sure run that may have more axes than they are read with."""
        self.worded: set[Term] = set()
        """Inputs whose shape only words tell: docstrings and comments."""
        self._open: dict[int, bool] = {}
        self.assumed: set[Term] = set()
        """Inputs of layers of a sure run that were taken to be as long as the layer has it."""
        self.counted_on = False
        """An input was taken for a counter because it stands as an index."""

    # -- evaluation ------------------------------------------------------------------------------------------------

    def eval(self, node: cst.CSTNode, scope: Scope) -> Any:
        """The value of an expression; it is recorded in the present step."""
        EFFORT.seconds += EXPRESSION
        rule = EXPRESSIONS.get(type(node))
        if rule is None:
            return self.unknown(f"{type(node).__name__} is not followed")
        value = rule(self, node, scope)
        if type(value) is Pending and value.value is not None:
            value = value.value
        step = self.step
        if step is not None:
            key = id(node)
            step.values[key] = None if key in step.values else (value.term if type(value) is Array else value)
        return value

    def run(self, statements: Iterable[cst.CSTNode], scope: Scope) -> None:
        """Execute statements one after another."""
        for statement in statements:
            execute(self, statement, scope)

    def follow(self, function: Function, args: list[Any], keywords: dict[str, Any], node: cst.CSTNode | None) -> Any:
        """A call of a function of the source."""
        return call_function(self, function, args, keywords, node)

    def begin(self, node: cst.CSTNode, scope: Scope) -> Step:
        """Start the record of a statement."""
        self.world.tick()
        assert self.block is not None
        self.world.visited[id(self.block)] = self.block
        if self.block.outside:  # what another file does is done by the statement that calls it
            if self.caller is not None:
                return self.caller
            self.step, self.graph.origin = None, None
            return Step(-1, node, self.block, scope, scope.function)
        step = Step(len(self.steps), node, self.block, scope, scope.function, {}, dict(scope.names), caller=self.caller)
        self.steps.append(step)
        self.step = step
        self.graph.origin = step
        return step

    caller: Step | None = None

    def is_claim(self, name: str) -> bool:
        """Does the name claim to be a gradient: by its form, or because it is `d` and the name of a forward value?"""
        if self.world.sure or (self.ahead and name.lower().endswith("bar")):
            return False
        if self.is_gradient_name(name):
            return True
        if self.sealed is not None and name[:1] == "g" and len(name) > 1 and name[1:] in self.history:
            return True  # `gx` beside an `x`, in the backward method of a class
        if name[:1] != "d" or len(name) < 3:
            return False
        rest = name[1:].lstrip("_")
        return rest in self.history or rest.rstrip("0123456789") in self.history

    # -- values ----------------------------------------------------------------------------------------------------

    def unknown(self, reason: str, *parts: Any) -> Unknown:
        """An unknown value; the first unknown among `parts` passes its reason on."""
        for part in parts:
            if isinstance(part, Unknown):
                return part
        return Unknown(reason, any(map(is_tainted, parts)) or self.graph.tainting)

    def wrap(self, value: Any) -> Any:
        """Terms of a result become arrays."""
        if isinstance(value, Term):
            return Array(value, self.dialect)
        if isinstance(value, tuple):
            return tuple(map(self.wrap, value))
        if isinstance(value, list):
            return list(map(self.wrap, value))
        return value

    def term(self, value: Any) -> Term | None:
        """The term of an array or number; None for anything else."""
        if type(value) is Array:
            return self.operand(value)
        if isinstance(value, Term):
            return value
        if isinstance(value, Size):
            return self.size_term(value)
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            return None  # no machine holds it
        if isinstance(value, bool | int | float | complex):
            return self.graph.constant(value)
        if isinstance(value, Pending) and value.value is not None:
            return self.term(value.value)
        return None

    def size_term(self, size: Size) -> Term:
        """A dimension as a number of the expression graph, named by its symbol."""
        if size.expr.number is not None:
            return self.graph.constant(int(size))
        label = str(size.expr)
        found = self.world.leaves.get("size:" + label)
        if found is None:
            import numpy as np

            found = self.graph.leaf(label, np.asarray(float(size)), ())
            found.tainted = False
            self.world.leaves["size:" + label] = found
            self.sizes_measured[label] = size
        return found

    def operand(self, array: Array) -> Term:
        """The term of an array that is read as an operand of arithmetic: a blank parameter gets generic values."""
        if (array.blank or array.begun is not None) and not self.graph.tainting and self.met is None:
            return begin(self, array)  # backward code makes buffers
        return array.term

    def note(self, name: str, value: Any) -> None:
        """Remember which forward values went by a name, so that `dW` finds its `W` in every version."""
        if type(value) is Array:
            term = value.term
            if not term.tainted:
                known = self.history.setdefault(name, [])
                if term not in known:
                    known.append(term)
        elif isinstance(value, list) or (isinstance(value, tuple) and value):  # an empty list may be filled yet
            self.lists.setdefault(name, []).append(value)

    # -- clashes ---------------------------------------------------------------------------------------------------

    def clash(self, node: cst.CSTNode | None, message: str, equations: Iterable[tuple[Size, Size]],
              operands: Iterable[Any], *, rank: tuple[int | None, int, bool] = (None, 0, False)) -> Unknown:
        """Shapes do not fit: in forward code the hypothesis is wrong, in backward code the code is.

        rank: the number of axes that an array would need, which of the operands' arrays it is, whether more would do.
        """
        operands = list(operands)
        if self.world.sure:
            return sure_clash(self, node, message, tuple(equations), terms_of(self, operands))
        if self.graph.tainting or any(map(is_tainted, operands)):
            return misfits.in_backward_code(self, node, message, equations, operands)
        return misfits.in_forward_code(self, message, equations, operands, rank)

    def seal(self, instance: Any) -> None:
        """Backward code begins: what it reads of an object was set, inputs that it meets first are strangers."""
        self.sealed, self.met, self.ahead = instance, frozenset(self.world.leaves.values()), False
        backward_begins(self)

    def is_open(self, term: Term) -> bool:
        """Does a value of a sure run depend on an input that may have more axes than it is read with?"""
        return bool(self.open) and depends(term, self.open, self._open)

    def too_deep(self) -> None:
        """Raise `TooMuch` past the bound of recursion."""
        if self.depth > MAX_DEPTH:
            raise TooMuch("recursion too deep")

    # -- names of the outside ----------------------------------------------------------------------------------------

    def module(self, name: str) -> Any:
        """A module by its dotted name: a file of the project where it is one, else something outside."""
        found = self.resolve(name) if self.resolve is not None else None
        return external(name) if found is None else found

    def free_name(self, name: str) -> Any:
        """A name that the file does not define: from a star import, or unknown."""
        for module in self.stars:
            if module.startswith(("numpy", "torch", "math", "scipy")) and f"{module}.{name}" in self.spellings:
                return External(f"{module}.{name}")
        for module in self.stars:
            if assumed.is_assumed(f"{module}.{name}"):
                return External(f"{module}.{name}")
        if is_window(name):
            return External(f"?.{name}")
        if name not in self.free:
            self.free[name] = Pending(name, name)
        return self.free[name]

    def input(self, name: str, function: Function, path: str = "") -> Pending:
        """An input named after a parameter, with what its docstring and annotation say of it."""
        given = self.evidence(function, name) if self.evidence is not None else None
        if self.key and (given is None or (given.dims is None and given.kind in ("array", "unknown"))):
            given = suffix_evidence(name, self.key) or given
        pending = Pending(path or f"{function.name}.{name}", name, evidence=given, space=function.name)
        if given is not None and given.kind == "int" and not hints.is_place(name):
            as_integer(self, pending)
        return pending

    @property
    def classes(self) -> list[Class]:
        """All classes defined at module level."""
        return [v for v in self.scope.names.values() if isinstance(v, Class)]

    def using(self) -> Any:
        """The context in which dialect functions find the graph."""
        return context.using(self.graph, self.world.random)
