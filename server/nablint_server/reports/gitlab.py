"""Findings as a GitLab code quality report (a JSON list; severities in its words)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TextIO

from nablint_server.reports.fingerprint import Fingerprints
from nablint_server.reports.paint import Paint
from nablint_server.running.outcome import Outcome

LEVELS = {"error": "major", "warning": "minor", "info": "info", "hint": "info"}


def write(outcomes: Iterable[Outcome], out: TextIO, paint: Paint) -> None:
    """All findings as one JSON list."""
    fingerprint = Fingerprints()
    listed: list[object] = []
    for outcome in outcomes:
        for found in outcome.diagnostics:
            _, start, end = outcome.span(found.location, found.end_location)
            positions = {
                "begin": {"line": start.row, "column": start.column},
                "end": {"line": end.row, "column": end.column},
            }
            listed.append({
                "check_name": f"{found.code} {found.name}",
                "description": found.message,
                "severity": LEVELS[found.severity],
                "fingerprint": fingerprint(outcome, found),
                "location": {"path": outcome.filename, "positions": positions},
            })  # fmt: skip
    json.dump(listed, out, indent=2, ensure_ascii=False)
    out.write("\n")
