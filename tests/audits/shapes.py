"""Audits source trees with the shape rules: every finding with its line, errors of the tool, time and memory, and the
share of known shapes.

    python tests/audits/shapes.py PATH ... [--files N] [--seconds S] [--select NAB4]

Each finding is to be looked at: a wrong one is mended at its root.  Files are taken in a random order that is the same
every time; `--files` takes the first N of those that may hold matrix code, `--seconds` as many as fit into so much
processor time.  For trees from the package index: `pip install --no-deps --target trees/scikit-learn scikit-learn`.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "rules"), str(ROOT / "server")]

from nablint.checks.shape_findings import shape_findings  # noqa: E402
from nablint.claims import program as programs  # noqa: E402
from nablint.claims.evidence import parameter_evidence  # noqa: E402
from nablint.reading.screen import may_hold_matrix_code  # noqa: E402
from nablint.reading.source import blocks  # noqa: E402
from nablint.settings import DEFAULT, Settings  # noqa: E402
from nablint_server.files.modules import resolver  # noqa: E402

LARGEST = 300_000
"""Characters; larger files are data."""


def sources(paths: list[Path]) -> list[Path]:
    """The Python files below the paths, in a fixed random order."""
    found = [f for p in paths for f in (sorted(p.rglob("*.py")) if p.is_dir() else [p])]
    random.Random(5).shuffle(found)
    return found


@dataclass
class Totals:
    """What an audit comes to."""

    files: int = 0
    loading: float = 0.0
    looking: float = 0.0
    slowest: tuple[float, str] = (0.0, "")
    findings: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    known: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def show(self) -> None:
        """The totals, and the most frequent reasons of what is unknown."""
        total = self.known + sum(self.reasons.values())
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{self.files} files: {self.loading:.1f} s to read, {self.looking:.1f} s to look at shapes, "
              f"{self.slowest[0]:.1f} s for {self.slowest[1]}, {memory} MB; {self.errors} errors of the tool")
        print("findings:", ", ".join(f"{code} {count}" for code, count in sorted(self.findings.items())) or "none")
        print(f"{self.known} of {total} matrix expressions have a known shape "
              f"({self.known / max(total, 1):.0%})")
        for reason, count in self.reasons.most_common(14):
            print(f"{count:7}  {reason}")


def audit(path: Path, text: str, settings: Settings, totals: Totals) -> None:
    """One file; prints its findings."""
    start = time.process_time()
    program = programs.Program(blocks(text), evidence=parameter_evidence, resolve=resolver(str(path)))
    loaded = time.process_time()
    seen = shape_findings(program, settings, [], float("inf"))
    end = time.process_time()
    totals.loading += loaded - start
    totals.looking += end - loaded
    totals.slowest = max(totals.slowest, (end - start, str(path)))
    totals.known += len(seen.known)
    totals.reasons.update(seen.coverage().unknown)
    for one in seen.diagnostics:
        totals.findings[one.code] += 1
        line = text.split("\n")[one.location.row - 1].strip()
        print(f"{path}:{one.location.row} {one.code} {one.message}\n      {line[:140]}", flush=True)


def main() -> None:
    """Print findings as they come, then the totals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--files", type=int, default=10**9)
    parser.add_argument("--select", action="append", default=[])
    parser.add_argument("--seconds", type=float, default=float("inf"), help="no file is begun after so much work")
    parser.add_argument("--memory", type=int, default=4, help="gigabytes; a file that needs more is an error")
    options = parser.parse_args()
    settings = Settings(select=(DEFAULT, *options.select))
    programs.STRICT = True
    resource.setrlimit(resource.RLIMIT_AS, (options.memory << 30, options.memory << 30))
    totals = Totals()
    for path in sources(options.paths):
        text = path.read_text("utf8", errors="replace").replace("\r\n", "\n")
        if len(text) > LARGEST or not may_hold_matrix_code(text):
            continue
        if totals.files == options.files or totals.loading + totals.looking > options.seconds:
            break
        totals.files += 1
        try:
            audit(path, text, settings, totals)
        except Exception:  # noqa: BLE001 - whatever goes wrong is what the audit is for
            totals.errors += 1
            print(f"{path}: {traceback.format_exc(limit=-3)}", flush=True)
    totals.show()


if __name__ == "__main__":
    main()
