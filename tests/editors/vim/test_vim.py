"""The server under ALE, in a Vim without a screen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from editors.program import FAKE_SLIP, fake_program

VIM = shutil.which("vim")
ALE = [found for folder in ("/usr/share/vim/vimfiles", Path.home() / ".vim")
       for found in Path(folder).glob("pack/*/*/ale")]


@pytest.mark.skipif(VIM is None or not ALE, reason="no Vim with ALE")
def test_findings_and_hover(tmp_path):
    (tmp_path / "net.py").write_text(FAKE_SLIP)
    seen = tmp_path / "seen.json"
    run = subprocess.run(
        [VIM, "-N", "-u", Path(__file__).with_name("session.vim"), "-es"], cwd=tmp_path, timeout=120, check=False,
        capture_output=True, text=True, stdin=subprocess.DEVNULL,
        env={**os.environ, "NABLINT_SEEN": str(seen), "NABLINT_PROGRAM": str(fake_program(tmp_path / "bin"))})
    assert seen.exists(), run.stdout + run.stderr
    found = json.loads(seen.read_text())
    assert "failure" not in found, found
    assert (found["finding"]["line"], found["finding"]["code"]) == (5, "NAB301")
    assert "dW needs X.T" in found["finding"]["text"]
    assert "⟨Xᵀ g, dW⟩" in found["hover"]
