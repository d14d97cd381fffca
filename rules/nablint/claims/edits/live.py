"""Edits that bring in live values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from nablint.claims.edits.trees import (
    Edit,
    binary,
    bracketed,
    is_transposed,
    number,
    operands,
    untransposed,
    walk,
)
from nablint.reading.nodes import written


def replacements(root: Any, live: list[tuple[str, Any]], shape_of: Any, *, clash: bool = False,
                 whole: Any = None) -> Iterator[Edit]:
    """Another live value of the same shape in an operand's place, the neighbouring item of a list.

    clash: operands do not fit each other, so that the right one has another shape, of as many axes.
    whole: the shape of the expression's value, up to which a smaller operand may be repeated by mistake.
    """
    for node in walk(root):
        if not isinstance(node, cst.Name | cst.Attribute | cst.Subscript) or is_transposed(node):
            continue
        shape = shape_of(node)
        if shape is None:
            continue
        text = cst.Module([]).code_for_node(node)
        for name, other in live:
            repeated = other == whole and len(other) == len(shape)
            if name != text and (other == shape or repeated or (clash and len(other) == len(shape))):
                yield Edit(node, number(name), "operand", 1.35, name)
        if isinstance(node, cst.Subscript) and len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Index):
            yield from _neighbours(node, node.slice[0].slice.value)


def matrices(root: Any, live: list[tuple[str, Any]], shape_of: Any) -> Iterator[Edit]:
    """A live matrix in the place of a vector that a vector is multiplied with: a weight, where a state stands."""
    for node in walk(root):
        found = operands(node)
        if found is None or any(shape is None or len(shape) != 1 for shape in map(shape_of, found)):
            continue
        for place, (own, other) in enumerate((found, found[::-1])):
            inner = untransposed(own) if is_transposed(own) else own
            axis = place if is_transposed(own) else 1 - place  # the axis that is summed over
            for name, shape in live:
                if len(shape) == 2 and shape[axis] == shape_of(other)[0]:
                    yield Edit(inner, number(name), "operand", 1.6, name)


def batched(root: Any, shape_of: Any, *, torch: bool) -> Iterator[Edit]:
    """The last two axes of a factor of a product of batches of matrices in each other's place."""
    for node in walk(root):
        for factor in operands(node) or ():
            shape = shape_of(factor)
            if shape is not None and len(shape) > 2:
                *rest, rows, columns = range(len(shape))
                axes = ("-2", "-1") if torch else tuple(map(str, (*rest, columns, rows)))
                turned = cst.Attribute(bracketed(factor), cst.Name("transpose"))
                yield Edit(factor, cst.Call(turned, [cst.Arg(number(a)) for a in axes]), "transpose", 1.1)


def _neighbours(node: cst.Subscript, key: Any) -> Iterator[Edit]:
    element = node.slice[0]
    for step in ("+ 1", "- 1"):
        text = cst.Module([]).code_for_node(key)
        try:
            new = written(shifted(text, step))
        except cst.ParserSyntaxError:
            continue
        yield Edit(node, node.with_changes(slice=[element.with_changes(slice=cst.Index(new))]), "operand", 1.3)


def shifted(text: str, step: str) -> str:
    """An index and one more or less (`step` is "+ 1" or "- 1"), in the shortest form: `-l-1` and one more is `-l`."""
    plain = text.replace(" ", "")
    for ending, meaning in (("+1", 1), ("-1", -1)):
        if plain.endswith(ending) and len(plain) > 2:
            total = meaning + (1 if step == "+ 1" else -1)
            stem = plain[: -len(ending)]
            return stem if total == 0 else f"{stem}{'+' if total > 0 else '-'}{abs(total)}"
    if plain.lstrip("-").isdigit():
        return str(int(plain) + (1 if step == "+ 1" else -1))
    return f"{plain}{step.replace(' ', '')}"


def called(root: Any, functions: list[str]) -> Iterator[Edit]:
    """A function that goes by the name of a derivative in the place of the one that is called."""
    for node in walk(root):
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Name | cst.Attribute):
            text = cst.Module([]).code_for_node(node.func)
            for name in functions:
                if name != text:
                    yield Edit(node, node.with_changes(func=written(name)), "derivative", 1.2, name)


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
