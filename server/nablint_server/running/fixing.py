"""Applies fixes until nothing is left to apply, and writes the file in one step."""

from __future__ import annotations

import ast
import difflib
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nablint.results import Diagnostic, FileResult, Fix

from nablint_server.files.texts import Unreadable, write_whole
from nablint_server.running.judging import judge
from nablint_server.running.outcome import Outcome
from nablint_server.running.task import Task

LINE = re.compile(r"[^\n]*\n|[^\n]+")
ROUNDS = 10
"""How often a file is judged anew; fixes that uncover others need two or three."""


def mend(task: Task, document: Any, data: bytes) -> Outcome:
    """Judge the document, apply its fixes, judge again; what is left is the outcome's findings.

    With `task.diff`, the file stays as it is and the outcome carries the difference and the findings of the file.
    """
    result = first = judge(document.source, task.filename, task.settings)
    mended, applied = document, 0
    seen = {document.source}
    for _ in range(ROUNDS):
        step = _step(task, mended, result, seen)
        if step is None:
            break
        mended, result, count = step
        seen.add(mended.source)
        applied += count
    if not applied:
        return Outcome.of(task.filename, document, first)
    if task.diff:
        found = Outcome.of(task.filename, document, first)
        found.diff = difference(task.filename, document, mended)
    else:
        written = mended.data()
        if task.data is None:
            write_whole(Path(task.filename), written, data)
        found = Outcome.of(task.filename, mended, result)
        found.written = written
        found.source = found.source or mended.source
    found.fixed = applied
    return found


def _step(task: Task, document: Any, result: FileResult, seen: set[str]) -> tuple[Any, FileResult, int] | None:
    """All fixes at once, or the first that helps by itself; None when nothing helps.

    Each fix was found with the others not in place, so together they may disagree.  A fix may uncover a finding that
    its own had hidden (a slip is blamed once), so findings need not become fewer, but they must not become more, and
    no gradient that was right may cease to be.
    """
    fixes = chosen(result.diagnostics, task.unsafe)
    for attempt in [fixes, *([fix] for fix in fixes)] if len(fixes) > 1 else [fixes] if fixes else []:
        try:
            edited = document.edited([edit for fix in attempt for edit in fix.edits])
        except Unreadable:
            continue
        if edited.source in seen or (_parses(document.source) and not _parses(edited.source)):
            continue
        after = judge(edited.source, task.filename, task.settings)
        fewer = len(after.diagnostics) < len(result.diagnostics)
        as_many = len(after.diagnostics) == len(result.diagnostics)
        if after.error == result.error and right(after) >= right(result) and (fewer or (as_many and len(attempt) == 1)):
            return edited, after, len(attempt)
    return None


def right(result: FileResult) -> int:
    """How many gradients are known to be right."""
    return sum(claim.verdict in ("proved", "verified") for claim in result.claims)


def chosen(found: Sequence[Diagnostic], unsafe: bool) -> list[Fix]:
    """The fixes that may be applied together: no two touch the same place, the earlier finding has its way."""
    fixes: list[Fix] = []
    taken: list[tuple[Any, Any]] = []
    for diagnostic in found:
        fix = diagnostic.fix
        if fix is None or fix in fixes or (fix.applicability != "safe" and not unsafe):
            continue
        spans = [(edit.location, edit.end_location) for edit in fix.edits]
        if not any(a <= d and c <= b for a, b in spans for c, d in taken):
            fixes.append(fix)
            taken += spans
    return fixes


def difference(filename: str, before: Any, after: Any) -> str:
    """A unified difference as `git apply` reads it; of a notebook one per cell."""
    pairs = [(filename, before.source, after.source)]
    if hasattr(before, "rows"):
        pairs = [
            (f"{filename}:cell {old.number}", before.cell_source(old), after.cell_source(new))
            for old, new in zip(before.rows.cells, after.rows.cells, strict=True)
        ]
    return "".join(_difference(*pair) for pair in pairs)


def _difference(name: str, before: str, after: str) -> str:
    rows = difflib.unified_diff(LINE.findall(before), LINE.findall(after), f"a/{name}", f"b/{name}")
    return "".join(row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows)


def _parses(source: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
