"""Comments that tell nablint to be silent, and which of them have nothing to silence.

    # noqa: NAB301, E501            on the finding's line; other tools' codes are left to them
    # noqa                          the same for everything
    # nablint: ignore[NAB301]       a code, the beginning of one, or a rule's name; several with commas
    # nablint: ignore               everything; on a line of its own it speaks for the statement below
    # nablint: ignore-file[NAB4]    on a line of its own: the whole file, without brackets for all rules

A comment speaks for the logical line on which it stands, so that it may follow the last row of a long expression.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from nablint.reading.lazily import regex
from nablint.results import Diagnostic, Edit, Fix, Place
from nablint.settings import speaks_of

UNUSED_CODE = "NAB002"
UNUSED_NAME = "unused-suppression"
"""The rule that the findings of `unused` belong to."""

PREFIX = "NAB"
"""How the codes of our own rules begin; codes behind `noqa` that begin otherwise are another linter's."""

NOQA = regex(r"#\s*noqa\b(?!\s*[\w-])(?:\s*:\s*(?P<list>[A-Z]+\d+(?:[,\s]+[A-Z]+\d+)*))?", re.IGNORECASE)
OURS = regex(r"#\s*nablint:\s*(?P<kind>ignore-file|ignore)\b(?!-)(?:\s*\[(?P<list>[^\]]*)\])?")

Kind = Literal["noqa", "ignore", "ignore-file"]


@dataclass(frozen=True, slots=True)
class Selector:
    """One code or name of a suppression and where it stands, in characters of the comment's row."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment: which rows it speaks for and what it silences (`selectors` empty: everything)."""

    kind: Kind
    row: int
    start: int
    end: int
    first: int
    last: int
    selectors: tuple[Selector, ...]
    alone: bool

    def covers(self, found: Diagnostic) -> bool:
        """Whether the finding begins in the rows that the comment speaks for."""
        return self.kind == "ignore-file" or self.first <= found.location.row <= self.last

    def silenced_by(self, found: Diagnostic) -> Selector | Literal[False] | None:
        """The selector that silences the finding; None when all of the comment does; False when nothing does."""
        if not self.covers(found):
            return False
        if not self.selectors:
            return None
        for selector in self.selectors:
            if speaks_of((selector.text,), found.code, found.name):
                return selector
        return False


def suppressions(source: str) -> list[Suppression]:
    """Every suppression of a source text, in order."""
    if "noqa" not in source.lower() and "nablint:" not in source:
        return []
    read = [_read(*comment) for comment in _comments(source)]
    return [suppression for suppression in read if suppression is not None]


def apply(
    found: Iterable[Diagnostic], comments: list[Suppression]
) -> tuple[list[Diagnostic], set[tuple[Suppression, Selector | None]]]:
    """The findings that no comment silences, and which comments (and selectors in them) silenced something.

    Every comment about a finding counts as used, so that removing one of two is no change of meaning.
    """
    kept: list[Diagnostic] = []
    used: set[tuple[Suppression, Selector | None]] = set()
    for diagnostic in found:
        silent = False
        for comment in comments:
            selector = comment.silenced_by(diagnostic)
            if selector is not False:
                silent = True
                used.add((comment, selector))
        if not silent:
            kept.append(diagnostic)
    return kept, used


def unused(
    comments: Iterable[Suppression], used: set[tuple[Suppression, Selector | None]], source: str
) -> list[Diagnostic]:
    """A finding, with its fix, for each suppression of ours that silenced nothing.

    A bare `# noqa` may serve another linter and is never reported; neither are other linters' codes.
    """
    lines = source.split("\n")
    findings: list[Diagnostic] = []
    for comment in comments:
        idle = tuple(s for s in comment.selectors if (comment, s) not in used and _ours(comment, s))
        if comment.selectors:
            if not idle:
                continue
            words = ", ".join(f"`{selector.text}`" for selector in idle)
            message = f"{words} is not found here" if len(idle) == 1 else f"{words} are not found here"
        elif comment.kind == "noqa" or (comment, None) in used:
            continue
        else:
            message = "nothing is found here"
        message = f"unused suppression: {message}"
        fix = Fix("remove the suppression", (_removal(comment, idle, lines[comment.row - 1]),))
        start, end = Place(comment.row, comment.start + 1), Place(comment.row, comment.end + 1)
        findings.append(Diagnostic(UNUSED_CODE, UNUSED_NAME, "warning", message, start, end, fix))
    return findings


