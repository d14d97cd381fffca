"""Masks that agree by chance: `d_h[d_h <= 0] = 0` for `d_h[h <= 0] = 0` is right where few entries have like signs.

A result that is masked in another way than its derivation may be right on a draw of samples and wrong for all that; one
that has masks beside those of its derivation (as guided backpropagation does) means what it says.
"""

from __future__ import annotations

import numpy as np

from nablint.calculus.terms import Term, ancestors
from nablint.claims.model import Judged

_SIGNS = frozenset({"greater", "greater_equal", "less", "less_equal"})


def by_chance(j: Judged) -> bool:
    """May a result be right on a draw by chance: is it masked by signs, and not by those that the derivation asks?"""
    if j.result.value is None or j.derived is None:
        return False
    made, asked = ancestors(j.result.value), ancestors(j.derived)
    own, wanted = {t for t in made - asked if _by_sign(t)}, {t for t in asked - made if _by_sign(t)}
    return 0 < len(own) <= len(wanted)


def _by_sign(term: Term) -> bool:
    """Is it a comparison of an array with zero?"""
    return (term.card is not None and term.card.name in _SIGNS and term.ndim > 0
            and any(arg.card is None and not arg.ndim and not arg.label and not np.any(arg.sample)
                    for arg in term.args))


__all__ = ["by_chance"]
