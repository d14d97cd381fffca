"""Spellings of diagonals, triangles and the trace."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import Misfit, dim, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import NUMPY_TYPES, as_int, as_term, current_graph, kind_of
from nablint.tracing.dialects.indexing import count
from nablint.tracing.dialects.layout import reshaped


@spelled("numpy.diag", "torch.diag", "Tensor.diag")
def diag(v: Any, k: Any = 0, **_: Any) -> Term:
    """The matrix with a diagonal, or the diagonal of a matrix."""
    v, offset = as_term(v), as_int(_.get("diagonal", k))
    if v.ndim not in (1, 2):
        raise Misfit(f"diag needs one or two axes, there are {v.ndim}")
    card = op.diag_embed if v.ndim == 1 else op.diagonal
    return card(v, offset=offset) if offset else card(v)


@spelled("numpy.diagflat", "torch.diagflat", "Tensor.diagflat")
def diagflat(v: Any, k: Any = 0, **_: Any) -> Term:
    """The matrix with all entries in a row on a diagonal."""
    v = as_term(v)
    return diag(reshaped(v, size_product(v.shape)), _.get("offset", k))


@spelled("torch.diag_embed", "Tensor.diag_embed")
def diag_embed(input: Any, offset: Any = 0, dim1: Any = -2, dim2: Any = -1) -> Term:
    """Matrices with their diagonals along the last axis."""
    given = {"offset": as_int(offset), "axis1": as_int(dim1), "axis2": as_int(dim2)}
    plain = {"offset": 0, "axis1": -2, "axis2": -1}
    return op.diag_embed(as_term(input), **{k: v for k, v in given.items() if v != plain[k]})


def _diagonal(x: Term, offset: Any, axis1: Any, axis2: Any) -> Term:
    given = {"offset": as_int(offset), "axis1": as_int(axis1), "axis2": as_int(axis2)}
    plain = {"offset": 0, "axis1": 0, "axis2": 1}
    return op.diagonal(x, **{k: v for k, v in given.items() if v != plain[k]})


@spelled("numpy.diagonal", "ndarray.diagonal", "torch.diagonal", "Tensor.diagonal")
def diagonal(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, **_: Any) -> Term:
    """The diagonal of a matrix, or of each in a stack, along a new last axis."""
    return _diagonal(as_term(a), offset, _.get("dim1", axis1), _.get("dim2", axis2))


@spelled("numpy.linalg.diagonal", "torch.linalg.diagonal")
def linalg_diagonal(x: Any, *, offset: Any = 0, **_: Any) -> Term:
    """The diagonals of a stack of matrices."""
    return _diagonal(as_term(_.get("A", x)), offset, -2, -1)


@spelled("numpy.trace", "ndarray.trace", "torch.trace", "Tensor.trace")
def trace(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, *args: Any, **_: Any) -> Term:
    """The sum of the diagonal."""
    a = as_term(a)
    shift = as_int(offset)
    if a.ndim == 2:
        return op.trace(a, offset=shift) if shift else op.trace(a)
    return op.sum(_diagonal(a, shift, axis1, axis2), axis=-1)


@spelled("numpy.linalg.trace")
def linalg_trace(x: Any, /, *, offset: Any = 0, dtype: Any = None) -> Term:
    """The traces of a stack of matrices."""
    x = as_term(x)
    return trace(x, offset, x.ndim - 2, x.ndim - 1)


def _triangle(name: str) -> Callable[..., Any]:
    def call(m: Any, k: Any = 0, **_: Any) -> Term:
        offset = as_int(_.get("diagonal", k))
        card = getattr(op, name)
        return card(as_term(m), k=offset) if offset else card(as_term(m))

    return call


for _name in ("tril", "triu"):
    spelled(f"numpy.{_name}", f"torch.{_name}", f"Tensor.{_name}")(_triangle(_name))
    spelled(f"Tensor.{_name}_", inplace=True)(_triangle(_name))


@spelled("numpy.tri")
def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None, **_: Any) -> Term:
    """Ones on and below a diagonal."""
    rows = dim(as_int(N))
    columns = rows if M is None else dim(as_int(M))
    return current_graph().constant(np.tri(rows, columns, as_int(k), NUMPY_TYPES[kind_of(dtype)]), (rows, columns))


@spelled("numpy.fill_diagonal", "Tensor.fill_diagonal_", inplace=True)
def fill_diagonal(a: Term, val: Any, wrap: Any = False) -> Term:
    """The diagonal of a matrix overwritten."""
    length = min(a.shape)
    steps = count(length, 0, 1)
    return op.setitem(a, as_term(val), *([steps] * a.ndim), index=tuple(("term", k) for k in range(a.ndim)))
