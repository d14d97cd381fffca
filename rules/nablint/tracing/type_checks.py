"""Chainer's `check_type_forward`: the kinds and ranks of a function's inputs, known before its forward runs.

    expect(x_type.dtype.kind == 'f', t_type.dtype.kind == 'i', x_type.ndim == 2, t_type.shape == x_type.shape)

The types that it is given stand for the inputs.  What it says of sizes is mostly left to the uses, which say the same:
to compare shapes would settle their ranks before anything tells them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.reading.evidence import Elements, ShapeEvidence
from nablint.reading.nodes import below
from nablint.tracing import refine
from nablint.tracing.imports import dotted
from nablint.tracing.statements.asserting import equated
from nablint.tracing.statements.assigning import assign
from nablint.tracing.values import Array, Function, Instance, Pending, Scope

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

_ELEMENTS: dict[str, Elements] = {"i": "int", "f": "float", "b": "bool"}


def check_types(it: Interpreter, owner: Instance, inputs: Sequence[Any]) -> None:
    """Take what the check of a function's class expects of its inputs as known."""
    check = owner.cls.lookup("check_type_forward") if owner.cls is not None else None
    params = check.node.params.params if isinstance(check, Function) else ()
    if not isinstance(check, Function) or len(params) < 2 or not isinstance(check.node.body, cst.IndentedBlock):
        return
    scope = Scope({params[1].name.value: tuple(inputs)}, check.scope)
    saved, it.step = it.step, None
    try:
        for line in check.node.body.body:
            for statement in line.body if isinstance(line, cst.SimpleStatementLine) else ():
                if isinstance(statement, cst.Assign) and _is_part(statement.value):
                    assign(it, statement.targets[0].target, it.eval(statement.value, scope), scope, quiet=True)
                elif isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Call) and (
                        dotted(statement.value.func).endswith("type_check.expect")):
                    for arg in statement.value.args:
                        _expect(it, arg.value, scope)
    finally:
        it.step = saved


def _is_part(node: cst.BaseExpression) -> bool:
    """`in_types`, `in_types[0]`, `in_types[:2]`."""
    return isinstance(node, cst.Name) or (isinstance(node, cst.Subscript) and isinstance(node.value, cst.Name))


def _expect(it: Interpreter, test: cst.BaseExpression, scope: Scope) -> None:
    """`x.ndim == 2` and `x.dtype.kind == 'i'` of an input that nothing has settled; equal sizes of those that are."""
    if not isinstance(test, cst.Comparison) or not isinstance(test.comparisons[0].operator, cst.Equal):
        return
    left, right = test.left, test.comparisons[0].comparator
    name, inner = (left.attr.value, left.value) if isinstance(left, cst.Attribute) else ("", left)
    if name == "ndim" and isinstance(right, cst.Integer) and (owner := _open(it, inner, scope)):
        refine.make_array(it, owner, refine.free_shape(it, owner, right.evaluated_value))
    elif name == "kind" and isinstance(right, cst.SimpleString) and isinstance(inner, cst.Attribute):
        elements = _ELEMENTS.get(str(right.evaluated_value))
        if elements is not None and (owner := _open(it, inner.value, scope)) and owner.evidence is None:
            owner.evidence = ShapeEvidence(owner.hint, None, "array", "assert", elements=elements)
    elif name != "dtype" and _settled(scope, test):
        equated(it, test, it.eval(left, scope), it.eval(right, scope))
    elif name == "shape" and isinstance(right, cst.Attribute) and right.attr.value == "shape":
        _labels(it, _open(it, inner, scope), _open(it, right.value, scope))


def _settled(scope: Scope, test: cst.Comparison) -> bool:
    """Is the condition one on inputs that are arrays by now, and on nothing else?"""
    values = [scope.names.get(n.value) for n in below(test) if isinstance(n, cst.Name)]
    owners = [v.value for v in values if isinstance(v, Pending)]
    return bool(owners) and all(isinstance(v, Array) for v in owners) and not any(
        isinstance(v, tuple) for v in values)


def _labels(it: Interpreter, one: Pending | None, other: Pending | None) -> None:
    """Whole numbers of another input's shape are an array of labels, which forward code might take for a number."""
    for labels, values in ((one, other), (other, one)):
        if labels is not None and values is not None and labels.evidence is not None and (
                labels.evidence.elements == "int" and labels.evidence.dims is None):
            array = refine.as_operand(it, values, 1)
            if isinstance(array, Array):
                refine.make_array(it, labels, array.term.shape)
            return


def _open(it: Interpreter, node: cst.BaseExpression, scope: Scope) -> Pending | None:
    """The input that a type stands for, where it is not settled."""
    owner = it.eval(node, scope) if _is_part(node) else None
    return owner if isinstance(owner, Pending) and owner.value is None else None
