"""The edit that corrects a shape in a docstring."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from nablint.checks.found import Found
from nablint.checks.said import spoken
from nablint.claims.sure.runs import SureRun
from nablint.reading.evidence import ShapeEvidence
from nablint.shapes import Shape
from nablint.tracing.step import Step


def corrected(run: SureRun, step: Step, function: cst.FunctionDef, said: ShapeEvidence, shape: Shape, found: Found
              ) -> Found:
    """The finding with the edit that makes the docstring say `shape`, where the words are one piece of one line."""
    text, words = _docstring(function), spoken(run, step, shape)
    if text is None or words is None or not said.written:
        return found
    lines = text.value.split("\n")
    first = 0 if lines[0].strip("rRuU\"' ") else 1  # a docstring that begins below its quotes
    row = said.row + first
    if row >= len(lines) or lines[row].count(said.written) != 1:
        return found
    lines[row] = lines[row].replace(said.written, words)
    return replace(found, mended="\n".join(lines), at=(step, text),
                   related=(*found.related, (f"it says {said.show()} here", step, text)))


def _docstring(function: cst.FunctionDef) -> cst.SimpleString | None:
    body = function.body.body[0] if function.body.body else None
    small = body.body[0] if isinstance(body, cst.SimpleStatementLine) else None
    value = small.value if isinstance(small, cst.Expr) else None
    return value if isinstance(value, cst.SimpleString) else None
