"""Judging the case files in one process: time for each unit, hypotheses tried, restarts, verdicts, reasons for silence.

    python tests/benchmarks/judging.py [FILE ...]

A unit is what is traced together, mostly a forward/backward pair. Bounds: 20 ms median and 150 ms at the 95th
percentile for a unit; the repair of one slip 200 ms median, 1 s at most.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import measuring
import slips
from nablint import analysis
from nablint.results import FileResult

VERDICTS = ("proved", "verified", "wrong", "unchecked", "not-a-gradient")
REPAIRS = 4
"""Slips of each file whose repair is timed."""


class Watch:
    """Stands before the search over hypotheses and notes what each unit took."""

    def __init__(self) -> None:
        self.explore = analysis.explore
        self.times: list[float] = []
        self.runs = self.restarts = 0

    def __call__(self, *args: Any, **options: Any) -> Any:
        began = time.process_time()
        outcomes = self.explore(*args, **options)
        self.times.append(1000 * (time.process_time() - began))
        self.runs += sum(o.runs for o in outcomes)
        self.restarts += sum(o.restarts for o in outcomes)
        return outcomes


def judged(source: str, name: str, *, repair: bool) -> tuple[FileResult, float]:
    """The result and the milliseconds of processor time, parsing included."""
    began = time.process_time()
    result = analysis.analyse(source, name, repair=repair)
    return result, 1000 * (time.process_time() - began)


def main(paths: list[Path]) -> None:
    """Print the tables."""
    heads = ["file", "rows", "ms", "units", "median", "95%", "worst", "runs", "restarts", "findings", *VERDICTS]
    rows: list[list[object]] = [heads]
    reasons: Counter[str] = Counter()
    repairs: list[float] = []
    every: list[float] = []
    for path in paths:
        source = path.read_text("utf8")
        judged(source, path.name, repair=False)  # imports and caches
        analysis.explore = watch = Watch()
        try:
            result, took = judged(source, path.name, repair=False)
        finally:
            analysis.explore = watch.explore
        count = Counter(claim.verdict for claim in result.claims)
        reasons.update(claim.reason for claim in result.claims if claim.verdict == "unchecked")
        every += watch.times
        times = watch.times or [0.0]
        rows.append([path.stem, source.count("\n"), took, len(times),
                     *(measuring.percentile(times, p) for p in (0.5, 0.95, 1)),
                     watch.runs, watch.restarts, len(result.diagnostics), *(count[v] for v in VERDICTS)])
        if path.with_suffix(".slips").exists():
            planted = [s for s in slips.load(path.stem) if s.section == "slips"]
            for slip in planted[:: max(1, len(planted) // REPAIRS)][:REPAIRS]:
                changed = slip.apply(source)
                repairs.append(judged(changed, path.name, repair=True)[1] - judged(changed, path.name, repair=False)[1])
    measuring.show("case files as they are, milliseconds of processor time", rows)
    rows = [["", "number", "median", "95%", "worst"]]
    for name, times in (("a unit", every), ("the repair of a slip", repairs)):
        if times:
            rows.append([name, len(times), *(measuring.percentile(times, p) for p in (0.5, 0.95, 1))])
    measuring.show("over all", rows)
    measuring.show("unchecked, by reason", [[reason, n] for reason, n in reasons.most_common(25)] or [["none", 0]])


if __name__ == "__main__":
    main([Path(a) for a in sys.argv[1:]] or sorted(slips.HERE.glob("*.py")))
