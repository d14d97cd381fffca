"""Finds the configuration of each file: the nearest nablint.toml or `[tool.nablint]` upward, and what it extends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nablint_server.configuration.options import Configuration, ConfigurationError, Overrides, configuration_from

NAMES = ("nablint.toml", ".nablint.toml", "pyproject.toml")


class Configurations:
    """The configuration of every folder, each file read once.

    fixed: use this file for all.  isolated: look for none.  overrides: what the command line puts over each.
    """

    def __init__(
        self, overrides: Overrides | None = None, *, fixed: Path | None = None, isolated: bool = False
    ) -> None:
        self.overrides = overrides or Overrides()
        self.isolated = isolated
        self._folders: dict[Path, Configuration | ConfigurationError] = {}
        self._fixed = None
        if fixed is not None:
            table = read_table(fixed)
            read = _load(fixed.resolve(), {} if table is None else table, ())
            self._fixed = self.overrides.over(_rooted(read, Path.cwd()))

    def of_file(self, path: Path) -> Configuration:
        """The configuration of a file; raises `ConfigurationError`."""
        return self.of_folder(_absolute(path).parent)

    def of_folder(self, folder: Path) -> Configuration:
        """The configuration of what lies in a folder; raises `ConfigurationError`."""
        if self._fixed is not None:
            return self._fixed
        folder = _absolute(folder)
        if folder not in self._folders:
            try:
                self._folders[folder] = self._find(folder)
            except ConfigurationError as error:
                self._folders[folder] = error
        found = self._folders[folder]
        if isinstance(found, ConfigurationError):
            raise found
        return found

    def _find(self, folder: Path) -> Configuration:
        if not self.isolated:
            for name in NAMES:
                path = folder / name
                if path.is_file() and (table := read_table(path)) is not None:
                    return self.overrides.over(_load(path, table, ()))
            if folder.parent != folder:
                return self.of_folder(folder.parent)
        return self.overrides.over(Configuration(Path.cwd()))


def read_table(path: Path) -> dict[str, Any] | None:
    """Our table in a TOML file, None when a pyproject.toml has none; raises `ConfigurationError`."""
    import tomllib

    try:
        text = path.read_text(encoding="utf-8")
        if path.name == "pyproject.toml" and "nablint" not in text:
            return None
        table: Any = tomllib.loads(text)
    except OSError as error:
        raise ConfigurationError(path, f"cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(path, f"is not TOML: {error}") from None
    if path.name == "pyproject.toml":
        table = table.get("tool", {}).get("nablint")
    if table is not None and not isinstance(table, dict):
        raise ConfigurationError(path, f"`tool.nablint` is {table!r}; write a table [tool.nablint]")
    return table


def _load(path: Path, table: dict[str, Any], seen: tuple[Path, ...]) -> Configuration:
    """The configuration of one file over the one it extends."""
    base = None
    if "extend" in table:
        given = table["extend"]
        if not isinstance(given, str):
            raise ConfigurationError(path, f'`extend` is {given!r}; write a path: extend = "../nablint.toml"')
        other = Path(os.path.normpath(path.parent / Path(given).expanduser()))
        if other == path or other in seen:
            raise ConfigurationError(path, f"`extend` goes round in a circle by way of {other}")
        base = _load(other, read_table(other) or {}, (*seen, path))
    return configuration_from({key: value for key, value in table.items() if key != "extend"}, path, base)


def _rooted(configuration: Configuration, root: Path) -> Configuration:
    from dataclasses import replace

    return replace(configuration, root=root)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))
