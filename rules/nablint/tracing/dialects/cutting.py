"""Spellings that cut arrays apart: splits, chunks, layers, and differences of neighbours."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.ops.layout import axis_in
from nablint.shapes import Misfit, Polynomial, Size, dim
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_int, as_term
from nablint.tracing.dialects.indexing import along, read
from nablint.tracing.dialects.joining import joined


def _pieces(x: Term, axis: int, bounds: list[Any]) -> list[Term]:
    return [read(x, along(axis, slice(a, b))) for a, b in pairwise(bounds)]


def _equal_bounds(size: Size, parts: int) -> list[Any]:
    """Bounds of almost equal pieces, the longer ones first, with symbols where the pieces are equal."""
    if parts <= 0:
        raise Misfit(f"an axis cannot be cut into {parts} pieces")
    if size % parts == 0:
        return [(size // dim(parts)) * k for k in range(parts + 1)]
    short, longer = divmod(int(size), int(parts))
    return [k * short + min(k, longer) for k in range(parts + 1)]


def _as_multiple(size: Size, parts: int) -> tuple[tuple[Size, Size], ...]:
    """The equation that makes a free axis so many times as long as a piece."""
    if parts <= 0 or size.expr.name is None:
        return ()
    return ((size, dim(parts) * Size(1, Polynomial.symbol(f"({size.expr})/({parts})"))),)


def _split(x: Any, sections: Any, axis: Any, *, exact: bool) -> list[Term]:
    x = as_term(x)
    at = axis_in(as_int(axis), x.ndim)
    size = x.shape[at]
    if isinstance(sections, Term) and not sections.ndim:
        sections = as_int(sections)
    if isinstance(sections, int):
        if exact and size % sections:
            raise Misfit(f"{size} cannot be cut into {dim(sections)} equal pieces", _as_multiple(size, sections))
        return _pieces(x, at, _equal_bounds(size, sections))
    places = [int(s) for s in sections.sample] if isinstance(sections, Term) else list(map(as_int, sections))
    return _pieces(x, at, [0, *places, size])


@spelled("numpy.split")
def np_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Term]:
    """Equal pieces, or pieces at given places."""
    return _split(ary, indices_or_sections, axis, exact=True)


@spelled("numpy.array_split")
def np_array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Term]:
    """Almost equal pieces, or pieces at given places."""
    return _split(ary, indices_or_sections, axis, exact=False)


def _split_along(axis: int) -> Callable[..., Any]:
    def call(ary: Any, indices_or_sections: Any) -> list[Term]:
        ary = as_term(ary)
        return _split(ary, indices_or_sections, 0 if ary.ndim == 1 else axis, exact=True)

    return call


for _axis, _name in enumerate(("vsplit", "hsplit", "dsplit")):
    spelled(f"numpy.{_name}", f"torch.{_name}", f"Tensor.{_name}")(_split_along(_axis))


@spelled("torch.tensor_split", "Tensor.tensor_split")
def tensor_split(input: Any, indices_or_sections: Any, dim: Any = 0) -> tuple[Term, ...]:
    """Almost equal pieces, or pieces at given places."""
    return tuple(_split(input, indices_or_sections, dim, exact=False))


@spelled("torch.split", "Tensor.split", "torch.split_with_sizes", "Tensor.split_with_sizes")
def torch_split(tensor: Any, split_size: Any, dim: Any = 0) -> tuple[Term, ...]:
    """Pieces of a size, the last one perhaps shorter, or pieces of given sizes."""
    x = as_term(tensor)
    at = axis_in(as_int(dim), x.ndim)
    total = x.shape[at]
    if isinstance(split_size, list | tuple):
        bounds: list[Any] = [Size(0)]
        for size in split_size:
            bounds.append(bounds[-1] + as_int(size))
        if bounds[-1] != total:
            raise Misfit(f"the pieces hold {bounds[-1]} of {total}", ((bounds[-1], total),))
        return tuple(_pieces(x, at, bounds))
    size = as_int(split_size)
    if size <= 0:
        raise Misfit("pieces must have a size")
    return tuple(_pieces(x, at, [*(Size(1) * size * k for k in range(-(-int(total) // int(size)))), total]))


@spelled("torch.chunk", "Tensor.chunk")
def chunk(input: Any, chunks: Any, dim: Any = 0) -> tuple[Term, ...]:
    """Equal pieces, the last one perhaps shorter."""
    x, parts = as_term(input), as_int(chunks)
    size = x.shape[axis_in(as_int(dim), x.ndim)]
    exact = parts > 0 and size % parts == 0
    return torch_split(x, size // Size(parts) if exact else -(-int(size) // max(int(parts), 1)), dim)


@spelled("torch.unbind", "Tensor.unbind", "numpy.unstack")
def unbind(input: Any, dim: Any = 0, **_: Any) -> tuple[Term, ...]:
    """The layers along an axis."""
    x = as_term(input)
    at = axis_in(as_int(_.get("axis", dim)), x.ndim)
    return tuple(read(x, along(at, k)) for k in range(x.sample.shape[at]))


@spelled("numpy.diff", "torch.diff", "Tensor.diff")
def np_diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = None, append: Any = None, **_: Any) -> Term:
    """Differences of neighbours along an axis."""
    a = as_term(a)
    at = axis_in(as_int(_.get("dim", axis)), a.ndim)
    ends = [None if e is None else as_term(e) for e in (prepend, append)]
    layer = (*a.shape[:at], Size(1), *a.shape[at + 1:])
    ends = [e if e is None or e.ndim else op.broadcast_to(e, shape=layer) for e in ends]
    a = joined([t for t in (ends[0], a, ends[1]) if t is not None], at)
    for _k in range(as_int(n)):
        a = read(a, along(at, slice(1, None))) - read(a, along(at, slice(None, -1)))
    return a
