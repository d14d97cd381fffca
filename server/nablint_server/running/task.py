"""A task: a file, and what is to be done with it."""

from __future__ import annotations

from dataclasses import dataclass

from nablint.settings import Settings


@dataclass(frozen=True, slots=True)
class Task:
    """What to do with a file.

    data: its bytes, when they come from standard input.  repair: look for fixes.  fix: apply them, to the file or
    (`diff`) only to show the difference.  cached: what was found in an unchanged file is not found again.
    """

    filename: str
    settings: Settings
    data: bytes | None = None
    repair: bool = True
    fix: bool = False
    unsafe: bool = False
    diff: bool = False
    cached: bool = False

    @property
    def remembered(self) -> bool:
        """May the result be taken from the disk, and kept there?  Standard input has no place to be remembered by."""
        return self.cached and not self.fix and self.data is None
