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
