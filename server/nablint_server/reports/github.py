"""Findings as workflow commands, which GitHub shows beside the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from nablint_server.reports.paint import Paint
from nablint_server.running.outcome import Outcome

LEVELS = {"error": "error", "warning": "warning", "info": "notice", "hint": "notice"}


def write(outcomes: Iterable[Outcome], out: TextIO, paint: Paint) -> None:
    """A command for each finding."""
    for outcome in outcomes:
        for found in outcome.diagnostics:
            cell, start, end = outcome.span(found.location, found.end_location)
            title = f"nablint {found.code} {found.name}"
            where = "" if cell is None else f"cell {cell}: "
            properties = {"title": title, "file": outcome.filename}
            if cell is None:
                properties |= {"line": start.row, "col": start.column, "endLine": end.row, "endColumn": end.column}
            listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
            out.write(f"::{LEVELS[found.severity]} {listed}::{_message(where + found.message)}\n")


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
