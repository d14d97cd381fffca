"""Slips that are found and undone."""

from __future__ import annotations

from nablint.analysis import analyse
from nablint.claims.repairing.rewriting import apply_text
from nablint.results import FileResult


def assert_undone(source: str, right: str, wrong: str) -> None:
    """A source is right with one line in its SLOT; with another it is found wrong there, and the fix makes it right."""
    meant = analyse(source.replace("SLOT", right), "case.py")
    assert not meant.diagnostics
    text = source.replace("SLOT", wrong)
    found = analyse(text, "case.py").diagnostics
    row = source[: source.index("SLOT")].count("\n") + 1
    assert [d.location.row for d in found] == [row]
    fix = found[0].fix
    assert fix is not None
    again = analyse(apply_text(text, fix.edits), "case.py")
    assert not again.diagnostics
    assert _right(again) == _right(meant) > 0


def _right(result: FileResult) -> int:
    return sum(c.verdict in ("proved", "verified") for c in result.claims)
