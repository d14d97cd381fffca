"""Findings as one JSON object a line, written as they come."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TextIO

from nablint_server.reports.objects import finding
from nablint_server.reports.paint import Paint
from nablint_server.running.outcome import Outcome


def write(outcomes: Iterable[Outcome], out: TextIO, paint: Paint) -> None:
    """A line for each finding."""
    for outcome in outcomes:
        for found in outcome.diagnostics:
            out.write(json.dumps(finding(outcome, found), ensure_ascii=False) + "\n")
