"""What the benchmarks share: the texts they run on, whole processes timed in turn, and a table."""

from __future__ import annotations

import ast
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TESTS = Path(__file__).parent.parent
sys.path.insert(0, str(TESTS))

import slips  # noqa: E402 - it lies beside the tests

AROUND = {"check_backprop", "save", "load", "load_digits", "shift_image", "plot_weights", "total_cost"}
"""What the short network does without."""


def network(slip: str = "dropped-transpose") -> str:
    """A network file of about 200 lines with one slip of a kind in it (none for ``""``)."""
    source = (slips.HERE / "column_network.py").read_text("utf8")
    if slip:
        source = next(s for s in slips.load("column_network") if s.kind == slip).apply(source)
    return without(source, AROUND)


def without(source: str, names: set[str]) -> str:
    """The source without the functions and methods of these names and without its main block."""
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        named = isinstance(node, ast.FunctionDef) and node.name in names
        if named or (isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)):
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            assert node.end_lineno is not None
            lines[first - 1 : node.end_lineno] = [""] * (node.end_lineno - first + 1)
    return "".join(lines)


def long_file(rows: int = 2000) -> str:
    """The numpy cases that are made of functions and classes, one after the other, until there are so many rows.

    A name that an earlier part has is another one in a later part: what calls it would else call the wrong function.
    """
    paths = [p for p in sorted(slips.HERE.glob("*.py")) if "script" not in p.stem]
    sources = [s for s in (p.read_text("utf8") for p in paths) if "torch" not in s]
    text, count, taken = "", 0, set[str]()
    while text.count("\n") < rows:
        part = without(sources[count % len(sources)], set())
        names = {n.name for n in ast.parse(part).body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        for name in sorted(names & taken):
            part = _renamed(part, name, f"{name}_{count}")
        text += part
        taken |= names
        count += 1
    return text


def _renamed(source: str, old: str, new: str) -> str:
    return re.sub(rf"\b{re.escape(old)}\b", new, source)


def time_process(command: Sequence[str]) -> float:
    """Milliseconds of wall time that one process takes; findings (1) are no failure, a crash of the tool (2) is."""
    begin = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    took = 1000 * (time.perf_counter() - begin)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-500:]}")
    return took


def medians(commands: Mapping[str, Sequence[str]], runs: int) -> dict[str, float]:
    """The median of each command in milliseconds.  They take turns, so that a slow minute of the machine hits all."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            took = time_process(command)
            if turn:  # the first turn fills the disk's caches
                times[name].append(took)
    return {name: statistics.median(found) for name, found in times.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def show(title: str, rows: Sequence[Sequence[object]]) -> None:
    """A table on standard output; floats are milliseconds or ratios with their unit in the row."""
    print(f"\n{title}  (Python {platform.python_version()}, {platform.machine()})")
    cells = [[c if isinstance(c, str) else f"{c:.2f}" if isinstance(c, float) else str(c) for c in row] for row in rows]
    widths = [max(len(row[i]) for row in cells if i < len(row)) for i in range(max(map(len, cells)))]
    for row in cells:
        padded = [c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=False))]
        print("  " + "  ".join(padded))
