"""The extension in a real VS Code workbench.

Runs where NABLINT_CODE_SERVER names the folder that install-code-server.sh has filled, and where editors/vscode has
been built with `npm install && npm run package`.  The screenshots go to NABLINT_SCREENSHOTS, or to pytest's own folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from editors.program import FAKE_SLIP, fake_program

HERE = Path(__file__).parent
VSIX = HERE.parents[2] / "editors" / "vscode" / "dist" / "nablint.vsix"
CODE_SERVER = Path(os.environ.get("NABLINT_CODE_SERVER", "/nonexistent"))
CHROMIUM = shutil.which("chromium")
NODE = shutil.which("node")
NEEDED = {"NABLINT_CODE_SERVER": CODE_SERVER.is_dir(), "chromium": CHROMIUM, "node": NODE, "a build": VSIX.exists()}
MISSING = [name for name, there in NEEDED.items() if not there]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"missing: {', '.join(MISSING)}")


def test_start_squiggle_hover_message_derivation_and_quick_fix(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (project / "net.py").write_text(FAKE_SLIP)
    cells = [["import numpy as np\n", "W = zeros(D, M)"], ["%time\n", "dW = X @ g"]]
    (project / "book.ipynb").write_text(json.dumps({
        "nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": {"name": "python"}},
        "cells": [{"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": source, "outputs": [],
                   "execution_count": None} for n, source in enumerate(cells)]}))
    options = tmp_path / "options.json"
    options.write_text(json.dumps({
        "codeServer": str(CODE_SERVER), "chromium": CHROMIUM, "vsix": str(VSIX), "program": "/nowhere/nablint",
        "correction": str(fake_program(tmp_path)),
        "folder": str(project), "file": "net.py", "row": 5, "column": 11, "hint": ": (D, M)",
        "notebook": "book.ipynb",
        "output": os.environ.get("NABLINT_SCREENSHOTS", str(tmp_path / "screenshots")),
    }))
    run = subprocess.run([NODE, HERE / "workbench.mjs", options], capture_output=True, text=True, timeout=300)
    assert run.returncode == 0, run.stderr
    seen = {row["step"]: row["found"] for row in map(json.loads, run.stdout.splitlines())}
    assert "/nowhere/nablint, which does not exist" in seen["missing"]
    assert seen["squiggles"] == 1
    assert seen["lens"] == "1 of 2 gradients verified, 1 wrong"
    assert "W: (D, M) = zeros(D, M)" in seen["hinted"]
    assert "⟨Xᵀ g, dW⟩" in seen["hover"]
    assert "dW needs X.T" in seen["message"]
    assert "the factor moves across the inner product" in seen["derivation"]
    assert seen["actions"][0] == "Write X.T @ g"
    assert seen["notebook"] == 1
    assert seen["repaired"] == FAKE_SLIP.replace("dW = X @ g", "dW = X.T @ g")
