"""The search over hypotheses: run a unit under the likeliest reading, and under others until one fits.

Right under one reading that the forward code allows is right.  Wrong is only what is wrong under every one of them; it
is then blamed and repaired by the one under which most results are right.
"""

from __future__ import annotations

import heapq
from dataclasses import replace

from nablint.calculus.effort import EFFORT
from nablint.claims.judging.chances import by_chance
from nablint.claims.judging.confirming import (
    CONTRADICTED,
    asked_again,
    doubted,
    left_open,
    silence,
    silence_guessed,
    silence_standing,
)
from nablint.claims.judging.pointless import pointless
from nablint.claims.judging.readings import (
    alternatives,
    answers,
    beside_the_point,
    met_first,
    plausible,
    square_by_chance,
)
from nablint.claims.judging.runs import LIKELIEST, Runs
from nablint.claims.judging.weighing import alike, better, but_for_a_sign, fits_better, good, says_more, settled
from nablint.claims.model import Judgement, Unit
from nablint.claims.program import Outcome, Program, run_once
from nablint.tracing.hints import base, is_axis
from nablint.tracing.values import Restart, TooMuch
from nablint.tracing.world import Hypothesis, World

MAX_RUNS = 48

SHORT = 2 / 3
"""What a run that ends at a clash saves, of one that goes to its end; likely readings are tried for that."""

MAX_COST = 2.2

MAX_FITLESS = 16
"""Other readings than the likeliest tried before one fits."""

UNLIKELY = 1.0
"""Cost from which a reading is unlikely: several questions are answered otherwise than the code's likeliest sense."""

MAX_FORKS = 8

SHIFTS = (3, 6, 9)
"""Draws that a run starts from anew where those before leave results at zero, or not finite."""


def explore(program: Program, unit: Unit, seconds: float, start: tuple[tuple[str, int], ...] = ()) -> list[Outcome]:
    """The outcomes of a unit, one for each path through its string modes, all with the decisions of `start`."""
    ends = EFFORT.seconds + seconds
    pending: list[tuple[tuple[str, int], ...]] = [start]
    seen: set[tuple[tuple[str, int], ...]] = {start}
    outcomes: list[Outcome] = []
    while pending and len(outcomes) < MAX_FORKS:
        start = pending.pop(0)
        found = _like(program, outcomes[0], start, ends) if outcomes else None
        outcome, forks = found or _settle(program, unit, Hypothesis(decisions=start), ends)
        outcomes.append(outcome)
        for key, taken in forks:
            other = (*start, (key, taken))
            if key not in dict(start) and other not in seen:
                seen.add(other)
                pending.append(other)
    return outcomes


def _like(program: Program, first: Outcome, start: tuple[tuple[str, int], ...], ends: float
          ) -> tuple[Outcome, list[tuple[str, int]]] | None:
    """A further path under the reading that the first was settled with, where the same comes of it."""
    if first.judgement is None:
        return None
    own = dict(start)
    kept = tuple(d for d in first.hypothesis.decisions if d[0] not in own)
    hypothesis = replace(first.hypothesis, decisions=(*start, *kept))
    try:
        judgement, world = run_once(program, first.unit, hypothesis, 0, max(min(ends - EFFORT.seconds, 2.0), 0.2))
    except (Restart, TooMuch):
        return None
    doubted = first.judgement.judged
    if [(j.result.name, j.verdict) for j in judgement.judged] != [(j.result.name, j.verdict) for j in doubted]:
        return None
    outcome = Outcome(first.unit, judgement, hypothesis, 1, 0, "", [hypothesis])
    asked_again(program, outcome, ends, agreed=not first.provisional)
    return outcome, _forks(world, judgement)


def _forks(world: World, judgement: Judgement) -> list[tuple[str, int]]:
    """The other ways to take where a run stood at a fork.

    Which class an object is of does not change what backward code meets first: where nothing is known because of that,
    nothing would be with another one.
    """
    waiting = bool(met_first(judgement))
    return [(k, i) for k, c in world.choices.items()
            if c.fork and c.taken == 0 and not (waiting and k.endswith(":class")) for i in range(1, len(c.options))]


