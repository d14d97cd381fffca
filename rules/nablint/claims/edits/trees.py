"""Expressions as trees: what is a transpose or a product, and how a part takes another's place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst

from nablint.reading.nodes import parts, written

PRODUCTS = frozenset({"dot", "matmul", "mm", "bmm", "outer"})

MODULES = frozenset({"np", "numpy", "torch", "xp", "cp", "jnp"})


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `old` by `new`; `kind` names the slip that it undoes, `cost` how far-fetched it is."""

    old: cst.CSTNode
    new: cst.CSTNode
    kind: str
    cost: float
    detail: str = ""


def bracketed(node: Any) -> Any:
    """The node with brackets, where it needs them as an operand."""
    if (
        isinstance(
            node,
            cst.BinaryOperation | cst.UnaryOperation | cst.Comparison | cst.IfExp | cst.BooleanOperation | cst.Lambda,
        )
        and not node.lpar
    ):
        return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return node


def is_transposed(node: cst.CSTNode) -> bool:
    """`x.T`, `x.t()`, `x.transpose()`."""
    if isinstance(node, cst.Attribute) and node.attr.value in ("T", "mT"):
        return True
    return (
        isinstance(node, cst.Call)
        and not node.args
        and isinstance(node.func, cst.Attribute)
        and node.func.attr.value in ("transpose", "t")
    )


def untransposed(node: Any) -> Any:
    """What is transposed."""
    return node.value if isinstance(node, cst.Attribute) else node.func.value


def transposed(node: Any) -> Any:
    """The transpose, written as `.T`."""
    if is_transposed(node):
        return untransposed(node)
    return cst.Attribute(bracketed(node), cst.Name("T"))


def operands(node: cst.CSTNode) -> tuple[Any, Any] | None:
    """The two operands of a matrix product, however it is written."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.MatrixMultiply):
        return node.left, node.right
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in PRODUCTS:
        if len(node.args) == 2:
            return node.args[0].value, node.args[1].value
        if len(node.args) == 1 and not is_module(node.func.value):
            return node.func.value, node.args[0].value
    return None


def with_operands(node: Any, left: Any, right: Any) -> Any:
    """The same product of other operands."""
    if isinstance(node, cst.BinaryOperation):
        return node.with_changes(left=bracketed(left), right=bracketed(right))
    if len(node.args) == 2:
        first, second = node.args
        return node.with_changes(args=[first.with_changes(value=left), second.with_changes(value=right)])
    return node.with_changes(func=node.func.with_changes(value=bracketed(left)),
                             args=[node.args[0].with_changes(value=right)])


def is_module(node: cst.CSTNode) -> bool:
    """Is this the name that numpy or torch goes by?"""
    return isinstance(node, cst.Name) and node.value in MODULES


def number(text: str) -> Any:
    """A number as a node."""
    return written(text)


def keyword(name: str, value: str) -> cst.Arg:
    """`name=value` as an argument."""
    return cst.Arg(number(value), keyword=cst.Name(name),
                   equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")))


def _folded(left: Any, operator: Any, right: Any) -> cst.BaseExpression | None:
    """The product or quotient of two plain numbers as one: 1 for `0.5 * 2`."""
    if not (isinstance(left, cst.Integer | cst.Float) and isinstance(right, cst.Integer | cst.Float)
            and isinstance(operator, cst.Multiply | cst.Divide)):
        return None
    a, b = left.evaluated_value, right.evaluated_value
    if isinstance(operator, cst.Divide) and not b:
        return None
    value = a * b if isinstance(operator, cst.Multiply) else a / b
    whole = isinstance(left, cst.Integer) or isinstance(right, cst.Integer)
    return number(str(int(value)) if whole and value == int(value) else f"{value:.12g}")


def binary(left: Any, operator: Any, right: Any) -> cst.BaseExpression:
    """`left <operator> right` with brackets where they are needed; of two numbers, the one that they make."""
    if (folded := _folded(left, operator, right)) is not None:
        return folded
    tight = (
        isinstance(left, cst.BinaryOperation)
        and isinstance(left.operator, _TIGHT)
        and isinstance(operator, cst.Multiply | cst.Divide)
    )
    loose = (  # a * (b * c) is a * b * c
        isinstance(right, cst.BinaryOperation)
        and isinstance(operator, cst.Multiply)
        and isinstance(right.operator, cst.Multiply | cst.Divide | cst.Power)
    )
    return cst.BinaryOperation(left if tight else bracketed(left), operator, right if loose else bracketed(right))


_BINDS: dict[type, int] = {
    cst.BitOr: 1, cst.BitXor: 2, cst.BitAnd: 3, cst.Add: 5, cst.Subtract: 5, cst.Multiply: 6, cst.Divide: 6,
    cst.MatrixMultiply: 6, cst.FloorDivide: 6, cst.Modulo: 6, cst.Power: 8,
}


def in_place_of(root: Any, old: cst.CSTNode, new: Any) -> Any:
    """The new node with brackets, where it needs them at the old one's place."""
    if not isinstance(new, cst.BinaryOperation | cst.UnaryOperation | cst.Comparison | cst.BooleanOperation
                      | cst.IfExp) or new.lpar or getattr(old, "lpar", None):
        return new
    parent = _parent(root, old)
    if isinstance(parent, cst.Attribute | cst.Subscript | cst.Await) or (isinstance(parent, cst.Call)
                                                                         and parent.func is old):
        return bracketed(new)
    if isinstance(parent, cst.UnaryOperation):
        return new if isinstance(new, cst.BinaryOperation) and _strength(new) > 5 else bracketed(new)
    if isinstance(parent, cst.Comparison | cst.BooleanOperation):
        return new if isinstance(new, cst.BinaryOperation | cst.UnaryOperation) else bracketed(new)
    if isinstance(parent, cst.BinaryOperation):
        outer, inner = _strength(parent), _strength(new)
        fits = inner > outer or (inner == outer and (parent.left is old) != (outer == 8))
        return new if fits else bracketed(new)
    return new


def _strength(node: Any) -> int:
    """How strongly an operator binds."""
    if isinstance(node, cst.UnaryOperation):
        return 7 if not isinstance(node.operator, cst.Not) else 0
    return _BINDS.get(type(node.operator), 4) if isinstance(node, cst.BinaryOperation) else 0


def _parent(root: cst.CSTNode, node: cst.CSTNode) -> cst.CSTNode | None:
    """The node that holds another one; arguments and elements do not count."""
    stack: list[tuple[cst.CSTNode, cst.CSTNode | None]] = [(root, None)]
    while stack:
        part, holder = stack.pop()
        if part is node:
            return holder
        stack.extend((child, part) for child in part.children)
    return None


_TIGHT = (cst.Multiply, cst.Divide, cst.MatrixMultiply, cst.Power)


def names_in(node: cst.CSTNode) -> set[str]:
    """The plain names that an expression holds."""
    return {n.value for n in walk(node) if isinstance(n, cst.Name)}


def walk(node: cst.CSTNode) -> Iterator[Any]:
    """The expressions below a node, itself included; function bodies left out."""
    if isinstance(node, cst.BaseExpression):
        yield node
    if isinstance(node, cst.Lambda):
        return
    for child in parts(node):
        yield from walk(child)
