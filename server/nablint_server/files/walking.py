"""Which files a list of paths means."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nablint_server.configuration import Configuration, ConfigurationError, Configurations
from nablint_server.files.gitignore import Ignores, ignores_of

SUFFIXES = (".py", ".ipynb")


@dataclass(frozen=True, slots=True)
class Found:
    """A file to judge with its configuration, or a path that cannot be and why, in one line."""

    path: Path
    configuration: Configuration | None = None
    error: str | None = None


def walk(paths: Sequence[str], configurations: Configurations, *, force_exclude: bool = False) -> Iterator[Found]:
    """Every file once, folders in order of name.

    A file that is named itself is judged whatever its suffix and whether excluded or not, except with
    `force_exclude`: programs that name files, such as pre-commit, then respect the configuration.
    """
    seen: set[Path] = set()
    for given in paths:
        path = Path(given)
        if path.is_dir():
            found = _folder(path, configurations, ignores_of(Path(os.path.abspath(path))))
        else:
            found = _named(path, configurations, force_exclude)
        for one in found:
            real = Path(os.path.realpath(one.path))
            if real not in seen:
                seen.add(real)
                yield one


def _named(path: Path, configurations: Configurations, force_exclude: bool) -> Iterator[Found]:
    try:
        configuration = configurations.of_file(path)
    except ConfigurationError as error:
        yield Found(Path(error.where), error=error.message)
        return
    if force_exclude and excluded(path, configuration):
        return
    yield Found(path, configuration)


def excluded(path: Path, configuration: Configuration) -> bool:
    """Whether a file, or a folder above it up to the configuration's root, is left out."""
    absolute = Path(os.path.abspath(path))
    parts = (absolute, *absolute.parents)
    return any(configuration.excludes(part) for part in parts if configuration.root in part.parents)


def _folder(folder: Path, configurations: Configurations, ignores: Ignores) -> Iterator[Found]:
    absolute = Path(os.path.abspath(folder))
    try:
        configuration = configurations.of_folder(folder)
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except ConfigurationError as error:
        yield Found(Path(error.where), error=error.message)
        return
    except OSError as error:
        yield Found(folder, error=f"cannot be listed ({error.strerror}); check its permissions or exclude it")
        return
    if configuration.respect_gitignore:
        ignores = ignores.below(absolute)
    for entry in entries:
        is_folder = entry.is_dir(follow_symlinks=False)
        if not is_folder and not entry.name.endswith(SUFFIXES):
            continue
        path = absolute / entry.name
        if configuration.excludes(path) or (
            configuration.respect_gitignore and ignores.ignores(path, is_folder=is_folder)
        ):
            continue
        if not is_folder:
            yield Found(folder / entry.name, configuration)
        elif not _environment(path):
            yield from _folder(folder / entry.name, configurations, ignores)


def _environment(folder: Path) -> bool:
    """Whether a folder is a virtual environment, whatever its name."""
    return os.path.exists(folder / "pyvenv.cfg")
