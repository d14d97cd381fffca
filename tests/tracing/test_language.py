"""Python's statements and expressions as the interpreter walks them, against Python itself with real numpy.

Each snippet of the table is run twice on the same samples.  Where the interpreter does not follow, the value holds an
`Unknown` with a reason; those snippets are named in `GAPS`, and a gap that closes must leave the list.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from .walked import by_interpreter, by_python, plain, same, unknown_in

SNIPPETS: dict[str, str] = {}
for _part in ("\n" + (Path(__file__).parent / "language_snippets.txt").read_text()).split("\n== ")[1:]:
    _title, _, _source = _part.partition("\n")
    assert _title not in SNIPPETS, _title
    SNIPPETS[_title] = _source

GAPS: dict[str, str] = {
    "attribute error": "nothing settled",
    "apply along axis": "apply_along_axis",
}
"""Snippets that the interpreter does not follow, with a word of the reason that it gives."""


@pytest.mark.parametrize("title", sorted(SNIPPETS.keys() - GAPS.keys()))
def test_what_the_interpreter_traces_is_what_python_computes(title: str) -> None:
    with np.errstate(all="ignore"):
        wanted = plain(by_python(SNIPPETS[title]))
    found = by_interpreter(SNIPPETS[title])
    unknown = unknown_in(found)
    assert unknown is None, unknown.reason
    assert same(plain(found), wanted), f"\nfound  {plain(found)}\nwanted {wanted}"


@pytest.mark.parametrize("title", GAPS)
def test_what_is_not_followed_is_unknown_with_a_reason(title: str) -> None:
    by_python(SNIPPETS[title])
    unknown = unknown_in(by_interpreter(SNIPPETS[title]))
    assert unknown is not None, "it is followed now: strike it off the list"
    assert GAPS[title] in unknown.reason
