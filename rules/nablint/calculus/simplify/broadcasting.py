"""Broadcasting made plain: axes that it adds by itself, vectors along rows and columns, numbers spread out."""

from __future__ import annotations

import numpy as np

from nablint.calculus.simplify.engine import made_by
from nablint.calculus.terms import Term


def unpadded(parts: list[tuple[Term, float]], like: Term) -> list[tuple[Term, float]]:
    """v[None, :] beside a matrix is v, and a number kept as an axis is a number: broadcasting adds axes by itself."""
    shape = np.shape(like.sample)
    if like.ndim and np.size(like.sample) > 1 and any(np.shape(t.sample) == shape for t, _ in parts):
        parts = [(_unkept(t), c) for t, c in parts]
    if like.ndim != 2 or shape[0] == 1:
        return parts
    full = any(np.shape(t.sample)[:1] == shape[:1] and t.ndim == 2 for t, _ in parts)
    if not full:
        return parts
    return [(inner if (inner := vector_in(t, 0)) is not None else t, c) for t, c in parts]


def _unkept(term: Term) -> Term:
    """A reduction over all axes without the axes it keeps."""
    if np.size(term.sample) != 1 or not term.params.get("keepdims") or np.size(term.args[0].sample) == 1:
        return term
    assert term.card is not None
    return term.graph.apply(term.card, term.args, {**term.params, "keepdims": False})


def outer_of(above: list[tuple[Term, float]]) -> list[tuple[Term, float]]:
    """A vector along the rows times a vector along the columns is their outer product."""
    columns = [f for f in above if f[1] == 1 and vector_in(f[0], 1) is not None]
    rows = [f for f in above if f[1] == 1 and (f[0].ndim == 1 or vector_in(f[0], 0) is not None)]
    if len(columns) != 1 or len(rows) != 1:
        return above
    column, row = vector_in(columns[0][0], 1), rows[0][0] if rows[0][0].ndim == 1 else vector_in(rows[0][0], 0)
    assert column is not None and row is not None
    outer = column.graph.apply(column.graph.cards["outer"], (column, row), {})
    return [*(f for f in above if f is not columns[0] and f is not rows[0]), (outer, 1)]


def vector_in(term: Term, axis: int) -> Term | None:
    """The vector that stands as a column (axis 1 added) or as a row (axis 0 added)."""
    if made_by(term, "expand_dims", "reshape") and term.args[0].ndim == 1 and term.ndim == 2 \
            and np.shape(term.sample)[axis] == 1 != np.shape(term.sample)[1 - axis]:
        return term.args[0]
    return None


def spread_like(term: Term, like: Term) -> Term:
    """Broadcast to the shape of `like` where the rewriting lost it."""
    if np.shape(term.sample) == np.shape(like.sample):
        return term
    return term.graph.apply(term.graph.cards["broadcast_to"], (term,), {"shape": like.shape})
