"""Matched: edits found from the value that an expression should have, rather than by trying.

What the expression should be is pushed down into its operands through operators that can be undone.  At each operand
the quotient and the difference of what it should be and what it is are matched with the values that the user's own
code has at hand: a number, a product of up to three live values and of the derivatives that people write of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.edits.trees import Edit, binary, bracketed, operands
from nablint.claims.repairing.arranged import arrangements, rearranged, respaced, undone
from nablint.claims.repairing.contracted import contractions
from nablint.claims.repairing.forms import (
    close,
    constant,
    fitted_to,
    named_numbers,
    products,
    quotient,
    repeats,
)
from nablint.claims.repairing.live import LiveValue
from nablint.claims.repairing.reduced import summed, weighted
from nablint.reading.nodes import written
from nablint.tracing.step import Step


def matches(step: Step, root: Any, target: Any, live: list[LiveValue], numbers: list[tuple[str, float]]) -> Iterator[
        Edit]:
    """Edits under which the expression has the value that it should have; entries of NaN do not matter."""
    value = float(root.value) if isinstance(root, _NUMBERS) and root.value.isdecimal() else step.values.get(id(root))
    now = value.sample if isinstance(value, Term) else np.asarray(value) if isinstance(value, int | float) else None
    if now is None or now.dtype.kind not in "fiub":
        return
    target = np.asarray(target, float)
    if now.size == target.size and now.ndim > target.ndim and repeats(target.shape, now.shape):
        target = target.reshape(now.shape)  # axes of size 1 in front
    if now.shape != target.shape:
        if now.ndim:
            yield from summed(step, root, target)
            yield from arrangements(step, root, target, live)
        if not repeats(now.shape, target.shape):
            return
        now = np.broadcast_to(now, target.shape)  # what is smaller lacks a factor with the other axes
    seen: set[str] = set()
    with np.errstate(all="ignore"):
        for node, have, wanted, depth in _pushed(step, root, now, target):
            for edit in (*summed(step, node, wanted), *weighted(step, node, wanted, live),
                         *arrangements(step, node, wanted, live),
                         *_at(node, have, wanted, live, numbers)):
                key = f"{id(edit.old)} {cst.Module([]).code_for_node(edit.new)}"
                if key not in seen:
                    seen.add(key)
                    # what is done to a name could as well be done where it is made
                    named = bool(depth) and isinstance(node, cst.Name) and not isinstance(edit.new, cst.Name)
                    yield Edit(edit.old, edit.new, edit.kind, edit.cost + 0.07 * depth + 0.1 * named, edit.detail)


def _pushed(step: Step, node: Any, now: Any, wanted: Any, depth: int = 0) -> Iterator[tuple[Any, Any, Any, int]]:
    """The operands of an expression, with what each is and should be."""
    now = np.asarray(now, float)
    if now.shape != wanted.shape or depth > 6:
        return
    yield node, now, wanted, depth

    def sample(part: Any) -> Any:
        found = step.values.get(id(part))
        if isinstance(found, Term):
            return np.asarray(found.sample, float) if found.sample.dtype.kind in "fiub" else None
        return np.asarray(float(found)) if isinstance(found, int | float) else None

    def down(part: Any, target: Any) -> Iterator[tuple[Any, Any, Any, int]]:
        known = sample(part)
        if known is not None and (fitted := fitted_to(target, known.shape)) is not None:
            yield from _pushed(step, part, known, fitted, depth + 1)
        elif known is not None and known.ndim and np.all(np.isfinite(target)):
            yield part, None, target, depth + 1  # what stands here has other axes
            if repeats(known.shape, target.shape):
                yield from _pushed(step, part, np.broadcast_to(known, target.shape), target, depth + 1)

    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        yield from down(node.expression, -wanted)
    elif (inner := rearranged(step, node)) is not None:
        if (placed := undone(inner[1], wanted)) is not None:
            yield from down(inner[0], placed)
    elif (pair := operands(node)) is not None:
        a, b = sample(pair[0]), sample(pair[1])
        if a is not None and b is not None and a.ndim == b.ndim == 2 and np.all(np.isfinite(wanted)):
            left, right = quotient(b.T, wanted.T), quotient(a, wanted)
            if left is not None:
                yield from down(pair[0], left.T)
            if right is not None:
                yield from down(pair[1], right)
    elif isinstance(node, cst.BinaryOperation):
        a, b = sample(node.left), sample(node.right)
        if a is None or b is None:
            return
        if isinstance(node.operator, cst.Add):
            yield from down(node.left, wanted - b)
            yield from down(node.right, wanted - a)
        elif isinstance(node.operator, cst.Subtract):
            yield from down(node.left, wanted + b)
            yield from down(node.right, a - wanted)
        elif isinstance(node.operator, cst.Multiply):
            yield from down(node.left, wanted / b)
            yield from down(node.right, wanted / a)
        elif isinstance(node.operator, cst.Divide):
            yield from down(node.left, wanted * b)
            yield from down(node.right, a / wanted)
    elif isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        yield from _into_call(node, sample, down, wanted)
        yield from _into_pieces(node, step.values.get(id(node)), down, wanted)


def _into_call(node: cst.Call, sample: Any, down: Any, wanted: Any) -> Iterator[tuple[Any, Any, Any, int]]:
    assert isinstance(node.func, cst.Attribute)
    word, args = node.func.attr.value, [a.value for a in node.args]
    if word == "where" and len(args) == 3:
        chosen = sample(args[0])
        if chosen is not None:
            mask = np.broadcast_to(chosen.astype(bool), wanted.shape) if chosen.ndim <= wanted.ndim else None
            if mask is not None:
                yield from down(args[1], np.where(mask, wanted, np.nan))
                yield from down(args[2], np.where(mask, np.nan, wanted))
    elif word in ("multiply", "mul") and len(args) == 2:
        a, b = sample(args[0]), sample(args[1])
        if a is not None and b is not None:
            yield from down(args[0], wanted / b)
            yield from down(args[1], wanted / a)


def _into_pieces(node: cst.Call, value: Any, down: Any, wanted: Any) -> Iterator[tuple[Any, Any, Any, int]]:
    """The pieces of what is joined along an axis."""
    pieces = node.args[0].value if node.args else None
    if (not isinstance(value, Term) or value.card is None or value.card.name != "concatenate"
            or not isinstance(pieces, cst.List | cst.Tuple) or len(pieces.elements) != len(value.args)):
        return
    axis, start = value.params["axis"], 0
    for element, term in zip(pieces.elements, value.args, strict=True):
        stop = start + term.sample.shape[axis]
        yield from down(element.value, np.take(wanted, range(start, stop), axis))
        start = stop


_NUMBERS = (cst.Integer, cst.Float)


def _at(node: Any, now: Any, wanted: Any, live: list[LiveValue], numbers: list[tuple[str, float]]) -> Iterator[Edit]:
    if now is None:
        for whole, cost in products(wanted, live, numbers):
            yield Edit(node, bracketed(written(whole)), "operand", 1.4 + cost, whole)
        return
    if close(now, wanted) or not np.isfinite(wanted).any():
        return
    text = cst.Module([]).code_for_node(node)
    ratio = np.where(np.abs(now) > 1e-12, wanted / now, np.where(np.abs(wanted) > 1e-12, np.inf, np.nan))
    spoiled = bool(np.any(np.isinf(ratio)))
    for value in live:
        if value.sample.shape == wanted.shape and value.text != text and close(value.sample, wanted):
            yield Edit(node, written(value.text), "operand", 1.2 + 0.002 * len(value.text), value.text)
    for other in respaced(wanted, live):
        yield Edit(node, written(other), "operand", 1.3 + 0.002 * len(other), other)
    if not spoiled:
        if (c := constant(ratio)) is not None:
            near = [(v.text, float(v.sample)) for v in live if v.sample.ndim == 0 and v.sample.dtype.kind in "fiu"]
            arriving = {v.text for v in live if v.tainted}
            for word, kind, cost in named_numbers(c, [*near, *numbers]):
                yield _scaled(node, word, "derivative" if word in arriving else kind, cost)
            return
        for factor, cost in products(ratio, live, numbers):
            yield Edit(node, binary(node, cst.Multiply(), written(factor)), "derivative", 1.2 + cost,
                       factor)
    if now.ndim and (c := constant(wanted)) in (0.0, 1.0) and not isinstance(node, cst.Call):
        module = live[0].module if live else "np"
        word = "ones_like" if c else "zeros_like"
        yield Edit(node, written(f"{module}.{word}({text})"), "operand", 1.3, word)
    residual = wanted - now
    if (c := constant(residual)) is not None and now.ndim == 0:
        return
    dot = "dot(" in text
    if isinstance(node, _NUMBERS):  # a number is taken for another value, not added to one
        for whole, cost in products(wanted, live, numbers):
            yield Edit(node, bracketed(cst.parse_expression(whole)), "operand", 1.3 + cost, whole)
        return
    for term, cost in (*products(residual, live, numbers), *contractions(residual, live, dot=dot)):
        negative = term.startswith("-")
        yield Edit(node, cst.BinaryOperation(node, cst.Subtract() if negative else cst.Add(),
                                             bracketed(written(term[1:])) if negative and " - " in term
                                             else written(term.lstrip("-"))),
                   "term", 1.3 + cost, term)
    if isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.BinaryOperation | cst.Call):
        for whole, cost in (*products(wanted, live, numbers), *contractions(wanted, live, dot=dot)):
            new = written(whole)
            yield Edit(node, bracketed(new), "operand", 1.5 + cost, whole)


def _scaled(node: Any, word: str, kind: str, cost: float) -> Edit:
    if word == "-1":
        return Edit(node, cst.UnaryOperation(cst.Minus(), bracketed(node)), "sign", 1.2)
    if word.startswith("1 / "):
        return Edit(node, binary(node, cst.Divide(), written(word[4:])), kind, cost, word)
    if word.replace(".", "").isdigit():
        return Edit(node, binary(written(word), cst.Multiply(), node), kind, cost, word)
    return Edit(node, binary(node, cst.Multiply(), written(word)), kind, cost, word)
