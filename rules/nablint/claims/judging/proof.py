"""Proof: which of the results that agree on their samples are the derived gradient as terms, too.

Samples tell right from wrong; a proof says that no other sample could have said otherwise.  It costs more than all the
rest, so it is done once, under the reading that was settled on, and only for those who want to know.
"""

from __future__ import annotations

import numpy as np

from nablint.calculus.normal import same
from nablint.calculus.terms import Term
from nablint.claims.model import Judged, Judgement

PROOF_SIZE = 400
"""Terms of more nodes are not normalised: their samples agree on every draw, and a proof would cost too much."""


def prove(judgement: Judgement) -> None:
    """Make "proved" of "verified" where the terms are the same after simplification."""
    if judgement.proofs:
        return
    judgement.proofs = True
    it = judgement.run.it
    if it.presumed or it.taken or it.standing:
        return  # what stands for something out of sight is a sample of it
    for j in judgement.judged:
        if j.verdict == "verified" and not j.reason and is_proved(j):
            j.verdict = "proved"


def is_proved(j: Judged) -> bool:
    """Is the claimed gradient the derived one as a term?"""
    value, derived = j.result.value, j.derived
    if value is None or derived is None or np.shape(value.sample) != np.shape(derived.sample):
        return False
    return _small(value, derived) and same(value, derived)


def _small(a: Term, b: Term) -> bool:
    seen = {a, b}
    stack = [a, b]
    while stack:
        for arg in stack.pop().args:
            if arg not in seen:
                seen.add(arg)
                stack.append(arg)
        if len(seen) > PROOF_SIZE:
            return False
    return True
