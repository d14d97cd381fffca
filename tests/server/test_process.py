"""Whole processes: what they import, and what they do with signals and closed pipes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = os.pathsep.join([str(ROOT / "rules"), str(ROOT / "server")])


def nablint(*arguments, cwd, python=(), **options):
    environment = {**os.environ, "PYTHONPATH": SOURCES, "NO_COLOR": "1"}
    return subprocess.run([sys.executable, *python, "-m", "nablint_server", *arguments], cwd=cwd, env=environment,
                          capture_output=True, text=True, encoding="utf-8", timeout=60, **options)  # fmt: skip


def imported(*arguments, cwd):
    told = nablint(*arguments, cwd=cwd, python=["-X", "importtime"]).stderr
    return {line.split("|")[-1].strip() for line in told.splitlines() if line.startswith("import time:")}


def test_version_imports_next_to_nothing(tmp_path):
    modules = imported("--version", cwd=tmp_path)
    assert not modules & {"click", "numpy", "libcst", "json", "nablint.results", "multiprocessing"}
    assert nablint("--version", cwd=tmp_path).stdout.startswith("nablint ")


@pytest.mark.parametrize("text", ["", "def f(x):\n    return x + 1\n"])
def test_files_without_matrix_code_import_no_engine(tmp_path, text):
    (tmp_path / "a.py").write_text(text)
    (tmp_path / "nablint.toml").write_text("ignore = ['NAB3', 'unused-suppression']")
    modules = imported("check", "a.py", cwd=tmp_path)
    assert "nablint_server.running.one" in modules
    assert not modules & {"numpy", "libcst", "sympy", "rich", "pygls", "multiprocessing", "nablint.analysis"}


def test_a_reader_that_closes_early(tmp_path):
    (tmp_path / "a.py").write_text("x = 1\n")
    environment = {**os.environ, "PYTHONPATH": SOURCES}
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-m", "nablint_server", "check", "--output-format", "json", "a.py"],
                          cwd=tmp_path, env=environment, stdout=write, stderr=subprocess.PIPE, timeout=60)  # fmt: skip
    os.close(write)
    assert b"Traceback" not in done.stderr


def test_an_ascii_terminal_gets_utf8(tmp_path):
    (tmp_path / "é.py").write_bytes(b"import numpy\n\xff")
    environment = {**os.environ, "PYTHONPATH": SOURCES, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-m", "nablint_server", "audit", "--output-format", "json", "."],
                          cwd=tmp_path, env=environment, capture_output=True, timeout=60)  # fmt: skip
    assert done.returncode == 2
    assert "é.py" in done.stdout.decode("utf-8")
