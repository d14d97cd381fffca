"""What the README shows is what the tool prints."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf8")
SESSIONS = re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
COMMANDS = [
    (command, output.rstrip())
    for session in SESSIONS
    for command, output in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
]


@pytest.mark.parametrize(("command", "shown"), COMMANDS, ids=[command for command, _ in COMMANDS])
def test_output_is_real(command: str, shown: str) -> None:
    """Standard output and error together, as a terminal shows them, without colour."""
    tool, *arguments = shlex.split(command)
    assert tool == "nablint"
    done = subprocess.run(
        [sys.executable, "-c", "from nablint_server.cli import main; main()", *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf8", timeout=120, check=False,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "120", "PYTHONIOENCODING": "utf8"},
    )
    assert done.stdout.rstrip() == shown


@pytest.mark.parametrize("command", [
    "pip install . && nablint check --exit-zero tests/examples",
    'pip install -e ".[test]" && pytest',
])
def test_set_up_is_told(command: str) -> None:
    """These two do all the set-up; `.ci/run` follows them."""
    assert command in README
    for part in command.split(" && "):
        words = part.replace(".[test]", ".[test,lint]").split()
        ours = (ROOT / ".ci" / "run").read_text("utf8").replace(" --quiet", "")
        assert " ".join(words) in ours, part
