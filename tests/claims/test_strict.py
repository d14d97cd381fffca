"""No error of the tool itself hides behind "unchecked": every case file and example is judged with errors let through.

A repair is one only when the file with its edits parses and the same claim is right in it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import slips
from mutation.run_slips import applied
from nablint.analysis import analyse
from nablint.claims import memory, program
from nablint.claims.judging import search
from nablint.claims.judging.search import explore
from nablint.claims.program import Program
from nablint.claims.units import find_units
from nablint.reading.source import blocks

ROOT = Path(__file__).parents[1]
FILES = sorted([*(ROOT / "cases").glob("*.py"), *(ROOT / "examples").glob("*.py")])
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
GOOD = {"proved", "verified"}


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors of the tool are raised, and nothing is taken from an earlier analysis."""
    monkeypatch.setattr(program, "STRICT", True)
    memory.OUTCOMES.clear()


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
@pytest.mark.usefixtures("strict")
def test_no_error_of_the_tool(path: Path, record_property: Callable[[str, object], None]) -> None:
    program = Program(blocks(path.read_text()), evidence=None)
    runs = restarts = units = silent = 0
    with np.errstate(all="ignore"):
        for unit in find_units(program.loader, program.statements()):
            for outcome in explore(program, unit, 1.5):
                units, runs, restarts = units + 1, runs + outcome.runs, restarts + outcome.restarts
                silent += outcome.judgement is None
    assert units
    assert runs <= search.MAX_RUNS * units
    record_property(f"measured hypotheses without evidence: {path.stem}",
                    {"units": units, "runs": runs, "restarts": restarts, "silent": silent})


ODD = {
    "a key that holds a list": "def f(x):\n    d = {}\n    d[(1, [2])] = x\n    return np.ones((2, 3)) @ x\n",
    "a range up to no number": ("def f():\n    n = np.zeros(3).sum() / np.zeros(1).sum()\n    for i in range(n):\n"
                                "        pass\n    return np.ones((2, 3)) * 2\n"),
    "a class that holds itself": ("class A:\n    def f(self, x_BTD):\n        return x_BTD * np.ones((2, 3))\n\n"
                                  "A.A = A\n"),
}
"""What public code holds, and what once was an error of the tool."""


@pytest.mark.parametrize("what", ODD)
@pytest.mark.usefixtures("strict")
def test_odd_code_is_no_error_of_the_tool(what: str) -> None:
    assert analyse(f"import numpy as np\n\n{ODD[what]}", "odd.py").error is None


@pytest.mark.usefixtures("strict")
def test_an_error_would_be_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail."""
    def broken(*args: object, **keywords: object) -> None:
        raise AssertionError("broken on purpose")

    monkeypatch.setattr(program, "judge", broken)
    with pytest.raises(AssertionError, match="on purpose"):
        analyse(EXAMPLES[0].read_text(), "case.py")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
@pytest.mark.usefixtures("strict")
def test_a_repair_parses_and_its_claim_is_right(path: Path) -> None:
    source = path.read_text()
    found = analyse(source, path.name)
    fixes = [d for d in found.diagnostics if d.fix is not None]
    assert fixes
    wrong = {(c.function, c.gradient) for c in found.claims if c.verdict == "wrong"}
    assert wrong
    for diagnostic in fixes:
        assert diagnostic.fix is not None
        text = applied(diagnostic.fix, source)
        assert text != source
        ast.parse(text)
        mended = analyse(text, path.name, repair=False)
        left = [(d.location.row, d.code) for d in mended.diagnostics]
        assert len(left) == len(found.diagnostics) - 1
        now = {(c.function, c.gradient) for c in mended.claims if c.verdict == "wrong"}
        assert now < wrong
        good = {(c.function, c.gradient) for c in mended.claims if c.verdict in GOOD}
        own = {(c.function, c.gradient) for c in found.claims if c.row == diagnostic.location.row}
        assert good >= own & wrong
        assert good & wrong
        was_good = {(c.function, c.gradient) for c in found.claims if c.verdict in GOOD}
        assert good >= was_good


KINDS = ("dropped-transpose", "wrong-axis", "flipped-sign", "lost-scale", "forgotten-derivative")


@pytest.mark.parametrize("kind", KINDS)
def test_repairs_of_slips_parse_and_make_the_claim_right(kind: str) -> None:
    """One slip of each kind, in the case file that repairs most."""
    tried = [s for s in slips.load("autograd_functions") + slips.load("layer_classes") + slips.load("features_first")
             if s.section == "slips" and s.kind == kind][:2]
    assert tried
    repaired = 0
    for slip in tried:
        source = slip.apply(slips.source(slip.case))
        for diagnostic in analyse(source, f"{slip.case}.py").diagnostics:
            if diagnostic.fix is None:
                continue
            text = applied(diagnostic.fix, source)
            ast.parse(text)
            assert analyse(text, f"{slip.case}.py", repair=False).diagnostics == []
            repaired += 1
    assert repaired
