"""Right code: what the tests of several styles ask of it."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from nablint.claims import memory, program


def assert_verified(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No finding, and every result proved or verified; errors of the tool are raised."""
    monkeypatch.setattr(program, "STRICT", True)
    memory.OUTCOMES.clear()
    found = analyse(source, "code.py")
    assert not found.diagnostics
    results = [c for c in found.claims if c.role == "result"]
    assert results
    told = [(c.row, c.gradient, c.verdict, c.reason) for c in results]
    assert {c.verdict for c in results} <= {"proved", "verified"}, told
