"""Conventions that are no errors, errors that look like them, and where a wrong result is blamed."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from nablint.claims import memory
from nablint.results import FileResult

HEAD = "import numpy as np\n\n\n"

COLUMNS = HEAD + """def linear_forward(A_prev, W, b):
    Z = np.dot(W, A_prev) + b
    return Z, (A_prev, W, b)


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = {dw} * np.dot(dZ, A_prev.T)
    db = {db} * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = {da} * np.dot(W.T, dZ)
    return dA_prev, dW, db
"""

MEAN = HEAD + """def loss_and_grads(W, X, y):
    \"\"\"W: (D, C), X: (N, D), y: (N, C)\"\"\"
    N = X.shape[0]
    error = X @ W - y
    loss = {loss}
    dW = {dw}
    return loss, dW
"""

RIGHT = {
    "no factor": COLUMNS.format(dw="1", db="1", da="1"),
    "1/m in all parameter gradients, none in what is passed on": COLUMNS.format(dw="1 / m", db="1 / m", da="1"),
    "mean": MEAN.format(loss="np.mean(np.sum(error ** 2, axis=1))", dw="2 * X.T @ error / N"),
    "half a sum": MEAN.format(loss="0.5 * np.sum(error ** 2)", dw="X.T @ error"),
    "half a mean": MEAN.format(loss="np.sum(error ** 2) / (2 * N)", dw="X.T.dot(error) / N"),
}
WRONG = {
    "1/m in one of two siblings": (COLUMNS.format(dw="1 / m", db="1", da="1"), {"dW", "db"}),
    "a sign in one of two siblings": (COLUMNS.format(dw="1", db="-1", da="1"), {"db"}),
    "2 in one of two siblings": (COLUMNS.format(dw="2", db="1", da="1"), {"dW"}),
    "a sign in what is passed on": (COLUMNS.format(dw="1", db="1", da="-1"), {"dA_prev"}),
    "a lost 1/N": (MEAN.format(loss="np.mean(np.sum(error ** 2, axis=1))", dw="2 * X.T @ error"), {"dW"}),
    "a lost 2": (MEAN.format(loss="np.sum(error ** 2)", dw="X.T @ error"), {"dW"}),
    "ascent beside its loss": (MEAN.format(loss="0.5 * np.sum(error ** 2)", dw="-X.T @ error"), {"dW"}),
}
"""Sources, and the gradients of which one at least must be found wrong and no other."""


def verdicts(result: FileResult) -> dict[str, str]:
    return {c.gradient: c.verdict for c in result.claims if c.role == "result"}


@pytest.mark.parametrize("name", RIGHT)
def test_conventions_are_no_findings(name: str) -> None:
    result = analyse(RIGHT[name], "case.py")
    assert result.diagnostics == []
    assert set(verdicts(result).values()) <= {"proved", "verified"}, verdicts(result)


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_convention_is_found(name: str) -> None:
    source, gradients = WRONG[name]
    result = analyse(source, "case.py")
    wrong = {g for g, v in verdicts(result).items() if v == "wrong"}
    assert wrong
    assert wrong <= gradients
    rows = {c.row for c in result.claims if c.gradient in gradients}
    assert [d.location.row in rows for d in result.diagnostics] == [True]


CHAIN = HEAD + """def forward(x, w1, w2):
    z = x @ w1
    a = np.tanh(z)
    out = a @ w2
    return out, (x, w1, w2, a)


def backward(dout, cache):
    x, w1, w2, a = cache
    dw2 = a.T @ dout
    da = dout @ w2.T
    dz = da * (1 - a ** 2)
    dw1 = x.T @ dz
    dx = dz @ w1.T
    return dx, dw1, dw2
