"""Loading: a module's definitions are run first, what it assigns by calls when a function asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.reading.legacy import bound_names
from nablint.reading.nodes import parts
from nablint.reading.source import Block
from nablint.tracing.values import Pending, RaiseSignal, Restart, Signal, TooMuch, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def load(it: Interpreter, source: Iterable[Block], *, everything: bool) -> list[tuple[Block, cst.CSTNode]]:
    """Run a module: its definitions and imports, and with `everything` all the rest as well.

    Returns the assignments at module level that call something; `globals` runs them when functions need them.
    """
    from nablint.tracing.statements import execute

    later: list[tuple[Block, cst.CSTNode]] = []
    for block in source:
        tree = block.tree()
        if tree is None:
            for name in (n for line in block.text.splitlines() for n in bound_names(line)):
                it.scope.names[name] = Unknown("the statement that gives it cannot be parsed")
            continue
        it.block = block
        for statement in tree.module.body:
            if everything or _defines(statement):
                it.marks[id(statement)] = len(it.steps)
                try:
                    execute(it, statement, it.scope)
                except (Signal, Restart):
                    if everything:
                        raise  # a script stops there; what defines something says nothing of the other definitions
            elif _assigns(statement):
                later.append((block, statement))
    return later


def keep_globals(it: Interpreter, statements: Iterable[tuple[Block, cst.CSTNode]]) -> None:
    """Module-level assignments that call something: they are run when a function asks for what they assign."""
    from nablint.tracing.statements import target_names

    it.lazy = {}
    for block, statement in statements:
        body = statement.body if isinstance(statement, cst.SimpleStatementLine) else ()
        assignments = [s for s in body if isinstance(s, cst.Assign)]
        for name in {n for s in assignments for t in s.targets for n in target_names(t.target)}:
            it.lazy.setdefault(name, []).append((block, statement))


def global_name(it: Interpreter, name: str) -> Any:
    """A name that module-level assignments give, None where there are none; what is not known becomes an input."""
    from nablint.tracing.statements import execute

    statements = it.lazy.pop(name, None)
    if statements is None:
        return None
    saved = it.step, it.block, it.graph.tainting, it.graph.origin, it.caller
    count = len(it.events)
    it.graph.tainting = False
    try:
        for block, statement in statements:
            it.block = block
            try:
                execute(it, statement, it.scope)
            except (RaiseSignal, TooMuch, Restart):
                pass
    finally:
        it.step, it.block, it.graph.tainting, it.graph.origin, it.caller = saved
        del it.events[count:]
    if isinstance(it.scope.names.get(name), Unknown | None):
        it.scope.names[name] = Pending(name, name)
    return it.scope.names[name]


def number_read(it: Interpreter, name: str, value: int) -> None:
    """A function reads a whole number of its module.

    Backward code that takes from there what forward code takes from its arrays goes with the arrays that the module
    makes: with others it is off by a number, and that is no mistake of its mathematics.
    """
    if it.met is None:
        it.numbers.add(name)
    elif value > 1 and name not in it.numbers:
        it.presumed = f"{name} is a number of the module, which forward code does not know"


def runs_at_load(statement: cst.CSTNode) -> bool:
    """Does a module-level statement run when functions do: at once, or when they ask for what it assigns?"""
    return _defines(statement) or _assigns(statement)


def _defines(statement: cst.CSTNode) -> bool:
    """Definitions, imports, assignments of constants; loops and calls at module level are for the script's own run.

    So is a condition, but for one that only asks where to take definitions from (`if GPU: import cupy as np`).
    """
    if isinstance(statement, cst.FunctionDef | cst.ClassDef):
        return True
    if isinstance(statement, cst.Try):
        return all(map(_defines, statement.body.body))
    if isinstance(statement, cst.If):
        return any(all(map(_defines, branch)) and any(map(_imports, branch)) for branch in _branches(statement))
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    for small in statement.body:
        if isinstance(small, cst.Import | cst.ImportFrom):
            continue
        if isinstance(small, cst.Assign | cst.AnnAssign) and not _calls(small):
            continue
        return False
    return True


def _imports(statement: cst.CSTNode) -> bool:
    """Is it an import or a definition, no plain assignment?"""
    if isinstance(statement, cst.SimpleStatementLine):
        return any(isinstance(small, cst.Import | cst.ImportFrom) for small in statement.body)
    return True


def _branches(statement: cst.If) -> Iterator[Sequence[cst.CSTNode]]:
    yield statement.body.body
    if isinstance(statement.orelse, cst.If):
        yield from _branches(statement.orelse)
    elif statement.orelse is not None:
        yield statement.orelse.body.body


def _assigns(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.SimpleStatementLine) and all(isinstance(s, cst.Assign) for s in statement.body)


def _calls(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) or any(map(_calls, parts(node)))
