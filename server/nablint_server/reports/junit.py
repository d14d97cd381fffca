"""Findings as JUnit XML: a suite for each file with findings or a failure, so that CI servers list them as tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from nablint_server.reports.paint import Paint
from nablint_server.running.outcome import Outcome


def write(outcomes: Iterable[Outcome], out: TextIO, paint: Paint) -> None:
    """All files; those without findings are one passed test each."""
    suites: list[str] = []
    tests = failures = errors = 0
    for outcome in outcomes:
        cases = list(_cases(outcome))
        tests += len(cases)
        failures += len(outcome.diagnostics)
        errors += outcome.error is not None
        counts = f'tests="{len(cases)}" failures="{len(outcome.diagnostics)}" errors="{int(outcome.error is not None)}"'
        suites += [f"  <testsuite name={_attribute(outcome.filename)} {counts}>", *cases, "  </testsuite>"]
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    out.write(f'<testsuites name="nablint" tests="{tests}" failures="{failures}" errors="{errors}">\n')
    out.write("".join(f"{line}\n" for line in suites))
    out.write("</testsuites>\n")


def _cases(outcome: Outcome) -> Iterable[str]:
    file = _attribute(outcome.filename)
    for found in outcome.diagnostics:
        cell, start = outcome.locate(found.location)
        where = f"line {start.row}, column {start.column}" if cell is None else f"cell {cell}, line {start.row}"
        name = _attribute(f"{found.code} {found.name} {where}")
        row = f' line="{start.row}" column="{start.column}"' if cell is None else ""
        yield (
            f"    <testcase name={name} classname={file} file={file}{row}>"
            f"<failure message={_attribute(found.message)}>{_text(f'{where}: {found.message}')}</failure></testcase>"
        )
    if outcome.error is not None:
        yield f"    <testcase name={file} classname={file}><error message={_attribute(outcome.error)}/></testcase>"
    elif not outcome.diagnostics:
        yield f"    <testcase name={file} classname={file}/>"


def _clean(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold."""
    return "".join(letter for letter in text if letter in "\t\n\r" or ord(letter) >= 32)


def _attribute(text: str) -> str:
    return quoteattr(_clean(text), {"\n": "&#10;"})


def _text(text: str) -> str:
    return escape(_clean(text))
