"""Indices: entries and slices of arrays, and sums over an index (x_i y_i, X_ij, wᵀ x_i)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nablint.calculus.notation import Expr
from nablint.calculus.rows import Pairs, Rows, Whole, bare, combined, summed
from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import dim

if TYPE_CHECKING:
    from nablint.calculus.evaluate import Evaluator, Value

_SUBSCRIPTS = str.maketrans("ᵢⱼₖₘₙ₀₁₂₃₄₅₆₇₈₉", "ijkmn0123456789")


def split_index(name: str, running: list[str]) -> tuple[str, list[str]]:
    """`X_ij` under sums over i and j as X and [i, j]; no indices where the subscript is part of the name."""
    base, _, sub = name.rpartition("_")
    if not base:
        plain = name.translate(_SUBSCRIPTS)
        k = len(name)
        while k and name[k - 1] in "ᵢⱼₖₘₙ":
            k -= 1
        base, sub = name[:k], plain[k:]
    sub = sub.strip("{}")
    parts = [p.strip() for p in sub.split(",")] if "," in sub else list(sub)
    return (base, parts) if parts and all(p in running for p in parts) else (name, [])


def entry_of(ev: Evaluator, array: Term, indices: str | list[str], where: Expr) -> Term | Rows:
    """x_i under a sum over i: the array with its axes where the running indices stand."""
    if array.ndim == len(indices) + 1 and np.shape(array.sample)[-1] == 1:
        array = op.reshape(array, shape=array.shape[:-1])
    if array.ndim == 2 and len(indices) == len(ev.indices) == 1:
        return Rows(array)
    if array.ndim != len(indices):
        raise ev.error(f"{array.label or 'this'} has {array.ndim} axes and {len(indices)} indices", where)
    places = [ev.indices.index(i) for i in indices]
    if len(set(places)) < len(places):
        if len(places) != 2:
            raise ev.error("an index may be repeated on a matrix only", where)
        array, places = op.diagonal(array), places[:1]
    order = sorted(range(len(places)), key=places.__getitem__)
    if order != list(range(len(places))):
        array = op.transpose(array, axes=tuple(order))
    missing = tuple(k for k in range(len(ev.indices)) if k not in places)
    return op.expand_dims(array, axis=missing) if missing else array


def with_rows(ev: Evaluator, a: Value, b: Value, e: Expr) -> Value:
    """Arrays without index under a sum go together as outside of it, and with vectors that bear the index."""
    numbered = e.value in ("", "*") and any(isinstance(v, Term) and v.ndim == 1 for v in (a, b))  # y_i wᵀ
    if numbered or any(isinstance(v, Rows | Pairs) for v in (a, b)):
        found = combined(e.value, a, b)
    elif all(isinstance(v, Whole) or not getattr(v, "ndim", 0) for v in (a, b)):
        running, ev.indices = ev.indices, []
        try:
            found = ev.combined(bare(a), bare(b), e)
        finally:
            ev.indices = running
        return Whole(found) if found.ndim else found
    else:
        found = None
    if found is None:
        raise ev.error("under a sum this is not followed; give every axis an index, or write it with matrices", e)
    return found


def indexed(ev: Evaluator, e: Expr) -> Value:
    """x[i] under a sum over i, the entries and slices of an array, a shape."""
    if e.value == "shape":
        return tuple(ev.graph.constant(s) if dim(s).expr.number is None else int(s)
                     for s in ev.value(e.parts[0]).shape)
    head = e.parts[0]
    if head.kind == "call" and head.value == "slogdet":
        return op.logabsdet(ev.value(head.parts[0]))
    base = bare(ev.value(head))
    if isinstance(base, tuple):
        return base[_place(ev, e.parts[1])]
    names = [p.value for p in e.parts[1:] if p.kind == "name" and p.value in ev.indices]
    if names:
        if len(names) != len(e.parts) - 1:
            raise ev.error(f"under a sum give every axis an index that runs; here {', '.join(ev.indices)} runs", e)
        return entry_of(ev, ev.term(base), names, e)
    parts, arrays = list[Any](), list[Term]()
    for p in e.parts[1:]:
        if p.kind == "slice":
            parts.append(("slice", *(ev.value(q) for q in p.parts), None))
        else:
            found = ev.value(p)
            if isinstance(found, Term) and found.sample.dtype.kind not in "iu":
                raise ev.error("an index is a number, a slice or a name of its own", p)
            if isinstance(found, Term):
                arrays.append(found)
                found = ("term", len(arrays) - 1)
            parts.append(found)
    return op.getitem(ev.term(base), *arrays, index=tuple(parts))


def _place(ev: Evaluator, e: Expr) -> int | slice:
    return slice(*(ev.value(p) for p in e.parts)) if e.kind == "slice" else ev.value(e)


def summed_over(ev: Evaluator, e: Expr) -> Value:
    """Σ_i: the sum over the axes that the running indices stand for."""
    fresh = e.value.split(",") if "," in e.value else list(e.value)
    before = len(ev.indices)
    if any(i in ev.indices for i in fresh):
        raise ev.error(f"the index {e.value} is already running", e)
    ev.indices += fresh
    try:
        value = ev.value(e.parts[0])
    finally:
        del ev.indices[before:]
    if not before and not isinstance(value, Term):
        total = summed(value)
        if total is not None:
            return op.expand_dims(total, axis=1) if ev.columns and total.ndim == 1 else total
    body = ev.term(bare(value))
    if body.ndim != before + len(fresh):
        raise ev.error(f"the sum over {e.value} needs entries that bear the index, such as x_{fresh[0]}", e)
    axes = tuple(range(before, body.ndim))
    return op.sum(body, axis=axes if len(axes) > 1 or before else None, keepdims=False)
