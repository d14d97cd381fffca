"""Findings and claims as JSON, in the form that the command line promises (DESIGN.md, "Command line contract")."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TextIO

from nablint.results import Claim, Diagnostic, Explanation, Fix, Place

from nablint_server.reports.paint import Paint
from nablint_server.running.outcome import Outcome


def write(outcomes: Iterable[Outcome], out: TextIO, paint: Paint) -> None:
    """All findings as one JSON list."""
    _dump([finding(outcome, found) for outcome in outcomes for found in outcome.diagnostics], out)


def write_audit(outcomes: Iterable[Outcome], out: TextIO, paint: Paint, *, derivations: bool = False) -> None:
    """Files, findings and claims as one JSON object."""
    _dump(audit(outcomes, derivations=derivations), out)


def audit(outcomes: Iterable[Outcome], *, derivations: bool = False) -> dict[str, Any]:
    """The object that `audit` tells."""
    seen = analysed = 0
    failed: list[dict[str, str]] = []
    diagnostics: list[dict[str, Any]] = []
    claims: list[dict[str, Any]] = []
    for outcome in outcomes:
        seen += 1
        analysed += outcome.analysed
        if outcome.error is not None:
            failed.append({"filename": outcome.filename, "error": outcome.error})
        diagnostics += (finding(outcome, found) for found in outcome.diagnostics)
        claims += (claim_object(outcome, claim, derivations=derivations) for claim in outcome.claims)
    files = {"seen": seen, "analysed": analysed, "failed": failed}
    return {"files": files, "diagnostics": diagnostics, "claims": claims}


def finding(outcome: Outcome, found: Diagnostic) -> dict[str, Any]:
    """One finding."""
    cell, start, end = outcome.span(found.location, found.end_location)
    return {
        "code": found.code,
        "name": found.name,
        "severity": found.severity,
        "message": found.message,
        "filename": outcome.filename,
        "cell": cell,
        "location": place(start),
        "end_location": place(end),
        "url": None,
        "fix": None if found.fix is None else fix_object(outcome, found.fix),
    }


def fix_object(outcome: Outcome, fix: Fix) -> dict[str, Any]:
    """One fix."""
    edits: list[dict[str, Any]] = []
    for edit in fix.edits:
        _, start, end = outcome.span(edit.location, edit.end_location)
        edits.append({"content": edit.content, "location": place(start), "end_location": place(end)})
    return {"applicability": fix.applicability, "message": fix.message, "edits": edits}


def claim_object(outcome: Outcome, claim: Claim, *, derivations: bool = False) -> dict[str, Any]:
    """One claim; with `derivations` also how its gradient comes about."""
    cell, start = outcome.locate(claim.location)
    told: dict[str, Any] = {
        "filename": outcome.filename,
        "cell": cell,
        "row": claim.row - claim.location.row + start.row,
        "function": claim.function,
        "gradient": claim.gradient,
        "wrt": claim.wrt,
        "role": claim.role,
        "verdict": claim.verdict,
        "reason": claim.reason,
    }
    if derivations:
        told["derivation"] = None if claim.explanation is None else explanation_object(claim.explanation)
    return told


def explanation_object(explanation: Explanation) -> dict[str, Any]:
    """A derivation for code."""
    return {
        "title": explanation.title,
        "gradient": explanation.gradient,
        "shapes": dict(explanation.shapes),
        "steps": [
            {"rule": step.rule, "before": step.before, "after": step.after, "why": step.why}
            for step in explanation.steps
        ],
    }


def place(at: Place) -> dict[str, int]:
    """A row and a column from 1."""
    return {"row": at.row, "column": at.column}


def _dump(value: Any, out: TextIO) -> None:
    json.dump(value, out, indent=2, ensure_ascii=False)
    out.write("\n")
