"""How much of the matrix code of a run has a known shape, and what keeps the rest unknown.

A matrix expression is an operator or call whose value is an array, or would be if it were followed: a matrix product, a
function of an array library, a method that only arrays have, arithmetic with one of these, and with names that the code
uses as arrays elsewhere.  Text, sizes, containers, modules and calls for their effect are none.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.program import Outcome
from nablint.claims.sure.runs import Seen, SureRun
from nablint.reading.lazily import regex
from nablint.tracing.builtin.methods import METHODS
from nablint.tracing.calls import NOT_KNOWN
from nablint.tracing.imports import dotted
from nablint.tracing.values import Array, External, Unknown

_REASONS = (
    (regex(r"nothing tells the (shape|rank) of"), r"nothing tells the \1 of an input"),
    (NOT_KNOWN, "a function is not known"),
    (regex(r"inner sizes|cannot broadcast|reshaped|do(?:es)? not fit|the weights .* take|needs \d+ axes"),
     "shapes do not fit"),
    (regex(r"is assigned in several methods"), "an attribute is assigned in several methods"),
    (regex(r"is assigned more than once"), "a global name is assigned more than once"),
    (regex(r"^what \S+ holds$"), "what a container holds"),
    (regex(r"(raises on samples|is too long to follow)$"), r"a call that \1"),
    (regex(r"^the (?:array )?method \w+ (?:is not known|of a)"), "a method is not known"),
)

MEASURES = frozenset({"shape", "ndim", "T"})
"""Attributes that tell an array."""
_NO_ARRAY = frozenset({"shape", "ndim", "size", "isscalar", "seed", "finfo", "iinfo"})
"""Functions of array libraries that give no array."""
_OF_CONTAINERS = frozenset(name for _, name in METHODS) | {"format", "write", "read", "close", "item"}
"""Methods that strings, lists, dicts and files have as well."""
_ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.Divide, cst.Power, cst.MatrixMultiply, cst.FloorDivide)


@lru_cache(maxsize=4096)
def _reason(text: str) -> str:
    """A reason without the names of the one place that it is about."""
    for pattern, shown in _REASONS:
        if found := pattern.search(text):
            return found.expand(shown)
    return text


def covered(run: SureRun) -> tuple[frozenset[int], dict[int, str]]:
    """The matrix expressions whose shape is known, by identity of their nodes; the others with the reason."""
    known: set[int] = set()
    unknown: dict[int, str] = {}
    arrays = _Arrays(run)
    for seen in run.expressions():
        if type(seen.node) not in (cst.BinaryOperation, cst.Call):
            continue
        value = seen.value
        if isinstance(value, Term) and (value.ndim or arrays.matrix_expression(seen, seen.node)):
            if run.is_open(value):
                unknown[id(seen.node)] = "how many axes an input has"
            else:
                known.add(id(seen.node))
        elif isinstance(value, Unknown) and arrays.matrix_expression(seen, seen.node):
            unknown[id(seen.node)] = _reason(value.reason)
    return frozenset(known), {node: reason for node, reason in unknown.items() if node not in known}


def read(outcomes: Iterable[Outcome]) -> set[int]:
    """The expressions that are arrays under the readings of gradient code whose results are right."""
    return {node for outcome in outcomes if outcome.judgement is not None and outcome.judgement.good
            for step in outcome.judgement.run.it.steps for node, value in step.values.items()
            if isinstance(value, Array | Term)}


class _Arrays:
    """What a run's code takes for arrays, whether it is followed or not."""

    def __init__(self, run: SureRun) -> None:
        self.spellings = run.it.spellings
        self.names: set[tuple[str, str]] = set()
        """Functions, with the names that they use as arrays."""
        for seen in run.expressions():
            for node in self._used(seen):
                if name := dotted(node):
                    self.names.add((seen.step.function, name))

    def _used(self, seen: Seen) -> list[cst.BaseExpression]:
        """The parts of an expression that must be arrays for it to make sense."""
        node = seen.node
        if isinstance(node, cst.BinaryOperation):
            return [node.left, node.right] if isinstance(node.operator, cst.MatrixMultiply) else []
        if isinstance(node, cst.Attribute):
            return [node.value] if node.attr.value in MEASURES else []
        if isinstance(node, cst.Assign):
            made = isinstance(node.value, cst.Call) and self._gives_array(seen, node.value)
            return [t.target for t in node.targets] if made else []
        if isinstance(node, cst.Call) and self._gives_array(seen, node):
            if isinstance(seen.of(node.func), External):
                return [a.value for a in node.args[:1] if not a.star and a.keyword is None]
            return [node.func.value] if isinstance(node.func, cst.Attribute) else []
        return []

    def _gives_array(self, seen: Seen, call: cst.Call) -> bool:
        """Is it a call of a library's array function, or of a method that only arrays have?"""
        callee = seen.of(call.func)
        if isinstance(callee, External):
            return callee.name in self.spellings and callee.name.rpartition(".")[2] not in _NO_ARRAY
        if isinstance(call.func, cst.Attribute):
            name = call.func.attr.value
            return name not in _OF_CONTAINERS | _NO_ARRAY and (
                f"ndarray.{name}" in self.spellings or f"Tensor.{name}" in self.spellings)
        return False

    def matrix_expression(self, seen: Seen, node: cst.BaseExpression | cst.CSTNode) -> bool:
        """Is the value an array, or would it be one?"""
        if isinstance(node, cst.BinaryOperation):
            return isinstance(node.operator, cst.MatrixMultiply) or (
                isinstance(node.operator, _ARITHMETIC) and not any(isinstance(seen.of(side), str | tuple | list)
                                                                   for side in (node.left, node.right))
                and any(self._is_array(seen, side) for side in (node.left, node.right)))
        if not isinstance(node, cst.Call):
            return False
        if self._gives_array(seen, node):
            return True
        if isinstance(seen.of(node.func), External) or any(isinstance(a, cst.Expr) for a in seen.around[-1:]):
            return False  # a function of another library, a call for its effect
        return any(self._is_array(seen, a.value) for a in node.args)

    def _is_array(self, seen: Seen, node: cst.BaseExpression) -> bool:
        value = seen.of(node)
        if isinstance(value, Term):
            return value.ndim > 0
        if not isinstance(value, Unknown):
            return False
        if isinstance(node, cst.Subscript):
            return self._is_array(seen, node.value)
        if isinstance(node, cst.UnaryOperation):
            return self._is_array(seen, node.expression)
        if isinstance(node, cst.Attribute) and node.attr.value == "T":
            return True
        if (seen.step.function, dotted(node)) in self.names:
            return True
        return self.matrix_expression(seen, node)
