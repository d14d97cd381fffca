"""Who may know whom: the import contracts of pyproject.toml, and what must not be loaded at the start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def test_import_contracts() -> None:
    """The contracts stand in pyproject.toml under [tool.importlinter]."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def loaded(code: str) -> set[str]:
    """The top-level modules that are loaded after `code` ran in a fresh interpreter."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules, sep='\\n')"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("module", ["nablint", "nablint.results", "nablint.shapes"])
def test_plain_data_is_light(module: str) -> None:
    """Results and shapes are read by everybody, so they load nothing heavy."""
    assert not loaded(f"import {module}") & {"numpy", "libcst", "sympy", "pygls", "rich", "click"}


def command(*arguments: str) -> str:
    """Code that runs a nablint command line and goes on."""
    return (
        f"import sys; sys.argv = ['nablint', *{arguments!r}]\n"
        "from nablint_server.cli import main\n"
        "sys.stdout, out = sys.stderr, sys.stdout\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "sys.stdout = out"
    )


def test_version_is_light() -> None:
    """Whoever asks for the version waits for nothing."""
    assert not loaded(command("--version")) & {"numpy", "libcst", "sympy", "pygls", "rich", "click"}


def test_files_without_matrix_code_are_screened(tmp_path: Path) -> None:
    """The text decides whether a file is worth parsing; most are not."""
    plain = tmp_path / "plain.py"
    plain.write_text("def total(prices):\n    return sum(p.amount for p in prices)\n", "utf8")
    assert not loaded(command("check", str(plain))) & {"numpy", "libcst", "sympy", "pygls", "lsprotocol"}


def test_editor_protocol_stays_out_of_the_command_line(tmp_path: Path) -> None:
    """pygls and lsprotocol take most of a second to import."""
    network = tmp_path / "network.py"
    network.write_text("import numpy as np\n\n\ndef f(x, w):\n    return np.dot(x, w)\n", "utf8")
    assert not loaded(command("check", str(network))) & {"pygls", "lsprotocol", "sympy"}
