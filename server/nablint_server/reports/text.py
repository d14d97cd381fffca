"""Findings for people: the source line with a caret, how the gradient comes about, and the fix as a difference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TextIO

from nablint.results import Diagnostic, Fix, Place

from nablint_server.files.texts import apply_edits
from nablint_server.reports.concise import headline
from nablint_server.reports.derivation import WIDE, brief, cut
from nablint_server.reports.paint import SEVERITIES, Paint
from nablint_server.running.outcome import Outcome

ROWS = 4
"""Rows of a long finding that are shown."""


def write(outcomes: Iterable[Outcome], out: TextIO, paint: Paint) -> None:
    """A paragraph for each finding, as they come."""
    for outcome in outcomes:
        for found in outcome.diagnostics:
            out.write("\n".join(paragraph(outcome, found, paint)) + "\n\n")
        out.flush()


def paragraph(outcome: Outcome, found: Diagnostic, paint: Paint) -> Iterator[str]:
    """The lines of one finding."""
    yield headline(outcome, found, paint)
    yield from found.message.splitlines()[1:]
    width = len(str(outcome.span(found.location, found.end_location)[2].row))
    yield from excerpt(outcome, found.location, found.end_location, width, paint, SEVERITIES[found.severity])
    margin = f"{'':{width}} {paint('=', 'blue')} "
    for related in found.related:
        cell, start = outcome.locate(related.location)
        where = f"line {start.row}" if cell is None else f"cell {cell}, line {start.row}"
        line = outcome.line(related.location.row).strip()
        yield f"{margin}{paint('note', 'bold')} {where}: {related.message}: `{line}`"
    if found.explanation is not None:
        yield f"{margin}{paint('derivation', 'bold')} {cut(found.explanation.title, WIDE - width - 14)}"
        for line in brief(found.explanation, width + 5):
            yield f"{'':{width}}     {line}"
        if found.fix is None and found.explanation.gradient:
            yield f"{margin}{paint('in code', 'bold')} {found.explanation.gradient}"
    if found.fix is not None:
        # What is replaced by what stands below as a difference.
        said = "" if found.fix.message.startswith("replace `") else f" {found.fix.message}"
        yield f"{margin}{paint('fix', 'bold')} ({found.fix.applicability}){said}"
        for row, line in difference(outcome.source, found.fix):
            _, at = outcome.locate(Place(row, 1))
            style = "red" if line.startswith("-") else "green"
            yield f"{paint(f'{at.row:{width}}', 'blue')} {paint(line, style)}"


def excerpt(outcome: Outcome, start: Place, end: Place, width: int, paint: Paint, style: str) -> Iterator[str]:
    """The source rows of a finding; carets below when it is one row."""
    bar = paint("|", "blue")
    _, first, last = outcome.span(start, end)
    shown = min(last.row - first.row + 1, ROWS)
    yield f"{'':{width}} {bar}"
    for offset in range(shown):
        line = outcome.line(start.row + offset)
        yield f"{paint(f'{first.row + offset:{width}}', 'blue')} {bar} {line.expandtabs(4)}".rstrip()
    if last.row - first.row >= ROWS:
        yield f"{'':{width}} {bar} ..."
    if shown == 1:
        line = outcome.line(start.row)
        left = columns(line[: start.column - 1])
        wide = max(columns(line[: end.column - 1]) - left, 1)
        yield f"{'':{width}} {bar} {'':{left}}{paint('^' * wide, style, 'bold')}"


def columns(text: str) -> int:
    """The columns that a text takes on a terminal: tabs to the next fourth, East Asian wide letters two."""
    text = text.expandtabs(4)
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text
    )


def difference(source: str, fix: Fix) -> Iterator[tuple[int, str]]:
    """Rows with `- old` and `+ new` lines, for each run of lines that the fix touches."""
    before = source.split("\n")
    after = apply_edits(source, fix.edits).split("\n")
    import difflib

    for tag, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            yield from ((row + 1, f"- {before[row]}") for row in range(a, b))
            yield from ((a + row - c + 1, f"+ {after[row]}") for row in range(c, d))
