"""The server under jupyterlab-lsp, in a real JupyterLab.

Runs where NABLINT_JUPYTER names the `jupyter` of an environment with jupyterlab and jupyterlab-lsp, and
NABLINT_CODE_SERVER the folder of install-code-server.sh, whose playwright-core drives the browser.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from editors.program import FAKE_SLIP, fake_program

JUPYTER = os.environ.get("NABLINT_JUPYTER")
MODULES = os.environ.get("NABLINT_CODE_SERVER")
CHROMIUM, NODE = shutil.which("chromium"), shutil.which("node")

pytestmark = pytest.mark.skipif(not (JUPYTER and MODULES and CHROMIUM and NODE),
                                reason="missing: NABLINT_JUPYTER, NABLINT_CODE_SERVER, chromium or node")


def test_a_finding_is_marked_in_its_cell(tmp_path):
    before, after = FAKE_SLIP.split("\n\n\n")
    cells = [{"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": source, "outputs": [],
              "execution_count": None} for n, source in enumerate((before, after))]
    project = tmp_path / "project"
    project.mkdir()
    (project / "book.ipynb").write_text(json.dumps({
        "nbformat": 4, "nbformat_minor": 5, "cells": cells,
        "metadata": {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}}))
    server = {"argv": [str(fake_program(tmp_path / "bin")), "server"], "languages": ["python"], "version": 2,
              "mime_types": ["text/x-python", "text/x-ipython"], "display_name": "nablint"}
    config = tmp_path / "config" / "jupyter_server_config.d"
    config.mkdir(parents=True)
    manager = {"LanguageServerManager": {"language_servers": {"nablint": server}}}
    (config / "nablint.json").write_text(json.dumps(manager))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [JUPYTER, "lab", "--allow-root", "--no-browser", f"--port={port}", "--ServerApp.token=",
               "--ServerApp.password=", f"--ServerApp.root_dir={project}"]
    lab = subprocess.Popen(command, env={**os.environ, "JUPYTER_CONFIG_DIR": str(tmp_path / "config")},
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(port)
        options = tmp_path / "options.json"
        options.write_text(json.dumps({
            "modules": MODULES, "chromium": CHROMIUM, "address": f"http://127.0.0.1:{port}/lab/tree/book.ipynb?reset",
            "screenshot": os.path.join(os.environ.get("NABLINT_SCREENSHOTS", str(tmp_path)), "jupyterlab.png")}))
        run = subprocess.run([NODE, Path(__file__).with_name("lab.mjs"), options], capture_output=True, text=True,
                             timeout=300, check=True)
    finally:
        lab.terminate()
        lab.wait()
    assert "dW needs X.T" in json.loads(run.stdout)["tip"]


def _await(port):
    for _ in range(240):
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.25)
    raise AssertionError("JupyterLab does not answer")
