"""Domains: forward code takes roots and logarithms of what is positive, so inputs that it takes them of are.

So are those that it asserts to be positive; what it clips to between 0 and 1 is a probability.
"""

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


_PARTS = frozenset({"getitem", "reshape", "cast", "renamed"})


def probable(it: Interpreter, term: Term) -> None:
    """Forward code clips a term to between 0 and 1: start again with an input there, if it is one or a part of one."""
    while term.card is not None and term.card.name in _PARTS:
        term = term.args[0]
    if it.graph.tainting or it.world.sure or term.tainted or it.world.leaves.get(term.label) is not term:
        return
    if term.label and term.label not in it.world.hypothesis.positive:
        raise Restart(f"{term.label} is between 0 and 1", positive=(term.label,))


def clipped(it: Interpreter, term: Term) -> None:
    """`max(min(p, 1 - eps), eps)` clips p."""
    inner = _bounded(term)
    if inner is not None and inner.card is not term.card and (value := _bounded(inner)) is not None:
        probable(it, value)


def _bounded(term: Term) -> Term | None:
    """What is bounded by a number between 0 and 1, from either side."""
    if term.card is None or term.card.name not in ("maximum", "minimum"):
        return None
    value, bound = sorted(term.args, key=lambda a: a.is_constant)
    return value if bound.is_constant and not bound.ndim and 0 <= bound.sample <= 1 else None


def insisted(it: Interpreter, test: Term) -> None:
    """`assert np.all(x > 0)` where it fails: start again with positive inputs."""
    if it.world.sure or it.graph.tainting or test.tainted or np.all(test.sample):
        return
    while test.card is not None and test.card.name in ("all", "cast"):
        test = test.args[0]
    if test.card is None or test.card.name not in ("greater", "greater_equal") or np.any(test.args[1].sample):
        return
    fresh = tuple(label for label in _inputs(it, test.args[0]) if label not in it.world.hypothesis.positive)
    if fresh:
        raise Restart(f"{fresh[0]} is positive", positive=fresh)


def definite(it: Interpreter, term: object) -> None:
    """A Cholesky factor of an input of any numbers: start again with one that is symmetric and positive definite."""
    while isinstance(term, Term) and term.card is not None and term.card.name in ("renamed", "cast"):
        term = term.args[0]
    if not isinstance(term, Term) or it.world.sure or it.graph.tainting or term.tainted:
        return
    key = f"{term.label}:definite"
    if term.label and it.world.leaves.get(term.label) is term and it.world.decided(key) is None:
        raise Restart(f"{term.label} is positive definite", decisions=((key, 1),))
