"""Whole models in torch and numpy are traced to their end: shapes beside statements are those of the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from nablint.analysis import analyse
from nablint.settings import Settings

TABLE = (Path(__file__).parent / "shape_models.txt").read_text("utf8")
MODELS = dict(re.findall(r"^=== (.*)\n((?s:.*?))(?=^===|\Z)", TABLE, re.M))
SAID = re.compile(r"  #: (\(.*\))$")


@pytest.mark.parametrize("title", MODELS)
def test_shapes_are_known_to_the_end(title: str) -> None:
    lines = MODELS[title].splitlines()
    wanted = {row: said[1] for row, line in enumerate(lines, 1) if (said := SAID.search(line))}
    result = analyse("\n".join(SAID.sub("", line) for line in lines), "model.py", Settings(explain=True))
    assert result.diagnostics == []
    found = {note.location.row: note.shape for note in result.shapes
             if not lines[note.location.row - 1][: note.location.column - 1].strip()}
    assert {row: found.get(row) for row in wanted} == wanted
    assert wanted
