"""Surroundings: what the runs of a unit depend on of its module, beside the blocks that they execute.

Most of what stands at module level concerns a unit only if it reads the name that is assigned there; the main block
and what a script does concern no function at all.  What is looked up without a name (makers of parameters,
costs, the libraries that are imported, classes that have penalties or descend from a library's) concerns all of them,
and is their module's frame.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import libcst as cst

from nablint.claims.inputs import kindred
from nablint.claims.judging.penalties import is_penalty
from nablint.claims.partners import offered
from nablint.claims.program import Program
from nablint.claims.sure.units import unsure_names
from nablint.reading.nodes import below
from nablint.tracing.imports import dotted
from nablint.tracing.loading import runs_at_load
from nablint.tracing.statements import target_names

BY_NAME = frozenset({"class", "driven", "method", "pair", "function", "autograd", "shapes"})
"""Kinds of units that name the functions which they run; others are found by what stands anywhere in the module."""

_PLAIN = (cst.Integer, cst.Float, cst.Imaginary, cst.SimpleString, cst.ConcatenatedString, cst.FormattedString,
          cst.UnaryOperation, cst.BinaryOperation, cst.Comparison, cst.List, cst.Tuple, cst.Dict, cst.Set, cst.Call,
          cst.ListComp, cst.DictComp, cst.SetComp)
"""Expressions whose values are found by the name that they are assigned to, and by nothing else."""

Said = tuple[str, ...]


@dataclass(slots=True)
class Surroundings:
    """A module as its units see it.

    whole: a hash of the names that it defines and of what stands between its definitions.
    frame: of that, what concerns every unit that names its functions.
    given: what is said of a name by the statements that assign it, with the names that these mention.
    """

    whole: int = 0
    frame: int = 0
    given: dict[str, tuple[Said, frozenset[str]]] = field(default_factory=lambda: {})

    def of(self, names: set[str]) -> dict[str, Said]:
        """What is said of names, and of all that they are made from; nothing of those that the module does not give."""
        found: dict[str, Said] = {}
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name], mentioned = self.given.get(name, ((), frozenset()))
                waiting.extend(mentioned)
        return found


def surroundings(program: Program) -> Surroundings:
    """The surroundings of a program's units; worked out once."""
    if program.surroundings is None:
        whole: list[object] = []
        frame: list[object] = []
        out = Surroundings()
        classes: list[cst.ClassDef] = []
        for block in program.blocks:
            tree = block.tree()
            body = tree.module.body if tree is not None else ()
            names = [s.name.value for s in body if isinstance(s, cst.FunctionDef | cst.ClassDef)]
            whole.append(tuple(names) if names and len(names) == len(body) else _said(block.text))
            frame += [_said(block.text)] if tree is None else ()
            for statement in body:
                for name, said, mentioned in _given(statement):
                    known, others = out.given.get(name, ((), frozenset()))
                    out.given[name] = (*known, said), others | mentioned
                frame += _framing(statement)
                classes += [statement] if isinstance(statement, cst.ClassDef) else ()
        for name in unsure_names(program):
            known, others = out.given.get(name, ((), frozenset()))
            out.given[name] = (*known, "assigned more than once"), others
        frame += _sought(classes)
        for cls in classes:
            alike = (c.name.value for c in classes if _plain_methods(cls) <= _plain_methods(c))
            out.given[kindred(cls.name.value)] = tuple(alike), frozenset()
        out.whole, out.frame = hash(tuple(whole)), hash(tuple(frame))
        program.surroundings = out
    return program.surroundings


@lru_cache(maxsize=512)
def _said(text: str) -> str:
    """What statements say, without comments and blank lines: these concern only the statements themselves."""
    try:
        return ast.dump(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError):
        return text.strip()


@lru_cache(maxsize=4096)
def _given(statement: cst.CSTNode) -> tuple[tuple[str, str, frozenset[str]], ...]:
    """The names that a statement gives a value to, with what it says and the names that it mentions."""
    return tuple(_names_given(statement))


def _names_given(statement: cst.CSTNode) -> Iterator[tuple[str, str, frozenset[str]]]:
    if isinstance(statement, cst.FunctionDef | cst.ClassDef):
        yield statement.name.value, "def", _mentioned(*(d.decorator for d in statement.decorators))
    elif isinstance(statement, cst.SimpleStatementLine) and _found_by_name(statement):
        said = _said(cst.Module([]).code_for_node(statement))
        mentioned = _mentioned(statement)
        for small in statement.body:
            if isinstance(small, cst.Assign):
                yield from ((n, said, mentioned) for t in small.targets for n in target_names(t.target))
            elif isinstance(small, cst.Import | cst.ImportFrom) and not isinstance(small.names, cst.ImportStar):
                for alias in small.names:
                    bound = alias.asname.name if alias.asname is not None else alias.name
                    yield dotted(bound).partition(".")[0], said, frozenset()


def _mentioned(*nodes: cst.CSTNode) -> frozenset[str]:
    return frozenset(n.value for node in nodes for n in below(node) if isinstance(n, cst.Name))


@lru_cache(maxsize=4096)
def _framing(statement: cst.CSTNode) -> tuple[str, ...]:
    """What a statement that is no class contributes to the frame."""
    if isinstance(statement, cst.ClassDef):
        return ()
    if isinstance(statement, cst.FunctionDef):
        return (f"def {statement.name.value}",) if offered(statement.name.value) else ()
    if not runs_at_load(statement):
        return ()
    if isinstance(statement, cst.SimpleStatementLine) and _found_by_name(statement):
        return ()
    return (_said(cst.Module([]).code_for_node(statement)),)


def _sought(classes: list[cst.ClassDef]) -> list[str]:
    """The classes that units look for without naming them."""
    own = {c.name.value for c in classes}
    outside: set[str] = set()
    for cls in classes:  # in the order of the source: a base stands before what descends from it
        bases = {dotted(base.value) for base in cls.bases} - {"object"}
        if not bases <= own or bases & outside:
            outside.add(cls.name.value)
    return [f"class {c.name.value}" for c in classes
            if c.name.value in outside or any(map(is_penalty, _plain_methods(c)))]


@lru_cache(maxsize=4096)
def _plain_methods(cls: cst.ClassDef) -> frozenset[str]:
    found = (s.name.value for s in cls.body.body if isinstance(s, cst.FunctionDef))
    return frozenset(name for name in found if not name.startswith("__"))


def _found_by_name(statement: cst.SimpleStatementLine) -> bool:
    """Does a statement only assign plain values to names, or import what is no library of arrays?"""
    return all(
        (isinstance(small, cst.Assign) and isinstance(small.value, _PLAIN)
         and all(isinstance(t.target, cst.Name) for t in small.targets))
        or (isinstance(small, cst.Import) and all(_standard(a.name) for a in small.names))
        or (isinstance(small, cst.ImportFrom) and not small.relative and _standard(small.module)
            and not isinstance(small.names, cst.ImportStar))
        for small in statement.body)


def _standard(module: cst.CSTNode | None) -> bool:
    return dotted(module).partition(".")[0] in sys.stdlib_module_names
