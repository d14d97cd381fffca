"""The server under eglot, in a batch Emacs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from editors.program import FAKE_SLIP, fake_program

EMACS = shutil.which("emacs")


def has_eglot() -> bool:
    return EMACS is not None and subprocess.run([EMACS, "--batch", "--eval", "(require 'eglot)"], check=False,
                                                capture_output=True).returncode == 0


@pytest.mark.skipif(EMACS is None, reason="no emacs on PATH")
def test_findings_hover_and_repair(tmp_path):
    if not has_eglot():
        pytest.skip("this Emacs has no eglot")
    (tmp_path / "net.py").write_text(FAKE_SLIP)
    seen = tmp_path / "seen.json"
    run = subprocess.run(
        [EMACS, "--batch", "-l", Path(__file__).with_name("session.el")], cwd=tmp_path, timeout=120, check=False,
        capture_output=True, text=True,
        env={**os.environ, "NABLINT_SEEN": str(seen), "NABLINT_PROGRAM": str(fake_program(tmp_path / "bin"))})
    assert seen.exists(), run.stderr
    found = json.loads(seen.read_text())
    assert "dW needs X.T" in found["message"]
    assert "⟨Xᵀ g, dW⟩" in found["hover"]
    assert found["actions"][0] == "Write X.T @ g"
    assert found["text"] == FAKE_SLIP.replace("dW = X @ g", "dW = X.T @ g")
