"""Distributions: targets that are one-hot, or probabilities that sum to one.

The gradient of a cross-entropy by the scores of a softmax, `p - y`, is right where the entries of `y` sum to one along
the classes, and nothing in the code need say that they do.  An input that is multiplied with logarithms is read so,
where it comes out wrong as an array of any numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

from nablint.calculus.terms import Term
from nablint.claims.model import Judgement
from nablint.tracing.world import SUMS, Hypothesis, World

_PRODUCTS = frozenset({"multiply", "matmul", "dot", "einsum", "outer"})
_LOGARITHMS = frozenset({"log", "log_softmax", "logsumexp", "log1p"})


def distributed(world: World, hypothesis: Hypothesis, judgement: Judgement) -> Iterator[Hypothesis]:
    """Readings in which an input beside logarithms sums to one along an axis."""
    known = dict(hypothesis.decisions)
    if judgement.seed is None or judgement.seed.kind == "implicit" or not judgement.wrong:
        return
    for leaf in _beside_logarithms(world):
        key = f"{leaf.label}:sums"
        if key not in known:
            for choice in range(1, len(SUMS)):
                axis = SUMS[choice]
                if axis is not None and axis < leaf.ndim - (axis >= 0):
                    yield hypothesis.decide(key, choice, 0.2 + 0.05 * choice)


def _beside_logarithms(world: World) -> list[Term]:
    """The inputs of numbers that stand beside a logarithm in a product."""
    found: dict[Term, None] = {}
    for term in world.graph.made():
        if term.card is None or term.card.name not in _PRODUCTS or term.tainted or len(term.args) != 2:
            continue
        for arg, beside in (term.args, term.args[::-1]):
            leaf = _plain(arg)
            if leaf.card is None and leaf.ndim and world.leaves.get(leaf.label) is leaf and leaf.sample.dtype.kind == (
                    "f") and _logarithm(beside):
                found[leaf] = None
    return list(found)


def _plain(term: Term) -> Term:
    """What a change of sign, of layout or of type is of."""
    while term.card is not None and term.card.name in ("negative", "transpose", "reshape", "cast", "renamed"):
        term = term.args[0]
    return term


def _logarithm(term: Term) -> bool:
    return (term := _plain(term)).card is not None and term.card.name in _LOGARITHMS


__all__ = ["distributed"]
