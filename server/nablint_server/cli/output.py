"""What commands say on the two streams."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Generator
from pathlib import Path
from typing import NoReturn, TextIO

CLEAN, FINDINGS, FAILED = 0, 1, 2
"""Exit status."""


def complain(line: str) -> None:
    """One line on standard error."""
    print(f"nablint: {' '.join(line.split())}", file=sys.stderr, flush=True)


def stop(line: str) -> NoReturn:
    """One line on standard error, and the end."""
    complain(line)
    sys.exit(FAILED)


def utf8(text: str) -> str:
    """The text, after standard output was told to take all of it whatever the locale."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    return text


@contextlib.contextmanager
def opened(path: Path | None) -> Generator[TextIO]:
    """Where the report goes; ends the program when it cannot be written.

    A reader that closes early, as `head` does, ends the program without a word.
    """
    try:
        if path is None:
            utf8("")
            yield sys.stdout
            sys.stdout.flush()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", errors="backslashreplace") as out:
            yield out
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except OSError as error:
        stop(f"{path or 'standard output'}: cannot be written ({error.strerror})")


def several(count: int, what: str, plural: str = "") -> str:
    """`1 finding`, `2 findings`."""
    return f"{count} {what if count == 1 else plural or what + 's'}"
