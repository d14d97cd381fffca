"""Sums over axes, broadcasting, changes of shape, choices."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.simplify.engine import Simplifier, made_by, number_of, rewrite
from nablint.calculus.simplify.products import Product, scalars_of, scaled, spread_like, tidy
from nablint.calculus.terms import Term


@rewrite("sum", "sum_to", "trace")
def _reduction(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    (inner,) = args
    if inner.ndim == 0 or (np.shape(node.sample) == np.shape(inner.sample) and not made_by(node, "trace")):
        return inner
    peeled = scalars_of(inner, self.keep)
    if peeled is not None:
        core = node.graph.apply(node.card, (peeled[2],), node.params)  # type: ignore[arg-type]
        return scaled(peeled[0], peeled[1], self.of(core))
    if made_by(node, "sum") and made_by(inner, "sum") and inner not in self.keep and node.ndim == 0:
        return self.of(node.graph.apply(node.graph.cards["sum"], (inner.args[0],), {"axis": None}))
    if (
        made_by(node, "sum")
        and made_by(inner, "diag_embed")
        and not any(v for k, v in inner.params.items() if "axis" not in k)
        and inner.ndim == 2
        and node.params.get("axis") in (0, 1)
    ):
        vector, shape = inner.args[0], node.shape
        return vector if node.ndim == 1 else node.graph.apply(node.graph.cards["reshape"], (vector,), {"shape": shape})
    if made_by(node, "trace"):
        if made_by(inner, "transpose"):
            return node.graph.apply(node.graph.cards["trace"], (inner.args[0],), node.params)
        return None
    if made_by(node, "sum_to"):
        return self.of(_sum_to(node, inner))
    return _inner_of(self, node, inner) or _constant_along(self, node, inner)


def _inner_of(self: Simplifier, node: Term, inner: Term) -> Term | None:
    """Σ(a ∘ b) of two different vectors is aᵀ b."""
    if node.ndim or inner.ndim != 1 or inner in self.keep or not made_by(inner, "multiply"):
        return None
    product = Product(inner)
    product.take(inner, 1, self.keep)
    if len(product.powers) != 2 or any(p != 1 or np.shape(t.sample) != np.shape(inner.sample)
                                       for t, p in product.powers.items()):
        return None
    a, b = product.powers
    return scaled(product.number, (), a @ b)


def _constant_along(self: Simplifier, node: Term, inner: Term) -> Term | None:
    """Factors of size 1 along the summed axes come out of a sum that keeps them."""
    if inner in self.keep or not made_by(inner, "multiply", "divide") or not node.params.get("keepdims"):
        return None
    axis = node.params.get("axis")
    gone = (
        range(inner.ndim)
        if axis is None
        else [int(a) % inner.ndim for a in (axis if isinstance(axis, tuple) else (axis,))]
    )
    product, outside = Product(inner), Product(node)
    product.take(inner, 1, self.keep)
    for term in list(product.powers):
        if term.ndim == inner.ndim and all(np.shape(term.sample)[a] == 1 for a in gone):
            outside.powers[term] = product.powers.pop(term)
    if not outside.powers or not product.powers:
        return None
    outside.take(node.graph.apply(node.graph.cards["sum"], (product.build(),), node.params), 1, self.keep)
    return outside.build()


def _sum_to(node: Term, inner: Term) -> Term:
    """sum_to as the sum over axes that one would write."""
    graph, shape = node.graph, tuple(map(int, np.shape(node.sample)))
    have = tuple(map(int, np.shape(inner.sample)))
    lead = len(have) - len(shape)
    stretched = tuple(lead + i for i, s in enumerate(shape) if s == 1 and have[lead + i] != 1)
    result = inner
    if stretched:
        params = {"axis": stretched[0] if len(stretched) == 1 else stretched, "keepdims": True}
        result = graph.apply(graph.cards["sum"], (result,), params)
    if lead:
        if lead == len(have):
            return graph.apply(graph.cards["sum"], (result,), {"axis": None})
        result = graph.apply(
            graph.cards["sum"], (result,), {"axis": 0 if lead == 1 else tuple(range(lead)), "keepdims": False}
        )
    return result


@rewrite("broadcast_to")
def _broadcast(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    (inner,) = args
    if np.shape(inner.sample) == np.shape(node.sample):
        return inner
    if made_by(inner, "broadcast_to") and inner not in self.keep:
        return node.graph.apply(node.graph.cards["broadcast_to"], (inner.args[0],), node.params)
    return None


@rewrite("reshape", "expand_dims", "squeeze")
def _reshape(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    (inner,) = args
    if np.shape(inner.sample) == np.shape(node.sample):
        return inner
    names = ("reshape", "expand_dims", "squeeze")
    if made_by(inner, *names) and inner not in self.keep:
        first = inner.args[0]
        if np.shape(first.sample) == np.shape(node.sample):
            return first
        if first.ndim == node.ndim == 2 and np.shape(first.sample) == np.shape(node.sample)[::-1]:
            return self.of(first.T)  # a column as a vector as a row
    if made_by(inner, "broadcast_to") and inner.args[0].ndim == 0 and inner not in self.keep:
        return spread_like(inner.args[0], node)
    peeled = scalars_of(inner, self.keep)
    if peeled is not None:
        core = node.graph.apply(node.card, (peeled[2],), node.params)  # type: ignore[arg-type]
        return scaled(peeled[0], peeled[1], self.of(core))
    value: Any = number_of(inner)
    return spread_like(node.graph.constant(tidy(value)), node) if value is not None else None


@rewrite("where")
def _where(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    mask, a, b = args
    if number_of(b) == 0 and np.asarray(mask.sample).dtype.kind == "b":
        return self.of(a * mask)
    return None
