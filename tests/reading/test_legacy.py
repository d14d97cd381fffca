"""Python 2 and magics, read at the same length and judged as any other code."""

from __future__ import annotations

import ast

import pytest
from nablint.analysis import analyse
from nablint.reading.legacy import readable

STATEMENTS = [
    "print 'epoch', k", "print'%d' % k", "print -k", "print k", "print [1, 2], k", "print >>log, k", "print not k",
    "if k: print 'done',", "raise ValueError, 'not %d' % k", "exec 'k = 1'", "k = 10L + 0x1FL", "k = 0755 + 01",
    "print f(1e-05, 2E+06)",
    "if k <> 3: pass", "k = `k`", "k = ur'k'", "k = sorted(d, key=lambda (a, b): b)", "%matplotlib inline",
    "%%time", "!pip install it",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_statements_are_read_at_the_same_length(statement: str) -> None:
    text = f"a = 1\n{statement}\nb = 2\n"
    made = readable(text)
    assert len(made) == len(text) and made.count("\n") == 3
    assert len(ast.parse(made).body) >= 3


def test_handlers_lose_the_name_of_the_exception() -> None:
    text = "try:\n    a = 1\nexcept (KeyError, ValueError), error:\n    pass\n"
    assert ast.parse(readable(text)) and len(readable(text)) == len(text)


@pytest.mark.parametrize("line", [
    "print('x', k)", "printed = k", "x = a % b", "print", "n = 100", "t = 0.01", "e = 1e01"])
def test_what_python_3_reads_keeps_its_meaning(line: str) -> None:
    assert ast.dump(ast.parse(readable(line))) == ast.dump(ast.parse(line))


def test_a_network_of_python_2_is_judged_and_mended_where_it_stands() -> None:
    source = """
import numpy as np

def step(x, w, b, y):
    out = x.dot(w) + b
    loss = 0.5 * ((out - y) ** 2).sum()
    print "loss", loss
    dout = out - y
    dw = x.T.dot(dout)
    db = dout.sum(axis=1)
    return loss, dw, db
"""
    found = analyse(source, "old.py")
    assert found.error is None
    (finding,) = found.diagnostics
    assert finding.location.row == 10 and finding.fix is not None
    (edit,) = finding.fix.edits
    line = source.split("\n")[edit.location.row - 1]
    assert (line[: edit.location.column - 1] + edit.content + line[edit.end_location.column - 1:]).strip() == (
        "db = dout.sum(axis=0)")
