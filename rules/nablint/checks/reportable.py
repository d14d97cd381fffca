"""What no edit explains, and is reported all the same: where there is no doubt what was meant.

That is so where the claim is formal (an `autograd.Function`, a loss returned together with its gradient, a function and
its derivative by their names), and where a gradient's name and the cotangent that arrives say it.
"""

from __future__ import annotations

import libcst as cst
import numpy as np

from nablint.calculus.terms import ancestors
from nablint.claims import names
from nablint.claims.model import Judged, Judgement
from nablint.claims.program import Outcome
from nablint.claims.repairing.blame import Fault
from nablint.claims.replaying.replay import holds
from nablint.reading.lazily import regex
from nablint.tracing.step import Step

APPROXIMATE = 0.05
"""How far, relative to its largest entry, a derivative may be from the true one that it is meant to stand for."""


def clashes(outcome: Outcome, fault: Fault) -> list[tuple[Step, cst.CSTNode]]:
    """The operations that do not fit because of which the results of a fault are wrong."""
    assert outcome.judgement is not None
    reasons = {j.reason for j in fault.judged}
    return [(step, node) for step, node, message in outcome.judgement.run.it.misfits if message in reasons]


def reportable(outcome: Outcome, fault: Fault) -> bool:
    """Is what no edit explains reported?"""
    judgement = outcome.judgement
    if judgement is None or (judgement.seed is not None and judgement.seed.turned):
        return False
    unfit = clashes(outcome, fault)
    if unfit and not any(holds(s.node, n) for s, n in unfit):
        return False  # what does not fit stands in another file, read for its definitions only
    if _goes_back_elsewhere(judgement):
        return False
    if fault.ignored or outcome.unit.kind in ("autograd", "closure", "engine"):
        return True
    if outcome.unit.kind == "derivative":
        return not unfit and not _clipped(judgement) and not all(map(_approximates, fault.judged))
    if judgement.together:  # what is returned with its loss; a name that the code uses again for each layer is not
        return any(j.result.returned is not None for j in fault.judged)
    if judgement.seed is not None and judgement.seed.exact:
        return True
    arriving = judgement.seed is not None and judgement.seed.kind == "arriving"
    firm = bool(unfit) and any(not SIZED.search(j.reason) for j in fault.judged)
    if unfit and not firm:
        return False
    if not judgement.good:
        formal = any(j.result.formal for j in fault.judged)
        scaled = any(j.ratio is not None for j in fault.judged)  # a factor that others may apply
        return arriving and not unfit and formal and not scaled and all(map(_named, fault.judged))
    return firm or (arriving and any(j.result.formal or _named(j) for j in fault.judged))


def _goes_back_elsewhere(judgement: Judgement) -> bool:
    """Has backward code of another file been run?  What no edit here explains may be wrong there."""
    it = judgement.run.it
    for name, scopes in it.frames.items():
        if names.is_backward(name.rpartition(".")[2]):
            home = scopes[-1]
            while home.outer is not None:
                home = home.outer
            if home is not it.scope:
                return True
    return False


def _clipped(judgement: Judgement) -> bool:
    """Does the function keep its values within bounds?  Many derivatives leave that out."""
    outputs = judgement.seed.cotangents if judgement.seed is not None else {}
    return any(n.card is not None and n.card.name == "clip" for output in outputs for n in ancestors(output))


def _approximates(j: Judged) -> bool:
    """Is a value near what it should be: a function that is easier to compute in the place of another?"""
    if j.result.value is None or j.derived is None:
        return True
    claimed, expected = np.asarray(j.result.value.sample), np.asarray(j.derived.sample)
    return claimed.shape != expected.shape or bool(
        np.max(np.abs(claimed - expected), initial=0.0) <= APPROXIMATE * np.max(np.abs(expected), initial=0.0))


def _named(j: Judged) -> bool:
    """Does the code itself call it a gradient, by a name?"""
    return names.is_gradient_name(j.result.name.removeprefix("self.").partition("[")[0])


SIZED = regex(r"(?<![\w.])0(?![\w.])|is outside axis"
                    r"|(?:: inner sizes|cannot broadcast:) "
                    r"(?:\d+ (?:and|against) [^\W\d]|[^\W\d][^:]*? (?:and|against) \d+\b)")
"""Clashes of arrays without entries, of a place that an array does not have, or of a number with a dimension, such as
those of arrays that a notebook tries its functions with: another size may have it."""
