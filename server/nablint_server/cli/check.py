"""`nablint check`."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import click

from nablint_server.cli.options import Selection, Tally, selection
from nablint_server.cli.output import complain, opened, several
from nablint_server.reports import FINDINGS, findings_writer
from nablint_server.reports.paint import Paint
from nablint_server.running.outcome import Outcome


@click.command()
@selection
@click.option("--fix", is_flag=True, help="Apply the safe fixes and tell what is left.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff, apply the others too.")
@click.option("--diff", is_flag=True, help="Change no file; tell what --fix would change.")
@click.option("--output-format", type=click.Choice(list(FINDINGS)), default="text", show_default=True)
@click.option("--statistics", is_flag=True, help="How many findings of which rule.")
@click.option("--exit-zero", is_flag=True, help="Findings are no failure.")
@click.option("--exit-non-zero-on-fix", is_flag=True, help="A file that was mended is a failure.")
@click.option("--show-files", is_flag=True, help="List the files that would be judged, and stop.")
@click.option("--show-settings", is_flag=True, help="Tell what holds for the first file, and stop.")
def check(
    fix: bool, unsafe_fixes: bool, diff: bool, output_format: str, statistics: bool, exit_zero: bool,
    exit_non_zero_on_fix: bool, show_files: bool, show_settings: bool, color: str, output_file: Path | None,
    **options: Any,
) -> None:  # fmt: skip
    """Find wrong gradients and shapes in files, folders, notebooks, or standard input (`-`)."""
    chosen = Selection.of(options)
    if show_files or show_settings:
        from nablint_server.cli.showing import show

        sys.exit(show(chosen, settings=show_settings))
    tally = Tally()
    mends = fix or diff
    outcomes = tally.watch(chosen.outcomes(list_claims=mends, fix=mends, unsafe=unsafe_fixes, diff=diff))
    with opened(output_file) as out:
        paint = Paint.for_stream(out, color)
        if diff:
            _write_differences(outcomes, out, paint)
        elif fix and chosen.paths == ("-",):
            _write_mended(outcomes, output_format, paint)
        elif statistics:
            _write_statistics(outcomes, output_format, out)
        else:
            findings_writer(output_format)(outcomes, out, paint)
    if output_format in ("text", "full", "concise"):
        _summary(tally, fix=fix, diff=diff)
    if exit_non_zero_on_fix and tally.fixed and not tally.failed and not diff:
        sys.exit(1)
    sys.exit(tally.status(exit_zero=exit_zero))


def _write_differences(outcomes: Iterable[Outcome], out: TextIO, paint: Paint) -> None:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for outcome in outcomes:
        for line in outcome.diff.splitlines():
            style = "bold" if line.startswith(("+++", "---")) else styles.get(line[:1])
            out.write((paint(line, style) if style else line) + "\n")


def _write_mended(outcomes: Iterable[Outcome], output_format: str, paint: Paint) -> None:
    """Standard input goes, mended, to standard output; what is left of findings to standard error."""

    def passed() -> Iterator[Outcome]:
        for outcome in outcomes:
            data = outcome.written if outcome.written is not None else outcome.data
            sys.stdout.buffer.write(data or b"")
            sys.stdout.buffer.flush()
            yield outcome

    findings_writer(output_format)(passed(), sys.stderr, paint)


def _write_statistics(outcomes: Iterable[Outcome], output_format: str, out: TextIO) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    fixable: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        for found in outcome.diagnostics:
            counted[found.code, found.name] += 1
            fixable[found.code, found.name] += found.fix is not None and found.fix.applicability == "safe"
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    if output_format in ("json", "json-lines"):
        import json

        rows = [{"code": c, "name": n, "count": k, "fixable": fixable[c, n]} for (c, n), k in ordered]
        out.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
        return
    width = max((len(str(count)) for count in counted.values()), default=1)
    for (code, name), count in ordered:
        star = "[*]" if fixable[code, name] else "[ ]"
        out.write(f"{count:{width}}  {code}  {star} {name}\n")


def _summary(tally: Tally, *, fix: bool, diff: bool) -> None:
    """One line for people, on standard error so that pipes stay clean."""
    parts: list[str] = []
    if tally.fixed:
        parts.append(f"{several(tally.fixed, 'fix', 'fixes')} {'to apply' if diff else 'applied'}")
    if tally.findings:
        left = " left" if tally.fixed and not diff else ""
        hint = f" ({tally.fixable} mended by --fix)" if tally.fixable and not fix and not diff else ""
        parts.append(several(tally.findings, "finding") + left + hint)
    if tally.failed:
        parts.append(f"{several(tally.failed, 'file')} not judged in full")
    if not parts:
        parts.append(f"no findings in {several(tally.files, 'file')}" if tally.files else "no Python files found")
    complain(", ".join(parts))
