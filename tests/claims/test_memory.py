"""What is remembered between analyses, and that bounds are counted, not timed."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from nablint.analysis import analyse
from nablint.calculus.effort import EFFORT
from nablint.checks.shape_findings import SEEN
from nablint.claims import memory, program
from nablint.claims.judging import confirming, search
from nablint.claims.judging import runs as searched
from nablint.settings import Settings
from nablint.tracing.interpreter import Interpreter

SOURCE = (Path(__file__).parent.parent / "examples" / "numpy_two_layer_net.py").read_text("utf8")
EDITED = SOURCE.replace("):\n", "):\n\n", 1)


def test_what_is_undone_is_not_judged_again(monkeypatch: pytest.MonkeyPatch) -> None:
    memory.OUTCOMES.clear()
    assert EDITED != SOURCE
    runs: list[str] = []
    once = searched.run_once

    def counted(*args: object) -> object:
        runs.append("")
        return once(*args)  # type: ignore[arg-type]

    analyse(SOURCE, "net.py")
    analyse(EDITED, "net.py")
    monkeypatch.setattr(searched, "run_once", counted)
    analyse(SOURCE, "net.py")
    assert not runs


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    memory.OUTCOMES.clear()
    analyse(SOURCE, "net.py")
    assert memory.OUTCOMES.weight > 0
    monkeypatch.setattr(memory.OUTCOMES, "capacity", memory.OUTCOMES.weight // 2)
    analyse(EDITED, "net.py")
    assert memory.OUTCOMES.weight <= memory.OUTCOMES.capacity
    memory.OUTCOMES.clear()


def test_runs_that_are_over_are_let_go() -> None:
    """No cache may hold an interpreter: with it stays all that its run has made."""
    source = """
import numpy as np

x, y, w, b = np.random.randn(9, 4), np.random.randn(9), np.random.randn(4), 0
for turn in range(100):
    error = x.dot(w) + b - y
    db = error.sum()
    w -= 0.1 * x.T.dot(error)
    b -= 0.1 * db
"""

    def left() -> int:
        memory.OUTCOMES.clear()
        SEEN.clear()
        gc.collect()
        return sum(type(thing) is Interpreter for thing in gc.get_objects())

    before = left()
    for number in range(3):
        analyse(f"{source}    print({number})\n", "fit.py")
    assert left() <= before + 1  # a first analysis may read what stays, such as the layers of a library


def test_the_same_text_costs_the_same_effort() -> None:
    """Bounds are on counted work, so a busy machine gives the same verdicts."""
    costs: list[float] = []
    for _ in range(2):
        memory.OUTCOMES.clear()
        SEEN.clear()
        before = EFFORT.seconds
        analyse(SOURCE, "net.py")
        costs.append(EFFORT.seconds - before)
    assert costs[0] == pytest.approx(costs[1], rel=1e-6)


def test_an_analysis_ends_at_its_bound() -> None:
    memory.OUTCOMES.clear()
    found = analyse(SOURCE, "net.py", Settings(seconds=0.001))
    assert not found.diagnostics
    assert {c.verdict for c in found.claims} <= {"unchecked"}


def test_the_first_look_says_where_and_the_second_how_to_mend_it() -> None:
    memory.OUTCOMES.clear()
    first = analyse(SOURCE, "net.py", Settings(prove=False), repair=False)
    second = analyse(SOURCE, "net.py")
    assert [(d.code, d.location) for d in first.diagnostics] == [(d.code, d.location) for d in second.diagnostics]
    assert all(d.fix is None for d in first.diagnostics)
    assert all(d.fix is not None for d in second.diagnostics)


def test_a_comment_at_module_level_is_no_reason_to_judge_again(monkeypatch: pytest.MonkeyPatch) -> None:
    memory.OUTCOMES.clear()
    analyse(SOURCE, "net.py")
    runs: list[str] = []
    monkeypatch.setattr(searched, "run_once", lambda *_: runs.append("") or pytest.fail("judged again"))
    analyse(SOURCE.replace("import numpy as np\n", "import numpy as np  # arrays\n"), "net.py")
    assert not runs


MODULE = "import numpy as np\nSCALE = 2.0\nHALF = SCALE / 4\n\n" + SOURCE.split("import numpy as np\n", 1)[1]
MAIN = "\n\nif __name__ == '__main__':\n    print('start')\n"


@pytest.mark.parametrize(("before", "after", "again"), [
    ("print('start')", "print('begin', 1)", False),
    ("SCALE = 2.0\n", "SCALE = 2.0\nOTHER = [1, 2]\n", False),
    ("HALF = SCALE / 4", "HALF = SCALE / 8", False),
    (MAIN, MAIN + "\n\ndef unrelated(x):\n    return x\n", False),
    ("import numpy as np\n", "import os\nimport numpy as np\n", False),
    ("import numpy as np\n", "import numpy as np\nimport torch\n", True),
    (MAIN, MAIN + "\n\ndef make_parameters(x):\n    return x\n", True),
    (MAIN, MAIN + "\n\nclass Layer:\n    def forward(self, x):\n        return x\n", False),
    (MAIN, MAIN + "\n\nclass Layer(Base):\n    pass\n", True),
    (MAIN, MAIN + "\n\nclass Layer:\n    def l2_penalty(self):\n        return 0\n", True),
    ("SCALE = 2.0\n", "SCALE = 2.0\nOTHER = SCALE if SCALE else np\n", True),
])
def test_what_stands_at_module_level_concerns_those_who_read_it(
        before: str, after: str, again: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.OUTCOMES.clear()
    source = MODULE + MAIN
    assert before in source
    analyse(source, "net.py")
    runs: list[str] = []
    once = searched.run_once
    monkeypatch.setattr(searched, "run_once", lambda *args: runs.append("") or once(*args))
    analyse(source.replace(before, after, 1), "net.py")
    assert bool(runs) == again


READS = '''
import numpy as np

SCALE = 2.0
FACTOR = SCALE * 1

def scaled_forward(x, w):
    return x.dot(w) ** FACTOR, (x, w)

def scaled_backward(dout, cache):
    x, w = cache
    dz = 2.0 * x.dot(w) * dout
    return dz.dot(w.T), x.T.dot(dz)
'''


def test_a_name_that_is_read_brings_with_it_what_it_is_made_from() -> None:
    memory.OUTCOMES.clear()
    for scale, verdict in (("2.0", "proved"), ("3.0", "wrong"), ("2.0", "proved")):
        claims = analyse(READS.replace("SCALE = 2.0", f"SCALE = {scale}"), "scaled.py").claims
        assert {c.verdict for c in claims if c.role == "result"} == {verdict}


KIN = '''
import numpy as np

class Squared:
    def loss(self, a, y):
        return 0.5 * np.sum((a - y) ** 2)

    def delta(self, a, y):
        return a - y

def fitted(x, w, y, cost=Squared):
    a = x.dot(w)
    total = cost().loss(a, y)
    dw = x.T.dot(cost().delta(a, y))
    return total, dw
'''
TWIN = KIN + """
class Cubed:
    def loss(self, a, y):
        return np.sum((a - y) ** 3) / 3

    def delta(self, a, y):
        return a - y
