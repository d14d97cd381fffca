"""What git ignores need not be judged: `.gitignore` files, from the repository's root down, as gitignore(5) says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of a .gitignore: which paths below its folder it is about."""

    expression: re.Pattern[str]
    keep: bool
    folders_only: bool


@dataclass(frozen=True, slots=True)
class Ignores:
    """The patterns that hold in a folder: those of folders above first, so that the last that fits decides."""

    levels: tuple[tuple[Path, tuple[Pattern, ...]], ...] = ()

    def below(self, folder: Path) -> Ignores:
        """With those that begin in `folder` (an absolute path)."""
        patterns = read_patterns(folder / ".gitignore")
        return Ignores((*self.levels, (folder, patterns))) if patterns else self

    def ignores(self, path: Path, *, is_folder: bool) -> bool:
        """Whether the path is ignored; that of the folders above it is the caller's."""
        ignored = False
        for folder, patterns in self.levels:
            below = path.relative_to(folder).as_posix()
            for pattern in patterns:
                if (is_folder or not pattern.folders_only) and pattern.expression.fullmatch(below):
                    ignored = not pattern.keep
        return ignored


def ignores_of(folder: Path) -> Ignores:
    """What holds in a folder by the .gitignore files above it, up to the repository's root; nothing outside of one."""
    found: list[Path] = []
    for above in folder.parents if not (folder / ".git").exists() else ():
        found.append(above)
        if (above / ".git").exists():
            break
    else:
        return Ignores()
    ignores = Ignores()
    for above in reversed(found):
        ignores = ignores.below(above)
    return ignores


def read_patterns(path: Path) -> tuple[Pattern, ...]:
    """The patterns of a .gitignore; none when it is not there or cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(pattern for line in lines if (pattern := read_pattern(line)) is not None)


def read_pattern(line: str) -> Pattern | None:
    """One line; None for comments and blanks."""
    line = re.sub(r"(?<!\\)\s+$", "", line)
    if not line or line.startswith("#"):
        return None
    keep = line.startswith("!")
    line = line[keep:].removeprefix("\\") if line[keep:].startswith(("\\#", "\\!")) else line[keep:]
    folders_only = line.endswith("/")
    line = line.rstrip("/")
    anchored = "/" in line
    try:
        body = _expression(line.removeprefix("/"))
        return Pattern(re.compile(body if anchored else f"(?:.*/)?{body}"), keep, folders_only)
    except re.error:
        return None


def _expression(glob: str) -> str:
    """A glob as a regular expression: `*` stays within a folder, `**` does not."""
    parts: list[str] = []
    for piece in re.findall(r"\*\*/|/\*\*$|\*+|\?|\[!?\]?[^]]*\]|\\.|.", glob, re.DOTALL):
        if piece == "**/":
            parts.append("(?:.*/)?")
        elif piece == "/**":
            parts.append("/.+")
        elif piece[0] == "*":
            parts.append("[^/]*")
        elif piece == "?":
            parts.append("[^/]")
        elif piece[0] == "[" and len(piece) > 1:
            parts.append("[" + ("^" if piece[1] == "!" else "") + piece[1 + (piece[1] == "!") :].replace("\\", "\\\\"))
        else:
            parts.append(re.escape(piece.removeprefix("\\")))
    return "".join(parts)
