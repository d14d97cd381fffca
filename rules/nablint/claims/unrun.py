"""Statements that compute gradients and that no result stands for: listed with what they flow into, or why unchecked.

An audit counts statements, so one that is passed over in silence would look like one that does not exist.  What is
listed here is read off the source alone: assignments to a gradient's name, and what backward functions return.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import libcst as cst

from nablint.calculus.terms import Term, ancestors
from nablint.claims import names
from nablint.claims.entries import NO_FLOW, RANK
from nablint.claims.model import Judged, Unit
from nablint.claims.program import Outcome, Program
from nablint.reading.lazily import regex
from nablint.reading.source import Block
from nablint.results import Claim, Place, Verdict
from nablint.tracing.statements import target_names
from nablint.tracing.step import Step
from nablint.tracing.values import Unknown

NO_PARTNER = "the forward function that it belongs to is not known"
NO_RUN = "it stands on a path that was not followed"
NO_TIME = "took too long"
Statement = cst.Assign | cst.AugAssign | cst.AnnAssign | cst.Return
MAKERS = frozenset({"zeros", "ones", "empty", "full", "zeros_like", "ones_like", "empty_like", "full_like", "new_zeros",
                    "new_empty", "new_ones", "new_full", "list", "dict", "defaultdict", "OrderedDict", "set"})


@dataclass(frozen=True, slots=True)
class Code:
    """The body of a function (or of the module) with its qualified name.

    back: cotangents arrive in it or leave it by its contract, so that what it returns is a gradient.
    """

    name: str
    statements: tuple[Statement, ...]
    block: Block
    back: bool


def unrun(program: Program, units: Iterable[Unit], outcomes: list[Outcome], known: list[Claim]) -> list[Claim]:
    """A claim for every statement of backward code that has none yet."""
    wanted: dict[str, list[Unit]] = {}
    for unit in units:
        held = unit.functions if unit.kind in ("function", "method") else unit.functions[-1:]
        for name in held:
            wanted.setdefault(name, []).append(unit)
    by_unit: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_unit.setdefault(outcome.unit.name, []).append(outcome)
    steps = _steps(outcomes)
    rows = {(c.location, c.end_location) for c in known}
    found: list[Claim] = []
    for code in _codes(program):
        belongs = _owners(code, wanted)
        if not belongs and not code.back:
            continue
        runs = [o for unit in belongs for o in by_unit.get(unit.name, ())]
        for node in code.statements:
            place = _place(code, node)
            if place is not None and place not in rows:
                verdict = _flows_into(node, runs) or ("unchecked", _reason(node, steps, belongs, runs))
                found.append(_claim(code, node, place, *verdict))
    return found


def statements_of(program: Program, unit: Unit) -> list[Statement]:
    """The statements of a unit's functions that compute gradients."""
    found: list[Statement] = []
    for code in _codes(program):
        name = code.name
        while name not in unit.functions and "." in name:
            name = name.rpartition(".")[0]
        if name in unit.functions:
            found += code.statements
    return found


def _owners(code: Code, wanted: dict[str, list[Unit]]) -> list[Unit]:
    """The units that a function is of, by its own name or that of the function it stands in."""
    name = code.name
    while name not in wanted and "." in name:
        name = name.rpartition(".")[0]
    return wanted.get(name, [])


def _steps(outcomes: list[Outcome]) -> dict[int, Step]:
    """By identity of a statement, its last execution."""
    return {id(step.node): step for o in outcomes if o.judgement is not None for step in o.judgement.run.it.steps}


def _reason(node: Statement, steps: dict[int, Step], units: list[Unit], runs: list[Outcome]) -> str:
    step = steps.get(id(node))
    if step is not None:
        value = step.values.get(id(node.value))
        return value.reason if isinstance(value, Unknown) else NO_FLOW
    if not units:
        return NO_PARTNER
    if not runs:
        return NO_TIME
    failed = [o.reason for o in runs if o.judgement is None]
    return failed[0] if len(failed) == len(runs) and failed[0] else NO_RUN


def _flows_into(node: Statement, runs: list[Outcome]) -> tuple[Verdict, str] | None:
    """The worst verdict, with its reason, of the results that hold a statement's value; None where none does.

    Not all that a result is made of depends on a cotangent: `gx = clip(x - t)`, to be multiplied by it afterwards.
    """
    found: list[Judged] = []
    for judgement in (o.judgement for o in runs if o.judgement is not None):
        values = {v for step in judgement.run.it.steps if step.node is node
                  if isinstance(v := step.values.get(id(node.value)), Term)}
        found += [j for j in judgement.judged
                  if values and j.result.value is not None and not values.isdisjoint(ancestors(j.result.value))]
    worst = min(found, key=lambda j: RANK[j.verdict], default=None)
    return (worst.verdict, worst.reason) if worst is not None else None


def _place(code: Code, node: Statement) -> tuple[Place, Place] | None:
    tree = code.block.tree()
    span = tree.spans.get(id(node)) if tree is not None else None
    return None if span is None else (code.block.place(span[0]), code.block.place(span[1]))


