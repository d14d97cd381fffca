"""The audit as one HTML page without scripts or anything from elsewhere: to keep beside a release, or to mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from html import escape
from typing import TextIO

from nablint import __version__
from nablint.results import Claim

from nablint_server.reports.derivation import full
from nablint_server.reports.paint import Paint
from nablint_server.running.outcome import Outcome

VERDICTS = ("wrong", "unchecked", "verified", "proved", "not-a-gradient")
STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 75em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; width: 100%; margin: .5em 0 1.5em; }
th, td { text-align: left; vertical-align: top; padding: .2em .8em .2em 0; border-bottom: 1px solid #8884; }
th { position: sticky; top: 0; background: Canvas; }
code, pre { font: 13px/1.4 ui-monospace, monospace; }
pre { margin: .3em 0; white-space: pre-wrap; }
.proved, .verified { color: #1a7f37; } .wrong { color: #cf222e; font-weight: 600; }
.unchecked { color: #9a6700; } .not-a-gradient { opacity: .65; }
.row { text-align: right; } h2 { font-size: 1.05em; margin-bottom: 0; }
"""


def write_audit(outcomes: Iterable[Outcome], out: TextIO, paint: Paint, *, derivations: bool = True) -> None:
    """The page: totals, then each file with its gradients; each derivation can be unfolded."""
    verdicts: Counter[str] = Counter()
    body: list[str] = []
    failed: list[str] = []
    files = 0
    for outcome in outcomes:
        files += outcome.analysed
        if outcome.error is not None:
            failed.append(f"<li><code>{escape(outcome.filename)}</code> {escape(outcome.error)}</li>")
        verdicts.update(claim.verdict for claim in outcome.claims)
        if outcome.claims or outcome.diagnostics:
            body += _file(outcome)
    totals = "".join(f"<tr><td class={verdict}>{verdict}</td><td class=row>{verdicts[verdict]}</td></tr>"
                     for verdict in VERDICTS)  # fmt: skip
    out.write("<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>nablint audit</title>\n")
    out.write(f"<style>{STYLE}</style>\n")
    out.write(f"<h1>Gradients</h1>\n<p>{files} files judged by nablint {escape(__version__)}.</p>\n")
    out.write(f"<table style='width: auto'>{totals}</table>\n")
    if failed:
        out.write(f"<h2>Not judged</h2>\n<ul>{''.join(failed)}</ul>\n")
    out.write("\n".join(body) + "\n</html>\n")


def _file(outcome: Outcome) -> Iterable[str]:
    yield f"<h2><code>{escape(outcome.filename)}</code></h2>"
    if outcome.claims:
        yield "<table><tr><th class=row>line<th>verdict<th>gradient<th>of the loss by<th>in<th>why</tr>"
        yield from (_claim(outcome, claim) for claim in outcome.claims)
        yield "</table>"
    if outcome.diagnostics:
        yield "<ul>"
        for found in outcome.diagnostics:
            cell, start = outcome.locate(found.location)
            where = f"line {start.row}" if cell is None else f"cell {cell}, line {start.row}"
            source = escape(outcome.line(found.location.row).strip())
            yield f"<li>{where}: <b>{found.code} {found.name}</b> {escape(found.message)}<pre>{source}</pre></li>"
        yield "</ul>"


def _claim(outcome: Outcome, claim: Claim) -> str:
    cell, start = outcome.locate(claim.location)
    where = str(start.row) if cell is None else f"{cell}:{start.row}"
    why = escape(claim.reason) + (" (intermediate)" if claim.role == "intermediate" else "")
    if claim.explanation is not None:
        text = escape("\n".join(full(claim.explanation)))
        why += f"<details><summary>derivation</summary><pre>{text}</pre></details>"
    return (
        f"<tr><td class=row>{where}<td class={claim.verdict}>{claim.verdict}<td><code>{escape(claim.gradient)}</code>"
        f"<td><code>{escape(claim.wrt)}</code><td><code>{escape(claim.function)}</code><td>{why}</tr>"
    )
