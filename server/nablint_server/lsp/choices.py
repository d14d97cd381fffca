"""What the user chose: the configuration files of each folder, and what the editor puts over them.

A configuration that cannot be read leaves the last good one in force, and that is said, once for each fault.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nablint.settings import Settings

from nablint_server.configuration import Configuration, Overrides
from nablint_server.lsp.work import Urgency, Work


class Choices:
    """The configuration of every folder, and the editor's own options.

    inlay_hints: "off", "assignments" or "all".  code_lens: whether lenses are shown.  whole_workspace: whether files
    that are not open are checked too.
    """

    def __init__(self, work: Work, say: Callable[[str], None]) -> None:
        self._work = work
        self._say = say
        self._said: set[str] = set()
        self.overrides = Overrides()
        self._file: str | None = None
        self._read: dict[str, asyncio.Future[Configuration | str]] = {}
        self._good: dict[str, Configuration] = {}
        self.root = str(Path.cwd())
        """The folder of texts that are on no disk."""
        self.inlay_hints = "assignments"
        self.code_lens = True
        self.whole_workspace = True
        self.pictures = False

    def take(self, client: object) -> None:
        """The editor's options, null for unset.

        select, ignore, extendSelect, configuration, inlayHints, codeLens, diagnosticMode, pictures.
        """
        # An empty table of Lua or Emacs Lisp arrives as a list or null.
        options: Mapping[str, Any] = client if isinstance(client, dict) else {}
        given = {key: value for key, value in options.items() if value is not None}
        self.overrides = Overrides(
            select=_strings(given.get("select")), ignore=_strings(given.get("ignore")),
            extend_select=_strings(given.get("extendSelect")) or ())
        self._file = given.get("configuration") or None
        self.inlay_hints = str(given.get("inlayHints", "assignments"))
        self.code_lens = bool(given.get("codeLens", True))
        self.pictures = bool(given.get("pictures", False))
        self.whole_workspace = given.get("diagnosticMode", "workspace") == "workspace"
        self.forget()

    def forget(self) -> None:
        """Configuration files have changed: read them again, and speak again of what is still wrong."""
        self._read.clear()
        self._said.clear()

    async def files(self, folders: list[str]) -> list[str]:
        """Every Python file below the folders that configuration does not exclude."""
        found: list[str] = await self._work.call("files", folders, self.overrides, urgency=Urgency.WORKSPACE)
        return found

    async def settings(self, filename: str) -> Settings | None:
        """The settings of a file, None when its configuration excludes it."""
        path = Path(filename)
        configuration = await self.configuration(str(path.parent) if path.is_absolute() else self.root)
        inside = [part for part in (path, *path.parents) if configuration.root in part.parents]
        return None if any(map(configuration.excludes, inside)) else configuration.for_file(path)

    async def configuration(self, folder: str) -> Configuration:
        """The configuration of a folder; the last good one where it cannot be read."""
        if folder not in self._read:
            self._read[folder] = asyncio.ensure_future(
                self._work.call("configure", folder, self.overrides, self._file))
        # Shielded: an analysis that is cancelled must not take the configuration from the others.
        found = await asyncio.shield(self._read[folder])
        if isinstance(found, Configuration):
            self._good[folder] = found
            return found
        if found not in self._said:
            self._said.add(found)
            kept = "the last good configuration stays" if folder in self._good else "the defaults hold meanwhile"
            short = found.removeprefix(f"{self.root}{os.sep}")  # editors cut long lines off
            self._say(f"{short}; {kept}")
        return self._good.get(folder) or Configuration(Path(folder))


def _strings(value: Any) -> tuple[str, ...] | None:
    return tuple(map(str, value)) if isinstance(value, list | tuple) and value else None
