"""What tests measure and want to be read is printed at the end of a run, also of one spread over several processes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def nothing_from_other_days() -> Iterator[None]:
    """Nothing that tests judge is remembered on the disk, here or in the processes that they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NABLINT_NO_CACHE", "1")
        yield


@pytest.fixture(autouse=True)
def every_step_holds(monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, Any], None]) -> Iterator[None]:
    """Both sides of every step of every derivation that a test produces are equal on its samples."""
    module = sys.modules.get("nablint.calculus.derivation")
    if module is None:
        yield
        return
    produced: list[Any] = []
    run = module._Method.run

    def watched(method: Any) -> None:
        run(method)
        produced.append(method.found)

    monkeypatch.setattr(module._Method, "run", watched)
    yield
    wrong = [(d.output, d.variable, step) for d in produced for step in d.check()]
    record_property("derivations", (len(produced), sum(len(d.steps) for d in produced)))
    assert not wrong


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the `measured` properties that tests have recorded, in order, and what they sum to where they count."""
    counted = [value for reports in terminalreporter.stats.values() for report in reports
               if getattr(report, "when", "") == "teardown"
               for key, value in getattr(report, "user_properties", ()) if key == "derivations"]
    if any(steps for _, steps in counted):
        derivations, steps = (sum(c[i] for c in counted) for i in (0, 1))
        terminalreporter.write_line(f"derivations: {derivations}, of {steps} steps, and every step holds on samples")
    rows: dict[str, list[tuple[str, object]]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            for key, value in getattr(report, "user_properties", ()):
                if key.startswith("measured ") and getattr(report, "when", "") == "call":
                    title, _, name = key.removeprefix("measured ").partition(": ")
                    rows.setdefault(title, []).append((name, value))
    for title, found in rows.items():
        terminalreporter.section(title)
        for name, value in sorted(found):
            terminalreporter.line(f"{name:32} {value}")
        counts = [value for _, value in found if isinstance(value, dict)]
        if counts and len(counts) == len(found):
            total = {key: sum(c.get(key, 0) for c in counts) for key in counts[0]}
            terminalreporter.line(f"{'together':32} {total}")
