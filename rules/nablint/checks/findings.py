"""Findings: wrong results become diagnostics, blamed on one statement each, with the repair as a fix."""

from __future__ import annotations

from nablint.checks import rule_for
from nablint.claims.explain import explanation_of
from nablint.claims.repair import Fault, find_faults
from nablint.claims.rewriting import edit_text
from nablint.claims.search import Outcome, Program
from nablint.results import Diagnostic, Fix, Place, Related
from nablint.tracing.step import Step


def findings(program: Program, source: str, outcomes: list[Outcome], *, repair: bool, ends: float) -> list[Diagnostic]:
    """The diagnostics of a file, one for each statement to blame."""
    found: dict[int, Diagnostic] = {}
    settled = {id(j.result.step.node) for o in outcomes if o.judgement for j in o.judgement.judged
               if j.verdict in ("proved", "verified")}
    for outcome in outcomes:
        if outcome.judgement is None or not outcome.judgement.wrong:
            continue
        if outcome.faults is None:
            outcome.faults = find_faults(program, source, outcome, ends)
        for fault in outcome.faults:
            if fault.repair is None and not _reportable(outcome, fault, settled):
                continue
            diagnostic = diagnose(outcome, fault)
            if diagnostic is not None:
                known = found.get(id(fault.step.node))
                if known is None or (known.fix is None and diagnostic.fix is not None):
                    found[id(fault.step.node)] = diagnostic
    return sorted(found.values(), key=lambda d: d.location)


def _reportable(outcome: Outcome, fault: Fault, settled: set[int]) -> bool:
    """What no edit explains is reported only where the claim is formal, and not where another unit proved it."""
    if id(fault.step.node) in settled:
        return False
    seed = outcome.judgement.seed if outcome.judgement is not None else None
    if outcome.judgement is not None and outcome.judgement.together:
        return True
    return outcome.unit.kind == "autograd" or (seed is not None and seed.kind == "arriving"
                                               and any(j.result.formal for j in fault.judged) and bool(
        outcome.judgement and outcome.judgement.good))


def span_of(step: Step) -> tuple[Place, Place] | None:
    """The place of a step's statement in the file."""
    tree = step.block.tree()
    span = tree.spans.get(id(step.node)) if tree is not None else None
    return (step.block.place(span[0]), step.block.place(span[1])) if span is not None else None


def diagnose(outcome: Outcome, fault: Fault) -> Diagnostic | None:
    """The diagnostic of a fault."""
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
    related = tuple(_related(outcome, fault))
    return Diagnostic(rule.code, rule.name, rule.severity, message, *span, fix, related,
                      explanation_of(outcome, fault.judged[0]))


def _line(text: str) -> str:
    return " ".join(text.split())


def _related(outcome: Outcome, fault: Fault) -> list[Related]:
    """The forward statement that made what the variable flows into."""
    out: list[Related] = []
    for judged in fault.judged:
        step = judged.result.step
        if step.node is not fault.step.node and (span := span_of(step)) is not None:
            out.append(Related(f"{judged.result.name} comes out wrong here", *span))
    return out[:4]
