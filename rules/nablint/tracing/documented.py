"""Documented shapes: what annotations, docstrings and comments say of an input, as sizes of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.reading.evidence import is_loose
from nablint.shapes import Polynomial, Shape, Size
from nablint.tracing import hints
from nablint.tracing.values import Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def evidence_rank(it: Interpreter, p: Pending) -> int | None:
    """The rank that evidence gives an input."""
    dims = _dims(it, p)
    return None if dims is None else len(dims)


def evidence_shape(it: Interpreter, p: Pending, rank: int) -> Shape | None:
    """The shape that evidence gives an input, where the rank is as asked."""
    dims = _dims(it, p)
    return tuple(dims) if dims is not None and len(dims) == rank else None


def _dims(it: Interpreter, p: Pending) -> list[Size] | None:
    given = p.evidence
    if given is None or given.dims is None or (it.world.sure and is_loose(given)):
        return None
    sizes: list[Size] = []
    if len(given.dims) > 3:
        if it.world.sure and it.dialect == "torch":
            it.world.wide |= {f"{s.text}@{p.space}": None for s in given.dims[-2:] if s.kind == "name"}
        it.world.few |= {f"{s.text}@{p.space}": None for s in given.dims[:-2]
                           if s.kind == "name" and not hints.is_length(s.text)}
    for axis, spec in enumerate(given.dims):
        # as many axes wherever the same function has it; as long only where it has a name
        if spec.kind == "ellipsis":
            if it.world.sure:
                return None
            count = it.world.choose(f"...{spec.text}@{p.space}:ellipsis", (2, 0, 1))
            named = f"{p.path}.{axis}" if spec.text == "..." else f"{spec.text}@{p.space}"
            sizes += [it.world.dimension(f"{named}.{k}") for k in range(count)]
            continue
        expr = spec.polynomial()
        if expr is None:
            sizes.append(it.world.dimension(f"{p.path}.{axis}"))
        else:
            sizes.append(it.world.dimension_of(spaced(expr, p.space)))
    return sizes if all(size > 0 for size in sizes) else None


def spaced(expr: Polynomial, space: str) -> Polynomial:
    """A documented dimension belongs to its function: `N` of one docstring need not be `N` of another."""
    if expr.number is not None:
        return expr
    return Polynomial.collect((tuple((f"{n}@{space}", p) for n, p in m), c) for m, c in expr.terms)
