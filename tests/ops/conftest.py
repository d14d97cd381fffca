"""What the oracles said, at the end of a run: operations and samples compared, cards that no oracle covers."""

from __future__ import annotations

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the counts that the tests recorded."""
    reports = [r for r in terminalreporter.getreports("passed") if r.when == "call"]
    noted = [p for report in reports for p in report.user_properties]
    for oracle, kind in (("torch", "spellings"), ("autograd", "expressions"), ("scipy", "expressions")):
        counts = [value for key, value in noted if key == oracle]
        operations = sum(1 for compared, _ in counts if compared)
        if counts:
            samples, refused = (sum(c[i] for c in counts) for i in (0, 1))
            terminalreporter.write_line(
                f"{oracle}: {operations} {kind} agree on {samples} samples, {refused} samples are not followed")
    covered = {card for key, value in noted if key == "cards" for card in value}
    from nablint.ops import CARDS

    if len(covered) > len(CARDS) / 2:  # not when a few tests are run by name
        left = ", ".join(sorted(set(CARDS) - covered))
        terminalreporter.write_line(f"cards that no outside oracle covers in a value or in a gradient: {left}")
