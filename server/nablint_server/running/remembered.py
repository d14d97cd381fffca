"""What was found in files, kept on the disk: a file in which nothing has changed is not judged again.

A result is used only where all that it depends on is as it was: the text, the settings, every module of the project
that was looked up for it, also in vain, and nablint itself with the libraries that it stands on.  It is kept in the
user's own folder for such things, never in a project: what comes with somebody's code is not to be believed.  An entry
that cannot be read is no entry, and one that cannot be written is left out.
"""

from __future__ import annotations

import importlib.util
import os
import pickle
import sys
import tempfile
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from nablint.results import FileResult
from nablint.settings import Settings

from nablint_server.files.modules import looked_up

OFF = "NABLINT_NO_CACHE"
"""The environment variable that switches this off, whatever it is set to."""

LARGEST = 64 * 1024 * 1024
"""Bytes of all entries; when they are more, those that were not used for longest go until half of it is left."""

STOOD_ON = ("nablint", "nablint_server", "libcst", "numpy")


def recall(source: str, filename: str, settings: Settings, *, repair: bool) -> FileResult | None:
    """What was found in a text; None where that is not known, or may be different now."""
    entry = _entry(filename, settings, repair=repair)
    if entry is None:
        return None
    try:
        data = entry.read_bytes()
        if sha256(data[32:]).digest() != data[:32]:
            return None
        key, behind, result = pickle.loads(data[32:])
        if key != _key(source) or not behind.is_current(filename):
            return None
        os.utime(entry)
    except Exception:  # noqa: BLE001 - whatever is wrong with an entry, the text can be judged
        return None
    return result


def keep(source: str, filename: str, settings: Settings, result: FileResult, *, repair: bool) -> None:
    """Write down what was found in a text just now."""
    entry = _entry(filename, settings, repair=repair)
    behind = None if entry is None else looked_up(filename)
    if entry is None or behind is None:
        return
    with suppress(OSError):
        entry.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _tidy(entry.parent)
        body = pickle.dumps((_key(source), behind, result), protocol=5)
        handle, name = tempfile.mkstemp(dir=entry.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(sha256(body).digest() + body)
        os.replace(name, entry)


def folder() -> Path | None:
    """Where results are kept; None where they are not."""
    if OFF in os.environ:
        return None
    if sys.platform == "win32":
        above = os.environ.get("LOCALAPPDATA")
    elif sys.platform == "darwin":
        above = "~/Library/Caches"
    else:
        above = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    with suppress(RuntimeError):  # nobody's home
        return Path(above).expanduser() / "nablint" if above else None
    return None


def _entry(filename: str, settings: Settings, *, repair: bool) -> Path | None:
    """The file for what is found in one file, in one way."""
    where = folder()
    name = sha256(repr((os.path.abspath(filename), settings, repair)).encode("utf-8", "surrogatepass")).hexdigest()
    return None if where is None else where / name


def _key(source: str) -> str:
    return sha256(repr((_tool(), source)).encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=1)
def _tool() -> tuple[object, ...]:
    """What tells this nablint, with the Python and the libraries under it, from every other."""
    found: list[object] = [sys.version]
    for package in STOOD_ON:
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec is not None else ():
            own = package.startswith("nablint")
            found += _stamps(Path(place)) if own else [(place, os.stat(place).st_mtime_ns)]
    return tuple(found)


def _stamps(place: Path) -> list[tuple[str, int, int]]:
    """Every source file of a package with its size and the time of its last change."""
    found: list[tuple[str, int, int]] = []
    for entry in sorted(os.scandir(place), key=lambda e: e.name):
        if entry.is_dir() and entry.name != "__pycache__":
            found += _stamps(Path(entry.path))
        elif entry.name.endswith(".py"):
            stat = entry.stat()
            found.append((entry.path, stat.st_size, stat.st_mtime_ns))
    return found


@lru_cache(maxsize=1)
def _tidy(place: Path) -> None:
    """Once in a process: let entries go where there are too many."""
    entries = [(stat.st_mtime, stat.st_size, entry.path) for entry in os.scandir(place) if (stat := entry.stat())]
    left = sum(size for _, size, _ in entries)
    if left > LARGEST:
        for _, size, path in sorted(entries):
            if left <= LARGEST // 2:
                break
            left -= size
            with suppress(OSError):
                os.unlink(path)
