"""A `nablint` program for tests of editors: the server of this checkout, by an executable that an editor can start."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

JOBS = Path(__file__).parents[1] / "server" / "lsp"

FAKE_SLIP = """W = zeros(D, M)


def backward(X, g):
    dW = X @ g
    db = X.T @ g
    return dW, db
"""


def fake_program(folder: Path) -> Path:
    """The server with an analysis whose findings stand in the text."""
    return _program(folder, f"main('fake_jobs', ({str(JOBS)!r},))")


def real_program(folder: Path) -> Path:
    """The server as users have it."""
    return _program(folder, "main()")


def _program(folder: Path, call: str) -> Path:
    """An executable that may be called `nablint server`."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "nablint"
    paths = os.pathsep.join(p for p in sys.path if p)
    command = shlex.join([sys.executable, "-c", f"from nablint_server.lsp.main import main; {call}"])
    program.write_text(f"""#!/bin/sh
[ "$*" = server ] || exit 2
PYTHONPATH={shlex.quote(paths)} exec {command}
""")
    program.chmod(0o755)
    return program
