"""Positions in every encoding, edits against a plain model, and rows after edits."""

from __future__ import annotations

import random

import pytest
from lsprotocol import types
from nablint.results import Place
from nablint_server.lsp.text import Shift, Text

ENCODINGS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
SOURCE = "α = 'x'\r\n\fdef f():\n\ty = '😋é' @ z\u2028w\rlast"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_place_goes_to_the_client_and_back(encoding):
    codec, size = ENCODINGS[encoding]
    text = Text(SOURCE, encoding)
    lines = ["α = 'x'", "\fdef f():", "\ty = '😋é' @ z\u2028w", "last"]
    for row, line in enumerate(lines, 1):
        for column in range(1, len(line) + 2):
            position = text.position(Place(row, column))
            assert (position.line, position.character) == (row - 1, len(line[:column - 1].encode(codec)) // size)
            assert text.place(position) == Place(row, column)


def test_a_position_past_the_end_is_the_end():
    text = Text("ab\ncd")
    assert text.offset(types.Position(0, 99)) == 2
    assert text.offset(types.Position(1, 99)) == text.offset(types.Position(7, 0)) == 5
    assert Text("").offset(types.Position(0, 0)) == 0


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_random_edits_change_what_a_plain_model_changes(encoding):
    draw = random.Random(7)
    text, model = Text(SOURCE, encoding), SOURCE
    for _ in range(300):
        a, b = sorted(draw.choices(range(len(model) + 1), k=2))
        if model[a - 1:a + 1] == "\r\n" or model[b - 1:b + 1] == "\r\n":
            continue  # inside a line end there is no position
        new = draw.choice(["", "x", "😋", "\n", "\r\n", "é = 1\n", "\f"])
        change = types.TextDocumentContentChangePartial(
            types.Range(text.position(_place(model, a)), text.position(_place(model, b))), new)
        text, model = text.changed(change), model[:a] + new + model[b:]
        assert text.source == model
        if len(model) > 60:
            model = model[:40]
            text = text.changed(types.TextDocumentContentChangeWholeDocument(model))


def _place(model, offset):
    before = Text(model).starts
    row = max(i for i, start in enumerate(before) if start <= offset)
    return Place(row + 1, offset - before[row] + 1)


SHIFTS = [
    # old, new, row -> row for every old row
    ("a\nb\nc", "a\nb\nc", [1, 2, 3]),
    ("a\nb\nc", "a\nx\nc", [1, None, 3]),
    ("a\nb\nc", "a\nnew\nb\nc", [1, 3, 4]),
    ("a\nb\nc", "a\nc", [1, None, 2]),
    ("a\na\na", "a\na\na\na", [1, 2, 3]),
    ("a\nb", "", [None, None]),
    ("", "a\nb", [None]),
]


@pytest.mark.parametrize(("old", "new", "rows"), SHIFTS)
def test_rows_outside_an_edit_keep_their_place(old, new, rows):
    shift = Shift(old, new)
    assert [shift.new(row) for row in range(1, len(rows) + 1)] == rows
    for before, after in enumerate(rows, 1):
        if after is not None:
            assert shift.old(after) == before


def test_a_line_being_typed_is_the_nearest_to_itself():
    assert Shift("a\nb\nc", "a\nbx\nc").nearest(2) == 2
    assert Shift("a\nb\nc", "a\nb(\n\nc").nearest(2) is None
