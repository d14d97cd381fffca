"""Masks of zeros and ones: arrays that leave entries of a difference out.

With `d = mask * (a - b)` the slope of `sum(d ** 2)` is `2 * mask * d`, and `2 * d` where the mask is its own square;
nothing in the code need say that it is.  An input that is multiplied with a difference entry by entry is read so, where
a result comes out wrong with an array of any numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

from nablint.calculus.terms import Term
from nablint.claims.judging.distributions import plain, wrong_by_value
from nablint.claims.model import Judgement
from nablint.tracing.world import Hypothesis, World

_DIFFERENCES = frozenset({"subtract", "add"})
LIKELY = 0.3
"""What it costs to read an input as a mask: more than what the code asks for, less than another shape."""


def masked(world: World, hypothesis: Hypothesis, judgement: Judgement) -> Iterator[Hypothesis]:
    """Readings in which an input that is multiplied with a difference holds zeros and ones."""
    if judgement.seed is None or not any(j.verdict == "wrong" and wrong_by_value(j) for j in judgement.judged):
        return
    variables = {w for j in judgement.judged for w in j.result.wrt}
    known = dict(hypothesis.decisions)
    for leaf in _beside_differences(world):
        if leaf not in variables and f"{leaf.label}:mask" not in known:
            yield hypothesis.decide(f"{leaf.label}:mask", 1, LIKELY)


def _beside_differences(world: World) -> list[Term]:
    """The inputs of numbers that forward code multiplies with a difference as large as they are."""
    found: dict[Term, None] = {}
    for term in world.graph.made():
        if term.card is None or term.card.name != "multiply" or term.tainted or len(term.args) != 2:
            continue
        for arg, beside in (term.args, term.args[::-1]):
            leaf = plain(arg)
            if (leaf.card is None and leaf.ndim and world.leaves.get(leaf.label) is leaf
                    and leaf.sample.dtype.kind == "f" and tuple(arg.shape) == tuple(beside.shape)
                    and beside.card is not None and beside.card.name in _DIFFERENCES):
                found[leaf] = None
    return list(found)


__all__ = ["masked"]
