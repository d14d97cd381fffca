"""Edits of the numbers in an expression: another index, another size, the other side of a slice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import libcst as cst

from nablint.claims.edits.trees import Edit, number, walk
from nablint.claims.replaying.replay import replace

MAX_NUMBERS = 16


def exchanged(root: Any, known: list[str], is_number: Callable[[cst.CSTNode], bool]) -> Iterator[Edit]:
    """Another live number in a number's place: `dout[n, f]` for `dout[n, 0]`, `x / N` for `x / D`."""
    indices = {id(n) for n in walk(root) if isinstance(n, cst.Subscript) for e in n.slice for n in walk(e)}
    for node in walk(root):
        if not isinstance(node, cst.Name | cst.Integer | cst.Attribute | cst.Subscript | cst.BinaryOperation):
            continue
        if not is_number(node) or (isinstance(node, cst.Integer | cst.BinaryOperation) and id(node) not in indices):
            continue
        text = cst.Module([]).code_for_node(node)
        for name in known[:MAX_NUMBERS]:
            if name != text:
                yield Edit(node, number(name), "operand", 1.25 + 0.002 * len(name), name)


def multiplied_sizes(root: Any, known: list[str], is_number: Callable[[cst.CSTNode], bool]) -> Iterator[Edit]:
    """A size times another live number: `x.reshape(N * C, H, W)` for `x.reshape(N, H, W)`."""
    for node in walk(root):
        entries = (node.elements if isinstance(node, cst.Tuple) else node.args if isinstance(node, cst.Call)
                   and isinstance(node.func, cst.Attribute) and node.func.attr.value in ("reshape", "view") else ())
        for entry in entries:
            value = entry.value
            if is_number(value) and (isinstance(value, cst.Name | cst.Attribute | cst.Subscript) or (
                    isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Multiply))):
                text = cst.Module([]).code_for_node(value)
                for name in known[:MAX_NUMBERS]:
                    if name != text:
                        yield Edit(value, cst.parse_expression(f"{text} * {name}"), "operand", 1.25)


def counted(root: Any, sizes: list[tuple[str, float]], shape_of: Callable[[cst.CSTNode], Any], module: str
            ) -> Iterator[Edit]:
    """One entry of each row for whole columns: `p[np.arange(n), y]` for `p[:, y]`, where y has one for each row."""
    for node in walk(root):
        shape = shape_of(node.value) if isinstance(node, cst.Subscript) else None
        if shape is None or len(node.slice) != 2 or len(shape) < 2:
            continue
        rows, columns = (element.slice for element in node.slice)
        if not (isinstance(rows, cst.Slice) and rows.lower is rows.upper is rows.step is None
                and isinstance(columns, cst.Index) and shape_of(columns.value) == shape[:1]):
            continue
        count = next((name for name, size in sizes if size == shape[0]),
                     f"len({cst.Module([]).code_for_node(columns.value)})")
        each = node.slice[0].with_changes(slice=cst.Index(cst.parse_expression(f"{module}.arange({count})")))
        yield Edit(node, node.with_changes(slice=[each, node.slice[1]]), "operand", 1.2)


def other_sides(root: Any) -> Iterator[Edit]:
    """`x[:, D:]` for `x[:, :D]`: what a slice leaves."""
    for node in walk(root):
        if not isinstance(node, cst.Subscript):
            continue
        for i, element in enumerate(node.slice):
            part = element.slice
            if isinstance(part, cst.Slice) and part.step is None and (part.lower is None) != (part.upper is None):
                turned = part.with_changes(lower=part.upper, upper=part.lower)
                elements = [*node.slice[:i], element.with_changes(slice=turned), *node.slice[i + 1 :]]
                yield Edit(node, node.with_changes(slice=elements), "operand", 1.2)


def traded(root: Any, shape_of: Callable[[cst.CSTNode], Any]) -> Iterator[Edit]:
    """Two operands of one shape in each other's place: `a @ V + b @ U` for `a @ U + b @ V`."""
    found = [n for n in walk(root) if isinstance(n, cst.Name | cst.Attribute | cst.Subscript)
             and shape_of(n) is not None]
    outermost = [n for n in found if not any(n is not m and any(n is inner for inner in walk(m)) for m in found)]
    for a, b in combinations(outermost[:6], 2):
        if shape_of(a) == shape_of(b) and cst.Module([]).code_for_node(a) != cst.Module([]).code_for_node(b):
            yield Edit(root, replace(replace(root, a, b.deep_clone()), b, a.deep_clone()), "operand", 1.3)
