"""Plants every slip of the case files, one at a time, and says what nablint made of it.

    python tests/mutation/run_slips.py [CASE ...] [--all]

A slip counts as found when a finding stands on one of the rows that its table names, as repaired when the fix of that
finding leaves every claim of the unmutated file with a good verdict again.  Prints a line for each slip that was
missed (with the reasons of the claims near it), one for each false alarm, and a table by case and by kind.
`--all` prints the found ones too.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "rules"), str(ROOT / "server")]

from nablint.analysis import analyse  # noqa: E402
from nablint.results import Diagnostic, FileResult, Fix  # noqa: E402
from slips import Slip, load, names, source  # noqa: E402

GOOD = {"proved", "verified"}


def applied(fix: Fix, text: str) -> str:
    """The text with a fix's edits made, the last one first."""
    for edit in sorted(fix.edits, key=lambda e: e.location, reverse=True):
        lines = text.splitlines(keepends=True)
        start = sum(map(len, lines[: edit.location.row - 1])) + edit.location.column - 1
        end = sum(map(len, lines[: edit.end_location.row - 1])) + edit.end_location.column - 1
        text = text[:start] + edit.content + text[end:]
    return text


def good_claims(result: FileResult, *, without: int = 0) -> Counter[str]:
    """How often each gradient of each function has a good verdict, wherever it stands, one row left out."""
    return Counter(f"{c.function} {c.gradient}" for c in result.claims
                   if c.role == "result" and c.verdict in GOOD and c.row != without)


def verdict(slip: Slip, text: str, base: FileResult) -> tuple[str, str]:
    """What became of one slip (or harmless edit), and a word on it."""
    mutated = slip.apply(text)
    result = analyse(mutated, f"{slip.case}.py")
    known = {(d.location.row, d.code) for d in base.diagnostics}
    new: list[Diagnostic] = [d for d in result.diagnostics if (d.location.row, d.code) not in known]
    if slip.section != "slips":
        return (f"ALARM on {slip.section}" if new else f"quiet on {slip.section}"), " ".join(map(shown, new))
    wanted = slip.expected(text)
    hits = [d for d in new if d.location.row in wanted]
    if hits:
        if len(new) > 1:
            return "found, and more", " ".join(map(shown, new))
        if hits[0].fix is None:
            return "found", shown(hits[0])
        mended = analyse(applied(hits[0].fix, mutated), f"{slip.case}.py", repair=False)
        deleted = slip.line(text) if slip.replacement == "pass" else 0  # the statement need not come back as it was
        lost = good_claims(base, without=deleted) - good_claims(mended)
        return ("found, fix fails" if lost or mended.diagnostics else "repaired"), shown(hits[0])
    if new:
        return "elsewhere", " ".join(map(shown, new)) + f", wanted {wanted}"
    row = slip.line(text)
    near = {c.reason or c.verdict for c in result.claims if c.row == row}
    return "silent", "; ".join(sorted(near)) or "no claim on the row"


def shown(finding: Diagnostic) -> str:
    """A finding in a few characters."""
    return f"{finding.location.row}:{finding.name}"


def main() -> None:
    """Run the cases named on the command line, all of them by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", nargs="*")
    parser.add_argument("--all", action="store_true")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    by_case: dict[str, Counter[str]] = {}
    by_kind: dict[str, Counter[str]] = {}
    for case in arguments.case or names():
        text = source(case)
        base = analyse(text, f"{case}.py")
        count = by_case.setdefault(case, Counter(ALARM=len(base.diagnostics)))
        for finding in base.diagnostics:
            print(f"{case}.py: ALARM {shown(finding)} {finding.message}")
        for slip in load(case):
            what, why = verdict(slip, text, base)
            count[what] += 1
            if slip.section == "slips":
                by_kind.setdefault(slip.kind, Counter())[what] += 1
            if arguments.all or not what.startswith(("found", "repaired", "quiet")):
                print(f"{slip}: {what}: {slip.replacement} [{why}]", flush=True)
    for title, table in (("by case", by_case), ("by kind", by_kind)):
        print(f"\n{title}")
        for name, count in sorted(table.items()):
            print(f"  {name:24} " + ", ".join(f"{what} {n}" for what, n in count.most_common() if n))


if __name__ == "__main__":
    main()