def _settle(program: Program, unit: Unit, start: Hypothesis, ends: float) -> tuple[Outcome, list[tuple[str, int]]]:
    """The outcome of a unit by the better of the two ways to run it, where there are two.

    Both are tried in their likeliest reading first; the one with more right is searched, the other where that left
    nothing right, or where it had something right as well.
    """
    if unit.otherwise is None:
        return _search(program, Runs(program, unit), start, ends)
    made = {id(one): Runs(program, one) for one in (unit, unit.otherwise)}
    first: dict[int, Outcome] = {}
    right: list[tuple[Outcome, list[tuple[str, int]]]] = []
    for one in (unit, unit.otherwise):
        outcome, forks = _search(program, made[id(one)], start, ends, most=LIKELIEST)
        if one.kind == "driven" and _judged_from_loss(outcome):  # the code's own way to call it decides
            return _search(program, made[id(one)], start, ends)
        if settled(outcome):
            if not _silent(outcome):
                return outcome, forks
            right.append((outcome, forks))
        first[id(one)] = outcome
    if right:
        return max(right, key=lambda found: good(found[0]))
    way, other = sorted((unit, unit.otherwise), key=lambda u: -good(first[id(u)]))
    outcome, forks = _search(program, made[id(way)], start, ends)
    if not settled(outcome) and (not good(outcome) or good(first[id(other)])):
        second, more = _search(program, made[id(other)], start, ends + 1.0)
        if better(outcome, second, preferred=way is unit):
            return second, more
    return outcome, forks


def _judged_from_loss(outcome: Outcome) -> bool:
    judgement = outcome.judgement
    return (judgement is not None and judgement.seed is not None and judgement.seed.kind == "loss"
            and bool(judgement.good or judgement.wrong))


def _silent(outcome: Outcome) -> bool:
    """Is there a result that this way to run the unit says nothing of?"""
    return outcome.judgement is not None and any(j.verdict == "unchecked" for j in outcome.judgement.judged)


