"""Shapes that a program insists on: `assert x.shape == (N, D)`, `x.ndim == 2`, `dW.shape == W.shape`."""

from __future__ import annotations

import ast

from nablint.reading.annotation_dims import from_sizes
from nablint.reading.dimensions import read_dim
from nablint.reading.evidence import UNKNOWN, DimSpec, ShapeEvidence


def assert_evidence(condition: str) -> list[ShapeEvidence]:
    """What holds where the condition, given as source text, is true; empty where it says nothing of shapes.

    Read are equalities, joined by `and`.  A single size (`x.shape[1] == 3`, `x.size(-1) == D`) gives an array whose
    other axes are unknown only where it is counted from the front together with the rank; else it is left out.
    """
    try:
        node = ast.parse(condition.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []
    parts = node.values if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And) else [node]
    found = [e for part in parts if (e := _equality(part)) is not None]
    return _with_single_sizes(parts, found)


def _equality(node: ast.expr) -> ShapeEvidence | None:
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or not isinstance(node.ops[0], ast.Eq):
        return None
    left, right = node.left, node.comparators[0]
    for one, other in ((left, right), (right, left)):
        name = _shape_of(one)
        if name is not None:
            return _said(name, other)
        name = _rank_of(one)
        rank = other.value if isinstance(other, ast.Constant) else None
        if name is not None and isinstance(rank, int) and 0 <= rank < 9:
            return ShapeEvidence(name, (UNKNOWN,) * rank, "array", "assert")
    return None


def _said(name: str, other: ast.expr) -> ShapeEvidence | None:
    """The right side of `name.shape == ...`."""
    if isinstance(other, ast.Call) and isinstance(other.func, (ast.Name, ast.Attribute)):
        last = other.func.id if isinstance(other.func, ast.Name) else other.func.attr
        if last in ("Size", "tuple", "TensorShape") and len(other.args) == 1:
            other = other.args[0]
    like = _shape_of(other)
    if like is not None:
        return ShapeEvidence(name, None, "array", "assert", like=like)
    if not isinstance(other, (ast.Tuple, ast.List)):
        return None
    if not other.elts:
        return ShapeEvidence(name, (), "array", "assert")
    dims = from_sizes(other.elts)
    return None if dims is None else ShapeEvidence(name, dims, "array", "assert")


def _with_single_sizes(parts: list[ast.expr], found: list[ShapeEvidence]) -> list[ShapeEvidence]:
    """Fill in `x.shape[1] == 3` where the rank of x is said beside it."""
    for part in parts:
        if not isinstance(part, ast.Compare) or len(part.ops) != 1 or not isinstance(part.ops[0], ast.Eq):
            continue
        place = _axis_of(part.left)
        size = read_dim(ast.unparse(part.comparators[0]))
        if place is None or size is None or size.kind in ("ellipsis", "unknown"):
            continue
        found = [_filled(e, place[1], size) if e.name == place[0] else e for e in found]
    return found


def _filled(evidence: ShapeEvidence, axis: int, size: DimSpec) -> ShapeEvidence:
    dims = evidence.dims
    if dims is None or not -len(dims) <= axis < len(dims) or dims[axis].kind != "unknown":
        return evidence
    axis %= len(dims)
    return ShapeEvidence(evidence.name, (*dims[:axis], size, *dims[axis + 1:]), evidence.kind, evidence.source)


def _name(node: ast.expr) -> str | None:
    """A name or a chain of attributes, as text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = _name(node.value)
        return None if inner is None else f"{inner}.{node.attr}"
    return None


def _shape_of(node: ast.expr) -> str | None:
    """The x of `x.shape`, `x.size()`, `np.shape(x)`, `tuple(x.shape)`."""
    if isinstance(node, ast.Attribute) and node.attr == "shape":
        return _name(node.value)
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr == "size" and not node.args:
        return _name(node.func.value)
    if len(node.args) != 1:
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr == "shape":
        return _name(node.args[0])
    if isinstance(node.func, ast.Name) and node.func.id in ("tuple", "list"):
        return _shape_of(node.args[0])
    return None


def _rank_of(node: ast.expr) -> str | None:
    """The x of `x.ndim`, `x.dim()`, `len(x.shape)`, `np.ndim(x)`."""
    if isinstance(node, ast.Attribute) and node.attr == "ndim":
        return _name(node.value)
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("dim", "ndimension") and not node.args:
        return _name(node.func.value)
    if len(node.args) != 1:
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr == "ndim":
        return _name(node.args[0])
    if isinstance(node.func, ast.Name) and node.func.id == "len":
        return _shape_of(node.args[0])
    return None


def _axis_of(node: ast.expr) -> tuple[str, int] | None:
    """The x and the axis of `x.shape[1]` and `x.size(1)`."""
    if isinstance(node, ast.Subscript):
        name, index = _shape_of(node.value), node.slice
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "size" and node.args:
        name, index = _name(node.func.value), node.args[0]
    else:
        return None
    try:
        axis = ast.literal_eval(index)
    except (ValueError, TypeError):
        return None
    return (name, axis) if name is not None and isinstance(axis, int) else None
