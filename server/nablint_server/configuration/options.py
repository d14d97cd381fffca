"""The options of one configuration, read from a table; ruff's words where ruff has one.

select, ignore, extend-select     selectors: ALL, DEFAULT, codes, beginnings of codes, names of rules
per-file-ignores                  {"tests/*" = ["NAB4"]}; `!` before a pattern turns it round
exclude, extend-exclude           patterns of files and folders; a bare name fits at any depth
respect-gitignore                 whether what git ignores is left out, true by default
extend                            another file whose options hold where this one has none
gradient-names                    further spellings of gradients, `*` for the variable: "g_*"
time-limit                        seconds for the analysis of one file
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nablint.settings import ALL, DEFAULT, Settings

EXCLUDED = (
    ".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pants.d", ".pytest_cache",
    ".pytype", ".ruff_cache", ".svn", ".tox", ".venv", ".vscode", "__pycache__", "__pypackages__", "_build", "buck-out",
    "build", "dist", "node_modules", "site-packages", "venv",
)  # fmt: skip
"""Folders that hold no source of the project's own."""

BUILT_IN = Settings()
SELECTORS = ("select", "ignore", "extend-select")
PATTERNS = ("exclude", "extend-exclude")
KEYS = (*SELECTORS, *PATTERNS, "per-file-ignores", "respect-gitignore", "extend", "gradient-names", "time-limit")
CODE = re.compile(r"[A-Z]{2,}\d*", re.IGNORECASE)


