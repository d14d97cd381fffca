"""Weighing: which of two readings fits better, and which of two ways to run a unit is to be believed."""

from __future__ import annotations

from nablint.claims.model import Judgement, Unit
from nablint.claims.program import Outcome
from nablint.tracing.world import Hypothesis


def good(outcome: Outcome) -> int:
    """How many results are right; none where no reading fitted."""
    return outcome.judgement.good if outcome.judgement is not None else 0


def better(outcome: Outcome, second: Outcome, *, preferred: bool) -> bool:
    """Is the second outcome the one to believe?  With as much right, that of the preferred way to run the unit is."""
    if not preferred:
        return not better(second, outcome, preferred=True)
    if second.judgement is None or outcome.judgement is None:
        return second.judgement is not None
    if not outcome.judgement.good and not second.judgement.good and outcome.judgement.wrong and second.judgement.wrong:
        return _unfit(second.judgement) < _unfit(outcome.judgement)
    return second.judgement.good > outcome.judgement.good or (
        not outcome.judgement.good and not outcome.judgement.wrong and bool(second.judgement.judged))


def settled(outcome: Outcome) -> bool:
    """Something is right and nothing is wrong."""
    return outcome.judgement is not None and outcome.judgement.good > 0 and not outcome.judgement.wrong


def but_for_a_sign(judgement: Judgement) -> bool:
    """Is everything right beside the sum of an output and its target (see `Seed.turned`)?"""
    return judgement.seed is not None and judgement.seed.turned and judgement.wrong > 0


def fits_better(judgement: Judgement, best: Judgement, *, far: bool = False) -> bool:
    """More results right, or as many and fewer left over, or as many and fewer statements whose shapes clash.

    far: the reading is unlikely and the best one is not: that a clash goes away with it does not speak for it, either.
    That a reading leaves in doubt what a likelier one shows to be wrong does not speak for it: on a single row many
    mistakes are zero.
    """
    now, known = _fit(judgement, best), _fit(best, judgement)
    if now != known or judgement.wrong < best.wrong:
        return now > known
    if not judgement.good:
        return _unfit(judgement) < _unfit(best)
    return not far and (_clashes(judgement), _of_other_ranks(judgement)) < (_clashes(best), _of_other_ranks(best))


def _unfit(judgement: Judgement) -> int:
    """How many statements' shapes clash, and how many results have another shape than their variables."""
    return _clashes(judgement) + sum(
        j.verdict == "wrong" and j.derived is not None and j.result.value is not None
        and j.result.value.sample.shape != j.derived.sample.shape for j in judgement.judged)


def _of_other_ranks(judgement: Judgement) -> int:
    """How many wrong results have all entries of their variables and other axes: broadcasting brings axes of size 1."""
    return sum(j.verdict == "wrong" and j.derived is not None and j.result.value is not None
               and j.result.value.ndim != j.derived.ndim and j.result.value.sample.size == j.derived.sample.size
               for j in judgement.judged)


def _fit(judgement: Judgement, other: Judgement) -> tuple[float, int]:
    """How much of a judgement is right, each variable counted once; what is right up to a factor counts for less.

    Then what is left over: what is not right, and what another reading has as a result and this one has not.
    """
    right: dict[object, float] = {}
    for j in judgement.judged:
        if j.verdict in ("proved", "verified"):
            variable = j.wrt.label if j.wrt is not None and j.wrt.label else (id(j.result.step.node), j.result.name)
            worth = 1.0 if j.ratio is None or abs(j.ratio - 1) < 1e-9 else 0.6
            right[variable] = max(right.get(variable, 0.0), worth)
    left = judgement.good - len(judgement.judged) if judgement.judged else -100  # without a result nothing fits
    return round(sum(right.values()), 6), left - _lost(judgement, other)


def _lost(judgement: Judgement, other: Judgement) -> int:
    """How many steps of parameters are results in another reading, and ran in this one with nothing to show for it."""
    have = {(j.result.name, id(j.result.step.node)) for j in judgement.judged}
    missing = {id(j.result.step.node) for j in other.judged
               if j.result.update and (j.result.name, id(j.result.step.node)) not in have}
    return len(missing & {id(step.node) for step in judgement.run.it.steps}) if missing else 0


def alike(unit: Unit, judgement: Judgement, hypothesis: Hypothesis, best: Judgement) -> bool:
    """Do two readings say as little: all is wrong, of a derivative, by a cost that the code itself gives, or whether
    targets are distributions and factors are masks or not?
    """
    known = judgement.seed is not None and judgement.seed.kind == "cost"
    known = known or any(key.endswith((":sums", ":mask")) for key, _ in hypothesis.decisions)
    return unit.kind == "derivative" or (known and not judgement.good and not best.good and not _clashes(judgement))


def says_more(judgement: Judgement, hypothesis: Hypothesis, best: Judgement, likelier: Hypothesis) -> bool:
    """A reading that judges speaks rather than one that does not, where both only answer what the code itself asks."""
    silent = all(j.verdict == "unchecked" and j.result.value is None for j in best.judged)
    return silent and bool(judgement.wrong) and not _clashes(judgement) and hypothesis.cost < likelier.cost + 0.1


def _clashes(judgement: Judgement) -> int:
    """How many places there are in backward code whose shapes do not fit."""
    return len({id(node) for _, node, _ in judgement.run.it.misfits})
