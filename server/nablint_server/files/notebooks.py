"""Notebooks: the code cells as one source text, a map of its rows, and edits back into the JSON text.

All code cells share one scope, so they are judged as one file.  What is no Python in them (IPython's magics and shell
lines) is blanked row by row.  Edits go into the text of the JSON itself: only the strings of changed lines are written
anew, so that a notebook's own spelling of everything else stays.
"""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from nablint.reading.legacy import bound_names, readable
from nablint.results import Edit, Place

from nablint_server.files.json_spans import Element, read_json
from nablint_server.files.texts import Text, Unreadable, apply_edits, as_judged

MAGIC = re.compile(r"[ \t]*(?:[%!?]|.*[^\s#]\?\s*$)")
ASSIGNED = re.compile(r"([ \t]*[\w.,\[\]'\" \t]+=[ \t]*)(?:%|!).*")
UNREAD = "unreadable_cell"
"""A name that no notebook gives a value."""

BODY_MAGICS = ("time", "timeit", "capture", "prun", "memit", "matplotlib")
"""Cell magics whose cell is Python all the same."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A code cell: its number among all cells from 1, the row before its first in the joined text, and its rows."""

    number: int
    before: int
    rows: int


@dataclass(frozen=True, slots=True)
class RowMap:
    """Which cell each row of the joined source belongs to."""

    cells: tuple[Cell, ...]

    def locate(self, place: Place) -> tuple[int, Place]:
        """The cell's number and the place within the cell."""
        last = self.cells[0]
        for cell in self.cells:
            if cell.before >= place.row:
                break
            last = cell
        return last.number, Place(max(place.row - last.before, 1), place.column)


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook as it stands on the disk."""

    text: Text
    root: Element
    rows: RowMap
    source: str

    def edited(self, edits: Sequence[Edit]) -> Notebook:
        """The notebook after edits of the joined source; raises `Unreadable` when one crosses cells."""
        changes: list[tuple[int, int, str]] = []
        cells = _cells(self.root)
        for cell in self.rows.cells:
            inside = [e for e in edits if cell.before < e.location.row <= cell.before + cell.rows]
            if inside:
                if any(e.end_location.row > cell.before + cell.rows + (e.end_location.column == 1) for e in inside):
                    raise Unreadable("a fix reaches over two cells and is left alone")
                changes.append(_changed(self.text.raw, cells[cell.number - 1].members["source"], cell, inside))
        raw = self.text.raw
        for start, end, content in reversed(changes):
            raw = raw[:start] + content + raw[end:]
        return read_notebook(Text(raw, self.text.encoding, self.text.bom))

    def cell_source(self, cell: Cell) -> str:
        """A cell's own text, magics included."""
        text = _source(_cells(self.root)[cell.number - 1].members["source"])
        return text if not text or text.endswith("\n") else text + "\n"

    def data(self) -> bytes:
        """The bytes of the file."""
        return self.text.data()


def read_notebook(text: Text) -> Notebook:
    """A notebook from its JSON text; raises `Unreadable` when it is none."""
    try:
        root = read_json(text.raw)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"is not a notebook: {error}; open it in Jupyter and save it again") from None
    if not isinstance(root.value, dict) or "cells" not in root.members:
        old = isinstance(root.value, dict) and "worksheets" in root.members
        hint = "convert it with `jupyter nbconvert --to notebook`" if old else "exclude it"
        raise Unreadable(f"is not a notebook of format 4; {hint}")
    cells: list[Cell] = []
    lines: list[str] = []
    if _language(root) == "python":
        for number, cell in enumerate(_cells(root), 1):
            if cell.members.get("cell_type", cell).value == "code" and "source" in cell.members:
                own = python_lines(_source(cell.members["source"]))
                cells.append(Cell(number, len(lines), len(own)))
                lines += own
    return Notebook(text, root, RowMap(tuple(cells)), "\n".join([*lines, ""]) if lines else "")


def python_lines(source: str) -> list[str]:
    """The rows of a cell, with all that is no Python blanked and nothing moved."""
    lines = source.split("\n")
    if _parses(source):
        return lines
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("%%"):
        word = re.match(r"\s*%%(\w*)", first)
        if word is None or word[1] not in BODY_MAGICS:
            return [""] * len(lines)
    cleaned: list[str] = []
    continued = False
    for line in lines:
        if continued or (MAGIC.match(line) and not _open("\n".join(cleaned))):
            indent = "" if continued else line[: len(line) - len(line.lstrip())]
            continued = line.rstrip().endswith("\\")
            cleaned.append(indent + "pass" if indent else "")
        elif assigned := ASSIGNED.fullmatch(line):
            cleaned.append(assigned[1] + "None")
        else:
            cleaned.append(line)
    text = "\n".join(cleaned)
    if _parses(text):
        return cleaned
    old = readable(text)
    return old.split("\n") if _parses(old) else [_unread(line) for line in lines]


def _unread(line: str) -> str:
    """A row of a cell that is no Python: what it gives to names is not known."""
    return " = ".join([*names, UNREAD]) if (names := bound_names(line)) else ""


def _parses(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _open(source: str) -> bool:
    """Whether the text ends inside a bracket or a string."""
    try:
        for _ in tokenize.generate_tokens(io.StringIO(source + "\n").readline):
            pass
    except tokenize.TokenError:
        return True
    except SyntaxError:
        return False
    return False


def _language(root: Element) -> str:
    metadata = root.members["metadata"].value if "metadata" in root.members else {}
    if not isinstance(metadata, dict):
        return "python"
    for key, word in (("kernelspec", "language"), ("language_info", "name")):
        part = metadata.get(key)
        if isinstance(part, dict) and isinstance(part.get(word), str):
            return part[word].lower()
    return "python"


def _cells(root: Element) -> list[Element]:
    return [cell for cell in root.members["cells"].items if isinstance(cell.value, dict)]


def _source(element: Element) -> str:
    value = element.value
    text = "".join(line for line in value if isinstance(line, str)) if isinstance(value, list) else str(value)
    return as_judged(text)


def _changed(raw: str, element: Element, cell: Cell, edits: Sequence[Edit]) -> tuple[int, int, str]:
    """Start, end and new text of a cell's `source` in the JSON text."""
    local = [
        Edit(e.content, Place(e.location.row - cell.before, e.location.column),
             Place(e.end_location.row - cell.before, e.end_location.column))
        for e in edits
    ]  # fmt: skip
    new = apply_edits(_source(element), local)
    spell_ascii = raw.isascii()
    if not element.items:
        return element.start, element.end, json.dumps(new, ensure_ascii=spell_ascii)
    known = {str(item.value): raw[item.start : item.end] for item in element.items}
    lines = re.findall(r"[^\n]*\n|[^\n]+", new)
    parts = [known.get(line) or json.dumps(line, ensure_ascii=spell_ascii) for line in lines]
    before = raw[element.start : element.items[0].start]
    after = raw[element.items[-1].end : element.end]
    between = raw[element.items[0].end : element.items[1].start] if len(element.items) > 1 else "," + before[1:]
    return element.start, element.end, before + between.join(parts) + after
