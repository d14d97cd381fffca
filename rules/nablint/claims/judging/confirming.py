"""Confirmation: what holds on one draw of samples must hold on others, with other sizes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nablint.calculus.effort import EFFORT
from nablint.calculus.terms import Term, ancestors
from nablint.claims.judging.chances import by_chance
from nablint.claims.judging.intent import ESTIMATE
from nablint.claims.judging.judge import CANCELS, NOT_FINITE, ZERO
from nablint.claims.judging.proof import is_proved
from nablint.claims.model import Judged, Judgement, Unit
from nablint.claims.program import Outcome, Program, run_once
from nablint.tracing.dialects.context import TOO_SMALL
from nablint.tracing.values import Restart, TooMuch
from nablint.tracing.world import Hypothesis

DRAWS = (1, 2)

CONTRADICTED = "another draw of samples does not say the same"

MORE_DRAWS = (4, 5, 7)
"""Draws that are asked instead of those that leave a result open."""

OTHER_SIZES = 7
"""How far off a draw is that has other sizes than one whose sizes are too small for the code."""


def doubted(program: Program, unit: Unit, judgement: Judgement, hypothesis: Hypothesis, ends: float
            ) -> Judgement | None:
    """What another draw, where sizes are others, says of all that a less likely reading shows to be right."""
    if not judgement.good:
        return None
    try:
        return run_once(program, unit, hypothesis, DRAWS[0], max(min(ends - EFFORT.seconds, 2.0), 0.2))[0]
    except (Restart, TooMuch):
        return None


def run_draw(program: Program, unit: Unit, hypothesis: Hypothesis, draw: int, seconds: float
             ) -> tuple[Judgement | None, Hypothesis]:
    """The judgement under a reading on another draw, None where it cannot be run there, with the reading as it fits."""
    for _attempt in range(5):
        try:
            return run_once(program, unit, hypothesis, draw, seconds)[0], hypothesis
        except Restart as restart:
            known = {name for name, _ in hypothesis.equations}
            if restart.small:  # on this draw a window is larger than its image
                hypothesis = replace(hypothesis, small=hypothesis.small | set(restart.small))
            elif restart.positive:  # the first one's values were positive by chance
                hypothesis = replace(hypothesis, positive=hypothesis.positive | set(restart.positive))
            elif fresh := [e for e in restart.equations if e[0] not in known]:  # hidden by the sizes of the first one
                hypothesis = hypothesis.equate(fresh[:1])
            elif restart.reason.startswith(TOO_SMALL):  # a window of a fixed size is: other sizes are drawn
                draw += OTHER_SIZES
            elif (freed := hypothesis.unsized()) is not hypothesis:  # a number came from the first one's sizes
                hypothesis = freed
            else:
                break
        except TooMuch:
            break
    return None, hypothesis


def silence(judgement: Judgement, reason: str) -> None:
    """What was called wrong is not known, for this reason."""
    for j in judgement.judged:
        if j.verdict == "wrong":
            j.verdict, j.reason = "unchecked", reason


def silence_standing(judgement: Judgement) -> None:
    """What was called wrong is not known where it has to do with what functions out of sight were taken to give."""
    standing = judgement.run.it.standing
    made = {t: ancestors(t) for t in standing}
    for j in judgement.judged if standing else ():
        if j.verdict == "wrong":
            parts = [t for t in (j.result.value, j.derived) if t is not None]
            inside = set[Term]().union(*map(ancestors, parts))
            reason = next((r for t, r in standing.items() if t in inside or j.wrt in made[t]), "")
            if reason or j.result.value is None:
                j.verdict, j.reason = "unchecked", reason or next(iter(standing.values()))


def silence_guessed(judgement: Judgement) -> None:
    """What clashes is not known where nothing is right and only uses tell how many axes its variable has.

    Without a loss in sight nothing speaks for the reading, and one that is farther off may fit.
    """
    seed, run = judgement.seed, judgement.run
    if judgement.good or seed is None or seed.kind not in ("implicit", "borrowed"):
        return
    asked = {key.removesuffix(":rank") for key in run.it.world.choices if key.endswith(":rank")}
    clashes = {message for _, _, message in run.it.misfits}
    for j in judgement.judged:
        if j.verdict == "wrong" and j.reason in clashes and any(t.label in asked for t in j.result.wrt):
            j.verdict, j.reason = "unchecked", "how many axes the variable has is not told"


def asked_again(program: Program, outcome: Outcome, ends: float, *, agreed: bool = False,
                told: Judgement | None = None) -> None:
    """Confirm an outcome; one in which nothing is wrong later, where somebody waits for what is.

    agreed: another path of which all the same is said has been confirmed already: this one is later, too.
    told:   what the first of the other draws says, where it has been asked already.
    """
    judgement = outcome.judgement
    assert judgement is not None
    later = program.first_look and (agreed or not judgement.wrong)
    if later and not any(j.reason == CANCELS for j in judgement.judged):
        outcome.provisional = judgement.good > 0 or judgement.wrong > 0
    else:
        confirm(program, outcome.unit, judgement, outcome.hypothesis, ends, told)


def holds_on_other_draws(program: Program, unit: Unit, outcomes: list[Outcome], ends: float) -> bool:
    """Confirm what a first look left provisional; false where it is not so, and must be searched anew."""
    for outcome in outcomes:
        if not outcome.provisional or outcome.judgement is None:
            continue
        way = unit if unit.otherwise is None or outcome.unit.kind == unit.kind else unit.otherwise
        before = [j.verdict in SETTLED for j in outcome.judgement.judged]
        confirm(program, way, outcome.judgement, outcome.hypothesis, ends)
        if before != [j.verdict in SETTLED for j in outcome.judgement.judged]:
            return False
        outcome.provisional = False
    return True


SETTLED = ("verified", "proved")


def confirm(program: Program, unit: Unit, judgement: Judgement, hypothesis: Hypothesis, ends: float,
            told: Judgement | None = None) -> None:
    """Two more draws with other sizes: what they do not say, too, is unchecked.

    A draw that leaves a result open (see `left_open`) does not speak, and another is asked instead; so is one on which
    a wrong mask agrees by chance.  A gradient that cancels to zero on every draw is zero, and where the claimed one
    does so too it is right.
    """
    if all(j.verdict in ("unchecked", "not-a-gradient") for j in judgement.judged):
        return
    heard: dict[int, int] = {}
    excused: set[int] = set()
    _ask_again(program, unit, judgement, hypothesis, ends, heard, excused, told)
    for j in judgement.judged:
        if j.reason == CANCELS and heard.get(id(j), 0) >= len(DRAWS):
            j.verdict, j.reason = "verified", ""


def _ask_again(program: Program, unit: Unit, judgement: Judgement, hypothesis: Hypothesis, ends: float,
               heard: dict[int, int], excused: set[int], told: Judgement | None) -> None:
    """Runs on other draws, until each result was heard of often enough."""
    for draw in (*DRAWS, *MORE_DRAWS):
        remaining = ends - EFFORT.seconds + 0.5
        other = told if draw == DRAWS[0] else None
        if other is None:
            other, hypothesis = run_draw(program, unit, hypothesis, draw, max(min(remaining, 2.0), 0.2))
        _doubt(judgement, other, heard, excused)
        if other is None:
            return
        asked = [j for j in judgement.judged if j.verdict in ("verified", "wrong")]
        if draw >= DRAWS[-1] and all(heard.get(id(j), 0) >= len(DRAWS) for j in asked):
            return
    for j in judgement.judged:
        if j.verdict in ("verified", "wrong") and heard.get(id(j), 0) < len(DRAWS):
            j.verdict, j.reason = "unchecked", "other draws of samples leave it open"


def left_open(judged: Judged) -> bool:
    """Did the samples leave a result open: masked out on this draw, in forward code or after it, or not finite?"""
    return judged.reason in (ZERO, NOT_FINITE, ESTIMATE)


def _by_statement(judged: Iterable[Judged]) -> dict[tuple[int, str], list[Judged]]:
    """Results by the statement and the name that they stand in, in the order of the run."""
    found: dict[tuple[int, str], list[Judged]] = {}
    for j in judged:
        found.setdefault((id(j.result.step.node), j.result.name), []).append(j)
    return found


def _doubt(judgement: Judgement, other: Judgement | None, heard: dict[int, int], excused: set[int]) -> None:
    """Revise verdicts by what another draw says.

    excused: the results for which one draw that says otherwise has been passed over already.
    """
    said, asked = _by_statement(other.judged if other is not None else ()), _by_statement(judgement.judged)
    for j in judgement.judged:
        key = id(j.result.step.node), j.result.name
        twins = said.get(key, [])
        if len(twins) == len(asked[key]):  # a statement of several layers has one result in each
            place = next(i for i, one in enumerate(asked[key]) if one is j)
            twins = twins[place:place + 1]
        if j.reason == CANCELS:
            heard[id(j)] = heard.get(id(j), 0) + (bool(twins) and {t.reason for t in twins} == {CANCELS})
        if j.verdict not in ("verified", "wrong"):
            continue
        if twins and all(map(left_open, twins)):
            continue
        right = any(t.verdict in ("proved", "verified") for t in twins)
        wrong = any(t.verdict == "wrong" for t in twins)
        if j.verdict == "wrong" and right and not wrong and id(j) not in excused and by_chance(j):
            excused.add(id(j))
            continue
        heard[id(j)] = heard.get(id(j), 0) + 1
        if not (right if j.verdict == "verified" else wrong):
            if j.verdict == "verified" and not wrong and is_proved(j):  # what another draw cannot say, a proof can
                j.verdict = "proved"
                continue
            j.verdict, j.reason = "unchecked", CONTRADICTED
