"""Small constants: `log(p + 1e-7)` and `sqrt(var + 1e-5)` keep clear of zero, and gradients are often written without.

What agrees once these constants are left out agrees: they are no part of what the code means to compute.  Only what is
added counts, and only where the difference is as small as that; a penalty of `1e-5 * W` is a term like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nablint.calculus.effort import EFFORT, EVALUATION
from nablint.calculus.terms import Term
from nablint.claims.judging.ratios import TOLERANCE, constant_ratio
from nablint.claims.replaying.replayed import evaluate
from nablint.shapes import Misfit

SMALL = 1e-4
"""The largest constant that only keeps clear of zero."""
NEAR = 1e-2
"""How far off a gradient may be, relative to its largest entry, for such a constant to be the cause."""
TINY = 1e-6
"""A constant that is never more than a guard, however much of a saturated softmax it is."""
_ADDING = frozenset({"add", "subtract"})
Sampling = Callable[[Term, Mapping[Term, Term]], Any]
"""What gives the sample of a term with zeros for constants."""


def small_constants(*terms: Term) -> dict[Term, Term]:
    """The small constants that are added on the way to these terms, each with the zero that stands for it."""
    found: dict[Term, Term] = {}
    stack, seen = list(terms), set(terms)
    while stack:
        node = stack.pop()
        for arg in node.args:
            if node.card is not None and node.card.name in _ADDING and arg.is_constant and arg not in found:
                if arg.sample.dtype.kind == "f" and not arg.ndim and 0 < abs(float(arg.sample)) <= SMALL:
                    found[arg] = arg.graph.constant(0.0)
            if arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return found


class WithoutConstants:
    """Samples with zeros for constants, each term's computed once for all results of a run."""

    def __init__(self) -> None:
        self._samples: dict[frozenset[Term], dict[Term, Any]] = {}

    def __call__(self, term: Term, zeros: Mapping[Term, Term]) -> Any:
        """The sample of a term; raises what the cards raise where a zero does not do."""
        known = self._samples.setdefault(frozenset(zeros), {c: zero.sample for c, zero in zeros.items()})
        stack = [term]
        while stack:
            node = stack[-1]
            missing = [arg for arg in node.args if arg not in known]
            if missing and node not in known:
                stack += missing
                continue
            stack.pop()
            if node not in known:
                args = [known[arg] for arg in node.args]
                same = all(new is old.sample for new, old in zip(args, node.args, strict=True))
                known[node] = node.sample if node.card is None or same else _evaluated(node, args)
        return known[term]


def _evaluated(node: Term, args: list[Any]) -> Any:
    assert node.card is not None
    EFFORT.seconds += EVALUATION
    return np.asarray(node.card.evaluate(*args, **node.params))


def agree_without(claimed: Term, derived: Term, instead: Mapping[Term, Term]) -> bool:
    """Do two terms of one shape agree to 1e-9 once small constants are left out?

    instead: terms that stand for others in what is claimed while they are compared, such as an edited statement's.
    """
    def sample(term: Term, zeros: Mapping[Term, Term]) -> Any:
        return evaluate(term, {**instead, **zeros} if term is claimed else zeros)

    ratio = ratio_without(claimed, derived, sample, instead)
    return ratio is not None and abs(ratio - 1) <= TOLERANCE


def ratio_without(claimed: Term, derived: Term, sample: Sampling,
                  instead: Mapping[Term, Term] | None = None) -> float | None:
    """How many times a term is another of its shape once small constants are left out, where that is one number."""
    if np.shape(claimed.sample) != np.shape(derived.sample):
        return None
    small = small_constants(claimed, derived, *(instead or {}).values())
    tiny = {constant: zero for constant, zero in small.items() if abs(float(constant.sample)) <= TINY}
    ratio = _ratio(claimed, derived, sample, tiny)
    if ratio is None and len(tiny) < len(small):
        ratio = _ratio(claimed, derived, sample, small)
        if ratio is not None and not instead:
            far = float(np.max(np.abs(claimed.sample - ratio * derived.sample), initial=0.0))
            ratio = ratio if far <= NEAR * abs(ratio) * float(np.max(np.abs(derived.sample), initial=0.0)) else None
    return ratio


def derived_without(claimed: Term, derived: Term) -> Term | None:
    """What is derived without the tiny constants that the claimed value does without; None where it has none of them.

    Raises what the cards raise where a zero does not do.
    """
    own = small_constants(claimed)
    tiny = {constant: zero for constant, zero in small_constants(derived).items()
            if abs(float(constant.sample)) <= TINY and constant not in own}
    return _with_zeros(derived, tiny) if tiny else None


def _with_zeros(term: Term, zeros: Mapping[Term, Term]) -> Term:
    """The term with zeros for constants."""
    made: dict[Term, Term] = {**zeros}
    stack = [term]
    while stack:
        node = stack[-1]
        missing = [arg for arg in node.args if arg not in made]
        if missing and node not in made:
            stack += missing
            continue
        stack.pop()
        if node not in made:
            args = [made[arg] for arg in node.args]
            same = all(new is old for new, old in zip(args, node.args, strict=True))
            made[node] = node if node.card is None or same else node.graph.apply(node.card, args, node.params)
    return made[term]


def _ratio(claimed: Term, derived: Term, sample: Sampling, small: dict[Term, Term]) -> float | None:
    """The ratio with zeros for small constants."""
    if not small:
        return None
    try:
        with np.errstate(all="ignore"):
            a, b = np.asarray(sample(claimed, small)), np.asarray(sample(derived, small))
    except (ValueError, IndexError, TypeError, Misfit, KeyError, np.linalg.LinAlgError, RecursionError):
        return None
    if a.shape != b.shape or not np.all(np.isfinite(a)) or not np.all(np.isfinite(b)):
        return None
    return constant_ratio(a, b)