"""

BLAMED = {
    "dw2 = a.T @ dout": "dw2 = -a.T @ dout",
    "da = dout @ w2.T": "da = -dout @ w2.T",
    "dz = da * (1 - a ** 2)": "dz = da * (1 - a)",
    "dw1 = x.T @ dz": "dw1 = x.T @ da",
    "dx = dz @ w1.T": "dx = -dz @ w1.T",
}


@pytest.mark.parametrize("line", BLAMED)
def test_one_slip_is_one_finding_on_its_line_and_its_repair_restores_the_value(line: str) -> None:
    source = CHAIN.replace(line, BLAMED[line])
    result = analyse(source, "case.py")
    row = next(n for n, text in enumerate(source.splitlines(), 1) if text.strip() == BLAMED[line])
    assert [d.location.row for d in result.diagnostics] == [row]
    fix = result.diagnostics[0].fix
    assert fix is not None
    from mutation.run_slips import applied

    mended = analyse(applied(fix, source), "case.py")
    assert mended.diagnostics == []
    assert set(verdicts(mended).values()) <= {"proved", "verified"}


SCALED = CHAIN.replace("dz = da * (1 - a ** 2)", "dz = 0.5 * da * (1 - a ** 2)").replace(
    "dw1 = x.T @ dz", "dw1 = 2 * x.T @ dz").replace("dx = dz @ w1.T", "dx = 2 * dz @ w1.T")


def test_right_results_make_every_intermediate_right() -> None:
    """`dz` holds half of the gradient; nothing that leaves the function does."""
    result = analyse(SCALED, "case.py")
    assert result.diagnostics == []
    assert set(verdicts(result).values()) <= {"proved", "verified"}


ROOT = HEAD + """def root_forward(a, x0):
    x, k = x0, 0
    {loop}
        x, k = 0.5 * (x + a / x), k + 1
    return x, (a, x)


def root_backward(dout, cache):
    a, x = cache
    da = dout / (2 * x)
    return da
"""


@pytest.mark.parametrize("loop", ["for _ in range(100):", "while k < 100:"])
def test_what_a_long_loop_converges_to_is_not_known(loop: str) -> None:
    """Differentiated at the fixed point, which a few turns do not reach: no mistake."""
    result = analyse(ROOT.format(loop=loop), "case.py")
    assert result.diagnostics == []
    assert set(verdicts(result).values()) == {"unchecked"}
    assert any("not read to its end" in c.reason for c in result.claims)


@pytest.fixture
def forgetful() -> None:
    memory.OUTCOMES.clear()


TWO = CHAIN + "\n\n" + CHAIN.replace(HEAD, "").replace("forward", "other_forward").replace("backward", "other_backward")


@pytest.mark.usefixtures("forgetful")
def test_an_edit_in_one_function_keeps_the_outcomes_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    from nablint import analysis

    judged: list[str] = []
    explore = analysis.explore
    monkeypatch.setattr(analysis, "explore", lambda p, unit, s: judged.append(unit.name) or explore(p, unit, s))
    first = analyse(TWO, "case.py")
    assert judged == ["backward", "other_backward"]
    del judged[:]
    again = analyse(TWO, "case.py")
    assert judged == []
    assert again.claims == first.claims
    edited = analyse(TWO.replace("    dw2 = a.T @ dout", "\n\n    dw2 = -(a.T @ dout)", 1), "case.py")
    assert judged == ["backward"]
    before = {c.row for c in first.claims if c.function == "other_backward"}
    after = {c.row for c in edited.claims if c.function == "other_backward"}
    assert after == {row + 2 for row in before}
    row = TWO.splitlines().index("    dw2 = a.T @ dout") + 1
    assert [d.location.row for d in edited.diagnostics] == [row + 2]


@pytest.mark.usefixtures("forgetful")
def test_an_edit_in_a_helper_is_seen_by_those_that_call_it() -> None:
    source = CHAIN.replace("(1 - a ** 2)", "slope(a)") + "\n\ndef slope(a):\n    return 1 - a ** 2\n"
    assert analyse(source, "case.py").diagnostics == []
    assert analyse(source.replace("return 1 - a ** 2", "return 1 - a"), "case.py").diagnostics != []
    assert analyse(source, "case.py").diagnostics == []


def test_a_trial_in_a_recorded_statement_gives_what_a_new_trace_gives() -> None:
    """Evaluating a statement's own expression on what it recorded is the value that the trace gave it."""
    import numpy as np
    from nablint.claims.judging.search import explore
    from nablint.claims.program import Program
    from nablint.claims.replaying.replay import replayer
    from nablint.claims.replaying.sites import expression
    from nablint.claims.units import find_units
    from nablint.reading.source import blocks
    from nablint.tracing.values import Array

    program = Program(blocks(CHAIN))
    (unit,) = find_units(program.loader, program.statements())
    (outcome,) = explore(program, unit, 5.0)
    assert outcome.judgement is not None
    it = outcome.judgement.run.it
    seen = 0
    for event in it.events:
        node = expression(event.step)
        recorded = dict(event.step.values)
        found = replayer(it, event.step).eval(node, event.step.scope)
        recorded.pop(id(node), None)
        if isinstance(found, Array) and event.value is not None:
            assert np.allclose(found.term.sample, event.value.sample)
            seen += 1
    assert seen >= 5
