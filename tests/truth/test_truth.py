"""The case files are right, their slips are wrong, and their harmless edits are harmless: by numbers."""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np
import pytest
from slips import Slip, load, names, parse, source

from truth.oracle import Oracle, Wrong, module
from truth.probes import NEEDS_TORCH, PROBES

HAS_TORCH = importlib.util.find_spec("torch") is not None
CASES = [
    pytest.param(name, marks=pytest.mark.skipif(name in NEEDS_TORCH and not HAS_TORCH, reason="torch is missing"))
    for name in names()
]

FAILURES = (AssertionError, ValueError, IndexError, TypeError, RuntimeError)
"""How wrong backprop fails: by value or by shape.  A misspelt name is a mistake in the table."""


def run(case: str, text: str, *, whole: bool) -> Oracle:
    """Probe a case file's text; raises what the code raises, or `Wrong`."""
    oracle = Oracle(whole=whole)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        PROBES[case](module(case, text), oracle)
    return oracle


@pytest.mark.parametrize("case", CASES)
def test_unmutated_file_is_right(case: str) -> None:
    assert run(case, source(case), whole=True).seen


@pytest.mark.parametrize("case", CASES)
def test_each_line_does_what_its_section_says(case: str) -> None:
    text = source(case)
    right = run(case, text, whole=False).seen
    failures: list[str] = []
    for slip in load(case):
        slip.expected(text)
        try:
            found = run(case, slip.apply(text), whole=False).seen
        except FAILURES as error:
            if slip.section == "harmless" or (slip.section == "conventions" and not isinstance(error, Wrong)):
                failures.append(f"{slip}: {error}")
            continue
        if slip.section == "slips":
            failures.append(f"{slip}: every gradient is still right")
        elif slip.section == "harmless":
            failures += [f"{slip}: {k} differs" for k, v in right.items() if not np.allclose(found[k], v, rtol=1e-9)]
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("case", names())
def test_tables_are_rich_enough(case: str) -> None:
    slips = load(case)
    lines = [(s.target, s.nth, s.replacement) for s in slips]
    assert len(set(lines)) == len(lines), "a line stands twice"
    assert sum(s.section == "slips" for s in slips) >= 12
    assert sum(s.section == "harmless" for s in slips) >= 3


def test_a_line_that_is_no_slip_is_refused() -> None:
    with pytest.raises(ValueError, match=r"x\.slips:2"):
        parse("[slips]\ndropped-transpose dw = x.T @ d => dw = x @ d\n", "x")
    with pytest.raises(LookupError):
        Slip("x", "slips", "k", 2, "a = b", "a = c", (), 1).line("a = b\n")
