"""Source files as Python reads them (PEP 263), and back to the disk without losing a byte that was not edited."""

from __future__ import annotations

import codecs
import contextlib
import errno
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nablint.results import Edit, Place

LARGEST = 20 * 1024 * 1024
"""Bytes.  What is larger is data, not code, and would cost minutes."""

COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
BLANK = re.compile(rb"^[ \t\f]*(?:[#\r\n]|$)")
LINE_END = re.compile(r"\r\n|\n|\r")
ODD_BREAK = re.compile(r"[\v\x1c-\x1e\x85\u2028\u2029]|(?<!\n)\f|\f(?=\s)")
"""Characters at which `str.splitlines` breaks a line and Python does not (a form feed before code unindents it)."""


class Unreadable(Exception):
    """A file that cannot be judged; its text is one line that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Text:
    """A source text as it stands on the disk.

    raw: as decoded, line ends as they are.  `newline` is the one that most lines have.
    """

    raw: str
    encoding: str = "utf-8"
    bom: bool = False

    @property
    def source(self) -> str:
        """The text as it is judged: every line ends in a line feed; rows and columns are those of `raw`."""
        return as_judged(self.raw)

    @property
    def newline(self) -> str:
        """The line end that an inserted line gets."""
        crlf = self.raw.count("\r\n")
        lf, cr = self.raw.count("\n") - crlf, self.raw.count("\r") - crlf
        return max((("\n", lf), ("\r\n", crlf), ("\r", cr)), key=lambda pair: pair[1])[0]

    def edited(self, edits: Sequence[Edit]) -> Text:
        """The text after edits that do not overlap; what they leave alone keeps its line ends."""
        return Text(apply_edits(self.raw, edits, self.newline), self.encoding, self.bom)

    def data(self) -> bytes:
        """The bytes of the file.

        Raises `Unreadable` where an edit brought a character that the file's encoding does not have.
        """
        try:
            data = self.raw.encode(self.encoding)
        except UnicodeEncodeError as error:
            letter = self.raw[error.start]
            lacking = f"the fix needs {letter!r}, which {self.encoding} does not have"
            raise Unreadable(f"{lacking}; save it as UTF-8") from None
        return codecs.BOM_UTF8 + data if self.bom else data


def as_judged(raw: str) -> str:
    """A text whose lines end in line feeds and nowhere else, with the same rows and columns."""
    return ODD_BREAK.sub(" ", LINE_END.sub("\n", raw) if "\r" in raw else raw)


def apply_edits(raw: str, edits: Sequence[Edit], newline: str = "\n") -> str:
    """`raw` with the edits made; their order does not matter, they must not overlap."""
    starts = [0, *(found.end() for found in LINE_END.finditer(raw)), len(raw)]

    def offset(place: Place) -> int:
        if place.row >= len(starts):
            return len(raw)
        return min(starts[place.row - 1] + place.column - 1, len(raw))

    for edit in sorted(edits, key=lambda e: (e.location, e.end_location), reverse=True):
        content = edit.content if newline == "\n" else edit.content.replace("\n", newline)
        raw = raw[: offset(edit.location)] + content + raw[offset(edit.end_location) :]
    return raw


def read_data(path: Path) -> bytes:
    """The bytes of a file; raises `Unreadable`."""
    try:
        if not path.is_file():
            if path.exists():
                raise Unreadable("is not a regular file; leave it out")
            raise Unreadable("no such file; check the path")
        size = path.stat().st_size
        if size > LARGEST:
            raise Unreadable(f"has {size // 2**20} MB, more than {LARGEST // 2**20}; add it to `exclude`")
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read ({error.strerror}); check its permissions or exclude it") from None


def decode(data: bytes) -> Text:
    """Source bytes as text, by byte order mark, coding cookie or UTF-8; raises `Unreadable`."""
    if len(data) > LARGEST:
        raise Unreadable(f"has {len(data) // 2**20} MB, more than {LARGEST // 2**20}; split it")
    bom = data.startswith(codecs.BOM_UTF8)
    if bom:
        data = data[len(codecs.BOM_UTF8) :]
    if b"\0" in data:
        raise Unreadable(f"is binary (a NUL at byte {data.index(0) + 1}); exclude it, or save it as UTF-8")
    encoding = "utf-8" if bom else cookie(data) or "utf-8"
    try:
        return Text(data.decode(encoding), encoding, bom)
    except LookupError:
        raise Unreadable(f"names the encoding {encoding!r}, which does not exist; mend its coding comment") from None
    except (UnicodeDecodeError, ValueError) as error:
        at = getattr(error, "start", 0)
        row = data.count(b"\n", 0, at) + 1
        raise Unreadable(
            f"is not {_shown(encoding)}: byte 0x{data[at]:02x} in line {row}; save it as UTF-8 or add a coding comment"
        ) from None


def cookie(data: bytes) -> str | None:
    """The encoding that a comment in the first two lines names (PEP 263)."""
    for line in data.splitlines()[:2] if len(data) < 4096 else data[:4096].splitlines()[:2]:
        found = COOKIE.match(line)
        if found:
            return found[1].decode("ascii", "replace")
        if not BLANK.match(line):
            return None
    return None


def _shown(encoding: str) -> str:
    return "UTF-8" if encoding.lower().replace("_", "-") in {"utf-8", "utf8"} else encoding


def write_whole(path: Path, data: bytes, before: bytes) -> None:
    """Replace the file's content in one step, so that it is never there in half; raises `Unreadable`.

    before: what was read.  If the file holds something else by now, somebody saved it meanwhile and it is left alone.
    """
    import tempfile

    target = Path(os.path.realpath(path))
    temporary = ""
    try:
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "it is read-only")
        if target.read_bytes() != before:
            raise Unreadable("was changed by another program meanwhile and is left alone; run nablint again")
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".nablint", dir=target.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        known = target.stat()
        if hasattr(os, "chown"):
            with contextlib.suppress(OSError):
                os.chown(temporary, known.st_uid, known.st_gid)
        os.chmod(temporary, known.st_mode & 0o7777)
        os.replace(temporary, target)
    except BaseException as error:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        if isinstance(error, OSError):
            raise Unreadable(f"cannot be written ({error.strerror}); nothing was changed in it") from None
        raise