def _search(program: Program, made: Runs, start: Hypothesis, ends: float, *,
            most: float = MAX_COST) -> tuple[Outcome, list[tuple[str, int]]]:
    """The best of the readings that cost at most so much."""
    unit = made.unit
    queue: list[tuple[float, int, Hypothesis]] = [(0.0, 0, start)]
    costs = {start.key: 0.0}
    fixed = dict(start.decisions)
    count = restarts = runs = others = 0
    best: tuple[Judgement, Hypothesis] | None = None
    reason = ""
    forks: list[tuple[str, int]] = []
    fitting: list[Hypothesis] = []
    rivals: list[tuple[Judgement, Hypothesis]] = []
    told: tuple[Hypothesis, Judgement] | None = None

    def push(hypothesis: Hypothesis) -> None:
        nonlocal count
        key = hypothesis.key
        if hypothesis.cost <= min(most, costs.get(key, most + 1) - 1e-9) and len(hypothesis.equations) < 24:
            costs[key] = hypothesis.cost
            count += 1
            heapq.heappush(queue, (hypothesis.cost, count, hypothesis))

    exhausted, spent = True, False
    while queue:
        remaining = ends - EFFORT.seconds
        spent = runs - (SHORT * restarts if queue[0][0] < UNLIKELY else 0) >= MAX_RUNS
        if spent or (others >= MAX_FITLESS and not fitting) or remaining <= 0:
            # what the likeliest readings agree on is certain enough; an unlikely one says little before all are tried
            exhausted = (best is not None and spent and best[1].cost < UNLIKELY and not start.decisions)
            reason = reason or "took too long"
            break
        cost, _, hypothesis = heapq.heappop(queue)
        if cost > costs[hypothesis.key]:
            continue  # it was asked for again, for better reasons
        if best is not None and beside_the_point(hypothesis, *best):
            continue
        runs += 1
        others += hypothesis.cost >= LIKELIEST
        try:
            judgement, world = made.once(hypothesis, min(remaining, 2.0))
        except Restart as restart:
            restarts += 1
            if not reason or hypothesis.cost < LIKELIEST:
                reason = restart.reason
            if made.hopeless:
                break
            answers(restart, hypothesis, fixed, push)
            continue
        except TooMuch as bound:
            reason = str(bound)
            continue
        if not world.hypothesis.shift and _open(judgement):
            judgement, world, hypothesis = _redrawn(program, unit, judgement, world, hypothesis, ends)
        if not forks:
            forks = _forks(world, judgement)
        if not plausible(world) or (best is not None and pointless(judgement.run.it)):
            continue
        fitting.append(hypothesis)
        far = best is not None and hypothesis.cost >= UNLIKELY > best[1].cost
        believed = best is None or not judgement.wrong or fits_better(judgement, best[0], far=far)
        if best is not None and best[0].wrong and believed and (
                other := doubted(program, unit, judgement, hypothesis, ends)) is not None:
            if other.wrong > judgement.wrong:  # right by chance
                continue
            told = hypothesis, other
        if best is None or fits_better(judgement, best[0], far=far) or says_more(judgement, hypothesis, *best):
            best = (judgement, hypothesis)
            if but_for_a_sign(judgement):
                break
        elif judgement.wrong and best[0].wrong and alike(unit, judgement, hypothesis, best[0]):
            rivals.append((judgement, hypothesis))
        if (
            not judgement.judged
            or (judgement.good and not judgement.wrong)
            or all(j.verdict == "unchecked" for j in judgement.judged)
        ):
            fits = judgement.good and best[0] is judgement
            if fits or (len(fitting) > 2 and not best[0].wrong) or not judgement.judged:
                break
        for hyp in alternatives(world, hypothesis, judgement, fixed, best):
            push(hyp)
    if best is None:
        return Outcome(unit, None, start, runs, restarts,
                       reason or "no reading of the inputs fits the forward code"), forks
    judgement, hypothesis = best
    for j in judgement.judged:
        if j.verdict == "wrong" and j.result.doubt:
            j.verdict, j.reason = "unchecked", j.result.doubt
    if any(key.endswith(":none") and is_axis(base(key.removesuffix(":none"))) for key in fixed):
        silence(judgement, "which axes are given is not known")
    if judgement.run.it.presumed:
        silence(judgement, judgement.run.it.presumed)
    silence_standing(judgement)
    silence_guessed(judgement)
    guessed = any(key.startswith("branch@") for key in judgement.run.it.world.choices)
    left = spent and (guessed or square_by_chance(judgement.run.it.world))
    if judgement.wrong and (not exhausted or left):
        silence(judgement, "too many readings of the inputs to try them all")
    outcome = Outcome(unit, judgement, hypothesis, runs, restarts, "", fitting, rivals[:2])
    if most == MAX_COST or (judgement.good and not judgement.wrong):  # what is searched further is confirmed then
        asked_again(program, outcome, ends, told=told[1] if told is not None and told[0] is hypothesis else None)
        if not (start.shift or hypothesis.shift) and any(
                j.reason == CONTRADICTED and by_chance(j) for j in judgement.judged):
            again = _from_other_samples(program, made, start, most)
            outcome = again or outcome
    return outcome, forks


def _from_other_samples(program: Program, made: Runs, start: Hypothesis, most: float) -> Outcome | None:
    """A search on samples on which no wrong mask agrees by chance; None where nothing comes out wrong."""
    for shift in SHIFTS:
        found, _ = _search(program, made, replace(start, shift=shift), EFFORT.seconds + 2.0, most=most)
        if found.judgement is not None and found.judgement.wrong:
            return found
    return None


def _open(judgement: Judgement) -> int:
    return sum(map(left_open, judgement.judged))


def _redrawn(program: Program, unit: Unit, judgement: Judgement, world: World, hypothesis: Hypothesis,
             ends: float) -> tuple[Judgement, World, Hypothesis]:
    """The same reading on other samples, where they leave less open."""
    best = judgement, world, hypothesis
    for shift in SHIFTS:
        remaining = ends - EFFORT.seconds
        if remaining <= 0:
            break
        again = replace(hypothesis, shift=shift)
        try:
            found, other = run_once(program, unit, again, 0, min(remaining, 2.0))
        except (Restart, TooMuch):
            continue
        if _open(found) < _open(best[0]):
            best = found, other, again
        if not _open(found):
            break
    return best
