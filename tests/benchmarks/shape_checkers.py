"""The shape snippets through nablint and through other checkers, side by side: found, missed, false alarms.

    python -m venv scratch
    scratch/bin/pip install pyrefly pyrefly-torch-stubs torchtyc torchshapeflow mypy basedpyright
    python tests/benchmarks/shape_checkers.py scratch/bin [-v]

torch, numpy and jaxtyping must be importable in that environment, and a checker that is not installed is left out; mypy
and basedpyright want one without Pyrefly's stubs.  A bad snippet is found when it has an error that its right twin has
not; every error on a right twin is an alarm.  Checkers of annotated PyTorch are also counted on those snippets alone.
Pyrefly and torchshapeflow read annotations of their own, so they get jaxtyping's rewritten as these.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "tests" / "checks" / "shape_snippets.txt").read_text("utf8")
PAIR = re.compile(r"^=== (NAB\d+) (\w+) (\w+): (.*)\n((?s:.*?))\n---\n((?s:.*?))(?=^===|\Z)", re.M)
PLACE = re.compile(r"((?:bad|right)_\d+)\.py:(?:(\d+))?")
ANNOTATED = re.compile(r'\w+\[Tensor, "([^"]*)"\]')


class Snippet(NamedTuple):
    """A pair of the table."""

    code: str
    library: str
    evidence: str
    what: str
    bad: str
    right: str


class Checker(NamedTuple):
    """A program that checks a folder: its command, whether a line of its output is an error, what it reads."""

    command: list[str]
    is_error: Callable[[str], bool]
    written: Callable[[str], str] = str


def own_annotations(text: str) -> str:
    """jaxtyping's annotations as those of torchshapeflow."""
    found = ANNOTATED.sub(lambda m: f'Annotated[Tensor, Shape({", ".join(map(_dimension, m[1].split()))})]', text)
    return found if found == text else found.replace(
        "import torch\n", "import torch\nfrom typing import Annotated\nfrom torchshapeflow import Shape\n", 1)


def type_variables(text: str) -> str:
    """jaxtyping's annotations as those of Pyrefly: `Tensor[[n, d]]` over type variables for sizes."""
    names = {word for found in ANNOTATED.findall(text) for word in found.split() if not word.isdigit()}
    found = ANNOTATED.sub(lambda m: f'Tensor[[{", ".join(m[1].split())}]]', text)
    if found == text:
        return found
    return "from shape_extensions import IntVar\n" + found.replace(
        "from torch import Tensor\n",
        "from torch import Tensor\n" + "".join(f'{n} = IntVar("{n}")\n' for n in sorted(names)), 1)


def _dimension(word: str) -> str:
    return word if word.isdigit() else f'"{word}"'


CHECKERS = {
    "nablint": Checker([sys.executable, "-m", "nablint_server", "check", "."], lambda line: "NAB" in line),
    "pyrefly": Checker(["pyrefly", "check", "--preset", "default", "--python-interpreter-path", "python",
                        "--output-format", "min-text"], lambda line: "ERROR" in line, type_variables),
    "torchtyc": Checker(["torchtyc", "check", "."], lambda line: "error[" in line),
    "torchshapeflow": Checker(["tsf", "check", "."], lambda line: "error" in line.lower(), own_annotations),
    "mypy": Checker(["mypy", "--check-untyped-defs", "--ignore-missing-imports", "."], lambda line: ": error:" in line),
    "basedpyright": Checker(["basedpyright", "--level", "error", "."], lambda line: " error" in line),
}


def errors(checker: Checker, programs: Path, folder: Path) -> dict[str, set[str]]:
    """What is said of each file, without places."""
    command = [str(programs / word) if word == "python" or (n == 0 and programs.name) else word
               for n, word in enumerate(checker.command)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=900, check=False,
                          env={"PYTHONPATH": f"{ROOT / 'rules'}:{ROOT / 'server'}", "PATH": f"{programs}:/usr/bin:/bin",
                               "HOME": str(folder), "NO_COLOR": "1"})
    found: dict[str, set[str]] = {}
    for line in (done.stdout + done.stderr).splitlines():
        place = PLACE.search(line)
        if place is not None and checker.is_error(line):
            found.setdefault(place[1], set()).add(line.partition(place[0])[2])
    return found


def compare(name: str, checker: Checker, programs: Path, snippets: list[Snippet], *, verbose: bool) -> str:
    """One row of the table."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for number, snippet in enumerate(snippets):
            (folder / f"bad_{number}.py").write_text(checker.written(snippet.bad) + "\n", "utf8")
            (folder / f"right_{number}.py").write_text(checker.written(snippet.right) + "\n", "utf8")
        start = time.perf_counter()
        said = errors(checker, programs, folder)
        took = time.perf_counter() - start
    found = [bool(said.get(f"bad_{n}", set()) - said.get(f"right_{n}", set())) for n in range(len(snippets))]
    alarms = [n for n in range(len(snippets)) if f"right_{n}" in said]
    annotated = [n for n, s in enumerate(snippets) if s.library == "torch" and s.evidence == "annotated"]
    if verbose:
        for n, snippet in enumerate(snippets):
            alarm = f"; alarm: {sorted(said[f'right_{n}'])[0][:100]}" if n in alarms else ""
            print(f"  {name:15}{'found ' if found[n] else 'missed'} {' '.join(snippet[:4])}{alarm}")
    return (f"{name:16}{sum(found):6}{len(found) - sum(found):8}{len(alarms):8}"
            f"{sum(found[n] for n in annotated):12} of {len(annotated)}{took:10.1f} s")


def main() -> None:
    """Print a row for every checker."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=Path, help="the folder that holds the other checkers' programs")
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args()
    snippets = [Snippet(*found.groups()) for found in PAIR.finditer(TABLE)]
    programs = options.programs.resolve()
    head = f"{'found':>22}{'missed':>8}{'alarms':>8}{'annotated torch':>17}{'time':>11}"
    rows = [f"{head}   ({len(snippets)} pairs)"]
    for name, checker in CHECKERS.items():
        own = checker.command[0] == sys.executable
        if own or (programs / checker.command[0]).exists():
            rows.append(compare(name, checker, Path() if own else programs, snippets, verbose=options.verbose))
    print("\n".join(rows))


if __name__ == "__main__":
    main()
