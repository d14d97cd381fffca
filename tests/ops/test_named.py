"""Every operation that backward code uses is known to the tracer under its spellings in numpy, scipy and torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nablint.tracing.dialects import load

SPELLINGS = load()


def listed() -> Iterator[tuple[str, str]]:
    """(kind, full name) from `named.txt`."""
    kind = ""
    for line in (Path(__file__).parent / "named.txt").read_text("utf8").splitlines():
        if line.startswith(" "):
            library, _, names = line.strip().partition(": ")
            yield from ((kind, f"{library}.{name}") for name in names.split())
        elif not line.startswith("#"):
            kind = line


@pytest.mark.parametrize(("kind", "name"), list(listed()), ids=lambda value: value)
def test_the_tracer_knows_the_spelling(kind: str, name: str) -> None:
    assert name in SPELLINGS, kind
