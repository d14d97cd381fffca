"""Edits: on a text, and as the client applies them."""

from __future__ import annotations

import difflib

from lsprotocol import types
from nablint.results import Edit, Fix, Place

from nablint_server.lsp.snapshots import View
from nablint_server.lsp.text import Text


def of_fix(view: View, fix: Fix) -> list[tuple[str, types.TextEdit]] | None:
    """A fix in the text of now; None where one of its lines has changed."""
    changes: list[tuple[str, types.TextEdit]] = []
    for edit in fix.edits:
        located = view.locate(edit.location, edit.end_location)
        if located is None:
            return None
        changes.append((located[0], types.TextEdit(located[1], edit.content)))
    return changes


def between(old: str, new: str) -> list[Edit]:
    """The lines whose replacement turns one text into the other."""
    before, after = lines(old), lines(new)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    changes: list[Edit] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        if b - a == d - c:  # line by line: an edit that spans cells of a notebook would belong to none
            changes += [Edit(after[c + i], Place(a + i + 1, 1), Place(a + i + 1, len(before[a + i]) + 1))
                        for i in range(b - a) if before[a + i] != after[c + i]]
        else:
            content = "".join(line + "\n" for line in after[c:d])
            changes.append(Edit(content, Place(a + 1, 1), Place(b + 1, 1)))
    return changes


def lines(source: str) -> list[str]:
    """The lines without their ends."""
    text = Text(source)
    return [text.line(i) for i in range(len(text.starts))]
