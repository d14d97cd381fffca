"""Findings as SARIF 2.1.0, with rules' pages, related places, fixes and fingerprints that survive insertions above.

Limits that readers set: GitHub takes 25,000 results of a run and 20 tags of a rule; what is beyond is said, not lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

from nablint import __version__
from nablint.results import Diagnostic, Fix, Place

from nablint_server.reports.fingerprint import Fingerprints
from nablint_server.reports.paint import Paint
from nablint_server.running.outcome import Outcome

MOST = 25_000
LEVELS = {"error": "error", "warning": "warning", "info": "note", "hint": "note"}


def write(outcomes: Iterable[Outcome], out: TextIO, paint: Paint) -> None:
    """One run."""
    fingerprint = Fingerprints()
    results: list[dict[str, Any]] = []
    notices: list[dict[str, Any]] = []
    seen: dict[str, Diagnostic] = {}
    left = 0
    for outcome in outcomes:
        if outcome.error is not None:
            place = {"physicalLocation": {"artifactLocation": {"uri": uri(outcome.filename)}}}
            notices.append({"level": "error", "message": {"text": outcome.error}, "locations": [place]})
        for found in outcome.diagnostics:
            if len(results) == MOST:
                left += 1
                continue
            seen.setdefault(found.code, found)
            results.append(_result(outcome, found, fingerprint(outcome, found)))
    if left:
        text = f"{left} more findings are left out: a run holds {MOST} at most; judge fewer files at a time"
        notices.append({"level": "warning", "message": {"text": text}})
    codes = sorted(seen)
    for result in results:
        result["ruleIndex"] = codes.index(result["ruleId"])
    driver = {"name": "nablint", "version": __version__, "rules": [_rule(seen[code]) for code in codes]}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not notices, "toolExecutionNotifications": notices}],
        "results": results,
    }
    json.dump({"version": "2.1.0", "runs": [run]}, out, indent=2, ensure_ascii=False)
    out.write("\n")


def uri(filename: str) -> str:
    """The file's name as a relative URI, as a full one where it is absolute."""
    return Path(filename).as_uri() if Path(filename).is_absolute() else quote(filename.replace("\\", "/"))


def _rule(found: Diagnostic) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": found.code,
        "name": found.name,
        "defaultConfiguration": {"level": LEVELS[found.severity]},
        "properties": {"tags": ["gradients" if found.code[:4] in ("NAB2", "NAB3") else "nablint"]},
    }
    from nablint.checks import find_rule

    known = find_rule(found.code)
    if known is not None:
        rule |= {"shortDescription": {"text": known.summary}, "help": {"text": known.page, "markdown": known.page}}
    return rule


def _result(outcome: Outcome, found: Diagnostic, fingerprint: str) -> dict[str, Any]:
    cell, _, _ = outcome.span(found.location, found.end_location)
    text = found.message if cell is None else f"cell {cell}: {found.message}"
    result: dict[str, Any] = {
        "ruleId": found.code,
        "level": LEVELS[found.severity],
        "message": {"text": text},
        "locations": [{"physicalLocation": _physical(outcome, found.location, found.end_location)}],
        "partialFingerprints": {"nablint/v1": fingerprint},
    }
    if found.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": related.message},
                "physicalLocation": _physical(outcome, related.location, related.end_location),
            }
            for number, related in enumerate(found.related, 1)
        ]
    if found.fix is not None and cell is None:
        result["fixes"] = [_fix(outcome, found.fix)]
    return result


def _physical(outcome: Outcome, start: Place, end: Place) -> dict[str, Any]:
    return {"artifactLocation": {"uri": uri(outcome.filename)}, "region": _region(outcome, start, end)}


def _region(outcome: Outcome, start: Place, end: Place) -> dict[str, int]:
    _, first, last = outcome.span(start, end)
    return {"startLine": first.row, "startColumn": first.column, "endLine": last.row, "endColumn": last.column}


def _fix(outcome: Outcome, fix: Fix) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(outcome, edit.location, edit.end_location), "insertedContent": {"text": edit.content}}
        for edit in fix.edits
    ]
    change = {"artifactLocation": {"uri": uri(outcome.filename)}, "replacements": replacements}
    return {"description": {"text": fix.message}, "artifactChanges": [change]}
