"""What the README shows is what the tool prints.  `python tests/test_readme.py` writes the present output into it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SESSION = re.compile(r"(?<=^```console\n)\$ (.+)\n((?:.*\n)*?)(?=^```$)", re.MULTILINE)
"""A block of the README with one command and its output."""


def printed(command: str) -> str:
    """Standard output and error together, as a terminal shows them, without colour."""
    tool, *arguments = shlex.split(command)
    assert tool == "nablint"
    done = subprocess.run(
        [sys.executable, "-c", "from nablint_server.cli import main; main()", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf8", timeout=120, check=False,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120", "PYTHONIOENCODING": "utf8"},
    )
    return "".join(line.rstrip() + "\n" for line in done.stdout.rstrip().split("\n"))


SESSIONS = [found.groups() for found in SESSION.finditer(README.read_text("utf8"))]


@pytest.mark.parametrize(("command", "shown"), SESSIONS, ids=[command for command, _ in SESSIONS])
def test_output_is_real(command: str, shown: str) -> None:
    assert printed(command) == shown


@pytest.mark.parametrize("command", [
    "pip install . && nablint check --exit-zero tests/examples",
    'pip install -e ".[test]" && pytest',
])
def test_set_up_is_told(command: str) -> None:
    """These two do all the set-up; `.ci/run` follows them."""
    assert command in README.read_text("utf8")
    ours = (ROOT / ".ci" / "run").read_text("utf8").replace(" --quiet", "")
    for part in command.split(" && "):
        assert part.replace(".[test]", ".[test,lint]") in ours


if __name__ == "__main__":
    README.write_text(
        SESSION.sub(lambda found: f"$ {found[1]}\n{printed(found[1])}", README.read_text("utf8")), "utf8")
