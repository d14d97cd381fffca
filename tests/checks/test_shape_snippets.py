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


WORDS = '''import numpy as np

def scores(x, w):
    """Scores of (C, N) classes.

    Args:
        x: array of shape (N, D)
        w: array of shape (D, C)

    Returns:
        array of shape (C, N)
    """
    s = x @ w  # (C, N)
    return s
'''


def fixed(source: str) -> str:
    """The source with the fix of every finding, each of which must have one."""
    lines = source.split("\n")
    for found in analyse(source, "snippet.py").diagnostics:
        assert found.fix is not None
        (edit,) = found.fix.edits
        first, last = edit.location.row - 1, edit.end_location.row - 1
        new = lines[first][: edit.location.column - 1] + edit.content + lines[last][edit.end_location.column - 1:]
        lines[first : last + 1] = new.split("\n")
    return "\n".join(lines)


def test_words_that_contradict_the_code_are_corrected() -> None:
    assert fixed(WORDS) == WORDS.replace("array of shape (C, N)", "array of shape (N, C)").replace(
        "# (C, N)", "# (N, C)")


@pytest.mark.parametrize("what", [
    "a transposed argument", "letters that the file documents", "a decorator that checks shapes",
    "weights stored as (classes, features)"])
def test_the_fix_is_the_right_twin(what: str) -> None:
    bad, right = next((s[4], s[5]) for s in SNIPPETS if s[3] == what)
    assert fixed(bad).strip() == right.strip()


DOCUMENTED = '''import numpy as np

def draw(model, n):
    """Draw.

    Args:
        n: int

    Returns:
        array of shape (n, K)
    """
    return model.look(n)

def gather(model):
    return np.concatenate([draw(model, 100), draw(model, 100)])
'''


def test_results_that_are_documented_alike_fit_together() -> None:
    assert not analyse(DOCUMENTED, "snippet.py").diagnostics
