"""The edit that corrects a shape in a docstring or in an annotation."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from nablint.checks.found import Found
from nablint.checks.said import spoken
from nablint.claims.sure.runs import SureRun
from nablint.reading.evidence import ShapeEvidence
from nablint.reading.nodes import below
from nablint.shapes import Shape
from nablint.tracing.step import Step


def corrected(run: SureRun, step: Step, function: cst.FunctionDef, said: ShapeEvidence, shape: Shape, found: Found
              ) -> Found:
    """The finding with the edit that makes the words say `shape`: a docstring where they are one piece of one line, an
    annotation where one string of it names the axes, `Float[Array, "N D"]`.
    """
    text, words = _docstring(function), spoken(run, step, shape)
    if words is not None and said.source == "annotation":
        return _annotated(step, function, said, words, found)
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


def _annotated(step: Step, function: cst.FunctionDef, said: ShapeEvidence, words: str, found: Found) -> Found:
    strings = [n for n in below(function.returns) if isinstance(n, cst.SimpleString)] if function.returns else []
    now = [spec.text for spec in said.dims or ()]
    naming = [n for n in strings if n.raw_value.split() == now]
    if len(naming) != 1:
        return found
    node = naming[0]
    axes = " ".join(words.strip("()").replace(",", " ").split())
    return replace(found, mended=f"{node.prefix}{node.quote}{axes}{node.quote}", at=(step, node),
                   related=(*found.related, (f"it says {said.show()} here", step, node)))


def _docstring(function: cst.FunctionDef) -> cst.SimpleString | None:
    body = function.body.body[0] if function.body.body else None
    small = body.body[0] if isinstance(body, cst.SimpleStatementLine) else None
    value = small.value if isinstance(small, cst.Expr) else None
    return value if isinstance(value, cst.SimpleString) else None
