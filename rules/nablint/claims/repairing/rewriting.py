"""Rewriting: edits of nodes as edits of text, and texts with edits applied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import libcst as cst

from nablint.claims.edits.trees import in_place_of
from nablint.results import Edit, Place
from nablint.tracing.step import Step


def extent(step: Step) -> tuple[Place, Place] | None:
    """Where a step's statement stands in its block, or the head of its loop."""
    tree, node = step.block.tree(), step.node
    span = tree.spans.get(id(node)) if tree is not None else None
    if tree is None or span is None or not isinstance(node, cst.For):
        return span
    return span[0], tree.spans[id(node.iter)][1]


def edit_text(step: Step, old: cst.CSTNode, new: Any) -> Edit | None:
    """The text edit that replaces a node of a step's block; the rest of the source stays as it is to the letter."""
    tree = step.block.tree()
    span = tree.spans.get(id(old)) if tree is not None else None
    if tree is None or span is None:
        return None
    new = in_place_of(step.node, old, new)
    if getattr(old, "lpar", None) and getattr(new, "lpar", None):  # a node's span leaves its own brackets out
        new = new.with_changes(lpar=[], rpar=[])
    code = tree.module.code_for_node(new)
    return Edit(code, step.block.place(span[0]), step.block.place(span[1]))


def apply_text(source: str, edits: Iterable[Edit]) -> str:
    """The source with edits applied, the last first."""
    lines = source.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def offset(place: Place) -> int:
        return starts[place.row - 1] + place.column - 1

    for edit in sorted(edits, key=lambda e: e.location, reverse=True):
        source = source[: offset(edit.location)] + edit.content + source[offset(edit.end_location) :]
    return source
