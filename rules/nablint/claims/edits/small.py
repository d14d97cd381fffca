"""Small edits of an expression itself: transposes, operands, axes, signs, comparisons, numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any

import libcst as cst

from nablint.claims.edits.trees import (
    Edit,
    binary,
    bracketed,
    is_module,
    is_transposed,
    keyword,
    number,
    operands,
    transposed,
    untransposed,
    walk,
    with_operands,
)

SUMS = frozenset({"sum", "mean"})


def edits(root: Any, *, torch: bool, module: str) -> Iterator[Edit]:
    """Edits that need nothing but the expression itself."""
    for node in walk(root):
        pair = operands(node)
        if pair is not None:
            yield from _product_edits(node, *pair)
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in SUMS:
            yield from _sum_edits(node)
        if isinstance(node, cst.BinaryOperation):
            yield from _operator_edits(node)
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
            yield Edit(node, node.expression, "sign", 1.0)
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.BitInvert):
            yield Edit(node, node.expression, "mask", 1.0)
        if isinstance(node, cst.Comparison) and len(node.comparisons) == 1:
            yield from _comparison_edits(node)
        if is_transposed(node) and pair is None:
            yield Edit(node, untransposed(node), "transpose", 1.1)
        if isinstance(node, cst.Integer | cst.Float):
            yield from _number_edits(node)
        if isinstance(node, cst.Call):
            yield from _function_edits(node)
            yield from _order_edits(node)
    yield from _whole_edits(root, torch, module)


def _product_edits(node: Any, left: Any, right: Any) -> Iterator[Edit]:
    for flip_left, flip_right, swap in ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)):
        a = transposed(left) if flip_left else left
        b = transposed(right) if flip_right else right
        if swap:
            a, b = b, a
        kind = "operands" if swap and not (flip_left or flip_right) else "transpose"
        whole = flip_left and flip_right and swap  # the product's transpose, as one writes it
        yield Edit(node, with_operands(node, a, b), kind, 1.05 if whole else flip_left + flip_right + 1.2 * swap)


def _sum_edits(node: cst.Call) -> Iterator[Edit]:
    assert isinstance(node.func, cst.Attribute)
    args = list(node.args)
    positional = 1 if is_module(node.func.value) else 0
    at = next((i for i, a in enumerate(args) if a.keyword is not None and a.keyword.value in ("axis", "dim")), None)
    if at is None and len(args) > positional and args[positional].keyword is None:
        at = positional
    if at is not None:
        now = cst.Module([]).code_for_node(args[at].value)
        for axis in ("0", "1"):
            if axis != now:
                yield Edit(
                    node,
                    node.with_changes(args=[*args[:at], args[at].with_changes(value=number(axis)), *args[at + 1 :]]),
                    "axis",
                    1.0,
                    axis,
                )
        shorter = [*args[:at], *args[at + 1 :]]
        if shorter:
            shorter[-1] = shorter[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        yield Edit(node, node.with_changes(args=shorter), "axis", 1.6, "all")
        if not any(a.keyword is not None and a.keyword.value in ("keepdims", "keepdim") for a in args):
            word = "keepdim" if (named := args[at].keyword) is not None and named.value == "dim" else "keepdims"
            yield Edit(node, node.with_changes(args=[*args, keyword(word, "True")]), "keepdims", 1.0)
    elif len(args) == positional:
        for axis in ("0", "1"):
            yield Edit(node, node.with_changes(args=[*args, keyword("axis", axis)]), "axis", 1.0, axis)
            yield Edit(node, node.with_changes(args=[*args, keyword("axis", axis), keyword("keepdims", "True")]),
                       "axis", 1.3, axis)
    for i, arg in enumerate(args):
        if arg.keyword is not None and arg.keyword.value in ("keepdims", "keepdim"):
            fewer = [*args[:i], *args[i + 1 :]]
            if fewer:
                fewer[-1] = fewer[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            yield Edit(node, node.with_changes(args=fewer), "keepdims", 1.1)
    other = "mean" if node.func.attr.value == "sum" else "sum"
    yield Edit(node, node.with_changes(func=node.func.with_changes(attr=cst.Name(other))), "scale", 1.2, other)
    inner = args[0].value if positional and args else node.func.value
    yield Edit(node, inner, "sum", 1.4)


def _operator_edits(node: cst.BinaryOperation) -> Iterator[Edit]:
    operator = node.operator
    if isinstance(operator, cst.Add | cst.Subtract):
        other = cst.Subtract if isinstance(operator, cst.Add) else cst.Add
        flipped = other(operator.whitespace_before, operator.whitespace_after)
        yield Edit(node, node.with_changes(operator=flipped), "sign", 1.0)
        if isinstance(operator, cst.Subtract):
            yield Edit(node, node.with_changes(left=bracketed(node.right), right=bracketed(node.left)), "sign", 1.04)
        yield Edit(node, node.left, "extra-term", 1.3)
        yield Edit(node, node.right, "extra-term", 1.4)
    elif isinstance(operator, cst.Multiply):
        yield Edit(node, node.left, "extra-factor", 1.2)
        yield Edit(node, node.right, "extra-factor", 1.25)
        yield Edit(node, node.with_changes(operator=cst.Divide()), "operator", 1.3)
        yield Edit(node, node.with_changes(operator=cst.MatrixMultiply()), "operator", 1.5)
    elif isinstance(operator, cst.Divide):
        yield Edit(node, node.left, "extra-factor", 1.2)
        yield Edit(node, node.with_changes(operator=cst.Multiply()), "operator", 1.3)
    elif isinstance(operator, cst.MatrixMultiply):
        yield Edit(node, node.with_changes(operator=cst.Multiply()), "operator", 1.6)


_OPPOSITE = {"LessThan": cst.GreaterThan, "LessThanEqual": cst.GreaterThanEqual, "GreaterThan": cst.LessThan,
             "GreaterThanEqual": cst.LessThanEqual,
             "Equal": cst.NotEqual, "NotEqual": cst.Equal}


_ORDERED = (cst.LessThanEqual, cst.GreaterThan, cst.LessThan, cst.GreaterThanEqual, cst.Equal, cst.NotEqual)


def _comparison_edits(node: cst.Comparison) -> Iterator[Edit]:
    target = node.comparisons[0]
    other = _OPPOSITE.get(type(target.operator).__name__)
    if other is not None:
        for operator in (other, *(o for o in _ORDERED if o not in (other, type(target.operator)))):
            yield Edit(node, node.with_changes(comparisons=[target.with_changes(operator=operator())]), "mask",
                       1.0 if operator is other else 1.15)


_TWINS = {"max": "min", "min": "max", "maximum": "minimum", "minimum": "maximum", "argmax": "argmin",
          "argmin": "argmax", "sin": "cos",
          "cos": "sin", "exp": "log", "log": "exp", "zeros_like": "ones_like", "ones_like": "zeros_like",
          "triu": "tril", "tril": "triu"}


def _function_edits(node: cst.Call) -> Iterator[Edit]:
    """The function that is taken for another: `min` for `max`."""
    func = node.func
    if isinstance(func, cst.Attribute) and func.attr.value in _TWINS:
        yield Edit(node, node.with_changes(func=func.with_changes(attr=cst.Name(_TWINS[func.attr.value]))), "operator",
                   1.4)


_JOINS = frozenset({"hstack", "vstack", "dstack", "stack", "concatenate", "cat", "column_stack", "concat"})
MAX_PIECES = 6


def _order_edits(node: cst.Call) -> Iterator[Edit]:
    """Two pieces of an array that is joined, in each other's place."""
    if not isinstance(node.func, cst.Attribute) or node.func.attr.value not in _JOINS or not node.args:
        return
    whole = node.args[0].value
    if isinstance(whole, cst.Tuple | cst.List) and len(whole.elements) <= MAX_PIECES:
        for i, k in combinations(range(len(whole.elements)), 2):
            first, second = whole.elements[i], whole.elements[k]
            pieces = list(whole.elements)
            pieces[i], pieces[k] = first.with_changes(value=second.value), second.with_changes(value=first.value)
            yield Edit(whole, whole.with_changes(elements=pieces), "operands", 1.1)


