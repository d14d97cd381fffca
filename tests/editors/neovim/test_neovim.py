"""The plugin in a real, headless Neovim."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from editors.program import FAKE_SLIP, fake_program

HERE = Path(__file__).parent
PLUGIN = HERE.parents[2] / "editors" / "neovim"
NVIM = os.environ.get("NABLINT_NVIM") or shutil.which("nvim")

pytestmark = pytest.mark.skipif(NVIM is None, reason="no nvim on PATH")


def test_a_session(tmp_path):
    for name in ("net.py", "other.py"):
        (tmp_path / name).write_text(FAKE_SLIP)
    (tmp_path / "pyproject.toml").touch()
    seen = tmp_path / "seen.json"
    program = fake_program(tmp_path / "bin")
    setup = f"lua require('nablint').setup {{ cmd = {{ '{program}', 'server' }} }}"
    subprocess.run(
        [NVIM, "--headless", "--clean", "-n", "--cmd", f"set runtimepath^={PLUGIN}", "--cmd", "filetype plugin on",
         "--cmd", setup, "--cmd", "runtime plugin/nablint.lua", "net.py", "-c", f"luafile {HERE / 'session.lua'}"],
        cwd=tmp_path, env={**os.environ, "NABLINT_SEEN": str(seen), "XDG_STATE_HOME": str(tmp_path)},
        timeout=120, check=True, capture_output=True)
    found = json.loads(seen.read_text())
    assert "failure" not in found, found["failure"]
    assert found["diagnostic"]["message"] == "dW needs X.T"
    assert "⟨Xᵀ g, dW⟩" in found["hover"]
    assert "X.T @ g" in found["derivation"]
    assert found["actions"][0] == "Write X.T @ g"
    assert found["line"] == "    dW = X.T @ g"
    assert found["left"] == 0
    assert found["lens"] == "1 of 2 gradients verified, 1 wrong"
    assert found.get("hint", ": (D, M)") == ": (D, M)"
    assert sorted(found["files"]) == ["net.py", "other.py"]
    assert "deprecated" not in found


NEW = """
local seen = {}
vim.g.loaded_nablint = nil
vim.lsp.enable = function(name) seen.enabled = name end
vim.lsp.config = function(name, config) seen.configured = { name, config.cmd } end
require('nablint').setup { cmd = { '/venv/bin/nablint', 'server' } }
vim.cmd('runtime plugin/nablint.lua')
local config = dofile(vim.api.nvim_get_runtime_file('lsp/nablint.lua', false)[1])
seen.config = { cmd = config.cmd, filetypes = config.filetypes, root_markers = config.root_markers }
vim.fn.writefile({ vim.fn.json_encode(seen) }, vim.env.NABLINT_SEEN)
vim.cmd('qa!')
"""


def test_where_neovim_starts_servers_itself_it_is_told_to(tmp_path):
    """Neovim 0.11's two functions stand in for themselves where this Neovim is older."""
    script, seen = tmp_path / "new.lua", tmp_path / "seen.json"
    script.write_text(NEW)
    subprocess.run(
        [NVIM, "--headless", "--clean", "-n", "--cmd", f"set runtimepath^={PLUGIN}", "-c", f"luafile {script}"],
        cwd=tmp_path, env={**os.environ, "NABLINT_SEEN": str(seen), "XDG_STATE_HOME": str(tmp_path)}, timeout=60,
        check=True, capture_output=True)
    found = json.loads(seen.read_text())
    assert found["enabled"] == "nablint"
    assert found["configured"] == ["nablint", ["/venv/bin/nablint", "server"]]
    assert found["config"]["cmd"] == ["/venv/bin/nablint", "server"]
    assert "pyproject.toml" in found["config"]["root_markers"]
