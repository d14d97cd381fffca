"""The hooks under pre-commit itself, on a scratch repository.

Runs where NABLINT_PRE_COMMIT names the `pre-commit` program; it installs nablint, with what it needs, from this
checkout and the package index.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from slips import HERE as CASES

ROOT = Path(__file__).parents[2]
PRE_COMMIT = os.environ.get("NABLINT_PRE_COMMIT")
LAYER = (CASES.parent / "examples" / "numpy_linear_layer.py").read_text()
SLIP, REPAIR = "self.dW = dout.T @ self.x", "self.dW = self.x.T @ dout"

pytestmark = pytest.mark.skipif(PRE_COMMIT is None, reason="NABLINT_PRE_COMMIT names no program")


def test_the_hooks_find_mend_and_pass(tmp_path):
    def git(*arguments, cwd=tmp_path):
        return subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout.strip()

    def hook(name):
        environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "home")}
        return subprocess.run([PRE_COMMIT, "run", name, "--all-files"], cwd=tmp_path, check=False, timeout=900,
                              capture_output=True, text=True, env=environment)

    git("init", "-q")
    (tmp_path / ".pre-commit-config.yaml").write_text(f"""repos:
- repo: {ROOT.as_uri()}
  rev: {git("rev-parse", "HEAD", cwd=ROOT)}
  hooks: [{{id: nablint}}, {{id: nablint-fix}}]
""")
    (tmp_path / ".gitignore").write_text("home\n")
    file = tmp_path / "layer.py"
    file.write_text(LAYER)
    git("add", ".")
    found = hook("nablint")
    assert found.returncode == 1, found.stdout + found.stderr
    assert "layer.py:14:9: NAB201 transposed-gradient" in found.stdout
    assert file.read_text() == LAYER
    mended = hook("nablint-fix")
    assert (mended.returncode, file.read_text()) == (1, LAYER.replace(SLIP, REPAIR)), mended.stdout
    assert [hook(name).returncode for name in ("nablint", "nablint-fix")] == [0, 0]
