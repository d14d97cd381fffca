"""`nablint explain`."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from nablint.results import Claim, Diagnostic, Place

from nablint_server.cli.output import CLEAN, FINDINGS, complain, stop, utf8
from nablint_server.configuration import ConfigurationError, Configurations
from nablint_server.reports.derivation import full
from nablint_server.reports.objects import claim_object, explanation_object, finding
from nablint_server.running.one import run
from nablint_server.running.outcome import Outcome
from nablint_server.running.task import Task

WHERE = re.compile(r"(?P<path>.+?)(?::cell[ ]?(?P<cell>\d+))?:(?P<line>\d+)(?::\d+)?")


@click.command()
@click.argument("where", metavar="PATH:LINE")
@click.option("--latex", is_flag=True, help="The steps as LaTeX.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --output-format json.")
@click.option("--stdin-filename", metavar="NAME", help="Read standard input; NAME is its path.")
def explain(where: str, latex: bool, output_format: str, as_json: bool, stdin_filename: str | None) -> None:
    """Show the derivation behind the gradient on a line (PATH:LINE, in a notebook PATH:cell N:LINE)."""
    match = WHERE.fullmatch(where)
    if match is None:
        stop(f"`{where}` is not PATH:LINE, as in net.py:42")
    path = stdin_filename or match["path"]
    try:
        settings = Configurations().of_file(Path(path)).for_file(Path(path).absolute())
    except ConfigurationError as error:
        stop(str(error))
    data = sys.stdin.buffer.read() if match["path"] == "-" or stdin_filename else None
    style = "latex" if latex else "text"
    outcome = run(Task(path, replace(settings, explain=True, steps_in=style), data))
    if outcome.error is not None and not outcome.claims:
        stop(f"{path}: {outcome.error}")
    row, cell = int(match["line"]), int(match["cell"]) if match["cell"] else None
    claims = [claim for claim in outcome.claims if _covers(outcome, claim, cell, row)]
    found = [diagnostic for diagnostic in outcome.diagnostics if _covers(outcome, diagnostic, cell, row)]
    if not claims and not found:
        complain(f"{where}: no gradient is computed on this line{_nearest(outcome, cell, row)}")
        sys.exit(FINDINGS)
    if output_format == "json" or as_json:
        told = {
            "claims": [claim_object(outcome, claim, derivations=True) for claim in claims],
            "diagnostics": [_with_derivation(outcome, diagnostic) for diagnostic in found],
        }
        print(utf8(json.dumps(told, indent=2, ensure_ascii=False)))
    elif latex:
        print(utf8("\n".join(_latex(claims, found))))
    else:
        print(utf8("\n".join(_text(outcome, claims, found))))
    sys.exit(CLEAN)


def _covers(outcome: Outcome, one: Claim | Diagnostic, cell: int | None, row: int) -> bool:
    own, first, last = outcome.span(one.location, one.end_location)
    return (cell is None or cell == own) and first.row <= row <= max(last.row - (last.column == 1), first.row)


def _nearest(outcome: Outcome, cell: int | None, row: int) -> str:
    """Where the nearest gradient is."""
    places: list[Place] = []
    for claim in outcome.claims:
        own, start = outcome.locate(claim.location)
        if cell is None or own == cell:
            places.append(start)
    if not places:
        return "; `nablint audit` lists those of the file" if outcome.claims else " or elsewhere in the file"
    return f"; the nearest is in line {min(places, key=lambda place: abs(place.row - row)).row}"


def _text(outcome: Outcome, claims: list[Claim], found: list[Diagnostic]) -> Iterator[str]:
    for number, claim in enumerate(claims):
        if number:
            yield ""
        line = outcome.line(claim.location.row).strip()
        where = claim.function or "the module"
        yield line
        if claim.wrt:
            yield f"    {claim.gradient} as the gradient by {claim.wrt}, in {where}: {claim.verdict}"
        else:
            yield f"    {claim.gradient or 'a step'} on the way to a gradient, in {where}: {claim.verdict}"
        if claim.reason:
            yield f"    {claim.reason}"
        if claim.explanation is not None:
            yield ""
            yield from full(claim.explanation)
        elif claim.role == "intermediate" and (rows := _results(outcome, claim)):
            yield f"    it is judged by what it flows into; {where} has results in {rows}"
    for diagnostic in found:
        yield ""
        yield f"{diagnostic.code} {diagnostic.name}: {diagnostic.message}"
        if diagnostic.explanation is not None and not any(c.explanation == diagnostic.explanation for c in claims):
            yield ""
            yield from full(diagnostic.explanation)
        if diagnostic.fix is not None:
            yield f"    fix ({diagnostic.fix.applicability}): {diagnostic.fix.message}"


def _results(outcome: Outcome, claim: Claim) -> str:
    """The lines of the results in the function of a claim."""
    rows = sorted({
        outcome.locate(other.location)[1].row
        for other in outcome.claims
        if other.role == "result" and other.function == claim.function
    })  # fmt: skip
    return f"line{'s' * (len(rows) > 1)} {', '.join(map(str, rows))}" if rows else ""


def _latex(claims: list[Claim], found: list[Diagnostic]) -> Iterator[str]:
    from nablint_server.reports.latex import aligned

    explanations = [one.explanation for one in (*claims, *found) if one.explanation is not None]
    for explanation in dict.fromkeys(explanations):
        yield aligned(explanation.title, explanation.steps)
    if not explanations:
        stop("there is no derivation for this line; see the reason without --latex")


def _with_derivation(outcome: Outcome, diagnostic: Diagnostic) -> dict[str, Any]:
    told = finding(outcome, diagnostic)
    told["derivation"] = None if diagnostic.explanation is None else explanation_object(diagnostic.explanation)
    return told
