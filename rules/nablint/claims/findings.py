"""Findings: wrong results become diagnostics, blamed and repaired."""

from __future__ import annotations

from nablint.claims.search import Outcome, Program
from nablint.results import Diagnostic


def findings(program: Program, outcomes: list[Outcome], *, repair: bool, ends: float) -> list[Diagnostic]:
    """The diagnostics of a file, one for each statement to blame."""
    out: list[Diagnostic] = []
    for outcome in outcomes:
        if outcome.judgement is None:
            continue
        for judged in outcome.judgement.judged:
            if judged.verdict != "wrong":
                continue
            step = judged.result.step
            tree = step.block.tree()
            span = tree.spans.get(id(step.node)) if tree is not None else None
            if span is None:
                continue
            start, end = step.block.place(span[0]), step.block.place(span[1])
            out.append(Diagnostic("NAB300", "wrong-gradient", "error", f"{judged.result.name} is not the gradient of {judged.result.wrt_name}: {judged.reason}", start, end))
    return out
