"""The interpreter: walks libcst trees with stand-ins.

The tree is the program; there is no second form of it.  Expressions, statements, calls and attributes are tables by
node type in their own files; this file holds the state of a run and what is common to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import libcst as cst

from nablint.calculus.effort import EFFORT, EXPRESSION
from nablint.calculus.terms import Graph, Term
from nablint.reading.evidence import is_loose
from nablint.reading.nodes import parts
from nablint.reading.source import Block
from nablint.shapes import Polynomial, Shape, Size
from nablint.tracing import assumed, dialects, hints
from nablint.tracing.dialects import context
from nablint.tracing.imports import canonical
from nablint.tracing.step import Event, Step
from nablint.tracing.sure import Clash, Undecided, terms_of
from nablint.tracing.values import (
    Array,
    Class,
    External,
    Function,
    Pending,
    RaiseSignal,
    Restart,
    Scope,
    TooMuch,
    Unknown,
)
from nablint.tracing.world import World

MAX_DEPTH = 40


class Interpreter:
    """One run of a source under one hypothesis on one draw.

    is_gradient_name: tells whether an assignment to this name claims to be a gradient.
    evidence:         shapes that annotations, docstrings and comments give, by path of the input.
    """

    def __init__(self, world: World, *, is_gradient_name: Callable[[str], bool],
                 evidence: Callable[[Function, str], Any] | None = None,
                 resolve: Callable[[str], Any] | None = None) -> None:
        self.world = world
        self.graph: Graph = world.graph
        self.is_gradient_name = is_gradient_name
        self.evidence = evidence
        self.resolve = resolve
        self.spellings = dialects.load()
        self.scope = Scope({}, function="")
        self.steps: list[Step] = []
        self.events: list[Event] = []
        self.step: Step | None = None
        self.block: Block | None = None
        self.depth = 0
        self.notes: list[tuple[Step, str]] = []
        self.misfits: list[tuple[Step, cst.CSTNode, str]] = []
        self.frames: dict[str, list[Scope]] = {}
        self.dialect = "numpy"
        self.names: dict[Term, str] = {}
        self.returned: list[tuple[Function, Scope, Step | None, Any]] = []
        self.blocks: dict[int, Block] = {}
        self.source: list[Block] = []
        """The blocks of the module that is judged."""
        self.sizes_named: dict[str, str] = {}
        self.sizes_measured: dict[str, Size] = {}
        """The dimensions that became numbers of the expression graph, by their symbols."""
        self.stars: list[str] = []
        self.free: dict[str, Pending] = {}
        self.attributes: dict[int, dict[str, Any]] = {}
        self.kept: list[Any] = []
        self.canonical = canonical
        self.history: dict[str, list[Term]] = {}
        self.claimed_shape: Callable[[Interpreter, str, str, Any], Shape | None] | None = None
        self.lists: dict[str, list[Any]] = {}
        self.counters: dict[str, tuple[Any, Size]] = {}
        """Loop variables: their present value, and the dimension that they count up to."""
        self.counts: dict[str, Size] = {}
        """Axes that a loop variable runs along, with the dimension that it counts up to."""
        self.marks: dict[int, int] = {}
        """By identity of a module-level statement, the number of its first step."""
        self.spans: dict[str, Size] = {}
        self.sealed: Any = None
        self.met: frozenset[Term] | None = None
        """An object whose forward method has run: what it does not hold by then is not known."""
        self.units: dict[str, Size] = {}
        self.lazy: dict[str, list[tuple[Block, cst.CSTNode]]] = {}
        self.defaults: dict[int, Any] = {}
        """Defaults that are containers: made once in a run, and shared by all calls."""
        self.clashes: list[Clash] = []
        """What did not fit in a sure run."""
        self.open: set[Term] = set()
        """Inputs of a sure run that may have more axes than they are read with."""
        self.shielded = 0
        """How many statements around the present one expect exceptions."""
        self.counted_on = False
        """An input was taken for a counter because it stands as an index."""
        self.entrywise = False
        """The code is for plain numbers, and is run on arrays of them: a condition chooses entry by entry."""
        self.handling: list[str] = []
        """The exceptions whose handlers are running."""

    # -- evaluation ------------------------------------------------------------------------------------------------

    def eval(self, node: cst.CSTNode, scope: Scope) -> Any:
        """The value of an expression; it is recorded in the present step."""
        from nablint.tracing.expressions import EXPRESSIONS

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
        from nablint.tracing.statements import execute

        for statement in statements:
            execute(self, statement, scope)

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
        step = Step(len(self.steps), node, self.block, scope, scope.function, caller=self.caller)
        step.names = dict(scope.names)
        self.steps.append(step)
        self.step = step
        self.graph.origin = step
        return step

    caller: Step | None = None

    def is_claim(self, name: str) -> bool:
        """Does the name claim to be a gradient: by its form, or because it is `d` and the name of a forward value?"""
        if self.world.sure:
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
        from nablint.tracing.values import is_tainted

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
        if isinstance(value, Term):
            return value
        if isinstance(value, Array):
            return self.operand(value)
        if isinstance(value, Size):
            return self.size_term(value)
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
        if array.blank and not self.graph.tainting and self.met is None:  # backward code makes buffers
            array.blank = False
            term = array.term
            label = f"blank{term.number}"
            array.current = self.world.leaf(label, term.shape)
            for known in self.history.values():
                if term in known:
                    known.append(array.current)
            if term in self.names:
                self.names[array.current] = self.names[term]
            return array.current
        return array.term

    def note(self, name: str, value: Any) -> None:
        """Remember which forward values went by a name, so that `dW` finds its `W` in every version."""
        if type(value) is Array:
            term = value.term
            if not term.tainted:
                known = self.history.setdefault(name, [])
                if term not in known:
                    known.append(term)
        elif isinstance(value, list | tuple) and value:
            self.lists.setdefault(name, []).append(value)

    # -- clashes ---------------------------------------------------------------------------------------------------

    def clash(self, node: cst.CSTNode | None, message: str, equations: Iterable[tuple[Size, Size]],
              operands: Iterable[Any], *, rank: tuple[int | None, int, bool] = (None, 0, False)) -> Unknown:
        """Shapes do not fit: in forward code the hypothesis is wrong, in backward code the code is.

        rank: the number of axes that an array would need, which of the operands' arrays it is, whether more would do.
        """
        from nablint.tracing.refine import rank_wanted
        from nablint.tracing.values import is_tainted

        operands = list(operands)
        if self.world.sure:
            if self.step is not None and node is not None:
                found = Clash(self.step, node, message, terms_of(self, operands), tuple(equations), self.shielded > 0)
                self.clashes.append(found)
            return Unknown(message)
        if self.graph.tainting or any(map(is_tainted, operands)):
            terms = [t for o in operands if (t := self.term(o)) is not None]
            equations = list(equations)
            for term in terms:  # what stands for a value that did not fit tells nothing new by not fitting either
                if term.card is None and term.label.startswith("misfit: "):
                    return Unknown(term.label.removeprefix("misfit: "), True, True)
            if (documented := self._sizes_of_targets(terms, equations)) is not None:
                raise Restart(message, (documented,), at=self.step)
            if self.met is not None and any(self.stranger(t, targets=False) for t in terms):
                return Unknown(message, True)  # an input that only backward code uses was guessed wrong
            if self.step is not None and node is not None:
                self.misfits.append((self.step, node, message))
            return Unknown(message, True, True)
        if rank[0] is not None:
            rank_wanted(self, operands, rank[0], rank[1], least=rank[2])
        pairs = list(equations)
        solved = [e for pair in pairs if (e := solve(self.world, *pair))]
        if self.spans and any(size == 0 or self.spans.keys() & size.expr.names() for pair in pairs for size in pair):
            solved = [(name, end.expr) for name, end in self.spans.items() if name not in end.expr.names()] + solved
        raise Restart(message, tuple(solved), at=self.step)

    def _sizes_of_targets(self, terms: list[Term], pairs: list[tuple[Size, Size]]) -> tuple[str, Polynomial] | None:
        """The equation for a size that only a target's documentation names, where forward code has not met the target.

        It says nothing of forward code: predictions and targets have one shape.  Two documented sizes are one only if
        they go by one name, so that a target that is transposed by mistake stays a clash.
        """
        if self.met is None or not any(hints.is_target(hints.base(t.label)) and t not in self.met for t in terms
                                       if t.card is None and t.label):
            return None
        known = {n for t in self.met for size in t.shape for n in size.expr.names()}
        for pair in pairs:
            for own, other in (pair, pair[::-1]):
                name, beside = self.world.resolve(own.expr).name, self.world.resolve(other.expr)
                if name is None or "@" not in name or name in known or not beside.names() <= known:
                    continue
                said = {n.partition("@")[0] for n in beside.names() if "@" in n}
                if not said or said == {name.partition("@")[0]}:
                    return name, beside
        return None

    def seal(self, instance: Any) -> None:
        """Backward code begins: what it reads of an object was set, inputs that it meets first are strangers."""
        self.sealed, self.met = instance, frozenset(self.world.leaves.values())

    def stranger(self, term: Term, *, targets: bool = True) -> Term | None:
        """An input that the term depends on and that forward code has not met: nobody can tell what it is.

        Without `targets` what predictions are compared with does not count: it has their shape.
        """
        if self.met is None:
            return None
        stack, seen = [term], {term}
        while stack:
            node = stack.pop()
            if node.card is None and node.label and not node.tainted and node not in self.met:
                known = self.world.leaves.get(node.label) is node and not node.label.startswith("blank")
                if known and (targets or not hints.is_target(hints.base(node.label))):
                    return node
            for arg in node.args:
                if arg not in seen:
                    seen.add(arg)
                    stack.append(arg)
        return None

    def too_deep(self) -> None:
        """Raise `TooMuch` past the bound of recursion."""
        if self.depth > MAX_DEPTH:
            raise TooMuch("recursion too deep")

    def clash_sizes(self, node: cst.CSTNode | None, message: str, pairs: Iterable[tuple[Size, Size]]) -> None:
        """Sizes that forward code says are equal, and are not; where it says 1, they are 1."""
        solved = [e for pair in pairs if (e := solve(self.world, *pair, one=True))]
        raise Restart(message, tuple(solved), at=self.step, asserted=True)

    # -- names of the outside ----------------------------------------------------------------------------------------

    def module(self, name: str) -> Any:
        """A module by its dotted name: a file of the project where it is one, else something outside."""
        found = self.resolve(name) if self.resolve is not None else None
        if found is None:
            return External(name)
        for key, block in found.blocks.items():
            self.blocks.setdefault(key, block)
        return found

    def free_name(self, name: str) -> Any:
        """A name that the file does not define: from a star import, or unknown."""
        for module in self.stars:
            if module.startswith(("numpy", "torch", "math", "scipy")) and f"{module}.{name}" in self.spellings:
                return External(f"{module}.{name}")
        for module in self.stars:
            if assumed.is_assumed(f"{module}.{name}"):
                return External(f"{module}.{name}")
        if name not in self.free:
            self.free[name] = Pending(name, name)
        return self.free[name]

    def input(self, name: str, function: Function, path: str = "") -> Pending:
        """An input named after a parameter, with what its docstring and annotation say of it."""
        given = self.evidence(function, name) if self.evidence is not None else None
        pending = Pending(path or f"{function.name}.{name}", name, evidence=given, space=function.name)
        if given is not None and given.kind == "int":
            from nablint.tracing.refine import as_integer

            as_integer(self, pending)
        return pending

    def evidence_rank(self, p: Pending) -> int | None:
        """The rank that evidence gives an input."""
        dims = self._dims(p)
        return None if dims is None else len(dims)

    def evidence_shape(self, p: Pending, rank: int) -> Shape | None:
        """The shape that evidence gives an input, where the rank is as asked."""
        dims = self._dims(p)
        return tuple(dims) if dims is not None and len(dims) == rank else None

    def _dims(self, p: Pending) -> list[Size] | None:
        given = p.evidence
        if given is None or given.dims is None or (self.world.sure and is_loose(given)):
            return None
        sizes: list[Size] = []
        if len(given.dims) > 3:
            self.world.few |= {f"{s.text}@{p.space}": None for s in given.dims[:-2]
                               if s.kind == "name" and not hints.is_length(s.text)}
        for axis, spec in enumerate(given.dims):
            # as many axes wherever the same function has it; as long only where it has a name
            if spec.kind == "ellipsis":
                if self.world.sure:
                    return None
                count = self.world.choose(f"...{spec.text}@{p.space}:ellipsis", (2, 0, 1))
                named = f"{p.path}.{axis}" if spec.text == "..." else f"{spec.text}@{p.space}"
                sizes += [self.world.dimension(f"{named}.{k}") for k in range(count)]
                continue
            expr = spec.polynomial()
            if expr is None:
                sizes.append(self.world.dimension(f"{p.path}.{axis}"))
            else:
                sizes.append(self.world.dimension_of(self.spaced(expr, p.space)))
        return sizes

    @staticmethod
    def spaced(expr: Polynomial, space: str) -> Polynomial:
        """A documented dimension belongs to its function: `N` of one docstring need not be `N` of another."""
        if expr.number is not None:
            return expr
        return Polynomial.collect((tuple((f"{n}@{space}", p) for n, p in m), c) for m, c in expr.terms)

    def guess_branch(self, node: cst.CSTNode) -> bool:
        """The branch of a condition that nothing tells of: not the one that only complains."""
        if self.world.sure:
            raise Undecided
        if isinstance(node, cst.If):
            body = node.body.body
            if len(body) <= 2 and all(_complains(s) for s in body):
                return False
        tree = self.block.tree() if self.block is not None else None
        span = tree.spans.get(id(node)) if tree is not None else None
        place = f"{self.block.row}+{span[0]}" if span and self.block is not None else self.world.steps
        return bool(self.world.choose(f"branch@{place}", (True, False), 0.4))  # cheap: every way through is tried

    @property
    def classes(self) -> list[Class]:
        """All classes defined at module level."""
        return [v for v in self.scope.names.values() if isinstance(v, Class)]

    def using(self) -> Any:
        """The context in which dialect functions find the graph."""
        return context.using(self.graph, self.world.random)

    # -- modules -----------------------------------------------------------------------------------------------------

    def load(self, source: Iterable[Block], *, everything: bool) -> list[tuple[Block, cst.CSTNode]]:
        """Run a module: its definitions and imports, and with `everything` all the rest as well.

        Returns the assignments at module level that call something; `globals` runs them when functions need them.
        """
        from nablint.tracing.statements import execute

        later: list[tuple[Block, cst.CSTNode]] = []
        for block in source:
            tree = block.tree()
            if tree is None:
                continue
            self.block = block
            for statement in tree.module.body:
                if everything or _defines(statement):
                    self.marks[id(statement)] = len(self.steps)
                    execute(self, statement, self.scope)
                elif _assigns(statement):
                    later.append((block, statement))
        return later

    def globals(self, statements: Iterable[tuple[Block, cst.CSTNode]]) -> None:
        """Module-level assignments that call something: they are run when a function asks for what they assign."""
        from nablint.tracing.statements import target_names

        self.lazy = {}
        for block, statement in statements:
            body = statement.body if isinstance(statement, cst.SimpleStatementLine) else ()
            assignments = [s for s in body if isinstance(s, cst.Assign)]
            for name in {n for s in assignments for t in s.targets for n in target_names(t.target)}:
                self.lazy.setdefault(name, []).append((block, statement))

    def global_name(self, name: str) -> Any:
        """A name that module-level assignments give, None where there are none; what is not known becomes an input."""
        from nablint.tracing.statements import execute

        statements = self.lazy.pop(name, None)
        if statements is None:
            return None
        saved = self.step, self.block, self.graph.tainting, self.graph.origin, self.caller
        count = len(self.events)
        self.graph.tainting = False
        try:
            for block, statement in statements:
                self.block = block
                try:
                    execute(self, statement, self.scope)
                except (RaiseSignal, TooMuch, Restart):
                    pass
        finally:
            self.step, self.block, self.graph.tainting, self.graph.origin, self.caller = saved
            del self.events[count:]
        if isinstance(self.scope.names.get(name), Unknown | None):
            self.scope.names[name] = Pending(name, name)
        return self.scope.names[name]


def _defines(statement: cst.CSTNode) -> bool:
    """Definitions, imports, assignments of constants; loops and calls at module level are for the script's own run."""
    if isinstance(statement, cst.FunctionDef | cst.ClassDef):
        return True
    if isinstance(statement, cst.Try):
        return all(map(_defines, statement.body.body))
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    for small in statement.body:
        if isinstance(small, cst.Import | cst.ImportFrom):
            continue
        if isinstance(small, cst.Assign | cst.AnnAssign) and not _calls(small):
            continue
        return False
    return True


