"""Other files of the project that a file imports from: read as text for the rules, never imported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

LARGEST = 1_000_000
"""Bytes; a larger file is data, not a module."""

MARKS = (".git", "pyproject.toml", "nablint.toml")
"""What stands at the top of a project."""

SETUPS = ("setup.py", "setup.cfg")
"""What stands at its top as well, or builds an extension inside of a package that is imported by its name."""

DEEPEST = 8
"""Folders between a file and the top of its project that are looked in, at the most."""


class Folder:
    """The modules that a folder's files can import: those beside it, and those of the folders above in its project."""

    def __init__(self, tops: list[Path]) -> None:
        from nablint.tracing.project import Project

        self.tops = tops
        self.seen: dict[Path, float] = {}
        self.project = Project(self.read)

    def read(self, name: str) -> str | None:
        """The text of a module by its dotted name; None where there is none that can be read."""
        parts = name.split(".")
        for top in self.tops:
            file = top.joinpath(*parts)
            for candidate in (file.with_suffix(".py"), file / "__init__.py"):
                try:
                    stat = candidate.stat()
                    if stat.st_size > LARGEST:
                        continue
                    text = candidate.read_text("utf-8")
                except (OSError, ValueError):
                    continue
                self.seen[candidate] = stat.st_mtime
                return text.replace("\r\n", "\n")
        return None

    def is_current(self) -> bool:
        """Whether every file that was read is as it was."""
        try:
            return all(file.stat().st_mtime == then for file, then in self.seen.items())
        except OSError:
            return False


_folders: dict[tuple[Path, ...], Folder] = {}


def resolver(filename: str) -> Callable[[str], Any] | None:
    """What looks up the imports of a file; None for a name that is no file's."""
    path = Path(filename)
    if path.suffix not in (".py", ".ipynb"):
        return None
    try:
        folder = path.absolute().parent
        if not folder.is_dir():
            return None
        tops = search_path(folder)
    except OSError:
        return None
    key = tuple(tops)
    found = _folders.get(key)
    if found is None or not found.is_current():
        if len(_folders) > 64:
            _folders.clear()
        found = _folders[key] = Folder(tops)
    top = next((t for t in tops if t in (folder, *folder.parents)), folder)
    module = ".".join((*folder.relative_to(top).parts, path.stem))
    return found.project.resolver(module, package=path.stem == "__init__")


def search_path(folder: Path) -> list[Path]:
    """Where the modules that a file in this folder imports may stand: the folder above its package first."""
    top = folder
    while (top / "__init__.py").is_file() and top.parent != top:
        top = top.parent
    tops = [top]
    for above in (folder, *folder.parents)[:DEEPEST]:
        if above not in tops:
            tops.append(above)
        if any((above / mark).exists() for mark in MARKS):
            break
        if any((above / mark).exists() for mark in SETUPS):
            tops += [above.parent] if above.parent not in tops else []
            break
    return tops
