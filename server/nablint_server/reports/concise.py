"""Findings one line each: `file:row:column: CODE name: message`, with `[*]` where `--fix` has an answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from nablint.results import Diagnostic

from nablint_server.reports.paint import SEVERITIES, Paint
from nablint_server.running.outcome import Outcome


def write(outcomes: Iterable[Outcome], out: TextIO, paint: Paint) -> None:
    """A line for each finding."""
    for outcome in outcomes:
        for found in outcome.diagnostics:
            out.write(headline(outcome, found, paint) + "\n")


def headline(outcome: Outcome, found: Diagnostic, paint: Paint) -> str:
    """Where, which rule, and what is wrong; only the message's first line."""
    cell, start = outcome.locate(found.location)
    where = outcome.filename if cell is None else f"{outcome.filename}:cell {cell}"
    star = " [*]" if found.fix is not None and found.fix.applicability == "safe" else ""
    return (
        f"{paint(where, 'bold')}:{start.row}:{start.column}: "
        f"{paint(found.code, SEVERITIES[found.severity], 'bold')} {paint(found.name, 'bold')}:{paint(star, 'cyan')} "
        f"{found.message.splitlines()[0] if found.message else ''}"
    )