"""


def test_a_class_that_can_stand_for_a_default_concerns_who_takes_the_default() -> None:
    memory.OUTCOMES.clear()
    verdicts = [{c.verdict for c in analyse(text, "kin.py").claims if c.gradient == "dw"} for text in (KIN, TWIN, KIN)]
    assert verdicts[0] == verdicts[2] != verdicts[1]


CHANCE = '''
import numpy as np

def affine_forward(x, w):
    return x.dot(w), (x, w)

def affine_backward(dout, cache):
    x, w = cache
    dx = dout.dot(w.T) * (x.shape[0] / 5)
    dw = x.T.dot(dout)
    return dx, dw
'''
"""Right where the first axis is 5 long, as it is on the first draw."""


@pytest.mark.parametrize("source", [SOURCE, SOURCE.replace(".T", ""), CHANCE])
def test_what_a_first_look_leaves_provisional_is_confirmed_later(
        source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []
    once = program.run_once
    for module in (searched, search, confirming):
        monkeypatch.setattr(module, "run_once", lambda *args: runs.append("") or once(*args))
    memory.OUTCOMES.clear()
    alone = analyse(source, "net.py")
    full = len(runs)
    memory.OUTCOMES.clear()
    runs.clear()
    analyse(source, "net.py", Settings(prove=False), repair=False)
    assert len(runs) < full or alone.diagnostics
    later = analyse(source, "net.py")
    assert [(c.row, c.verdict) for c in later.claims] == [(c.row, c.verdict) for c in alone.claims]
    assert [(d.code, d.location) for d in later.diagnostics] == [(d.code, d.location) for d in alone.diagnostics]


def test_chance_is_seen_through_in_the_end() -> None:
    memory.OUTCOMES.clear()
    first = analyse(CHANCE, "affine.py", Settings(prove=False), repair=False)
    second = analyse(CHANCE, "affine.py")
    dx = [[c.verdict for c in found.claims if c.gradient == "dx"] for found in (first, second)]
    assert set(dx[0]) == {"verified"}
    assert not {"verified", "proved"} & set(dx[1])


def test_an_analysis_of_the_same_text_adds_nothing_to_what_is_remembered() -> None:
    memory.OUTCOMES.clear()
    settings = Settings(explain=True)
    analyse(SOURCE, "net.py", settings)
    graphs = [outcome.judgement.run.it.graph for known in memory.OUTCOMES.held.values() for one in known
              for outcome in one.outcome if outcome.judgement is not None]
    before = [graph.count for graph in graphs]
    assert before
    analyse(SOURCE, "net.py", settings)
    assert [graph.count for graph in graphs] == before