def _claim(code: Code, node: Statement, place: tuple[Place, Place], verdict: Verdict, reason: str) -> Claim:
    returned = isinstance(node, cst.Return)
    said = _said(node) if not returned else [n for n in _mentioned(node.value) if names.is_gradient_name(n)]
    start, end = place
    return Claim(start.row, code.name or "<module>", said[0] if said else "", "", "result" if returned else
                 "intermediate", verdict, reason, start, end)


# -- reading the source ------------------------------------------------------------------------------------------------


def _codes(program: Program) -> Iterator[Code]:
    """Every function of the file with the gradient statements of its own body, and the module's own statements."""
    for block in program.blocks:
        tree = block.tree()
        if tree is not None and not block.outside:
            for name, statements, back in _read(tree.module, names.patterns()):
                yield Code(name, statements, block, back)


@lru_cache(maxsize=4096)
def _read(module: cst.Module, patterns: tuple[str, ...]) -> tuple[tuple[str, tuple[Statement, ...], bool], ...]:
    """What a block holds; it is read once for as long as its text, and what the user calls a gradient, are the same."""
    return tuple(_below(module, "", back=False))


def _below(node: cst.CSTNode, name: str, *, back: bool) -> Iterator[tuple[str, tuple[Statement, ...], bool]]:
    statements: list[Statement] = []
    inner: list[cst.FunctionDef | cst.ClassDef] = []
    stack = list(_inside(node))[::-1]
    while stack:
        child = stack.pop()
        if isinstance(child, cst.FunctionDef | cst.ClassDef):
            inner.append(child)
        elif isinstance(child, Statement):
            if _computes(child, back):
                statements.append(child)
        else:
            stack.extend(list(_inside(child))[::-1])
    if statements and not isinstance(node, cst.ClassDef):
        yield name, tuple(statements), back
    methods = {f.name.value for f in inner if isinstance(f, cst.FunctionDef)} if isinstance(node, cst.ClassDef) else ()
    both = "backward" in methods and "forward" in methods
    for child in inner:
        full = f"{name}.{child.name.value}" if name else child.name.value
        goes_back = isinstance(child, cst.FunctionDef) and _goes_back(child, both)
        yield from _below(child, full, back=goes_back)


def _inside(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The statements directly below a node; expressions are not looked into."""
    for part in ("body", "handlers", "orelse", "finalbody"):
        held = getattr(node, part, None)
        if isinstance(held, cst.CSTNode):
            yield held
        elif held is not None:
            yield from held


def _goes_back(function: cst.FunctionDef, both: bool) -> bool:
    """Is it backward code by contract: by its name, and by what arrives or by the class it is of?"""
    name = function.name.value
    if not names.is_backward(name):
        return False
    params = function.params
    arrives = any(names.is_gradient_name(p.name.value) for p in (*params.posonly_params, *params.params))
    return arrives or (both and name == "backward")


def _computes(node: Statement, back: bool) -> bool:
    """Does the statement compute a gradient, rather than make room for one or hand on nothing?"""
    value = node.value
    if value is None or _plain(value):
        return False
    if isinstance(node, cst.Return):
        return back
    return any(names.is_gradient_name(n) or (back and _SHORT.match(n)) for n in _said(node))


_SHORT = regex(r"^g_?(x|y|w|b|h|c|a|z|gamma|beta|col|in|out)\d*$", re.I)
"""`gx`, `gW`: gradients where cotangents arrive by contract; elsewhere as often the slopes of an image."""


def _said(node: Statement) -> list[str]:
    """The names that a statement assigns to, with the keys of dictionaries."""
    targets = [t.target for t in node.targets] if isinstance(node, cst.Assign) else (
        [node.target] if isinstance(node, cst.AugAssign | cst.AnnAssign) else [])
    found: list[str] = []
    for target in targets:
        found += target_names(target)
        index = target.slice[0].slice if isinstance(target, cst.Subscript) else None
        key = index.value if isinstance(index, cst.Index) else None
        if isinstance(key, cst.SimpleString) and isinstance(key.evaluated_value, str):
            found.append(key.evaluated_value)
    return found


def _mentioned(node: cst.BaseExpression | None) -> list[str]:
    elements = [e.value for e in node.elements] if isinstance(node, cst.Tuple | cst.List) else [node]
    return [e.value for e in elements if isinstance(e, cst.Name)]


def _plain(node: cst.BaseExpression) -> bool:
    """A constant, an empty container, a new buffer: nothing that a gradient is computed by."""
    if isinstance(node, cst.Tuple | cst.List):
        return all(_plain(e.value) for e in node.elements)
    if isinstance(node, cst.BinaryOperation):
        return isinstance(node.operator, cst.Multiply) and _plain(node.left) and (
            isinstance(node.left, cst.Tuple | cst.List) or _plain(node.right))
    if isinstance(node, cst.ListComp):
        return _plain(node.elt)
    if isinstance(node, cst.Call):
        func = node.func
        last = func.attr.value if isinstance(func, cst.Attribute) else func.value if isinstance(func, cst.Name) else ""
        return last in MAKERS
    if isinstance(node, cst.UnaryOperation):
        return _plain(node.expression)
    if isinstance(node, cst.Name):
        return node.value in ("None", "True", "False", "NotImplemented", "self")
    return isinstance(node, cst.Integer | cst.Float | cst.SimpleString | cst.Dict | cst.Ellipsis)
