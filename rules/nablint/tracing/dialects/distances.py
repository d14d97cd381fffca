"""Spellings of `scipy.spatial.distance`: distances between all pairs of rows, and their condensed form."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import Operand, op
from nablint.shapes import Size
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import current_graph
from nablint.tracing.dialects.indexing import read
from nablint.tracing.dialects.operands import Value, as_term


def _length(differences: Operand, metric: Any) -> Operand:
    """How long the differences in the last axis are."""
    if metric == "cityblock":
        return op.sum(op.absolute(differences), axis=-1, keepdims=False)
    squares = op.sum(op.multiply(differences, differences), axis=-1, keepdims=False)
    if metric == "sqeuclidean":
        return squares
    if metric != "euclidean":
        raise TypeError(f"the distance {metric} is not known")
    return op.sqrt(squares)


@spelled("scipy.spatial.distance.cdist")
def cdist(XA: Value, XB: Value, metric: Any = "euclidean") -> Operand:
    """The distance of each row of one array from each row of another."""
    return _length(op.subtract(op.expand_dims(as_term(XA), axis=1), op.expand_dims(as_term(XB), axis=0)), metric)


@spelled("scipy.spatial.distance.pdist")
def pdist(X: Value, metric: Any = "euclidean") -> Operand:
    """The distances of all pairs of rows, each pair once."""
    rows = as_term(X)
    one, other = (_places(k) for k in np.triu_indices(rows.sample.shape[0], 1))
    return _length(op.subtract(read(rows, (one,)), read(rows, (other,))), metric)


@spelled("scipy.spatial.distance.squareform")
def squareform(X: Value, force: Any = "no", checks: Any = True) -> Operand:
    """The symmetric matrix with zeros on its diagonal of what `pdist` makes, or the other way round."""
    given = as_term(X)
    if given.ndim == 2:
        return read(given, tuple(_places(k) for k in np.triu_indices(given.sample.shape[0], 1)))
    count = round((1 + np.sqrt(1 + 8 * given.sample.size)) / 2)
    at = np.zeros((count, count), dtype=int)
    at[np.triu_indices(count, 1)] = np.arange(given.sample.size)
    apart = current_graph().constant(1.0 - np.eye(count))
    return op.multiply(read(given, (_places(at + at.T),)), apart)


def _places(index: Any) -> Term:
    return current_graph().constant(index, tuple(Size(n) for n in index.shape))
