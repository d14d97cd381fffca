"""The extension, with the server as users have it, in a real VS Code workbench.

Runs where NABLINT_CODE_SERVER names the folder that install-code-server.sh has filled, and where editors/vscode has
been built with `npm install && npm run package`.  The screenshots go to NABLINT_SCREENSHOTS, or to pytest's own folder;
those of the extension's README are some of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from editors.program import real_program
from slips import HERE as CASES

HERE = Path(__file__).parent
VSIX = HERE.parents[2] / "editors" / "vscode" / "dist" / "nablint.vsix"
CODE_SERVER = Path(os.environ.get("NABLINT_CODE_SERVER", "/nonexistent"))
CHROMIUM = shutil.which("chromium")
NODE = shutil.which("node")
NEEDED = {"NABLINT_CODE_SERVER": CODE_SERVER.is_dir(), "chromium": CHROMIUM, "node": NODE, "a build": VSIX.exists()}
MISSING = [name for name, there in NEEDED.items() if not there]

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"missing: {', '.join(MISSING)}")

LAYERS = (CASES.parent / "examples" / "numpy_linear_layer.py").read_text()
SLIP, REPAIR = "self.dW = dout.T @ self.x", "self.dW = self.x.T @ dout"

FORWARD = """import numpy as np


def affine_forward(x, w, b):
    out = x @ w + b
    return out, (x, w, b)
"""

BACKWARD = """def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout @ w.T
    dw = dout.T @ x
    db = dout.sum(axis=0)
    return dx, dw, db
"""


def notebook(*cells):
    return json.dumps({
        "nbformat": 4, "nbformat_minor": 5, "metadata": {"language_info": {"name": "python"}},
        "cells": [{"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": source, "outputs": [],
                   "execution_count": None} for n, source in enumerate(cells)]})


@pytest.fixture
def session(tmp_path):
    """Runs a session on a project and returns what it said, by step."""
    def run(script, files, **more):
        project = tmp_path / "project"
        project.mkdir()
        for name, text in files.items():
            (project / name).write_text(text)
        output = Path(os.environ.get("NABLINT_SCREENSHOTS", tmp_path / "screenshots")) / Path(script).stem
        options = tmp_path / "options.json"
        options.write_text(json.dumps({
            "codeServer": str(CODE_SERVER), "chromium": CHROMIUM, "vsix": str(VSIX), "folder": str(project),
            "output": str(output), **more}))
        done = subprocess.run([NODE, HERE / script, options], capture_output=True, text=True, timeout=500, check=False)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        return {row["step"]: row["found"] for row in map(json.loads, done.stdout.splitlines())}

    return run


def test_a_tour(session, tmp_path):
    seen = session("tour.mjs", {
        "layers.py": LAYERS, "forward.py": FORWARD, "closed.py": FORWARD + "\n\n" + BACKWARD,
        "book.ipynb": notebook("%matplotlib inline\n" + FORWARD, BACKWARD),
    }, settings={"nablint.path": "/nowhere/nablint"}, correction=str(real_program(tmp_path)))
    assert "/nowhere/nablint, which does not exist" in seen["missing"]
    assert seen["lenses"] == ["2 of 3 gradients verified, 1 wrong", "1 gradient verified"]
    assert "self.dW: (n_out, n_in) = dout.T" in seen["hinted"]
    assert "a transpose is missing or too many" in seen["hover"]
    assert "⟨xᵀ dout, dW⟩" in seen["hover"]
    assert min(seen["picture"]) > 50
    assert "a transpose is missing or too many" in seen["message"]
    assert "layers.py(11, 9): self.W is used here" in seen["message"]
    assert "across the inner product" in seen["derivation"]
    assert seen["formulas"] == seen["kept"] >= 6
    assert seen["raised"]
    assert seen["actions"][0] == f"replace `{SLIP}` by `{REPAIR}`"
    assert seen["repaired"] == seen["completed"] == LAYERS.replace(SLIP, REPAIR)
    assert "def affine_backward(dout, cache):" in seen["written"]
    assert seen["notebook"] == ["2 of 3 gradients verified, 1 wrong"]
    assert "closed.py" in seen["problems"]
    assert "book.ipynb" in seen["problems"]
    assert "nablint" in seen["status"]
    assert "Received response" in seen["log"]


def test_mishaps(session, tmp_path):
    slip = FORWARD + "\n\n" + BACKWARD
    seen = session("mishaps.mjs", {"net.py": slip, "book.ipynb": notebook(FORWARD, BACKWARD)}, slip=slip,
                   settings={"nablint.path": str(real_program(tmp_path))})
    assert "renamed.py" in seen["renamed"]
    assert "net.py" not in seen["renamed"]
    assert "nablint.toml" in seen["broken"]
    assert "the last good configuration stays" in seen["broken"]
    assert "dw = x.T @ dout" in seen["saved"]
    assert seen["moved"] == 1
