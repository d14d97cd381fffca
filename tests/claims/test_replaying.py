"""Calls while edits are tried: remembered where they leave no trace, and then as if they had been walked again."""

from __future__ import annotations

import pytest
import slips
from nablint.analysis import analyse
from nablint.calculus.effort import EFFORT
from nablint.claims.evidence import parameter_evidence
from nablint.claims.judging.search import explore
from nablint.claims.program import Program
from nablint.claims.replaying.replay import Replay, new_result
from nablint.claims.units import find_units
from nablint.reading.source import blocks
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step
from nablint.tracing.values import Array

SOURCE = """
import numpy as np


def prime(z):
    return 1 - np.tanh(z) ** 2


def noisy(z):
    return z * np.random.randn(*z.shape)


def shifting(z):
    z += 1
    return z * 2


def same(z):
    return z


def linear_forward(x, w):
    z = x @ w
    return np.tanh(z), (x, w, z)


def linear_backward(dout, cache):
    x, w, z = cache
    dz = dout * prime(z)
    dw = x.T @ dz
    dx = dz @ w.T
    return dx, dw
"""


@pytest.fixture(scope="module")
def stopped() -> tuple[Interpreter, Step]:
    """A run, and its statement that assigns `dz`."""
    program = Program(blocks(SOURCE), evidence=parameter_evidence)
    (unit,) = [u for u in find_units(program.loader, program.statements()) if "linear" in u.name]
    (outcome,) = explore(program, unit, 5.0)
    assert outcome.judgement is not None
    it = outcome.judgement.run.it
    return it, next(e.step for e in it.events if e.name == "dz")


@pytest.fixture
def walked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The functions that are walked."""
    names: list[str] = []
    follow = Interpreter.follow

    def watched(self, function, args, keywords, node):  # type: ignore[no-untyped-def]
        names.append(function.name)
        return follow(self, function, args, keywords, node)

    monkeypatch.setattr(Interpreter, "follow", watched)
    return names


def value(stopped: tuple[Interpreter, Step], text: str) -> Array:
    import libcst as cst

    it, step = stopped
    found = new_result(it, step, cst.parse_expression(text))
    assert isinstance(found, Array)
    return found


def test_a_call_is_walked_once_and_gives_the_same_with_the_same_effort(stopped, walked) -> None:
    first = value(stopped, "prime(x @ w + 0.5)")
    efforts: list[float] = []
    for follow in (Replay.follow, Interpreter.follow):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Replay, "follow", follow)
            began = EFFORT.seconds
            again = value(stopped, "prime(x @ w + 0.5)")
            efforts.append(EFFORT.seconds - began)
        assert again.term is first.term
        assert again is not first
    assert walked == ["prime", "prime"]  # the second time is the one that was not to be remembered
    assert efforts[0] == pytest.approx(efforts[1])


@pytest.mark.parametrize("call", ["noisy(z)", "shifting(z * 1.5)", "same(z)", "prime(z=z)"])
def test_what_leaves_a_trace_or_is_no_value_of_its_own_is_walked_each_time(stopped, walked, call: str) -> None:
    value(stopped, call)
    value(stopped, call)
    assert len(walked) == 2


def test_other_arguments_are_another_call(stopped, walked) -> None:
    assert value(stopped, "prime(z * 2)").term is not value(stopped, "prime(z * 3)").term
    assert walked == ["prime", "prime"]


def test_dimensions_keep_their_names_while_edits_are_tried() -> None:
    slip = next(s for s in slips.load("loss_and_grads") if s.kind == "lost-power")
    found = analyse(slip.apply((slips.HERE / "loss_and_grads.py").read_text("utf8")), "recurrent.py")
    (finding,) = found.diagnostics
    assert "self.U gets its shape (hidden, vocab) here" in {place.message for place in finding.related}
