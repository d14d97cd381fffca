r"""Text as a client sees it: lines, positions in its encoding, edits, and where a place went after them.

Lines end at `\n`, `\r\n` or `\r` and nowhere else (LSP 3.17, "Text Documents"), which is also how Python counts
rows; `str.splitlines` would split at form feeds too, and those do stand in Python files.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property

from lsprotocol import types
from nablint.results import Place

_LINE_END = re.compile(r"\r\n|\n|\r")

UNITS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
"""Encoding -> the codec whose code units it counts."""

_UNIT_BYTES = {"utf-8": 1, "utf-16": 2, "utf-32": 4}


def encoding_name(encoding: object) -> str:
    """The position encoding as LSP writes it, from pygls' value (which may be an enumeration's member)."""
    return str(getattr(encoding, "value", encoding))


class Text:
    """One version of a document.  Immutable: an edit gives another `Text`."""

    def __init__(self, source: str, encoding: str = "utf-16") -> None:
        self.source = source
        self.encoding = encoding

    @cached_property
    def starts(self) -> list[int]:
        """Where each line begins, as offsets into `source`."""
        return [0, *(match.end() for match in _LINE_END.finditer(self.source))]

    def line(self, index: int) -> str:
        """The line without its end; empty when there is no such line."""
        if not 0 <= index < len(self.starts):
            return ""
        end = self.starts[index + 1] if index + 1 < len(self.starts) else len(self.source)
        return self.source[self.starts[index]:end].rstrip("\r\n")

    def offset(self, position: types.Position) -> int:
        """The offset of a client's position; past the end of a line or of the text it is that end."""
        if position.line >= len(self.starts):
            return len(self.source)
        line = self.line(position.line)
        if line.isascii():
            return self.starts[position.line] + min(position.character, len(line))
        units = line.encode(UNITS[self.encoding], "surrogatepass")[: position.character * _UNIT_BYTES[self.encoding]]
        return self.starts[position.line] + len(units.decode(UNITS[self.encoding], "ignore"))

    def place(self, position: types.Position) -> Place:
        """A client's position as row and column from 1, in characters."""
        offset = self.offset(position)
        row = bisect_right(self.starts, offset)
        return Place(row, offset - self.starts[row - 1] + 1)

    def position(self, place: Place) -> types.Position:
        """A row and column from 1 as the client's position."""
        line = self.line(place.row - 1)
        before = line[: place.column - 1]
        units = len(before) if before.isascii() else (
            len(before.encode(UNITS[self.encoding], "surrogatepass")) // _UNIT_BYTES[self.encoding])
        return types.Position(place.row - 1, units)

    def range(self, start: Place, end: Place) -> types.Range:
        """From `start` up to, not including, `end`."""
        return types.Range(self.position(start), self.position(end))

    def changed(self, change: types.TextDocumentContentChangeEvent) -> Text:
        """The text after one change of the client."""
        if not isinstance(change, types.TextDocumentContentChangePartial):
            return Text(change.text, self.encoding)
        start, end = self.offset(change.range.start), self.offset(change.range.end)
        return Text(self.source[:start] + change.text + self.source[end:], self.encoding)


class Shift:
    """Where the rows of an older text are in a newer one, and back.

    All edits between the two are taken as one: what stands before the first changed line and after the last keeps
    its place, what stands between is gone.
    """

    def __init__(self, old: str, new: str) -> None:
        before, after = (["", ""], ["", ""]) if old == new else (_LINE_END.split(old), _LINE_END.split(new))
        shorter = min(len(before), len(after))
        head = next((i for i in range(shorter) if before[i] != after[i]), shorter)
        tail = next((i for i in range(shorter - head) if before[-1 - i] != after[-1 - i]), shorter - head)
        self.delta = len(after) - len(before)
        self.first, self.last = head + 1, len(before) - tail

    def new(self, row: int) -> int | None:
        """The newer row of an older one, None if that line was changed."""
        if row < self.first:
            return row
        return row + self.delta if row > self.last else None

    def old(self, row: int) -> int | None:
        """The older row of a newer one, None if that line was changed."""
        if row < self.first:
            return row
        return row - self.delta if row > self.last + self.delta else None

    def nearest(self, row: int) -> int | None:
        """As `new`; a line that was changed, while none was added or removed, counts as the same line."""
        return row if not self.delta else self.new(row)
