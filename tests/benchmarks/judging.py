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
from nablint.checks import findings
from nablint.claims import memory
from nablint.results import FileResult
from nablint_server.running.process import keep_what_is_there, set_up

VERDICTS = ("proved", "verified", "wrong", "unchecked", "not-a-gradient")
REPAIRS = 4
"""Slips of each file whose repair is timed."""


class Watch:
    """Stands before a function of a module and notes what its calls took, and what they gave."""

    def __init__(self, module: Any, name: str) -> None:
        self.module, self.name, self.function = module, name, getattr(module, name)
        self.times: list[float] = []
        self.results: list[Any] = []

    def __enter__(self) -> Watch:
        setattr(self.module, self.name, self)
        return self

    def __exit__(self, *_: object) -> None:
        setattr(self.module, self.name, self.function)

    def __call__(self, *args: Any, **options: Any) -> Any:
        began = time.process_time()
        self.results.append(self.function(*args, **options))
        self.times.append(1000 * (time.process_time() - began))
        return self.results[-1]


def judged(source: str, name: str, *, repair: bool) -> tuple[FileResult, float]:
    """The result and the milliseconds of processor time, of a text that is parsed but was not judged before."""
    memory.OUTCOMES.clear()
    keep_what_is_there()
    began = time.process_time()
    result = analysis.analyse(source, name, repair=repair)
    return result, 1000 * (time.process_time() - began)


def main(paths: list[Path]) -> None:
    """Print the tables."""
    set_up()  # as the command line does
    heads = ["file", "rows", "ms", "units", "median", "95%", "worst", "runs", "restarts", "findings", *VERDICTS]
    rows: list[list[object]] = [heads]
    reasons: Counter[str] = Counter()
    repairs: list[float] = []
    every: list[float] = []
    for path in paths:
        source = path.read_text("utf8")
        judged(source, path.name, repair=False)  # imports and caches
        with Watch(analysis, "explore") as watch:
            result, took = judged(source, path.name, repair=False)
        outcomes = [o for found in watch.results for o in found]
        count = Counter(claim.verdict for claim in result.claims)
        reasons.update(claim.reason for claim in result.claims if claim.verdict == "unchecked")
        every += watch.times
        times = watch.times or [0.0]
        rows.append([path.stem, source.count("\n"), took, len(times),
                     *(measuring.percentile(times, p) for p in (0.5, 0.95, 1)),
                     sum(o.runs for o in outcomes), sum(o.restarts for o in outcomes), len(result.diagnostics),
                     *(count[v] for v in VERDICTS)])
        if path.with_suffix(".slips").exists():
            planted = [s for s in slips.load(path.stem) if s.section == "slips"]
            for slip in planted[:: max(1, len(planted) // REPAIRS)][:REPAIRS]:
                with Watch(findings, "find_faults") as watch:
                    judged(slip.apply(source), path.name, repair=True)
                repairs += watch.times[:1]
    measuring.show("case files as they are, milliseconds of processor time", rows)
    rows = [["", "number", "median", "95%", "worst"]]
    for name, times in (("a unit", every), ("the repair of a slip", repairs)):
        if times:
            rows.append([name, len(times), *(measuring.percentile(times, p) for p in (0.5, 0.95, 1))])
    measuring.show("over all", rows)
    measuring.show("unchecked, by reason", [[reason, n] for reason, n in reasons.most_common(25)] or [["none", 0]])


if __name__ == "__main__":
    main([Path(a) for a in sys.argv[1:]] or sorted(slips.HERE.glob("*.py")))
