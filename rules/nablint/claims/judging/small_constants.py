"""Small constants: `log(p + 1e-7)` and `sqrt(var + 1e-5)` keep clear of zero, and gradients are often written without.

What agrees once these constants are left out agrees: they are no part of what the code means to compute.  Only what is
added counts, and only where the difference is as small as that; a penalty of `1e-5 * W` is a term like any other.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.replaying.replayed import evaluate
from nablint.shapes import Misfit

SMALL = 1e-4
"""The largest constant that only keeps clear of zero."""
NEAR = 1e-2
"""How far off a gradient may be, relative to its largest entry, for such a constant to be the cause."""
TINY = 1e-6
"""A constant that is never more than a guard, however much of a saturated softmax it is."""
_ADDING = frozenset({"add", "subtract"})


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


def agree_without(claimed: Term, derived: Term, instead: Mapping[Term, Term] | None = None) -> bool:
    """Do two terms of one shape agree to 1e-9 once small constants are left out?

    instead: terms that stand for others while they are compared, such as an edited statement's.
    """
    instead = dict(instead or {})
    if np.shape(claimed.sample) != np.shape(derived.sample):
        return False
    small = small_constants(claimed, derived, *instead.values())
    tiny = {constant: zero for constant, zero in small.items() if abs(float(constant.sample)) <= TINY}
    if tiny and _agree(claimed, derived, instead, tiny):
        return True
    far = float(np.max(np.abs(claimed.sample - derived.sample), initial=0.0))
    near = far <= NEAR * float(np.max(np.abs(derived.sample), initial=0.0))
    return bool(small) and (near or bool(instead)) and _agree(claimed, derived, instead, small)


def _agree(claimed: Term, derived: Term, instead: dict[Term, Term], small: dict[Term, Term]) -> bool:
    """Do two terms agree with zeros for small constants?"""
    try:
        with np.errstate(all="ignore"):
            a, b = np.asarray(evaluate(claimed, instead | small)), np.asarray(evaluate(derived, small))
    except (ValueError, IndexError, TypeError, Misfit, KeyError, np.linalg.LinAlgError, RecursionError):
        return False
    if a.shape != b.shape or not np.all(np.isfinite(a)) or not np.all(np.isfinite(b)):
        return False
    return bool(np.max(np.abs(a - b), initial=0.0) <= 1e-9 * float(np.max(np.abs(b), initial=1e-12)))
