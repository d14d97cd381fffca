"""Spellings that add axes up to a rank and stretch axes of size 1."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import Misfit, Shape, Size, broadcast, dim
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_int, as_shape, as_term, spread_args
from nablint.tracing.dialects.layout import reshaped_back


def lifted(x: Term, rank: int) -> Term:
    """At least so many axes: new ones before, the third behind."""
    while x.ndim < rank:
        x = op.expand_dims(x, axis=x.ndim if x.ndim == 2 else 0)
    return x


def _at_least(rank: int) -> Callable[..., Any]:
    def made(*arrays: Any) -> Any:
        out = [lifted(as_term(a), rank) for a in arrays]
        return out[0] if len(out) == 1 else out

    return made


def _at_least_in_torch(rank: int) -> Callable[..., Any]:
    def made(*tensors: Any) -> Any:
        if len(tensors) == 1 and not isinstance(tensors[0], list | tuple):
            return lifted(as_term(tensors[0]), rank)
        return tuple(lifted(as_term(t), rank) for t in spread_args(tensors))

    return made


for _rank in (1, 2, 3):
    spelled(f"numpy.atleast_{_rank}d", unview=reshaped_back)(_at_least(_rank))
    spelled(f"torch.atleast_{_rank}d", unview=reshaped_back)(_at_least_in_torch(_rank))


def stretched(x: Term, shape: Shape) -> Term:
    """Broadcast to a shape; nothing for the same shape."""
    return x if x.sample.shape == shape else op.broadcast_to(x, shape=shape)


@spelled("numpy.broadcast_to", "torch.broadcast_to", "Tensor.broadcast_to")
def broadcast_to(array: Any, shape: Any, *args: Any, **_: Any) -> Term:
    """Stretched to a shape."""
    return expand(as_term(array), shape)


@spelled("Tensor.expand")
def expand(x: Term, *sizes: Any) -> Term:
    """Stretched to a shape; -1 keeps a size."""
    target = [dim(as_int(s)) for s in spread_args(sizes)]
    lead = len(target) - x.ndim
    if lead < 0:
        raise Misfit(f"{x.ndim} axes cannot be stretched to {len(target)}")
    return stretched(x, tuple(x.shape[a - lead] if s == -1 and a >= lead else s for a, s in enumerate(target)))


@spelled("Tensor.expand_as")
def expand_as(x: Term, other: Term) -> Term:
    """Stretched to the shape of another tensor."""
    return stretched(x, tuple(other.shape))


@spelled("numpy.broadcast_arrays", "torch.broadcast_tensors")
def broadcast_arrays(*args: Any, **_: Any) -> list[Term]:
    """All stretched to their common shape."""
    terms = [as_term(a) for a in args]
    shape = broadcast(*(t.shape for t in terms))
    return [stretched(t, shape) for t in terms]


@spelled("numpy.broadcast_shapes", "torch.broadcast_shapes")
def broadcast_shapes(*args: Any) -> tuple[Size, ...]:
    """The common shape."""
    return broadcast(*map(as_shape, args))