def modes(root: Any, known: Iterable[str]) -> Iterator[Edit]:
    """Another of the words that the code compares its modes with, in a call: `"relu"` for `"sigmoid"`."""
    for node in walk(root):
        if isinstance(node, cst.SimpleString) and node.value in known:
            for other in known:
                if other != node.value:
                    yield Edit(node, cst.SimpleString(other), "operand", 1.1, other)


def inverted(node: Any) -> Iterator[Edit]:
    """The opposite mask."""
    yield Edit(node, cst.UnaryOperation(cst.BitInvert(), bracketed(node)), "mask", 1.1)


def powers(root: Any, is_array: Any) -> Iterator[Edit]:
    """The square of an operand, or an operand for its power."""
    for node in walk(root):
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Power):
            yield Edit(node, node.left, "constant", 1.3)
        elif isinstance(node, cst.Name | cst.Attribute) and not is_transposed(node) and is_array(node):
            yield Edit(node, cst.BinaryOperation(node, cst.Power(), number("2")), "constant", 1.4)


def _number_edits(node: Any) -> Iterator[Edit]:
    if isinstance(node, cst.Integer):
        value = int(node.value, 0)
        for other in (value + 1, value - 1, 2 * value, value // 2):
            if other != value and other >= 0:
                yield Edit(node, cst.Integer(str(other)), "constant", 1.4)


def _whole_edits(root: Any, torch: bool, module: str) -> Iterator[Edit]:
    """Edits around the whole expression."""
    yield Edit(root, cst.UnaryOperation(cst.Minus(), bracketed(root)), "sign", 1.2)
    if operands(root) is None:
        yield Edit(root, transposed(root), "transpose", 1.1)
    word, keep = ("dim", "keepdim") if torch else ("axis", "keepdims")
    for axis in ("0", "1"):
        for kept in (False, True):
            args = [cst.Arg(root), keyword(word, axis), *([keyword(keep, "True")] if kept else [])]
            yield Edit(root, cst.Call(cst.Attribute(cst.Name(module), cst.Name("sum")), args), "sum", 1.2 + 0.2 * kept,
                       axis)
    yield Edit(root, cst.Call(cst.Attribute(cst.Name(module), cst.Name("sum")), [cst.Arg(root)]), "sum", 1.5, "all")
    for text, cost in (("2", 1.2), ("0.5", 1.3)):
        yield Edit(root, binary(number(text), cst.Multiply(), root), "scale", cost, text)
