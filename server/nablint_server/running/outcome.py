"""What came of one file, with places as its reader counts them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nablint.results import Claim, Diagnostic, FileResult, Place

if TYPE_CHECKING:
    from nablint_server.files.notebooks import RowMap


@dataclass(slots=True)
class Outcome:
    """The result of one file.

    source: the text that was judged, empty when nothing was found in it.  rows: for a notebook, its cells.
    error: one line, without the file's name; findings may stand beside it.
    fixed: how many fixes were applied; written: the file's new bytes;
    data: those from standard input; diff: what applying them would change.
    """

    filename: str
    result: FileResult = field(default_factory=FileResult)
    source: str = ""
    rows: RowMap | None = None
    error: str | None = None
    fixed: int = 0
    written: bytes | None = None
    data: bytes | None = None
    diff: str = ""

    @classmethod
    def of(cls, filename: str, document: Any, result: FileResult) -> Outcome:
        """The outcome of a judged document."""
        speaking = bool(result.diagnostics or result.claims)
        rows = getattr(document, "rows", None)
        return cls(filename, result, document.source if speaking else "", rows, result.error)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """The findings, by place in the judged text."""
        return self.result.diagnostics

    @property
    def claims(self) -> list[Claim]:
        """The claims, by place in the judged text."""
        return self.result.claims

    @property
    def analysed(self) -> bool:
        """Whether the file was judged."""
        return self.result.analysed and self.error is None

    def locate(self, place: Place) -> tuple[int | None, Place]:
        """The cell (None outside notebooks) and the place in it."""
        return (None, place) if self.rows is None else self.rows.locate(place)

    def span(self, start: Place, end: Place) -> tuple[int | None, Place, Place]:
        """The cell, and both places in it."""
        cell, first = self.locate(start)
        return cell, first, Place(end.row - start.row + first.row, end.column)

    def line(self, row: int) -> str:
        """A row of the judged text."""
        lines = self.source.split("\n")
        return lines[row - 1] if 0 < row <= len(lines) else ""
