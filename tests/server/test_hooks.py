"""The hooks that pre-commit offers are commands that the command line takes."""

import re
import shlex
from pathlib import Path

import pytest

HOOKS = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
ENTRIES = dict(zip(re.findall(r"- id: (.+)", HOOKS), re.findall(r"entry: (.+)", HOOKS), strict=True))


@pytest.mark.parametrize(("hook", "text", "status"), [
    ("nablint", "RIGHT", 0), ("nablint", "WRONG", 1), ("nablint-fix", "WRONG", 1), ("nablint-fix", "PLAIN", 1),
])  # fmt: skip
def test_entries_run(run, write, folder, hook, text, status):
    write({"a.py": f"x = np.{text}\n", "b.py": "x = np.WRONG\n", "nablint.toml": "exclude = ['b.py']"})
    program, *arguments = shlex.split(ENTRIES[hook])
    assert program == "nablint"
    assert run(*arguments, "a.py", "b.py").exit_code == status
    assert ("RIGHT" in (folder / "a.py").read_text()) == (text == "RIGHT" or (hook, text) == ("nablint-fix", "WRONG"))
    assert "WRONG" in (folder / "b.py").read_text()
