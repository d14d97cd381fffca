"""Helpers that check shapes while a program runs: `chex.assert_shape(x, (B, D))`, `assert_rank(x, 2)` and their like.

They are assertions: what they insist on holds behind them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.reading.evidence import ShapeEvidence
from nablint.reading.patterns import shape_string
from nablint.tracing import refine
from nablint.tracing.documented import evidence_rank
from nablint.tracing.values import Array, Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def checked(it: Interpreter, name: str, args: list[Any], node: cst.CSTNode) -> bool:
    """Take what a call of a checking helper insists on as known; False where it is another function."""
    rule = _HELPERS.get(name.rpartition(".")[2])
    if rule is None or len(args) < 1 or it.graph.tainting:
        return False
    rule(it, args, node)
    return True


def _shape(it: Interpreter, args: list[Any], node: cst.CSTNode) -> None:
    """`assert_shape(x, (B, None, 3))`, `check_shape(x, "B N 3")`; a list of arrays has as many shapes, or one."""
    if len(args) < 2:
        return
    values, wanted = args[:2]
    if isinstance(values, list | tuple):
        each = wanted if isinstance(wanted, list) else [wanted] * len(values)
        for value, one in zip(values, each, strict=False):
            _shape(it, [value, one], node)
    elif isinstance(wanted, str):
        dims = shape_string(wanted.strip("[]()"))
        if dims is not None and isinstance(values, Pending) and values.value is None and values.evidence is None:
            values.evidence = ShapeEvidence(values.hint, dims, "array", "assert")
    elif isinstance(wanted, list | tuple) and ... not in wanted:
        _rank(it, [values, len(wanted)], node)
        array = values.value if isinstance(values, Pending) else values
        if isinstance(array, Array) and array.term.ndim == len(wanted):
            sizes = [w.value if isinstance(w, Pending) else w for w in wanted]
            known = [(s, w) for s, w in zip(array.term.shape, sizes, strict=True) if isinstance(w, int)]
            _equal(it, node, tuple(s for s, _ in known), tuple(w for _, w in known))


def _rank(it: Interpreter, args: list[Any], node: cst.CSTNode) -> None:
    """`assert_rank(x, 2)`."""
    value, rank = args[0], args[1] if len(args) > 1 else 0
    if not isinstance(value, Pending) or value.value is not None or evidence_rank(it, value) is not None:
        return
    if type(rank) is int and 0 < rank < 9:
        refine.make_array(it, value, refine.free_shape(it, value, rank))


def _alike(it: Interpreter, args: list[Any], node: cst.CSTNode) -> None:
    """`assert_equal_shape([x, y])`."""
    values = args[0] if isinstance(args[0], list | tuple) else args
    arrays = [v.value if isinstance(v, Pending) else v for v in values]
    shapes = [a.term.shape for a in arrays if isinstance(a, Array)]
    for one, other in pairwise(shapes):
        _equal(it, node, one, other)


def _equal(it: Interpreter, node: cst.CSTNode, one: Any, other: Any) -> None:
    from nablint.tracing.statements.asserting import equated  # statements evaluate calls

    equated(it, node, one, other)


_HELPERS: dict[str, Callable[[Interpreter, list[Any], cst.CSTNode], None]] = {
    "assert_shape": _shape, "check_shape": _shape, "assert_rank": _rank, "check_rank": _rank,
    "assert_equal_shape": _alike, "assert_same_shape": _alike,
}
