"""Distributions: targets that are one-hot, or probabilities that sum to one.

The gradient of a cross-entropy by the scores of a softmax, `p - y`, is right where the entries of `y` sum to one along
the classes, and nothing in the code need say that they do.  An input that is multiplied with logarithms is read so,
where it comes out wrong as an array of any numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.model import Judged, Judgement
from nablint.tracing.world import SUMS, Hypothesis, World

_PRODUCTS = frozenset({"multiply", "matmul", "dot", "einsum", "outer"})
_LOGARITHMS = frozenset({"log", "log_softmax", "logsumexp", "log1p"})


def distributed(world: World, hypothesis: Hypothesis, judgement: Judgement, *, best: bool) -> Iterator[Hypothesis]:
    """Readings in which an input beside logarithms sums to one along an axis.

    best: no reading so far fits better.  Of others there are none while a result is wrong whatever the entries are.
    """
    known = dict(hypothesis.decisions)
    wrong = [wrong_by_value(j) for j in judgement.judged if j.verdict == "wrong"]
    if judgement.seed is None or judgement.seed.kind == "implicit" or not wrong:
        return
    if not (any(wrong) if best else all(wrong)):
        return
    for leaf in _beside_logarithms(world):
        key = f"{leaf.label}:sums"
        if key not in known:
            for choice in range(1, len(SUMS)):
                axis = SUMS[choice]
                if axis is not None and axis < leaf.ndim - (axis >= 0):
                    yield hypothesis.decide(key, choice, 0.2 + 0.05 * choice)


def in_vain(judgement: Judgement, hypothesis: Hypothesis, best: tuple[Judgement, Hypothesis]) -> bool:
    """Does everything come out as in the best reading, though here an input's entries sum to one?

    Then what else may be otherwise is asked of that one.
    """
    known = dict(best[1].decisions)
    return (judgement is not best[0] and _said(judgement) == _said(best[0])
            and any(key.endswith(":sums") and key not in known for key, _ in hypothesis.decisions))


def _said(judgement: Judgement) -> list[tuple[str, str]]:
    return [(j.result.name, j.verdict) for j in judgement.judged]


def wrong_by_value(judged: Judged) -> bool:
    """Is a result wrong by its value?  What does not fit, or has another shape, has it whatever the entries are."""
    value, derived = judged.result.value, judged.derived
    return value is not None and (derived is None or _filled(value) == _filled(derived))


def _filled(term: Term) -> list[int]:
    return [size for size in np.shape(term.sample) if size != 1]


def _beside_logarithms(world: World) -> list[Term]:
    """The inputs of numbers that stand beside a logarithm in a product."""
    found: dict[Term, None] = {}
    for term in world.graph.made():
        if term.card is None or term.card.name not in _PRODUCTS or term.tainted or len(term.args) != 2:
            continue
        for arg, beside in (term.args, term.args[::-1]):
            leaf = plain(arg)
            if leaf.card is None and leaf.ndim and world.leaves.get(leaf.label) is leaf and leaf.sample.dtype.kind == (
                    "f") and _logarithm(beside):
                found[leaf] = None
    return list(found)


def plain(term: Term) -> Term:
    """What a change of sign, of layout or of type is of."""
    while term.card is not None and term.card.name in ("negative", "transpose", "reshape", "cast", "renamed"):
        term = term.args[0]
    return term


def _logarithm(term: Term) -> bool:
    """A logarithm, or the sum with one, as scores are shifted: `z - log(sum(exp(z)))[:, None]`."""
    term = plain(term)
    if term.card is not None and term.card.name in ("add", "subtract"):
        return any(map(_logarithm, term.args))
    while term.card is not None and term.card.name in ("getitem", "expand_dims"):
        term = plain(term.args[0])
    return term.card is not None and term.card.name in _LOGARITHMS


__all__ = ["distributed", "in_vain", "plain", "wrong_by_value"]