class ConfigurationError(Exception):
    """A configuration that cannot be used: the file or place, and one line with what is wrong and what to do."""

    def __init__(self, where: object, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where = str(where)
        self.message = message


@dataclass(frozen=True, slots=True)
class Configuration:
    """What holds for the files below `root`.  `source` is where it was read, None for the built-in one."""

    root: Path
    source: Path | None = None
    settings: Settings = BUILT_IN
    exclude: tuple[str, ...] = EXCLUDED
    file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    respect_gitignore: bool = True

    def for_file(self, path: Path) -> Settings:
        """The settings of one file."""
        ignores: list[str] = []
        for pattern, selectors in self.file_ignores:
            turned = pattern.startswith("!")
            if fits(path, pattern.removeprefix("!"), self.root) != turned:
                ignores += selectors
        return replace(self.settings, file_ignores=tuple(ignores)) if ignores else self.settings

    def excludes(self, path: Path) -> bool:
        """Whether the file or folder itself is left out; folders above it are the caller's."""
        return any(fits(path, pattern, self.root) for pattern in self.exclude)


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the command line or the editor puts in the place of configuration; None leaves it."""

    select: tuple[str, ...] | None = None
    ignore: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    exclude: tuple[str, ...] | None = None
    extend_exclude: tuple[str, ...] = ()
    seconds: float | None = None
    respect_gitignore: bool | None = None

    def check(self) -> None:
        """Raises `ConfigurationError` for unknown rules."""
        check_selectors((*(self.select or ()), *(self.ignore or ()), *self.extend_select), "the command line")

    def over(self, configuration: Configuration) -> Configuration:
        """The configuration with these in place."""
        old = configuration.settings
        settings = replace(
            old,
            select=(old.select if self.select is None else self.select) + self.extend_select,
            ignore=old.ignore if self.ignore is None else self.ignore,
            seconds=self.seconds or old.seconds,
        )
        exclude = configuration.exclude if self.exclude is None else self.exclude
        respect = configuration.respect_gitignore if self.respect_gitignore is None else self.respect_gitignore
        return replace(
            configuration, settings=settings, exclude=exclude + self.extend_exclude, respect_gitignore=respect
        )


def configuration_from(table: Mapping[str, Any], source: Path, base: Configuration | None = None) -> Configuration:
    """The options of a table over those of `base` (the one it extends); raises `ConfigurationError`."""
    for key in table:
        if key not in KEYS:
            raise ConfigurationError(source, f"unknown option `{key}`{_meant(key, KEYS)}")
    found = base or Configuration(source.parent)
    lists = {key: _strings(table, key, source) for key in (*SELECTORS, *PATTERNS, "gradient-names")}
    for key in SELECTORS:
        check_selectors(lists[key] or (), f"{source}: `{key}`")
    ignores = _per_file(table.get("per-file-ignores", {}), source)
    old = found.settings
    select, ignore, patterns = lists["select"], lists["ignore"], lists["gradient-names"]
    for pattern in patterns or ():
        if pattern.count("*") != 1 or not re.fullmatch(r"\w*\*\w*", pattern) or pattern == "*":
            raise ConfigurationError(source, f'`gradient-names`: {pattern!r} is no name with one `*`, as in "g_*"')
    settings = replace(
        old,
        select=(old.select if select is None else select) + (lists["extend-select"] or ()),
        ignore=old.ignore if ignore is None else ignore,
        claim_patterns=old.claim_patterns if patterns is None else patterns,
        seconds=_seconds(table, source) or old.seconds,
    )
    exclude = (found.exclude if lists["exclude"] is None else lists["exclude"]) + (lists["extend-exclude"] or ())
    respect = table.get("respect-gitignore", found.respect_gitignore)
    if not isinstance(respect, bool):
        raise ConfigurationError(source, f"`respect-gitignore` is {respect!r}; write true or false")
    return Configuration(source.parent, source, settings, exclude, found.file_ignores + ignores, respect)


def check_selectors(selectors: Iterable[str], where: str) -> None:
    """Raises `ConfigurationError` naming the first selector that is about no rule."""
    given = [selector for selector in selectors if selector.upper() not in (ALL, DEFAULT)]
    if not given:
        return
    from nablint.checks import rule_names

    codes, names = list(rule_names()), list(rule_names().values())
    for selector in given:
        if selector in names or (selector and any(code.startswith(selector.upper()) for code in codes)):
            continue
        known = codes if CODE.fullmatch(selector) else names
        raise ConfigurationError(where, f"unknown rule `{selector}`{_meant(selector, known)}; see `nablint rule`")


def fits(path: Path, pattern: str, root: Path) -> bool:
    """Whether a pattern is about the path: a bare name by the last part of the path, else relative to `root`."""
    from fnmatch import fnmatchcase

    pattern = pattern.rstrip("/")
    if fnmatchcase(path.name, pattern):
        return True
    if "/" not in pattern:
        return False
    target = pattern if pattern.startswith("/") else f"{root.as_posix()}/{pattern.removeprefix('./')}"
    if target.startswith(f"{root.as_posix()}/**/") and fnmatchcase(path.as_posix(), target.replace("/**/", "/", 1)):
        return True
    return fnmatchcase(path.as_posix(), target)


def _meant(word: str, known: Iterable[str]) -> str:
    import difflib

    close = difflib.get_close_matches(word, list(known), 1, 0.6)
    return f"; did you mean `{close[0]}`?" if close else ""


def _strings(table: Mapping[str, Any], key: str, source: Path) -> tuple[str, ...] | None:
    if key not in table:
        return None
    value = table[key]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ConfigurationError(source, f'`{key}` is {value!r}; write a list of strings: {key} = ["..."]')
    return tuple(value)


def _seconds(table: Mapping[str, Any], source: Path) -> float | None:
    value = table.get("time-limit")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ConfigurationError(source, f"`time-limit` is {value!r}; write a number of seconds")
    return float(value)


def _per_file(value: Any, source: Path) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise ConfigurationError(source, f'`per-file-ignores` is {value!r}; write a table: "tests/*" = ["NAB4"]')
    found = tuple((pattern, _strings(value, pattern, source) or ()) for pattern in value)
    for pattern, selectors in found:
        check_selectors(selectors, f"{source}: `per-file-ignores` of {pattern!r}")
    return found
