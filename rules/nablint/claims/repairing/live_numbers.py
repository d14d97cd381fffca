"""Live numbers: sizes, counts and factors that have a name where a statement stands."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.repairing.live import live_values, written_items
from nablint.claims.replaying.replay import new_result
from nablint.reading.nodes import below, written
from nablint.reading.source import Tree
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step
from nablint.tracing.values import Array, Instance, Pending

MAX_ROOTS = 6


@lru_cache(maxsize=256)
def _counters(tree: Tree) -> frozenset[str]:
    """The names that only loops give a value, which they hold even after them: nothing is scaled by a counter."""
    nodes = list(below(tree.module))
    counted = [n.target for n in nodes if isinstance(n, cst.For | cst.CompFor)]
    assigned = [t.target for n in nodes if isinstance(n, cst.Assign) for t in n.targets]
    return _named(counted) - _named(assigned)


def _named(targets: list[Any]) -> frozenset[str]:
    return frozenset(n.value for target in targets for n in (target, *below(target)) if isinstance(n, cst.Name))


def _scales(step: Step) -> list[tuple[str, Any]]:
    """The names of a step's frame, without those of counters."""
    tree = step.block.tree()
    counted = _counters(tree) if tree is not None else ()
    return [(name, value) for name, value in step.names.items() if name not in counted]


def numbers_at_hand(step: Step) -> list[tuple[str, float]]:
    """Live numbers, sizes and entries of shapes, with their values."""
    out: list[tuple[str, float]] = []
    for name, value in _scales(step):
        if isinstance(value, Instance) and name in ("self", "ctx"):
            out += [(f"{name}.{attribute}", _number(held)) for attribute, held in value.names.items()
                    if attribute.isidentifier() and _is_number(held)]
        elif name.isidentifier() and _is_number(value):
            out.append((name, _number(value)))
    for text, term in live_values(step):
        if not term.tainted:
            out += [(f"{text}.shape[{axis}]", float(term.shape[axis])) for axis in range(min(term.ndim, 4))]
    return out[:40]


def roots_at_hand(it: Interpreter, step: Step) -> list[tuple[str, float]]:
    """Roots of sizes and other numbers, `np.sqrt(self.dk)`, as the file writes them, with what they are here."""
    texts: dict[str, None] = {}
    for other in {id(s.node): s for s in it.steps if s.block is step.block}.values():
        for node in below(other.node):
            if _is_root(node) and _is_scalar(other.values.get(id(node))):
                texts.setdefault(cst.Module([]).code_for_node(node))
    found = ((text, new_result(it, step, written(text))) for text in [*texts][:MAX_ROOTS])
    plain = ((text, value.term.sample if isinstance(value, Array) else value) for text, value in found)
    return [(text, float(value)) for text, value in plain
            if isinstance(value, float | np.ndarray) and not np.ndim(value)]


def _is_scalar(value: object) -> bool:
    return isinstance(value, float) or (isinstance(value, Term) and not value.ndim)


def _is_root(node: cst.CSTNode) -> bool:
    """`sqrt(n)` and `n ** 0.5`."""
    if isinstance(node, cst.Call):
        name = node.func.attr.value if isinstance(node.func, cst.Attribute) else getattr(node.func, "value", "")
        return name == "sqrt"
    return (isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Power)
            and isinstance(node.right, cst.Float))


def live_indices(it: Interpreter, step: Step) -> list[str]:
    """Whole numbers that have a name, and the items of arrays of numbers that the function reads (`y[i]`)."""
    items = [text for text, term in written_items(it, step)
             if not term.ndim and term.sample.dtype.kind in "iu"]
    plain = [name for name, held in step.names.items() if name.isidentifier()
             and isinstance(value := held.value if isinstance(held, Pending) else held, int)
             and not isinstance(value, bool)]
    return [*plain, *items]


def is_number(step: Step, node: cst.CSTNode) -> bool:
    """Was a node of a statement a number, and no gradient?"""
    value = step.values.get(id(node))
    if isinstance(value, Term):
        return not value.ndim and value.sample.dtype.kind in "iu" and not value.tainted
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> float:
    value = value.value if isinstance(value, Pending) else value
    return float(value.term.sample) if isinstance(value, Array) else float(value)


def live_numbers(step: Step) -> list[str]:
    """Live numbers by which a gradient may have to be scaled: sizes and 0-d values; shapes of live arrays."""
    out: list[str] = []
    shapes: list[str] = []
    for name, value in _scales(step):
        if not name.isidentifier():
            continue
        if isinstance(value, Instance) and name in ("self", "ctx"):
            out += [f"{name}.{attribute}" for attribute,
                    held in value.names.items() if attribute.isidentifier() and _is_number(held)]
        elif _is_number(value):
            out.append(name)
    for text, term in live_values(step):
        shapes += [f"{text}.shape[{axis}]" for axis in range(min(term.ndim, 2)) if not term.tainted]
    return out[:12] + shapes[:8]


def _is_number(value: Any) -> bool:
    value = value.value if isinstance(value, Pending) else value
    if isinstance(value, Array):
        return value.term.ndim == 0 and not value.term.tainted and value.term.sample.dtype.kind in "iuf"
    return isinstance(value, int | float) and not isinstance(value, bool) and (value > 1 or 0 < value < 1)
