"""The shape rules on short snippets: each bad one is found with its rule alone, its right twin is clean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nablint.analysis import analyse

TABLE = (Path(__file__).parent / "shape_snippets.txt").read_text("utf8")
SNIPPETS = [(*found.groups(),) for found in re.finditer(
    r"^=== (NAB\d+) (\w+) (\w+): (.*)\n((?s:.*?))\n---\n((?s:.*?))(?=^===|\Z)", TABLE, re.M)]


def codes(source: str) -> list[str]:
    return [d.code for d in analyse(source, "snippet.py").diagnostics]


@pytest.mark.parametrize(("code", "library", "evidence", "what", "bad", "right"), SNIPPETS,
                         ids=[f"{s[0]} {s[1]} {s[2]}: {s[3]}" for s in SNIPPETS])
def test_snippet(code: str, library: str, evidence: str, what: str, bad: str, right: str) -> None:
    assert codes(bad) == [code]
    assert codes(right) == []


def test_table_is_read_whole() -> None:
    assert len(SNIPPETS) == TABLE.count("\n=== ") == TABLE.count("\n---\n")
