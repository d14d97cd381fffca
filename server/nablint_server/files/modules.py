"""Other files of the project that a file imports from: read as text for the rules, never imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nablint.tracing.project import Resolver

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
        self.known: dict[str, str] = {}
        """By the names of modules that were looked up, what there was (see `state`)."""
        self.project = Project(self.read)

    def read(self, name: str) -> str | None:
        """The text of a module by its dotted name; None where there is none that can be read."""
        found = _look(self.tops, name)
        self.known[name] = state(found)
        if found is None:
            return None
        self.seen[found[0]] = found[1]
        return found[2].replace("\r\n", "\n")

    def is_current(self) -> bool:
        """Whether every file that was read is as it was."""
        try:
            return all(file.stat().st_mtime == then for file, then in self.seen.items())
        except OSError:
            return False


def _look(tops: list[Path], name: str) -> tuple[Path, float, str] | None:
    """The file of a module, when it was changed, and its text; None where there is none that can be read."""
    parts = name.split(".")
    for top in tops:
        file = top.joinpath(*parts)
        for candidate in (file.with_suffix(".py"), file / "__init__.py"):
            try:
                stat = candidate.stat()
                if stat.st_size > LARGEST:
                    continue
                return candidate, stat.st_mtime, candidate.read_text("utf-8")
            except (OSError, ValueError):
                continue
    return None


def state(found: tuple[Path, float, str] | None) -> str:
    """What tells the state of a module from every other: its file and its text, "" where there is none."""
    if found is None:
        return ""
    from hashlib import sha256  # loads OpenSSL, and most files import no other

    return sha256(f"{found[0]}\0{found[2]}".encode("utf-8", "surrogatepass")).hexdigest()


_folders: dict[tuple[Path, ...], Folder] = {}


def resolver(filename: str) -> Callable[[str], Any] | None:
    """What looks up the imports of a file; None for a name that is no file's."""
    path = Path(filename)
    tops = _tops(path)
    if not tops:
        return None
    key = tuple(tops)
    found = _folders.get(key)
    if found is None or not found.is_current():
        if len(_folders) > 64:
            _folders.clear()
        found = _folders[key] = Folder(tops)
    return _resolver(found, path)


@dataclass(frozen=True, slots=True)
class Behind:
    """What was looked up for a file: in which folders, and the modules, also those that are not there, as they were."""

    tops: tuple[Path, ...]
    modules: dict[str, str]

    def is_current(self, filename: str) -> bool:
        """Would the same be found now?"""
        tops = _tops(Path(filename))
        return tuple(tops) == self.tops and all(state(_look(tops, n)) == known for n, known in self.modules.items())


def looked_up(filename: str) -> Behind | None:
    """What the last analysis of a file may depend on; None where not all of it is known."""
    path = Path(filename)
    tops = tuple(_tops(path))
    folder = _folders.get(tops)
    if folder is None:
        return None
    names = folder.project.behind(_resolver(folder, path).file)
    return Behind(tops, {n: folder.known[n] for n in names}) if names <= folder.known.keys() else None


def _tops(path: Path) -> list[Path]:
    """Where the modules may stand that a file imports; empty for a name that is no file's."""
    if path.suffix not in (".py", ".ipynb"):
        return []
    try:
        folder = path.absolute().parent
        return search_path(folder) if folder.is_dir() else []
    except OSError:
        return []


def _resolver(folder: Folder, path: Path) -> Resolver:
    """What looks up the imports of a file in a folder."""
    place = path.absolute().parent
    top = next((t for t in folder.tops if t in (place, *place.parents)), place)
    module = ".".join((*place.relative_to(top).parts, path.stem))
    return folder.project.resolver(module, package=path.stem == "__init__")


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
