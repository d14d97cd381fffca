"""Blame: which statement a unit's wrong results come from, with the repair where one is found; one slip, one fault."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass

from nablint.calculus.effort import EFFORT
from nablint.calculus.terms import Term
from nablint.claims.judging.factors import first_off
from nablint.claims.model import Judged, Judgement
from nablint.claims.naming import Naming
from nablint.claims.program import Outcome, Program
from nablint.claims.repairing.localise import localise
from nablint.claims.repairing.rejudged import Repair, judged_again
from nablint.claims.repairing.repair import SECONDS, best_repair, makings
from nablint.tracing.step import Step


@dataclass(eq=False, slots=True)
class Fault:
    """Wrong results with one cause: the statement to blame and, where one was found, the repair.

    ignored: the arriving cotangent, where the results do not depend on it.
    """

    step: Step
    judged: list[Judged]
    naming: Naming
    repair: Repair | None = None
    ignored: str = ""


def find_faults(program: Program, source: str, outcome: Outcome, ends: float, *, confirm: bool = True,
                sound: Container[str] = (), known: Iterable[Repair] = ()) -> list[Fault]:
    """The causes of a unit's wrong results, each with its repair; without `confirm` as replaying has it.

    sound: functions that are right by themselves: a statement of theirs is to blame only where no other one is.
    known: repairs of other units, which are tried first: what calls a wrong function is wrong as well.
    """
    judgement = outcome.judgement
    assert judgement is not None
    ends = min(ends, EFFORT.seconds + SECONDS)
    failing = [j for j in judgement.judged if j.verdict == "wrong"
               and not (j.result.update and (j.ratio or 0.0) > 0)]  # a step has any size
    faults: list[Fault] = []
    naming = Naming(judgement.run.it)
    for repair in known if confirm else ():
        repair = _mended_alike(program, source, outcome, repair, failing)
        if repair is not None:
            faults.append(Fault(repair.step, repair.fixed, naming, repair))
            failing = [j for j in failing if j not in repair.fixed]
    while failing and len(faults) < 3:
        repair = best_repair(program, source, outcome, failing, ends, sound, confirm=confirm)
        if repair is None:
            break
        faults.append(Fault(repair.step, repair.fixed, naming, repair))
        failing = [j for j in failing if j not in repair.fixed]
    for rival, hypothesis in outcome.rivals if not faults else ():
        before = judgement, outcome.hypothesis
        outcome.judgement, outcome.hypothesis = rival, hypothesis
        wrong = [j for j in rival.judged if j.verdict == "wrong"]
        ends = EFFORT.seconds + SECONDS
        repair = best_repair(program, source, outcome, wrong, ends, sound, confirm=confirm) if wrong else None
        if repair is not None:
            return [Fault(repair.step, repair.fixed, Naming(rival.run.it), repair)]
        outcome.judgement, outcome.hypothesis = before
    off = first_off(judgement) if failing else None
    suspects = localise(judgement).suspects if failing else {}
    shared = _shared_call(failing)
    blamed: dict[int, Fault] = {}
    for j in failing:
        scaled = off[0].step if off is not None and off[0].value in makings(j) else None
        step = _misfit_step(judgement, j) or scaled or _suspect_step(judgement, j, suspects) or shared or j.result.step
        if id(step.node) in blamed:
            blamed[id(step.node)].judged.append(j)
        elif not any(f.judged[0].result.step.node is j.result.step.node for f in blamed.values()):
            blamed[id(step.node)] = Fault(step, [j], naming, ignored=_ignored(judgement, j))
    return [*faults, *_merged(list(blamed.values()))]


def _mended_alike(program: Program, source: str, outcome: Outcome, known: Repair, failing: list[Judged]
                  ) -> Repair | None:
    """Another unit's repair, where it mends something here, too."""
    assert outcome.judgement is not None
    step = next((s for s in reversed(outcome.judgement.run.it.steps) if s.node is known.step.node), None)
    if step is None or not failing:
        return None
    return judged_again(program, source, outcome, step, known.edit, known.text_edits, failing)


def _merged(found: list[Fault]) -> list[Fault]:
    """Without those whose results are made of what another one's failing result is: one slip is one finding."""
    kept, faults = list[Fault](), [*found]
    latest: dict[Term, Fault] = {}
    for fault in sorted(faults, key=lambda f: f.step.number):
        value = fault.judged[0].result.value
        if value is not None and (earlier := latest.get(value)) is not None:  # made there, and filled here
            fault.judged += earlier.judged
            faults.remove(earlier)
        if value is not None:
            latest[value] = fault
    for fault in faults:
        first = next((f for f in faults if f is not fault and f.judged[0].result.value in makings(fault.judged[0])
                      and f.judged[0].result.value is not fault.judged[0].result.value), None)
        if first is None:
            kept.append(fault)
        else:
            first.judged.append(fault.judged[0])
    return kept


def _ignored(judgement: Judgement, j: Judged) -> str:
    """The name of the arriving cotangent where a result is made without any: no gradient that is not zero is."""
    seed = judgement.seed
    arriving = [c for c in seed.cotangents.values() if c.ndim] if seed is not None and seed.kind == "arriving" else []
    named = [c.label for c in arriving if c.label]
    if not named or j.reason or j.result.value is None or not makings(j).isdisjoint(arriving):
        return ""
    return named[0]


def _suspect_step(judgement: Judgement, j: Judged, suspects: Container[int]) -> Step | None:
    """The last suspect statement that what failed was made by, and nothing that is right.

    One of a function that is called may be right, and what it was given wrong: then it is the call that is suspect.
    """
    inside = makings(j) - {t for r in judgement.judged if r.verdict in ("proved", "verified") for t in makings(r)}
    found = [e.step for e in judgement.run.it.events if id(e.step.node) in suspects and e.value in inside
             and e.step.node is not j.result.step.node]
    step = max(found, key=lambda s: s.number) if found else None
    while step is not None and step.function != j.result.step.function:
        step = step.caller
    return step


def _shared_call(failing: list[Judged]) -> Step | None:
    """The one statement that calls another function and has made all that failed, several results of it."""
    calls: list[dict[int, Step]] = []
    for j in failing:
        made: dict[int, Step] = {}
        for term in makings(j):
            step = term.origin if isinstance(term.origin, Step) else None
            called = step is not None and step.function != j.result.step.function
            while step is not None and step.function != j.result.step.function:
                step = step.caller
            if called and step is not None:
                made[id(step.node)] = step
        calls.append(made)
    common = set(calls[0]).intersection(*calls[1:]) if len(calls) > 1 else set[int]()
    return calls[0][next(iter(common))] if len(common) == 1 else None


def _misfit_step(judgement: Judgement, j: Judged) -> Step | None:
    return next((step for step, _, message in judgement.run.it.misfits if message == j.reason), None)
