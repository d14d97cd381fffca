"""Audits source trees with the shape rules: every finding with its line, the time, and the share of known shapes.

    python tests/audits/shapes.py PATH ... [--files N] [--select NAB4]

Each finding is to be looked at: a wrong one is mended at its root.  Files are taken in a random order that is the same
every time; `--files` takes the first N of those that may hold matrix code.  For trees from the package index:
`pip download --no-deps scikit-learn` and unpack the wheel.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "rules"), str(ROOT / "server")]

from nablint.checks.shape_findings import shape_findings  # noqa: E402
from nablint.claims.evidence import parameter_evidence  # noqa: E402
from nablint.claims.program import Program  # noqa: E402
from nablint.reading.screen import may_hold_matrix_code  # noqa: E402
from nablint.reading.source import blocks  # noqa: E402
from nablint.settings import DEFAULT, Settings  # noqa: E402

LARGEST = 300_000
"""Characters; larger files are data."""


def sources(paths: list[Path]) -> list[Path]:
    """The Python files below the paths, in a fixed random order."""
    found = [f for p in paths for f in (sorted(p.rglob("*.py")) if p.is_dir() else [p])]
    random.Random(5).shuffle(found)
    return found


def main() -> None:
    """Print findings as they come, then the totals of each tree."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--files", type=int, default=10**9)
    parser.add_argument("--select", action="append", default=[])
    options = parser.parse_args()
    settings = Settings(select=(DEFAULT, *options.select))
    loading = looking = 0.0
    files, known, reasons = 0, 0, Counter[str]()
    for path in sources(options.paths):
        text = path.read_text("utf8", errors="replace").replace("\r\n", "\n")
        if len(text) > LARGEST or not may_hold_matrix_code(text):
            continue
        if files == options.files:
            break
        files += 1
        start = time.process_time()
        program = Program(blocks(text), evidence=parameter_evidence)
        loaded = time.process_time()
        found, coverage = shape_findings(program, settings, [], float("inf"))
        looking += time.process_time() - loaded
        loading += loaded - start
        known += coverage.known
        reasons.update(coverage.unknown)
        for one in found:
            line = text.split("\n")[one.location.row - 1].strip()
            print(f"{path}:{one.location.row} {one.code} {one.message}\n      {line[:140]}", flush=True)
    total = known + sum(reasons.values())
    print(f"{files} files: {loading:.1f} s to read, {looking:.1f} s to look at shapes; {known} of {total} operators "
          f"and calls on arrays have a known shape ({known / max(total, 1):.0%})")
    for reason, count in reasons.most_common(12):
        print(f"{count:7}  {reason}")


if __name__ == "__main__":
    main()
