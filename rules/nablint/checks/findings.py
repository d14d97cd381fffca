"""Findings: wrong results become diagnostics, blamed on one statement each, with the repair as a fix."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from typing import Any

import numpy as np

from nablint.calculus.terms import Term, ancestors
from nablint.checks import rule_for
from nablint.checks.related import related, span_of
from nablint.checks.reportable import clashes, reportable
from nablint.claims import program as programs
from nablint.claims.explain import explanation_of
from nablint.claims.model import Judged
from nablint.claims.program import Outcome, Program
from nablint.claims.repairing.blame import Fault, find_faults
from nablint.claims.repairing.rejudged import Repair
from nablint.claims.repairing.rewriting import edit_text
from nablint.claims.replaying.sites import old_value
from nablint.results import Diagnostic, Fix
from nablint.tracing.step import Step


def findings(program: Program, source: str, outcomes: list[Outcome], *, repair: bool, ends: float,
             steps_in: str = "text") -> list[Diagnostic]:
    """The diagnostics of a file, one for each statement to blame, with derivations whose steps are in a style.

    What is reported depends on how it can be mended.  Without `repair` that is what replaying says; only with it are
    repairs judged anew, which costs most of the time, and offered as fixes.  At a first look nothing is derived anew.
    """
    wrong = _different([o for o in outcomes if o.judgement is not None and o.judgement.wrong])
    for outcome in wrong:
        sound = frozenset(_sound(outcomes, outcome) & _functions_run(outcome))
        if outcome.faults is None or (repair and not outcome.confirmed) or outcome.sound != sound:
            known = [f.repair for o in wrong if o is not outcome for f in o.faults or () if f.repair is not None]
            outcome.faults = _faults(program, source, outcome, ends, sound, known, confirm=repair)
            outcome.confirmed, outcome.sound = repair, sound
    told = _told(wrong)
    found: dict[int, Diagnostic] = {}
    for outcome in wrong:
        settled = _settled(outcomes, outcome)
        for fault in outcome.faults:
            if fault.repair is None and clashes(outcome, fault):
                fault = replace(fault, step=_called_from(outcome, fault, outcome.sound))
            node = id(fault.step.node)
            if (node in settled and not (settled[node] and _of_shape(fault))) or _explained(outcome, fault, told):
                continue
            if _right_for_a_loss(outcomes, outcome, fault):
                continue
            if fault.repair is None and not reportable(outcome, fault):
                continue
            diagnostic = diagnose(outcome, fault, steps_in, derive=not program.first_look)
            if diagnostic is not None:
                diagnostic = diagnostic if repair else replace(diagnostic, fix=None)
                known = found.get(node)
                if known is None or (known.fix is None and diagnostic.fix is not None):
                    found[node] = diagnostic
    return sorted(found.values(), key=lambda d: d.location)


def _different(outcomes: list[Outcome]) -> list[Outcome]:
    """One of those outcomes of a unit in which the same statements are right and wrong: paths with the same slip."""
    found: dict[tuple[Any, ...], Outcome] = {}
    for outcome in outcomes:
        assert outcome.judgement is not None
        said = tuple((j.result.name, j.verdict, id(j.result.step.node)) for j in outcome.judgement.judged)
        found.setdefault((outcome.unit.name, said), outcome)
    return list(found.values())


def _faults(program: Program, source: str, outcome: Outcome, ends: float, sound: Container[str],
            known: list[Repair], *, confirm: bool) -> list[Fault]:
    """What is wrong with a unit; an error of the tool leaves the unit without a finding, and the others theirs."""
    try:
        return find_faults(program, source, outcome, ends, confirm=confirm, sound=sound, known=known)
    except Exception:
        if programs.STRICT:
            raise
        return []


def _told(outcomes: list[Outcome]) -> dict[int, int]:
    """Statements that a repair mends, with the length of the shortest run that shows it."""
    told: dict[int, int] = {}
    for outcome in outcomes:
        assert outcome.judgement is not None
        for fault in outcome.faults:
            if fault.repair is not None:
                node, length = id(fault.step.node), len(outcome.judgement.run.it.steps)
                told[node] = min(told.get(node, length), length)
    return told


def _explained(outcome: Outcome, fault: Fault, told: dict[int, int]) -> bool:
    """Is the fault that of a statement that it calls, found there already?  One slip is one finding."""
    assert outcome.judgement is not None
    steps = outcome.judgement.run.it.steps
    own = len(steps)
    blamed = [step for step in steps if id(step.node) in told and step.node is not fault.step.node
              and (fault.repair is None or told[id(step.node)] < own)]
    unfit = clashes(outcome, fault)
    if not blamed or not unfit:
        return bool(blamed)
    operands = [v for step, _ in unfit for v in step.values.values() if isinstance(v, Term)]
    made = set[Term]().union(*map(ancestors, operands))
    return any((value := old_value(step)) is None or value in made for step in blamed)


def _settled(outcomes: list[Outcome], outcome: Outcome) -> dict[int, bool]:
    """Statements whose results another unit found right, on all of its paths; true where it guessed their shapes."""
    good: dict[int, bool] = {}
    for other in outcomes:
        related = other.unit.name == outcome.unit.name or (
            bool(other.unit.family) and other.unit.family == outcome.unit.family)
        if other.judgement is None or related:
            continue
        bad = {id(j.result.step.node) for j in other.judgement.judged if j.verdict == "wrong"}
        for j in other.judgement.judged:
            node = id(j.result.step.node)
            if j.verdict in ("proved", "verified") and node not in bad:
                good[node] = good.get(node, True) and _guessed(other, j)
    return good


def _right_for_a_loss(outcomes: list[Outcome], outcome: Outcome, fault: Fault) -> bool:
    """Do the gradients of a loss in sight, which another function gets right, rest on what the statement makes?

    `dZ = dA` for the layer of the output is wrong by itself, and right where the caller hands it the gradient of `Z`.
    """
    for other in outcomes:
        judgement = other.judgement
        if (judgement is None or other.unit.name == outcome.unit.name or judgement.wrong or judgement.seed is None
                or judgement.seed.kind not in ("loss", "borrowed")):
            continue
        made = {old_value(step) for step in judgement.run.it.steps if step.node is fault.step.node}
        if any(made & ancestors(j.result.value) for j in judgement.judged
               if j.result.value is not None and j.ratio is None and j.verdict in ("proved", "verified")):
            return True
    return False


def _guessed(outcome: Outcome, j: Judged) -> bool:
    """Is the variable an input of whose shape nothing told?"""
    assert outcome.judgement is not None
    choices = outcome.judgement.run.it.world.choices
    return j.wrt is not None and any(f"{j.wrt.label}:{asked}" in choices for asked in ("rank", "form"))


def _of_shape(fault: Fault) -> bool:
    """Have the results of a fault other shapes than their variables?"""
    return all(j.result.value is not None and j.derived is not None
               and np.shape(j.result.value.sample) != np.shape(j.derived.sample) for j in fault.judged)


def _sound(outcomes: list[Outcome], outcome: Outcome) -> set[str]:
    """The functions that other units found right on some path, and of which no path leaves anything open."""
    others = [o for o in outcomes if o.judgement is not None and o.unit.name != outcome.unit.name]
    right = {name for o in others if o.judgement is not None and o.judgement.good for name in o.unit.functions}
    return right - {name for o in others if o.judgement is not None and o.judgement.good < len(o.judgement.judged)
                    for name in o.unit.functions}


def _functions_run(outcome: Outcome) -> set[str]:
    """The functions that an outcome's run, or one of its rivals', went through: others have no part in its faults."""
    judgements = [outcome.judgement, *(rival for rival, _ in outcome.rivals)]
    return {step.function for j in judgements if j is not None for step in j.run.it.steps}


def _called_from(outcome: Outcome, fault: Fault, sound: Container[str]) -> Step:
    """The statement that is to blame for what does not fit: of a function that is right, the one that calls it.

    So it is where the same statement fits when it is called otherwise.
    """
    assert outcome.judgement is not None
    it = outcome.judgement.run.it
    unfit = {step for step, _, _ in it.misfits}
    for inner in [*unfit]:
        while inner.caller is not None:
            inner = inner.caller
            unfit.add(inner)
    fitting = {id(step.node) for step in it.steps if step not in unfit}
    blamed = step = fault.step
    while step.caller is not None:
        if step.function in sound or id(step.node) in fitting:
            blamed = step.caller
        step = step.caller
    return blamed


def diagnose(outcome: Outcome, fault: Fault, steps_in: str = "text", *, derive: bool = True) -> Diagnostic | None:
    """The diagnostic of a fault; without `derive` it has its derivation only if that was derived before."""
    span = span_of(fault.step)
    if span is None:
        return None
    rule, message = rule_for(fault)
    fix = None
    if fault.repair is not None:
        # the block may have moved since
        moved = edit_text(fault.repair.step, fault.repair.edit.old, fault.repair.edit.new)
        fix = Fix(f"replace `{_line(fault.repair.before)}` by `{_line(fault.repair.after)}`",
                  (moved,) if moved is not None else fault.repair.text_edits,
                  "unsafe" if fault.repair.edit.kind == "rewrite" else "safe")
    return Diagnostic(rule.code, rule.name, rule.severity, message, *span, fix, related(outcome, fault),
                      explanation_of(outcome, fault.judged[0], steps_in, known=not derive))


def _line(text: str) -> str:
    return " ".join(text.split())
