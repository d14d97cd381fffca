"""The case files' slips: tables beside the sources, one line a slip.  cases/README.md says what a table looks like."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HERE = Path(__file__).parent / "cases"
Section = Literal["slips", "harmless", "conventions"]
SECTIONS: tuple[Section, ...] = ("slips", "harmless", "conventions")

_LINE = re.compile(
    r"(?P<kind>[a-z][a-z-]*)(?:\[(?P<nth>\d+)\])?: (?P<target>.+?) => (?P<replacement>.+?)(?P<places>(?: ~> .+)?)$"
)


@dataclass(frozen=True, slots=True)
class Slip:
    """One edit of one line of a case file.

    case:        the case's name, the file's without `.py`.
    section:     `slips` must be found; `harmless` leaves every value as it is; `conventions` changes values but is
                 right at another loss or by another convention.  The last two must stay without a finding.
    kind:        what sort of slip it is (`dropped-transpose`).
    nth:         which of the lines that read `target`, from 1.
    target:      the source line without its indentation.
    replacement: what stands there after the slip; the indentation stays.
    places:      the lines (stripped, after the slip) on which a finding is right; empty: the changed line.
    row:         the line of the table.
    """

    case: str
    section: Section
    kind: str
    nth: int
    target: str
    replacement: str
    places: tuple[str, ...]
    row: int

    def __str__(self) -> str:
        return f"{self.case}.slips:{self.row} {self.kind}"

    def line(self, source: str) -> int:
        """The row, from 1, of the line that the slip changes.  Raises `LookupError` when it is not there."""
        rows = [n for n, text in enumerate(source.splitlines(), 1) if text.strip() == self.target]
        if len(rows) < self.nth:
            raise LookupError(f"{self}: {len(rows)} lines read {self.target!r}, wanted number {self.nth}")
        return rows[self.nth - 1]

    def apply(self, source: str) -> str:
        """The source with the slip in it."""
        row = self.line(source)
        lines = source.splitlines(keepends=True)
        old = lines[row - 1]
        lines[row - 1] = old.replace(self.target, self.replacement)
        return "".join(lines)

    def expected(self, source: str) -> tuple[int, ...]:
        """The rows, from 1, on which a finding is right, the first one being the best.

        Where a place is named by a text that stands on several lines, the nearest to the slip is meant.
        Raises `LookupError` when a named place is not there.
        """
        row = self.line(source)
        if not self.places:
            return (row,)
        changed = self.apply(source).splitlines()
        found: list[int] = []
        for place in self.places:
            rows = [n for n, text in enumerate(changed, 1) if text.strip() == place]
            if not rows:
                raise LookupError(f"{self}: no line reads {place!r}")
            found.append(min(rows, key=lambda n: abs(n - row)))
        return tuple(found)


def parse(text: str, case: str) -> list[Slip]:
    """Read a table.  Raises `ValueError` with the row for a line that is none."""
    section: Section | None = None
    slips: list[Slip] = []
    for row, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        named = next((s for s in SECTIONS if line == f"[{s}]"), None)
        if named:
            section = named
            continue
        match = _LINE.fullmatch(line)
        if match is None or section is None:
            raise ValueError(f"{case}.slips:{row}: not a slip: {line!r}")
        places = tuple(p.strip() for p in match["places"].split(" ~> ") if p.strip())
        nth = int(match["nth"] or 1)
        slips.append(Slip(case, section, match["kind"], nth, match["target"], match["replacement"], places, row))
    return slips


def names() -> list[str]:
    """The names of all cases, those of files with a table."""
    return sorted(path.stem for path in HERE.glob("*.slips"))


def source(case: str) -> str:
    """The source of a case file."""
    return (HERE / f"{case}.py").read_text(encoding="utf-8")


def load(case: str) -> list[Slip]:
    """The table of a case."""
    return parse((HERE / f"{case}.slips").read_text(encoding="utf-8"), case)


def load_all() -> list[Slip]:
    """Every slip of every case."""
    return [slip for case in names() for slip in load(case)]
