"""Domains: forward code takes roots and logarithms of what is positive, so inputs that it takes them of are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nablint.calculus.terms import Term
from nablint.tracing.values import Restart

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

PARTIAL = frozenset({"sqrt", "rsqrt", "log", "log2", "log10", "power"})
"""Operations that are not defined for every real number."""
FEW = 4
"""Inputs of an expression that is still small enough to tell which of them must be positive."""


def in_domain(it: Interpreter, term: Term) -> None:
    """Forward code whose root or logarithm is not a number: start again with positive inputs.

    A running variance that begins as zeros is given generic values, and those are of either sign.
    """
    if it.world.sure or term.card is None or term.card.name not in PARTIAL or term.tainted or it.graph.tainting:
        return
    if term.sample.dtype.kind != "f" or not np.isnan(term.sample).any() or any(
            np.isnan(a.sample).any() for a in term.args if a.sample.dtype.kind == "f"):
        return
    labels = _inputs(it, term.args[0])
    fresh = tuple(label for label in labels if label not in it.world.hypothesis.positive)
    if fresh and len(labels) <= FEW:
        raise Restart(f"{fresh[0]} is positive", positive=fresh)


def _inputs(it: Interpreter, term: Term) -> list[str]:
    stack, seen, labels = [term], {term}, list[str]()
    while stack and len(labels) <= FEW:
        node = stack.pop()
        if node.card is None and node.label and node.ndim and it.world.leaves.get(node.label) is node:
            labels.append(node.label)
        for arg in node.args:
            if arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return labels


def definite(it: Interpreter, term: object) -> None:
    """A Cholesky factor of an input of any numbers: start again with one that is symmetric and positive definite."""
    while isinstance(term, Term) and term.card is not None and term.card.name in ("renamed", "cast"):
        term = term.args[0]
    if not isinstance(term, Term) or it.world.sure or it.graph.tainting or term.tainted:
        return
    key = f"{term.label}:definite"
    if term.label and it.world.leaves.get(term.label) is term and it.world.decided(key) is None:
        raise Restart(f"{term.label} is positive definite", decisions=((key, 1),))
