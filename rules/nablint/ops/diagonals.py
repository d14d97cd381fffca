"""Diagonals and triangles of matrices, and the trace."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.ops.card import Card, Operand, example, op, register
from nablint.ops.layout import axis_in, shape_of
from nablint.shapes import Misfit, Shape, Size, dim, show_shape


def _length(rows: Size, columns: Size, offset: int) -> Size:
    """The length of a diagonal, with its symbol."""
    rows, columns = (rows, columns - offset) if offset >= 0 else (rows + offset, columns)
    shorter = rows if rows < columns or (rows == columns and rows.expr.number is None) else columns
    return shorter if shorter > 0 else Size(0)


def _diagonal_shape(x: Shape, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Shape:
    if len(x) < 2:
        raise Misfit(f"{show_shape(x)} has no diagonal: it needs two axes")
    a, b = axis_in(axis1, len(x)), axis_in(axis2, len(x))
    if a == b:
        raise Misfit(f"the diagonal of {show_shape(x)} needs two different axes")
    return (*(s for k, s in enumerate(x) if k not in (a, b)), _length(dim(x[a]), dim(x[b]), offset))


def _diagonal_back(G: Operand, out: Operand, x: Operand, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    shape = tuple(shape_of(x))
    a, b = axis_in(axis1, len(shape)), axis_in(axis2, len(shape))
    if len(shape) == 2 and not offset and shape[0] == shape[1]:
        return (op.diag_embed(G),)
    return (op.diag_embed(G, shape=(shape[a], shape[b]), offset=offset, axis1=a, axis2=b),)


register(Card(
    name="diagonal",
    evaluate=lambda x, offset=0, axis1=0, axis2=1: np.diagonal(x, offset, axis1, axis2),
    shape=_diagonal_shape,
    adjoint=_diagonal_back,
    numpy="np.diagonal({0}, {offset}, {axis1}, {axis2})", torch="torch.diagonal({0}, {offset}, {axis1}, {axis2})",
    latex="\\operatorname{{diag}}({0})", text="diag({0})",
    why="⟨g, diag(V)⟩ = ⟨Diag(g), V⟩: the cotangent stands on the diagonal, zeros beside it",
    examples=(example("N N"), example("N D"), example("N D", offset=1), example("D N", offset=-2),
              example("B N D", axis1=-2, axis2=-1), example("N B D", offset=1, axis1=2, axis2=0)),
))


def _embedded(x: Any, offset: int = 0, axis1: int = -2, axis2: int = -1, shape: tuple[int, int] | None = None) -> Any:
    rows, columns = (x.shape[-1] + abs(offset),) * 2 if shape is None else shape
    out = np.zeros((*x.shape[:-1], rows, columns), x.dtype)
    k = np.arange(x.shape[-1])
    out[..., k + max(-offset, 0), k + max(offset, 0)] = x
    return np.moveaxis(out, (-2, -1), (axis1, axis2))


def _embedded_shape(x: Shape, offset: int = 0, axis1: int = -2, axis2: int = -1, shape: Shape | None = None) -> Shape:
    if not x:
        raise Misfit("a number cannot be put on a diagonal")
    rows, columns = (dim(x[-1]) + abs(offset),) * 2 if shape is None else map(dim, shape)
    if x[-1] != _length(rows, columns, offset):
        raise Misfit(f"{show_shape(x)} is no diagonal of a matrix {show_shape((rows, columns))}")
    rank = len(x) + 1
    where = {axis_in(axis1, rank): rows, axis_in(axis2, rank): columns}
    rest = iter(x[:-1])
    return tuple(where[a] if a in where else next(rest) for a in range(rank))


register(Card(
    name="diag_embed",
    evaluate=_embedded,
    shape=_embedded_shape,
    adjoint=lambda G, out, x, offset=0, axis1=-2, axis2=-1, shape=None: (
        op.diagonal(G, offset=offset, axis1=axis1, axis2=axis2),),
    numpy="np.diag({0}, {offset})", torch="torch.diag_embed({0}, {offset})",
    latex="\\operatorname{{Diag}}({0})", text="Diag({0})",
    why="only the diagonal of the cotangent meets an entry",
    examples=(example("N"), example("B N", offset=1), example("B N", axis1=0, axis2=2),
              example("N", shape=lambda n: (n["N"] + 2, n["N"])),
              example("B N", shape=lambda n: (n["N"], n["N"] + 1), offset=1)),
))


def _matrix(x: Shape, k: int = 0) -> Shape:
    if len(x) < 2:
        raise Misfit(f"{show_shape(x)} has no triangle: it needs two axes")
    return x


for _name, _word in (("tril", "lower"), ("triu", "upper")):
    register(Card(
        name=_name,
        evaluate=lambda x, k=0, _f=getattr(np, _name): _f(x, k),
        shape=_matrix,
        adjoint=lambda G, out, x, k=0, _n=_name: (getattr(op, _n)(G, k=k),),
        numpy=f"np.{_name}({{0}}, {{k}})", torch=f"torch.{_name}({{0}}, {{k}})",
        latex=f"\\operatorname{{{{{_name}}}}}({{0}})", text=f"{_name}({{0}})",
        why=f"a projection on the {_word} triangle is its own adjoint",
        examples=(example("N N"), example("N D", k=1), example("B N D", k=-1)),
    ))


def _trace_shape(x: Shape, offset: int = 0) -> Shape:
    if len(x) != 2:
        raise Misfit(f"{show_shape(x)} has no trace: it needs two axes")
    return ()


def _trace_back(G: Operand, out: Operand, x: Operand, offset: int = 0) -> tuple[Operand]:
    rows, columns = shape_of(x)
    eye = np.eye(int(rows), int(columns), int(offset))
    graph = getattr(G, "graph", None)
    return (G * (eye if graph is None else graph.constant(eye, (rows, columns))),)


register(Card(
    name="trace",
    evaluate=lambda x, offset=0: np.trace(x, offset),
    shape=_trace_shape,
    adjoint=_trace_back,
    numpy="np.trace({0})", torch="torch.trace({0})", latex="\\operatorname{{Tr}}({0})", text="Tr({0})",
    why="d Tr(X) = Tr(dX) = ⟨I, dX⟩",
    examples=(example("N N"), example("N D"), example("N D", offset=1)),
))
