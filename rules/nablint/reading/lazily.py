"""Regular expressions that are compiled when they are first used.

To compile all of them takes a tenth of the time that a short file does, and most files need few: those for the words of
docstrings wait for a docstring.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Pattern:
    """Stands for a compiled pattern, and becomes as quick as one with the first use of each of its methods."""

    def __init__(self, text: str, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, found)
        return found


def regex(text: str, flags: int = 0) -> re.Pattern[str]:
    """`re.compile(text, flags)`, later; a mistake in the text shows at its first use."""
    return cast("re.Pattern[str]", _Pattern(text, flags))
