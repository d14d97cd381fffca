"""Small edits of an expression: the slips that people make, undone.

Each edit replaces one node of the statement by a new one that keeps the user's own operands.  What an edit is good for
is not decided here: candidates are replayed on the recorded operands and only those that give the derived gradient
                     count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst

from nablint.reading.nodes import parts

PRODUCTS = frozenset({"dot", "matmul", "mm", "bmm", "outer"})
SUMS = frozenset({"sum", "mean"})
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
        if len(node.args) == 1 and not _is_module(node.func.value):
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


def _is_module(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name) and node.value in MODULES


def number(text: str) -> Any:
    """A number as a node."""
    return cst.parse_expression(text)


def binary(left: Any, operator: Any, right: Any) -> cst.BinaryOperation:
    """`left <operator> right` with brackets where they are needed."""
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


def walk(node: cst.CSTNode) -> Iterator[Any]:
    """The expressions below a node, itself included; function bodies left out."""
    if isinstance(node, cst.BaseExpression):
        yield node
    if isinstance(node, cst.Lambda):
        return
    for child in parts(node):
        yield from walk(child)


def edits(root: Any, *, torch: bool) -> Iterator[Edit]:
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
    yield from _whole_edits(root, torch)


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
    positional = 1 if _is_module(node.func.value) else 0
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
            yield Edit(node, node.with_changes(args=[*args, _keyword(word, "True")]), "keepdims", 1.0)
    elif len(args) == positional:
        for axis in ("0", "1"):
            yield Edit(node, node.with_changes(args=[*args, _keyword("axis", axis)]), "axis", 1.0, axis)
            yield Edit(node, node.with_changes(args=[*args, _keyword("axis", axis), _keyword("keepdims", "True")]),
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


def _keyword(name: str, value: str) -> cst.Arg:
    return cst.Arg(number(value), keyword=cst.Name(name),
                   equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace("")))


def _operator_edits(node: cst.BinaryOperation) -> Iterator[Edit]:
    operator = node.operator
    if isinstance(operator, cst.Add | cst.Subtract):
        other = cst.Subtract if isinstance(operator, cst.Add) else cst.Add
        flipped = other(operator.whitespace_before, operator.whitespace_after)
        yield Edit(node, node.with_changes(operator=flipped), "sign", 1.0)
        if isinstance(operator, cst.Subtract):
            yield Edit(node, node.with_changes(left=bracketed(node.right), right=bracketed(node.left)), "sign", 1.1)
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


def _comparison_edits(node: cst.Comparison) -> Iterator[Edit]:
    target = node.comparisons[0]
    other = _OPPOSITE.get(type(target.operator).__name__)
    if other is not None:
        yield Edit(node, node.with_changes(comparisons=[target.with_changes(operator=other())]), "mask", 1.0)


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


def _whole_edits(root: Any, torch: bool) -> Iterator[Edit]:
    """Edits around the whole expression."""
    yield Edit(root, cst.UnaryOperation(cst.Minus(), bracketed(root)), "sign", 1.1)
    if operands(root) is None:
        yield Edit(root, transposed(root), "transpose", 1.1)
    module, word, keep = ("torch", "dim", "keepdim") if torch else ("np", "axis", "keepdims")
    for axis in ("0", "1"):
        for kept in (False, True):
            args = [cst.Arg(root), _keyword(word, axis), *([_keyword(keep, "True")] if kept else [])]
            yield Edit(root, cst.Call(cst.Attribute(cst.Name(module), cst.Name("sum")), args), "sum", 1.2 + 0.2 * kept,
                       axis)
    yield Edit(root, cst.Call(cst.Attribute(cst.Name(module), cst.Name("sum")), [cst.Arg(root)]), "sum", 1.5, "all")
    for text, cost in (("2", 1.2), ("0.5", 1.3)):
        yield Edit(root, binary(number(text), cst.Multiply(), root), "scale", cost, text)


# -- edits that bring in live values ------------------------------------------------------------------------------


def replacements(root: Any, live: list[tuple[str, Any]], shape_of: Any) -> Iterator[Edit]:
    """Another live value of the same shape in an operand's place, the neighbouring item of a list."""
    for node in walk(root):
        if not isinstance(node, cst.Name | cst.Attribute | cst.Subscript) or is_transposed(node):
            continue
        shape = shape_of(node)
        if shape is None:
            continue
        text = cst.Module([]).code_for_node(node)
        for name, other in live:
            if other == shape and name != text:
                yield Edit(node, number(name), "operand", 1.5, name)
        if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
            yield from _neighbours(node, node.slice[0].slice.value)


def _neighbours(node: cst.Subscript, key: Any) -> Iterator[Edit]:
    element = node.slice[0]
    for step in ("+ 1", "- 1"):
        text = cst.Module([]).code_for_node(key)
        try:
            new = cst.parse_expression(_shifted(text, step))
        except cst.ParserSyntaxError:
            continue
        yield Edit(node, node.with_changes(slice=[element.with_changes(slice=cst.Index(new))]), "operand", 1.3)


def _shifted(text: str, step: str) -> str:
    """An index and one more or less, in the shortest form: `-l-1` and one more is `-l`."""
    plain = text.replace(" ", "")
    for ending, meaning in (("+1", 1), ("-1", -1)):
        if plain.endswith(ending) and len(plain) > 2:
            total = meaning + (1 if step == "+ 1" else -1)
            stem = plain[: -len(ending)]
            return stem if total == 0 else f"{stem}{'+' if total > 0 else '-'}{abs(total)}"
    if plain.lstrip("-").isdigit():
        return str(int(plain) + (1 if step == "+ 1" else -1))
    return f"{plain}{step.replace(' ', '')}"


def scaled(root: Any, scalars: list[str], extra: float = 0.0) -> Iterator[Edit]:
    """Divide or multiply by a live number."""
    for text in scalars:
        cost = extra + 0.002 * len(text)
        yield Edit(root, binary(root, cst.Divide(), number(text)), "scale", 1.2 + cost, f"1/{text}")
        yield Edit(root, binary(root, cst.Multiply(), number(text)), "scale", 1.3 + cost, text)


def multiplied(root: Any, factors: list[str]) -> Iterator[Edit]:
    """Multiply by a live factor."""
    for text in factors:
        yield Edit(root, binary(root, cst.Multiply(), number(text)), "derivative", 1.3 + 0.002 * len(text), text)


def added(root: Any, terms: list[str]) -> Iterator[Edit]:
    """Add a live term."""
    for text in terms:
        yield Edit(root, cst.BinaryOperation(root, cst.Add(), number(text)), "term", 1.4 + 0.002 * len(text), text)