def _ours(comment: Suppression, selector: Selector) -> bool:
    """Whether it is ours to report; what silences these very findings is never idle."""
    if speaks_of((selector.text,), UNUSED_CODE, UNUSED_NAME):
        return False
    return comment.kind != "noqa" or selector.text.upper().startswith(PREFIX)


def _removal(comment: Suppression, idle: tuple[Selector, ...], line: str) -> Edit:
    """Delete the idle selectors, or the whole comment when no other is left, with the blanks before it."""
    left = [selector for selector in comment.selectors if selector not in idle]
    if left:
        kept = ", ".join(selector.text for selector in left)
        start, end = comment.selectors[0].start, comment.selectors[-1].end
        return Edit(kept, Place(comment.row, start + 1), Place(comment.row, end + 1))
    start = comment.start
    if comment.alone and comment.end >= len(line):
        return Edit("", Place(comment.row, 1), Place(comment.row + 1, 1))
    if comment.end >= len(line):
        start = len(line[:start].rstrip())
    return Edit("", Place(comment.row, start + 1), Place(comment.row, comment.end + 1))


def _read(text: str, row: int, column: int, first: int, last: int, alone: bool) -> Suppression | None:
    """The suppression in one comment; `text` begins at `column` (from 0) of `row`."""
    found = OURS.search(text)
    kind: Kind = "ignore"
    if found is None:
        found, kind = NOQA.search(text), "noqa"
    elif found["kind"] == "ignore-file":
        kind = "ignore-file"
    if found is None or (kind == "ignore-file" and not alone):
        return None
    selectors: list[Selector] = []
    if found["list"] is not None:
        begin = column + found.start("list")
        selectors = [Selector(m[0], begin + m.start(), begin + m.end()) for m in re.finditer(r"[\w-]+", found["list"])]
    return Suppression(
        kind, row, column + found.start(), column + found.end(), first, last, tuple(selectors), alone
    )


Comment = tuple[str, int, int, int, int, bool]
"""A comment's text, row, column from 0, the rows of its logical line, and whether it stands alone."""


def _comments(source: str) -> Iterator[Comment]:
    """The comments of a source text; behind a place that cannot be tokenised every `#` is taken for one."""
    pending: list[tuple[str, int, int]] = []
    waiting: list[tuple[str, int, int]] = []
    first = last_row = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            row = token.start[0]
            if token.type == tokenize.COMMENT:
                last_row = row
                if not first:
                    waiting.append((token.string, row, token.start[1]))
                else:
                    pending.append((token.string, row, token.start[1]))
            elif token.type == tokenize.NEWLINE:
                yield from ((text, at, column, at, row, True) for text, at, column in waiting)
                yield from ((text, at, column, first, row, False) for text, at, column in pending)
                pending, waiting, first, last_row = [], [], 0, row
            elif token.type not in _LAYOUT and not first:
                first = row
    except (tokenize.TokenError, SyntaxError):
        pass
    yield from ((text, at, column, at, at, True) for text, at, column in waiting)
    yield from ((text, at, column, at, at, False) for text, at, column in pending)
    for row, line in enumerate(source.split("\n"), 1):
        if row > last_row and not any(row == at for _, at, _ in waiting + pending) and "#" in line:
            column = line.index("#")
            yield line[column:], row, column, row, row, not line[:column].strip()


_LAYOUT = {tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.ENCODING}
