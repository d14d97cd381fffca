"""`nablint audit`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

import click

from nablint_server.cli.options import Selection, Tally, selection
from nablint_server.cli.output import opened
from nablint_server.reports import AUDITS, audit_writer
from nablint_server.reports.paint import Paint
from nablint_server.running.outcome import Outcome


@click.command()
@selection
@click.option("--output-format", type=click.Choice(list(AUDITS)), default="text", show_default=True)
@click.option("--statistics", is_flag=True, help="Only how many gradients of which verdict, and the reasons.")
@click.option("--derivations", is_flag=True, help="With each gradient, how it comes about.")
@click.option("--exit-zero", is_flag=True, help="Findings are no failure.")
def audit(
    output_format: str, statistics: bool, derivations: bool, exit_zero: bool, color: str, output_file: Path | None,
    **options: Any,
) -> None:  # fmt: skip
    """List every statement that computes a gradient, with its verdict and the reason."""
    chosen = Selection.of(options)
    tally = Tally()
    explain = derivations or (output_format == "html" and not statistics)
    outcomes = tally.watch(chosen.outcomes(explain=explain, prove=True, repair=False))
    with opened(output_file) as out:
        if statistics:
            _write_statistics(outcomes, output_format, out)
        else:
            paint = Paint.for_stream(out, color)
            audit_writer(output_format)(outcomes, out, paint, derivations=derivations)
    sys.exit(tally.status(exit_zero=exit_zero))


def _write_statistics(outcomes: Iterable[Outcome], output_format: str, out: TextIO) -> None:
    from nablint_server.reports.statistics import Statistics

    counted = Statistics()
    for outcome in outcomes:
        counted.add(outcome)
    if output_format == "json":
        import json

        out.write(json.dumps(counted.told(), indent=2, ensure_ascii=False) + "\n")
    else:
        out.write("\n".join(counted.lines()) + "\n")
