"""Colours on a terminal, nothing elsewhere.  A handful of escape codes costs no import."""

from __future__ import annotations

import os
from typing import TextIO

CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "blue": "34", "cyan": "36"}
SEVERITIES = {"error": "red", "warning": "yellow", "info": "blue", "hint": "cyan"}


class Paint:
    """Colours text when `on`."""

    def __init__(self, on: bool) -> None:
        self.on = on

    @classmethod
    def for_stream(cls, stream: TextIO, choice: str = "auto") -> Paint:
        """On a terminal that has not been told otherwise (`NO_COLOR`, `FORCE_COLOR`, a dumb terminal)."""
        if choice != "auto":
            return cls(choice == "always")
        if os.environ.get("NO_COLOR"):
            return cls(False)
        if os.environ.get("FORCE_COLOR"):
            return cls(True)
        return cls(stream.isatty() and os.environ.get("TERM") != "dumb")

    def __call__(self, text: str, *styles: str) -> str:
        """The text in these styles."""
        if not self.on or not text:
            return text
        return f"\x1b[{';'.join(CODES[style] for style in styles)}m{text}\x1b[0m"
