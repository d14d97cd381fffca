"""The audit for people: each file's gradients with verdict and reason, then how many of which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TextIO

from nablint_server.reports.concise import headline
from nablint_server.reports.derivation import full
from nablint_server.reports.paint import Paint
from nablint_server.running.outcome import Outcome

STYLES = {"proved": "green", "verified": "green", "wrong": "red", "unchecked": "yellow", "not-a-gradient": "dim"}


def write_audit(outcomes: Iterable[Outcome], out: TextIO, paint: Paint, *, derivations: bool = False) -> None:
    """A table for each file that has gradients."""
    verdicts: Counter[str] = Counter()
    files = 0
    for outcome in outcomes:
        files += outcome.analysed
        if outcome.claims or outcome.diagnostics:
            out.write(paint(outcome.filename, "bold") + "\n")
        rows: list[tuple[str, ...]] = []
        for claim in outcome.claims:
            cell, start = outcome.locate(claim.location)
            where = f"{start.row}" if cell is None else f"{cell}:{start.row}"
            told = f"{claim.gradient} by {claim.wrt}" if claim.wrt else claim.gradient
            rows.append((where, claim.verdict, told, claim.function, claim.reason))
        widths = [min(max((len(row[i]) for row in rows), default=0), 48) for i in range(4)]
        for claim, row in zip(outcome.claims, rows, strict=True):
            verdicts[claim.verdict] += 1
            verdict = paint(f"{row[1]:{widths[1]}}", STYLES[claim.verdict])
            role = "" if claim.role == "result" else paint(" (intermediate)", "dim")
            line = f"  {row[0]:>{widths[0]}}  {verdict}  {row[2]:{widths[2]}}  {row[3]:{widths[3]}}  {row[4]}{role}"
            out.write(line.rstrip() + "\n")
            if derivations and claim.explanation is not None:
                out.write("".join(f"        {text}".rstrip() + "\n" for text in full(claim.explanation)))
        out.write("".join(f"  {headline(outcome, found, paint)}\n" for found in outcome.diagnostics))
        if outcome.claims or outcome.diagnostics:
            out.write("\n")
        out.flush()
    told = ", ".join(f"{count} {verdict}" for verdict in STYLES if (count := verdicts[verdict])) or "no gradients"
    out.write(f"{files} file{'s' * (files != 1)}: {told}\n")
