"""A stand-in for the deciding side, so that these tests are about the command line only.

It finds words in the text: WRONG is a finding with a safe fix (RIGHT), UNSAFE one with an unsafe fix, HIDDEN one that
its fix turns into another, PLAIN one without a fix; SEEN is a proved claim.  CRASH, DIE and HANG do what they say.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from nablint.results import (
    Claim,
    DerivationStep,
    Diagnostic,
    Edit,
    Explanation,
    FileResult,
    Fix,
    Place,
    Related,
)
from nablint.settings import Settings

EXPLANATION = Explanation(
    "dL/dW for L = <G, X W>",
    (
        DerivationStep("differential", "dL", "<G, X dW>", "only W varies"),
        DerivationStep("move", "<G, X dW>", "<Xᵀ G, dW>", "what multiplies from the left goes over transposed"),
    ),
    "X.T @ G",
    (("X", "(N, D)"), ("W", "(D, M)")),
)
STEPS = {"text": EXPLANATION.steps, "latex": (DerivationStep("move", r"\mathrm{d}L", r"X^{\top} G", "over"),)}
WORDS = {"WRONG": "RIGHT", "UNSAFE": "SAFE", "HIDDEN": "WRONG", "PLAIN": None, "SEEN": None}


def analyse(source: str, filename: str, settings: Settings, *, repair: bool = True,
            resolve: object = None, tell: object = None) -> FileResult:
    for word in ("CRASH", "DIE", "HANG", "DEEP"):
        if f"np.{word}" in source:
            misbehave(word)
    result = FileResult(analysed=True)
    explanation = replace(EXPLANATION, steps=STEPS[settings.steps_in])
    if "np.BROKEN" in source:
        row = source[: source.index("np.BROKEN")].count("\n") + 1
        return FileResult(error=f"line {row}: does not parse; mend it")
    for row, line in enumerate(source.split("\n"), 1):
        for found in re.finditer("|".join(WORDS), line):
            start, end = Place(row, found.start() + 1), Place(row, found.end() + 1)
            new = WORDS[found[0]]
            if found[0] == "SEEN":
                result.claims.append(
                    Claim(row, "f", "dW", "W", "result", "proved", "", start, end, explanation))
                continue
            safe = "unsafe" if found[0] == "UNSAFE" else "safe"
            fix = Fix(f"write {new}", (Edit(new, start, end),), safe) if new and repair else None
            code, name = ("NAB502", "overflowing-softmax") if found[0] == "PLAIN" else ("NAB301", "wrong-gradient-axis")
            result.diagnostics.append(
                Diagnostic(code, name, "error", f"{found[0]} is wrong", start, end, fix,
                           (Related("from here", Place(1, 1), Place(1, 2)),), explanation))
            result.claims.append(
                Claim(row, "f", "db", "b", "result", "wrong", "misses a sum", start, end, explanation))
    return result


def misbehave(how: str) -> None:
    if how == "CRASH":
        raise RuntimeError("a bug\nin two lines")
    if how == "DIE":
        os._exit(7)
    if how == "DEEP":
        raise RecursionError
    while True:
        time.sleep(0.01)


@dataclass(frozen=True)
class Rule:
    code: str
    name: str
    summary: str
    severity: str = "error"
    page: str = "What it finds.\n\n    dW = X @ G\n"


RULES = [
    Rule("NAB002", "unused-suppression", "A suppression silences nothing.", "warning"),
    Rule("NAB301", "wrong-gradient-axis", "A gradient is summed over the wrong axis."),
    Rule("NAB502", "overflowing-softmax", "A softmax overflows."),
]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    analysis = types.ModuleType("nablint.analysis")
    analysis.analyse = analyse
    checks = types.ModuleType("nablint.checks")
    checks.all_rules = lambda: list(RULES)
    checks.rule_names = lambda: {rule.code: rule.name for rule in RULES}
    checks.find_rule = lambda word: next((rule for rule in RULES if word in (rule.code, rule.name)), None)
    monkeypatch.setitem(sys.modules, "nablint.analysis", analysis)
    monkeypatch.setitem(sys.modules, "nablint.checks", checks)
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


Run = Callable[..., Result]


@pytest.fixture
def run(fake: None, folder: Path) -> Run:
    """Calls the command line in the folder of the test."""
    from nablint_server.cli.group import nablint

    def call(*arguments: str, text: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(nablint, list(arguments), input=text, prog_name="nablint")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


@pytest.fixture
def write(folder: Path) -> Callable[[dict[str, str | bytes]], None]:
    """Writes files; text gets an import of numpy before it, so that it is judged at all."""

    def make(files: dict[str, str | bytes]) -> None:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            elif name.endswith(".py"):
                path.write_text("import numpy as np\n" + content, encoding="utf-8", newline="")
            else:
                path.write_text(content, encoding="utf-8", newline="")

    return make


def notebook(*cells: str | list[str], language: str = "python") -> str:
    """A notebook's JSON as Jupyter writes it; a list is a cell's lines, `#md ` begins a cell of text."""
    made = []
    for cell in cells:
        lines = cell if isinstance(cell, list) else cell.splitlines(keepends=True)
        kind = "markdown" if lines and lines[0].startswith("#md ") else "code"
        own = {"cell_type": kind, "metadata": {}, "source": lines}
        if kind == "code":
            own |= {"execution_count": None, "outputs": []}
        made.append(own)
    body = {"cells": made, "metadata": {"kernelspec": {"language": language}}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(body, indent=1, ensure_ascii=False) + "\n"
