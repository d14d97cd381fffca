"""What tests measure and want to be read is printed at the end of a run, also of one spread over several processes."""

from __future__ import annotations

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the `measured` properties that tests have recorded, in order, and what they sum to where they count."""
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
