"""What the worker process can do for the server.  Nothing else of the server runs there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from nablint.results import Diagnostic, Explanation, FileResult, Place
from nablint.settings import Settings

from nablint_server.configuration import Configuration, ConfigurationError, Configurations, Overrides
from nablint_server.running.process import keep_what_is_there

Rows = list[tuple[int, int]]
"""First and last rows of what could not be read."""


REHEARSAL = """
import numpy as np


class Affine:
    def __init__(self, size, width):
        self.W = np.random.randn(size, width) * 0.01
        self.b = np.zeros(width)

    def forward(self, x):
        self.x = x
        self.mask = x > 0
        return np.maximum(x, 0).dot(self.W) + self.b

    def backward(self, dout):
        self.dW = np.dot(self.x.T, dout)
        self.db = dout.sum(axis=0, keepdims=True)
        return (dout @ self.W.T) * self.mask
"""
"""A text that has most of the engine run once: tables are filled, and what is imported late is there."""


def warm() -> None:
    """Pay for imports and tables before the first text comes."""
    # A fault here would end the process before it can say so; the first text meets it again, and `judge` does.
    with suppress(Exception):
        judge(REHEARSAL, "rehearsal.py", Settings(), repair=False)
    keep_what_is_there()


def judge(source: str, filename: str, settings: Settings, repair: bool,
          tell: Callable[[list[Diagnostic]], None] | None = None) -> tuple[FileResult, Rows]:
    """The findings of a text, as the command line says them, and the rows that could not be read.

    A first look at a text that is known from another day is answered from the disk; the second pass judges it.
    tell: called with the findings about gradients as soon as these are known.
    """
    from nablint_server.files.texts import as_judged
    from nablint_server.running import judging, remembered

    source = as_judged(source)
    known = None if repair else remembered.recall(source, filename, settings, repair=repair)
    result = known or judging.judge(source, filename, settings, repair=repair, tell=tell)
    if known is None and not repair and _saved(source, filename):
        remembered.keep(source, filename, settings, result, repair=repair)
    return result, [] if result.error is None else _unread(source)


def _saved(source: str, filename: str) -> bool:
    """Does the text stand on the disk?  What is only on the way to something else is not worth remembering."""
    from nablint_server.files.texts import Unreadable, decode, read_data

    try:
        return decode(read_data(Path(filename))).source == source
    except Unreadable:
        return False


def _unread(source: str) -> Rows:
    """First and last row of each block that does not parse."""
    from nablint.reading.source import blocks

    return [(block.row, block.row + block.text.count("\n")) for block in blocks(source) if block.tree() is None]


def mend(source: str, filename: str, settings: Settings) -> str:
    """The text with every safe fix applied."""
    from nablint_server.files.texts import Text
    from nablint_server.running import fixing
    from nablint_server.running.task import Task

    data = source.encode("utf-8", "surrogatepass")
    written = fixing.mend(Task(filename, settings, data, fix=True), Text(source), data).written
    return source if written is None else written.decode("utf-8", "surrogatepass")


def compose(source: str, filename: str, settings: Settings, name: str) -> tuple[int, str] | str:
    """The row before which a backward pass is to stand, and its code; or one line that says why there is none."""
    from nablint.composing import CannotWrite, backward_of

    from nablint_server.files.modules import resolver
    from nablint_server.files.texts import as_judged

    try:
        written = backward_of(as_judged(source), name, settings, resolve=resolver(filename))
    except CannotWrite as error:
        return f"{name}: {error}"
    return written.row, written.text


def formulas(source: str, filename: str, settings: Settings, place: Place) -> list[tuple[str, str]]:
    """Both sides of every step of the derivation at a place, in MathML; empty where there is none."""
    result, _ = judge(source, filename, replace(settings, explain=True, steps_in="mathml"), repair=True)
    for found in (*result.diagnostics, *result.claims):
        if found.location == place and found.explanation is not None:
            return [(step.before, step.after) for step in found.explanation.steps]
    return []


def configure(folder: str, overrides: Overrides, file: str | None) -> Configuration | str:
    """The configuration of a folder (or of `file` for all folders), or one line that says why there is none."""
    try:
        fixed = None if file is None else Path(file)
        return Configurations(overrides, fixed=fixed).of_folder(Path(folder))
    except ConfigurationError as error:
        return str(error)


def files(folders: list[str], overrides: Overrides) -> list[str]:
    """Every Python file below the folders that is not excluded."""
    from nablint_server.files.walking import walk

    return [str(found.path) for found in walk(folders, Configurations(overrides))
            if found.error is None and found.path.suffix == ".py"]


def look(path: str, settings: Settings) -> tuple[str, FileResult]:
    """The text and the findings of a file on the disk; one that cannot be read has none."""
    from nablint_server.files.texts import Unreadable, decode, read_data

    try:
        source = decode(read_data(Path(path))).source
    except Unreadable as error:
        return "", FileResult(error=str(error))
    return source, judge(source, path, settings, repair=False)[0]


def complete(
    source: str, filename: str, settings: Settings, row: int, column: int
) -> tuple[str, Explanation | None] | None:
    """The derived gradient as code, for the assignment whose right side would begin at a place, if it can be derived.

    A value that is certainly wrong is put there, and its repair is what belongs there.
    """
    from nablint_server.files.texts import as_judged

    lines = as_judged(source).split("\n")
    library = "torch" if "torch" in source and "numpy" not in source else "np"
    wrong = f"{library}.zeros((7, 1, 3))"
    lines[row - 1] = lines[row - 1][: column - 1] + wrong
    result, _ = judge("\n".join(lines), filename, settings, repair=True)
    for finding in result.diagnostics:
        edits = () if finding.fix is None else finding.fix.edits
        if len(edits) == 1 and edits[0].location == Place(row, column):
            return edits[0].content, finding.explanation
    return None
