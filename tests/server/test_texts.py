"""Reading and writing lose nothing: properties over arbitrary texts."""

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from nablint.results import Edit, Place
from nablint_server.files.notebooks import read_notebook
from nablint_server.files.texts import Text, Unreadable, apply_edits, as_judged, decode

from .conftest import notebook

TEXTS = st.text(st.sampled_from("ab =#é語δ\t\f\v\u2028\x85\r\n"), max_size=60)
LINES = st.lists(st.text(st.sampled_from("ab =#é語δ'\""), max_size=8), min_size=1, max_size=6)
FEW = settings(max_examples=60, deadline=None)


@FEW
@given(TEXTS, st.sampled_from(["utf-8", "latin-1", "cp1252", "utf-8-sig"]))
def test_bytes_come_back(text, encoding):
    cookie = "" if encoding.startswith("utf-8") else f"# coding: {encoding}\n"
    try:
        data = (cookie + text).encode(encoding)
    except UnicodeEncodeError:
        return
    assert decode(data).data() == data


@FEW
@given(st.binary(max_size=80))
def test_any_bytes_are_a_text_or_one_line(data):
    told = ""
    try:
        assert decode(data).data() == data
    except Unreadable as error:
        told = str(error)
    assert "\n" not in told


@FEW
@given(TEXTS)
def test_what_is_judged_has_the_rows_of_the_file(text):
    rows = re.split(r"\r\n|\r|\n", text)
    judged = as_judged(text).split("\n")
    assert [len(row) for row in judged] == [len(row) for row in rows]
    if not re.search(r"(?m)^\f\S", as_judged(text)):
        assert len(as_judged(text).splitlines()) in (len(rows), len(rows) - 1)


def offset(rows, place):
    return sum(len(row) + 1 for row in rows[: place.row - 1]) + place.column - 1


@FEW
@given(LINES, st.data())
def test_edits_are_those_of_one_string(rows, data):
    def place():
        row = data.draw(st.integers(1, len(rows)))
        return Place(row, data.draw(st.integers(1, len(rows[row - 1]) + 1)))

    start, end = sorted((place(), place()))
    edit = Edit("new\nlines", start, end)
    joined = "\n".join(rows)
    expected = joined[: offset(rows, start)] + edit.content + joined[offset(rows, end) :]
    assert apply_edits(joined, [edit]) == expected
    crlf = Text("\r\n".join(rows)).edited([edit]).raw
    if len(rows) > 1:
        assert crlf == expected.replace("\n", "\r\n")


@FEW
@given(st.lists(LINES, min_size=1, max_size=3), st.data())
def test_notebooks_change_where_they_are_edited(cells, data):
    text = notebook(*(["# cell\n" + "".join(f"# {line}\n" for line in lines)] for lines in cells))
    book = read_notebook(Text(text))
    rows = book.source.split("\n")
    row = data.draw(st.integers(1, len(rows) - 1))
    if not rows[row - 1]:
        return
    after = book.edited([Edit("x = 'δ'", Place(row, 1), Place(row, len(rows[row - 1]) + 1))])
    rows[row - 1] = "x = 'δ'"
    assert after.source == "\n".join(rows)
    assert json.loads(after.text.raw)["metadata"] == json.loads(text)["metadata"]
    assert after.rows == book.rows
