"""Findings of an earlier version, carried into a text that cannot be read whole, or is not judged in full yet."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TypeVar

from nablint.results import Claim, Diagnostic, Edit, FileResult, Fix, Place, Related, ShapeNote

from nablint_server.lsp.jobs import Rows
from nablint_server.lsp.snapshots import Snapshot, View

WHOLE = (1, sys.maxsize)
"""All rows of a text."""

Found = TypeVar("Found", Diagnostic, Claim, ShapeNote, Related)


def carried(before: View | None, snapshot: Snapshot, result: FileResult, unread: Rows) -> FileResult:
    """The result with what was known of the rows that could not be read; all places are those of `snapshot`."""
    if before is None:
        return result
    view = View(snapshot, before.analysed, before.result)

    def kept(row: int) -> bool:
        return any(first <= row <= last for first, last in unread)

    old = before.result
    diagnostics = [moved for d in old.diagnostics if (moved := _diagnostic(view, d)) and kept(moved.location.row)]
    claims = [moved for c in old.claims if (moved := _moved(view, c)) and kept(moved.location.row)]
    shapes = [moved for n in old.shapes if (moved := _moved(view, n)) and kept(moved.location.row)]
    return replace(
        result,
        diagnostics=sorted([*result.diagnostics, *diagnostics], key=lambda d: d.location),
        claims=[*result.claims, *(replace(c, row=c.location.row) for c in claims)],
        shapes=[*result.shapes, *shapes],
    )


ABOUT_GRADIENTS = ("NAB2", "NAB3")
"""How the codes begin of the findings that are known first."""


def begun(before: View | None, snapshot: Snapshot, found: list[Diagnostic]) -> FileResult:
    """The findings about gradients in a new version, with all else that was said of the one before."""
    if before is None:
        return FileResult(analysed=True, diagnostics=found)
    rest = replace(before.result, diagnostics=[d for d in before.result.diagnostics
                                               if not d.code.startswith(ABOUT_GRADIENTS)])
    result = FileResult(analysed=True, diagnostics=found)
    return carried(View(before.now, before.analysed, rest), snapshot, result, [WHOLE])


def explained(before: View | None, snapshot: Snapshot, result: FileResult) -> FileResult:
    """The result of a first pass with the shapes and derivations of before, on lines that have not changed."""
    if before is None:
        return result
    view = View(snapshot, before.analysed, before.result)
    shapes = [moved for n in before.result.shapes
              if view.shift.new(n.location.row) is not None and (moved := _moved(view, n)) is not None]
    known = {(row, c.gradient): c.explanation for c in before.result.claims
             if c.explanation is not None and (row := view.shift.new(c.row)) is not None}
    claims = [replace(c, explanation=c.explanation or known.get((c.row, c.gradient))) for c in result.claims]
    said = {(row, d.code): d.explanation for d in before.result.diagnostics
            if d.explanation is not None and (row := view.shift.new(d.location.row)) is not None}
    findings = [replace(d, explanation=d.explanation or said.get((d.location.row, d.code))) for d in result.diagnostics]
    return replace(result, diagnostics=findings, shapes=result.shapes or shapes, claims=claims)


def _moved(view: View, found: Found) -> Found | None:
    start, end = _place(view, found.location), _place(view, found.end_location)
    return None if start is None or end is None else replace(found, location=start, end_location=end)


def _place(view: View, place: Place) -> Place | None:
    row = view.shift.nearest(place.row)
    return None if row is None else Place(row, place.column)


def _diagnostic(view: View, found: Diagnostic) -> Diagnostic | None:
    moved = _moved(view, found)
    if moved is None:
        return None
    related = tuple(r for place in found.related if (r := _moved(view, place)) is not None)
    return replace(moved, related=related, fix=None if found.fix is None else _fix(view, found.fix))


def _fix(view: View, fix: Fix) -> Fix | None:
    """The fix where none of its lines has changed."""
    edits: list[Edit] = []
    for edit in fix.edits:
        first, last = view.shift.new(edit.location.row), view.shift.new(edit.end_location.row)
        if first is None or last is None:
            return None
        edits.append(replace(edit, location=Place(first, edit.location.column),
                             end_location=Place(last, edit.end_location.column)))
    return replace(fix, edits=tuple(edits))