def _assigns(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(isinstance(s, cst.Assign) for s in statement.body)


def _calls(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) or any(map(_calls, parts(node)))


def _complains(statement: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    last = statement.body[-1]
    return isinstance(last, cst.Raise | cst.Return | cst.Pass | cst.Continue | cst.Break) or (
        isinstance(last, cst.Expr) and isinstance(last.value, cst.Call)
    )


def solve(world: World, a: Size, b: Size, *, one: bool = False) -> tuple[str, Polynomial] | None:
    """The equation `name = expression` that makes two sizes equal; None where there is none, or only size 1 would do
    and `one` does not allow it.
    """
    left, right = world.resolve(a.expr), world.resolve(b.expr)
    if left == right:
        return None
    for x, y in ((left, right), (right, left)):
        if x.name is not None and x.name not in y.names() and y.number not in ((0,) if one else (0, 1)):
            return (x.name, y)
    difference = (left + -right).primitive()
    for monomial, coefficient in difference.terms:
        if len(monomial) == 1 and monomial[0][1] == 1:
            name = monomial[0][0]
            rest = Polynomial(tuple(t for t in difference.terms if t[0] != monomial))
            if name in rest.names():
                continue
            quotient = (-rest).divided(Polynomial.constant(coefficient))
            if quotient is not None and (quotient.number is None or quotient.number > 1):
                return (name, quotient)
    return _factor(left, right)


def _factor(left: Polynomial, right: Polynomial) -> tuple[str, Polynomial] | None:
    """`a*b` against `c*d`: arrays with as many axes that were laid flat are likely to have had the same ones."""
    if len(left.terms) != 1 or len(right.terms) != 1 or left.terms[0][1] != right.terms[0][1]:
        return None
    ours = [f for f in left.terms[0][0] if f not in right.terms[0][0]]
    theirs = [f for f in right.terms[0][0] if f not in left.terms[0][0]]
    if not ours or len(ours) != len(theirs) or any(power != 1 for _, power in ours + theirs):
        return None
    return (ours[0][0], Polynomial.symbol(theirs[0][0]))
