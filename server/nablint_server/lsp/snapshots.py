"""What is analysed as one text: a file, or the code cells of a notebook one below the other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lsprotocol import types
from nablint.results import FileResult, Place

from nablint_server.lsp.text import Shift, Text


@dataclass(frozen=True, slots=True)
class Part:
    """A document of the client and the row of the whole text before its first."""

    uri: str
    before: int
    text: Text


@dataclass(frozen=True)
class Snapshot:
    """One version of a text, its parts in order."""

    uri: str
    version: int | None
    source: str
    parts: tuple[Part, ...]

    def locate(self, start: Place, end: Place) -> tuple[str, types.Range] | None:
        """The client's document and range of a span; None outside of every part."""
        for part in reversed(self.parts):
            if start.row > part.before:
                if start.row - part.before > len(part.text.starts):
                    return None
                return part.uri, part.text.range(
                    Place(start.row - part.before, start.column), Place(end.row - part.before, end.column))
        return None

    def place(self, uri: str, position: types.Position) -> Place | None:
        """The place of a client's position."""
        for part in self.parts:
            if part.uri == uri:
                place = part.text.place(position)
                return Place(place.row + part.before, place.column)
        return None

    def line(self, row: int) -> str:
        """The whole text's line, rows from 1, as the client has it."""
        part = max((p for p in self.parts if p.before < row), key=lambda p: p.before)
        return part.text.line(row - part.before - 1)


def of_file(uri: str, version: int | None, text: Text) -> Snapshot:
    """A file."""
    return Snapshot(uri, version, text.source, (Part(uri, 0, text),))


def of_notebook(uri: str, version: int | None, cells: list[tuple[str, Text]]) -> Snapshot:
    """A notebook; what IPython alone understands is blanked row by row, as the command line does."""
    from nablint_server.files.notebooks import python_lines
    from nablint_server.files.texts import as_judged

    parts: list[Part] = []
    lines: list[str] = []
    for cell_uri, text in cells:
        parts.append(Part(cell_uri, len(lines), text))
        lines += python_lines(as_judged(text.source))
    return Snapshot(uri, version, "\n".join([*lines, ""]), tuple(parts))


@dataclass(frozen=True)
class View:
    """The latest result as it stands in the text of now, which may be newer than what was analysed."""

    now: Snapshot
    analysed: Snapshot
    result: FileResult

    @cached_property
    def shift(self) -> Shift:
        """From the analysed text to that of now."""
        return Shift(self.analysed.source, self.now.source)

    @property
    def current(self) -> bool:
        """Nothing has changed since the analysis."""
        return self.analysed.source == self.now.source

    def locate(self, start: Place, end: Place, *, nearest: bool = False) -> tuple[str, types.Range] | None:
        """Document and range of a span of the analysed text; None where it was changed."""
        to = self.shift.nearest if nearest else self.shift.new
        first, last = to(start.row), to(end.row)
        if first is None or last is None:
            return None
        return self.now.locate(Place(first, start.column), Place(last, end.column))

    def place(self, uri: str, position: types.Position) -> Place | None:
        """The place in the analysed text; None where it was changed since."""
        place = self.now.place(uri, position)
        row = None if place is None else self.shift.old(place.row)
        return None if place is None or row is None else Place(row, place.column)
