"""Shapes that words give to what a run for shapes cannot follow.

The comment behind an assignment, the suffix of the assigned name, what a docstring says of a function's results and of
an object's attributes.  What is followed needs no words; where the code and words disagree, that is a rule's finding.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.reading.dimension_keys import suffix_evidence
from nablint.reading.evidence import DimSpec, ShapeEvidence, is_loose
from nablint.reading.nodes import below
from nablint.reading.trailing import said_of
from nablint.shapes import Polynomial, Size
from nablint.tracing.values import Array, Function, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

OWN = ".said"
"""Behind the symbol of a size that nothing but a comment names: it contradicts no other comment."""
RESULT = "return"
"""The name under which evidence of a function's result goes."""


def assigned(it: Interpreter, statement: cst.CSTNode, target: cst.CSTNode, value: Any, scope: Any) -> Any:
    """What is assigned; an unknown value as an array of the shape that the statement's comment or the name says."""
    if not isinstance(value, Unknown) or not it.world.sure or it.block is None or it.block.outside:
        return value
    name = target.value if isinstance(target, cst.Name) else target.attr.value if isinstance(
        target, cst.Attribute) else ""
    said = (said_of(it.block, statement, name) or suffix_evidence(name, it.key)) if name else None
    if said is None:
        return value
    found = stand_in(it, said, f"{scope.function}.{name}", scope.names, scope.function, value)
    if it.step is not None and isinstance(found, Array):
        it.step.values[id(target)] = found.term
    return found


def forgotten(it: Interpreter, line: cst.CSTNode, scope: Any) -> None:
    """Of what a line assigns that could not be followed, the shape that words say."""
    for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
        for target in [t.target for t in statement.targets] if isinstance(statement, cst.Assign) else ():
            held = scope.names.get(target.value) if isinstance(target, cst.Name) else None
            if isinstance(target, cst.Name) and isinstance(held, Unknown):
                scope.names[target.value] = assigned(it, statement, target, held, scope)


def returned(it: Interpreter, function: Function, given: Mapping[str, Any], names: Mapping[str, Any], result: Any
             ) -> Any:
    """What a call gives; what is unknown of it as its function documents it, in the sizes of this call's arguments."""
    parts = result if isinstance(result, tuple) else (result,)
    said = it.evidence(function, RESULT) if it.evidence is not None and any(
        isinstance(p, Unknown) for p in parts) else None
    if said is None or function.generator or not isinstance(function.node, cst.FunctionDef):
        return result
    each: tuple[ShapeEvidence, ...] = said.parts if said.kind == "tuple" else (said,)
    if _counts(function.node) != frozenset({len(each)}) or (isinstance(result, tuple) and len(result) != len(each)):
        return result
    it.world.documented += 1
    known, space = {**names, **_bound(it, function, given)}, f"{function.name}.{it.world.documented}"
    parts = parts if len(parts) == len(each) else parts * len(each)
    found = tuple(
        stand_in(it, one, f"{space}.{place}", known, space, part) if isinstance(part, Unknown) else part
        for place, (one, part) in enumerate(zip(each, parts, strict=True)))
    return found if len(each) > 1 else found[0]


def stand_in(it: Interpreter, said: ShapeEvidence, path: str, names: Mapping[str, Any], space: str, value: Unknown
             ) -> Any:
    """An array of the shape that words say, in the sizes that `names` have; the value itself where they say too little.

    path: what the array goes by. space: whose words they are; a name that stands for no size yet is one of its own.
    """
    if said.dims is None or said.kind != "array" or is_loose(said) or not said.dims:
        return value
    sizes = [_size(it, spec, f"{path}.{axis}", names, space) for axis, spec in enumerate(said.dims)]
    if any(size is None or size < 1 for size in sizes):
        return value
    kind = said.elements if said.elements in ("int", "bool") else "float"
    term = it.world.leaf(path, tuple(s for s in sizes if s is not None), kind=kind)
    it.worded.add(term)
    return Array(term, it.dialect)


def _size(it: Interpreter, spec: DimSpec, path: str, names: Mapping[str, Any], space: str) -> Size | None:
    """One axis; None where the words leave it open, or where a name stands for two sizes or for something else."""
    if spec.kind == "unknown":
        return it.world.dimension(path)
    expr = spec.polynomial()
    if expr is None:
        return None
    total = Polynomial.constant(0)
    for monomial, coefficient in expr.terms:
        product = Polynomial.constant(coefficient)
        for name, power in monomial:
            factor = _named(it, name, names, space)
            if factor is None:
                return None
            for _ in range(power):
                product = product * factor
        total = total + product
    return it.world.dimension_of(total)


def _named(it: Interpreter, name: str, names: Mapping[str, Any], space: str) -> Polynomial | None:
    """What a word stands for: a size that the frame holds by this name, a documented one, else one of its own."""
    symbol, held = f"{name}@{space}", names.get(name)
    documented = symbol in it.world.sizes
    if isinstance(held, Size):
        return held.expr if not documented or it.world.same(held, it.world.dimension(symbol)) else None
    if type(held) is int:
        return Polynomial.constant(held)
    return None if held is not None else Polynomial.symbol(symbol if documented else f"{symbol}{OWN}")


def _bound(it: Interpreter, function: Function, given: Mapping[str, Any]) -> dict[str, Size]:
    """The sizes that the names of a function's documentation stand for in one call."""
    found: dict[str, Size] = {}
    double: set[str] = set()
    for name, value in given.items():
        said = it.evidence(function, name) if it.evidence is not None and isinstance(value, Array) else None
        if said is None or said.dims is None or len(said.dims) != value.term.ndim:
            continue
        for spec, size in zip(said.dims, value.term.shape, strict=True):
            if spec.kind == "name" and not it.world.same(found.setdefault(spec.text, size), size):
                double.add(spec.text)
    return {name: size for name, size in found.items() if name not in double}


@lru_cache(maxsize=4096)
def _counts(node: cst.FunctionDef) -> frozenset[int]:
    """How many values each `return` of a function gives."""
    inner = {id(n) for part in below(node.body) if isinstance(part, cst.FunctionDef | cst.Lambda) for n in below(part)}
    values = [n.value for n in below(node.body) if isinstance(n, cst.Return) and id(n) not in inner]
    return frozenset(len(v.elements) if isinstance(v, cst.Tuple) else 1 for v in values if v is not None)
