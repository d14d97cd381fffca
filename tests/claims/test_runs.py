"""No run is made twice while the readings of a unit are searched."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import slips
from nablint.analysis import analyse
from nablint.claims import memory
from nablint.claims.judging import runs, search
from nablint.tracing.values import Restart, TooMuch
from nablint.tracing.world import Hypothesis

RIGHT = (slips.HERE / "column_network.py").read_text("utf8")


def _with(kind: str) -> str:
    return next(s for s in slips.load("column_network") if s.kind == kind).apply(RIGHT)


SOURCE = _with("dropped-transpose")


def _said(once: Any, *args: Any) -> Any:
    """What a run says: verdicts, or the clash and what would mend it."""
    try:
        judgement, _ = once(*args)
    except Restart as restart:
        return restart.reason, restart.equations, restart.decisions, list(restart.choices)
    except TooMuch as bound:
        return str(bound)
    return [(j.result.name, j.verdict, j.reason) for j in judgement.judged]


def test_a_clash_that_is_known_is_what_the_run_would_say(monkeypatch: pytest.MonkeyPatch) -> None:
    memory.OUTCOMES.clear()
    made: Counter[Any] = Counter()
    wanted: list[tuple[runs.Runs, Hypothesis]] = []
    once, asked = runs.run_once, runs.Runs.once

    def counted(program: Any, unit: Any, hypothesis: Hypothesis, draw: int, seconds: float) -> Any:
        made[id(unit), hypothesis.key] += 1
        return once(program, unit, hypothesis, draw, seconds)

    def watched(self: runs.Runs, hypothesis: Hypothesis, seconds: float) -> Any:
        wanted.append((self, hypothesis))
        return asked(self, hypothesis, seconds)

    monkeypatch.setattr(runs, "run_once", counted)
    monkeypatch.setattr(runs.Runs, "once", watched)
    analyse(SOURCE, "network.py", repair=False)
    monkeypatch.undo()
    assert max(made.values()) == 1
    spared = [(held, h) for held, h in wanted if (id(held.unit), h.key) not in made]
    assert spared
    for held, hypothesis in spared:
        assert _said(held.once, hypothesis, 2.0) == _said(once, held.program, held.unit, hypothesis, 0, 2.0)


def test_verdicts_that_are_revised_do_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[runs.Runs] = []
    make = runs.Runs.__init__
    monkeypatch.setattr(runs.Runs, "__init__", lambda self, *args: (held.append(self), make(self, *args))[1])
    memory.OUTCOMES.clear()
    analyse(SOURCE, "network.py", repair=False)
    once = next(r for r in held if r._fitting)
    judgement, world = once.once(Hypothesis(), 2.0)
    before = [j.verdict for j in judgement.judged]
    for j in judgement.judged:
        j.verdict = "not-a-gradient"
    again, same = once.once(Hypothesis(), 2.0)
    assert same is world
    assert [j.verdict for j in again.judged] == before


def test_what_changes_nothing_is_not_combined_with_other_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[frozenset[str]] = set()
    once = runs.run_once

    def watched(program: Any, unit: Any, hypothesis: Hypothesis, draw: int, seconds: float) -> Any:
        if unit.name == "Network.backprop":
            asked.add(frozenset(f"{key}={taken}" for key, taken in hypothesis.decisions))
        return once(program, unit, hypothesis, draw, seconds)

    memory.OUTCOMES.clear()
    monkeypatch.setattr(runs, "run_once", watched)
    product = "np.dot(delta, activations[-l-1].transpose())"
    assert product in RIGHT
    analyse(RIGHT.replace(product, f"{product} + 2"), "network.py", repair=False)
    sums = {one for one in asked if any(":sums=" in answer for answer in one)}
    assert frozenset({"y:sums=1"}) in sums
    # of other shapes for x only with the one under which most is right: columns
    assert {answer for one in sums for answer in one if answer.startswith("x:rank")} == {"x:rank=1"}


def _decided(monkeypatch: pytest.MonkeyPatch, source: str) -> dict[str, set[str]]:
    """The questions that runs were given an answer to beforehand, by unit."""
    memory.OUTCOMES.clear()
    found: dict[str, set[str]] = {}

    def watched(program: Any, unit: Any, hypothesis: Hypothesis, draw: int, seconds: float) -> Any:
        found.setdefault(unit.name, set()).update(key.rpartition(":")[2] for key, _ in hypothesis.decisions)
        return once(program, unit, hypothesis, draw, seconds)

    once = runs.run_once
    for module in (runs, search):
        monkeypatch.setattr(module, "run_once", watched)
    analyse(source, "network.py", repair=False)
    return found


@pytest.mark.parametrize(("kind", "read"), [
    ("dropped-transpose", False),  # of another shape, whatever the targets are
    ("flipped-sign", True),
])
def test_targets_are_read_as_shares_where_a_value_is_wrong(monkeypatch: pytest.MonkeyPatch, kind: str,
                                                           read: bool) -> None:
    assert ("sums" in _decided(monkeypatch, _with(kind))["Network.backprop"]) is read


def test_no_class_is_exchanged_behind_what_backward_code_meets_first(monkeypatch: pytest.MonkeyPatch) -> None:
    decided = _decided(monkeypatch, RIGHT)
    assert "class" in decided["Network.backprop"]
    assert "class" not in decided["Network.learn_from"]


RAISING = '''
import numpy as np


def squash(z):
    return np.tanh(z), z, z


def layer_forward(x, w, b, scale, shift):
    z = np.dot(x, w) + b
    out, kept = squash(z * scale + shift)
    return out, (x, w, kept)


def layer_backward(dout, cache):
    x, w, kept = cache
    dz = dout * (1 - np.tanh(kept) ** 2)
    return np.dot(dz, w.T), np.dot(x.T, dz)
'''


def test_a_unit_is_given_up_where_nothing_that_is_asked_changes_its_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Hypothesis] = []
    once = runs.run_once

    def watched(program: Any, unit: Any, hypothesis: Hypothesis, draw: int, seconds: float) -> Any:
        tried.append(hypothesis)
        return once(program, unit, hypothesis, draw, seconds)

    memory.OUTCOMES.clear()
    monkeypatch.setattr(runs, "run_once", watched)
    claims = analyse(RAISING, "layer.py").claims
    assert len(tried) == runs.STUBBORN
    assert {c.reason for c in claims} == {"layer_forward raises ValueError"}


def test_no_other_shape_is_tried_where_a_function_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    shapes = {"rank", "form"}
    assert shapes <= _decided(monkeypatch, RAISING)["layer_backward"]
    known = RAISING.replace("np.tanh(z), z, z", "kernels.squash(z), z").replace("import numpy", "import kernels, numpy")
    assert shapes.isdisjoint(_decided(monkeypatch, known)["layer_backward"])
