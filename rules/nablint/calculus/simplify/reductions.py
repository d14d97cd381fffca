"""Sums over axes, broadcasting, changes of shape, choices."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.simplify.broadcasting import spread_like, vector_in
from nablint.calculus.simplify.engine import Keep, Simplifier, made_by, number_of, rewrite
from nablint.calculus.simplify.matrices import chain, is_identity, join
from nablint.calculus.simplify.products import Product, scalars_of, scaled, tidy
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
    if labels_of(inner) is not None and node.params.get("axis") in (inner.ndim - 1, -1):
        return spread_like(node.graph.constant(1), node)  # a sample has one label
    for rule in (_deviations, _inner_of, _traced, _applied, _constant_along):
        found = rule(self, node, inner)
        if found is not None:
            return found
    return None


def _applied(self: Simplifier, node: Term, inner: Term) -> Term | None:
    """Σ_j A_ij v_j is A v, and Σ_i A_ij v_i is Aᵀ v: the sum over one axis of a matrix times a vector along it."""
    axis, shape = node.params.get("axis"), np.shape(inner.sample)
    if inner.ndim != 2 or inner in self.keep or not made_by(inner, "multiply") or not isinstance(axis, int):
        return None
    along = axis % 2
    product = Product(inner)
    product.take(inner, 1, self.keep)
    if any(p != 1 for p in product.powers.values()) or product.number != 1:
        return None
    vectors = [(t, v) for t in product.powers if (v := vector_in(t, 1 - along)) is not None
               or (v := t if t.ndim == 1 and along == 1 else None) is not None]
    if len(vectors) != 1 or shape[0] == 1 or shape[1] == 1:
        return None
    (spread, vector), = vectors
    del product.powers[spread]
    if not product.powers or any(np.shape(t.sample) != shape for t in product.powers):
        return None
    matrix = product.build()
    applied = (matrix if along else matrix.T) @ vector
    return applied if node.ndim == 1 else node.graph.apply(node.graph.cards["reshape"], (applied,),
                                                           {"shape": node.shape})


def _rotated(self: Simplifier, inner: Term) -> Term | None:
    """tr(A x yᵀ B) is the number yᵀ B A x."""
    factors = chain(inner, self.keep)
    place = next((k for k, f in enumerate(factors) if f.ndim == 2 and f.shape[1] == 1), None)
    if place is None or any(f.ndim != 2 for f in factors):
        return None
    number = join([*factors[place + 1:], *factors[:place + 1]])
    return self.of(number.graph.apply(number.graph.cards["reshape"], (number,), {"shape": ()}))


def _traced(self: Simplifier, node: Term, inner: Term) -> Term | None:
    """Σ(A ∘ I) is tr(A), and for A = B x yᵀ C the number yᵀ C B x."""
    if node.ndim or inner.ndim != 2 or inner in self.keep or not made_by(inner, "multiply"):
        return None
    product = Product(inner)
    product.take(inner, 1, self.keep)
    identity = next((t for t, p in product.powers.items() if p == 1 and is_identity(t)), None)
    if identity is None:
        return None
    del product.powers[identity]
    rest = product.build()
    if rest.ndim != 2:
        return None
    return _rotated(self, self.of(rest)) or node.graph.apply(node.graph.cards["trace"], (rest,), {})


def _deviations(self: Simplifier, node: Term, inner: Term) -> Term | None:
    """Σ(x - mean(x)) is 0, along an axis, too; and the sum of the rows or columns of I is 𝟏."""
    if is_identity(inner) and node.ndim:
        return spread_like(node.graph.constant(1), node)
    if inner in self.keep or not made_by(inner, "subtract"):
        return None
    x, mean = inner.args
    same = made_by(mean, "mean") and mean.args[0] is x and mean.params.get("axis") == node.params.get("axis")
    return spread_like(node.graph.constant(0), node) if same else None


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
    """Factors that do not change along the summed axes come out of the sum."""
    if inner in self.keep or not made_by(inner, "multiply", "divide") or not made_by(node, "sum"):
        return None
    axis = node.params.get("axis")
    gone = (
        range(inner.ndim)
        if axis is None
        else [int(a) % inner.ndim for a in (axis if isinstance(axis, tuple) else (axis,))]
    )
    kept = bool(node.params.get("keepdims"))
    if not kept and (inner.ndim != 2 or len(gone) != 1):
        return None
    product, outside = Product(inner), Product(node)
    product.take(inner, 1, self.keep)
    for term in list(product.powers):
        if kept and term.ndim == inner.ndim and all(np.shape(term.sample)[a] == 1 for a in gone):
            outside.powers[term] = product.powers.pop(term)
        vector = None if kept else vector_in(term, gone[0]) or (term if term.ndim == 1 and gone[0] == 0 else None)
        if vector is not None:
            outside.powers[vector] = outside.powers.get(vector, 0) + product.powers.pop(term)
    if not outside.powers or not any(np.shape(t.sample) == np.shape(inner.sample) for t in product.powers):
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


def labels_of(term: Term) -> Term | None:
    """The labels in `labels[:, None] == arange(classes)`."""
    if not made_by(term, "equal"):
        return None
    for label, classes in (term.args, term.args[::-1]):
        counted = np.ravel(np.asarray(classes.sample))
        if made_by(label, "expand_dims") and not classes.label and classes.ndim <= label.ndim and \
                np.shape(classes.sample)[-1:] == np.shape(counted) and \
                counted.dtype.kind in "iu" and len(counted) > 1 and np.array_equal(counted, np.arange(len(counted))):
            return label.args[0]
    return None


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
    if number_of(a) == 0 and number_of(b) != 1 and (made_by(b, "broadcast_to") or b.is_constant):
        scalar = b.args[0] if made_by(b, "broadcast_to") else b
        if not scalar.ndim:
            one = node.graph.apply(node.graph.cards["where"], (mask, 0, spread_like(node.graph.constant(1), b)), {})
            return self.of(scalar * one)
    return None


def rejoined(listed: list[tuple[Term, float]], node: Term, keep: Keep) -> list[tuple[Term, float]]:
    """m ∘ a + where(m, 0, 1) ∘ b is where(m, a, b)."""
    for j, (second, d) in enumerate(listed):
        mask = _complement_in(second, keep)
        for i, (first, c) in enumerate(listed if mask is not None else []):
            mine, other = Product(first), Product(second)
            mine.take(first, 1, keep)
            if mask is None or i == j or mine.powers.pop(mask.args[0], 0) != 1:
                continue
            other.take(second, 1, keep)
            del other.powers[mask]
            mine.number, other.number = mine.number * c, other.number * d
            chosen = node.graph.apply(node.graph.cards["where"], (mask.args[0], mine.build(), other.build()), {})
            return [(chosen, 1.0), *(p for k, p in enumerate(listed) if k not in (i, j))]
    return listed


def _complement_in(term: Term, keep: Keep) -> Term | None:
    """The factor where(m, 0, 1) of a product."""
    if not made_by(term, "multiply", "divide", "where"):
        return None
    product = Product(term)
    product.take(term, 1, keep)
    return next((t for t, p in product.powers.items() if p == 1 and t not in keep and made_by(t, "where")
                 and number_of(t.args[1]) == 0 and number_of(t.args[2]) == 1), None)
