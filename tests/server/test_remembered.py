"""An unchanged file is not judged again, and a result that could be another one now is never used."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from nablint.settings import Settings
from nablint_server.files import modules
from nablint_server.lsp import jobs
from nablint_server.running import judging, one, remembered
from nablint_server.running.outcome import Outcome
from nablint_server.running.task import Task

LAYER = """
import numpy as np
from helpers import product


class Affine:
    def __init__(self, size, width):
        self.W = np.random.randn(size, width)

    def forward(self, x):
        self.x = x
        return product(x, self.W)

    def backward(self, dout):
        self.dW = np.dot(self.x.T, dout)
        return np.dot(dout, self.W.T)
"""
HELPERS = "from products import product\n"
PRODUCTS = "import numpy as np\n\n\ndef product(a, b):\n    return np.dot(a, b)\n"
DOUBLED = PRODUCTS.replace("a, b)\n", "a, 2 * b)\n")


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Entries of its own; the files that are judged in spite of them, in order."""
    found: list[str] = []
    judge = judging.judge

    def watched(source: str, filename: str, *args: object, **options: object) -> object:
        found.append(Path(filename).name)
        return judge(source, filename, *args, **options)

    monkeypatch.setattr(one, "judge", watched)
    monkeypatch.setattr(judging, "judge", watched)
    monkeypatch.setattr(remembered, "folder", lambda: tmp_path / "kept")
    remembered._tidy.cache_clear()
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").touch()
    for name, text in (("layer", LAYER), ("helpers", HELPERS), ("products", PRODUCTS)):
        (folder / f"{name}.py").write_text(text)
    return folder


def checked(project: Path, **changed: object) -> Outcome:
    """What a process says that has just begun."""
    modules._folders.clear()
    task = replace(Task(str(project / "layer.py"), Settings(prove=False), cached=True), **changed)
    return one.prepare(task) or one.run(task)


def said(outcome: Outcome) -> list[tuple[str, object]]:
    assert outcome.error is None
    return [(d.code, d.location) for d in outcome.diagnostics]


def test_an_unchanged_file_is_judged_once(judged: list[str], project: Path) -> None:
    first = checked(project)
    second = checked(project)
    assert judged == ["layer.py"]
    assert second.result == first.result
    assert second.claims


CHANGES: dict[str, tuple[Callable[[Path], object], bool]] = {
    "its text": (lambda p: (p / "layer.py").write_text(LAYER.replace("self.x.T, dout", "dout.T, self.x")), True),
    "a module": (lambda p: (p / "helpers.py").write_text(PRODUCTS.replace("a, b)\n", "a, np.exp(b))\n")), True),
    "a module of a module": (lambda p: (p / "products.py").write_text(DOUBLED), True),
    "a module that is gone": (lambda p: (p / "products.py").unlink(), False),
    "a module that is a package now": (lambda p: as_package(p / "helpers.py"), False),
    "the package that it belongs to": (lambda p: (p / "__init__.py").touch(), False),
}


def as_package(module: Path) -> None:
    text = module.read_text()
    module.unlink()
    module.with_suffix("").mkdir()
    (module.with_suffix("") / "__init__.py").write_text(text)


@pytest.mark.parametrize("what", CHANGES)
def test_what_a_result_depends_on_has_changed(judged: list[str], project: Path, what: str) -> None:
    before = checked(project)
    change, found = CHANGES[what]
    change(project)
    judged.clear()
    after = checked(project)
    assert judged == ["layer.py"]
    assert bool(said(after)) is found
    assert not said(before)
    fresh = checked(project, cached=False)
    assert after.result == fresh.result


def test_a_module_that_appears_is_seen(judged: list[str], project: Path) -> None:
    (project / "products.py").unlink()
    assert not said(checked(project))
    judged.clear()
    (project / "products.py").write_text(DOUBLED)
    assert said(checked(project))
    assert judged == ["layer.py"]


def test_a_file_that_nothing_leads_to_may_change(judged: list[str], project: Path) -> None:
    checked(project)
    (project / "other.py").write_text(PRODUCTS)
    checked(project)
    assert judged == ["layer.py"]


@pytest.mark.parametrize("changed", [
    {"settings": Settings(prove=False, ignore=("NAB2",))},
    {"settings": Settings(prove=True)},
    {"repair": False},
    {"cached": False},
    {"data": LAYER.encode()},
])
def test_asked_otherwise_it_is_judged(judged: list[str], project: Path, changed: dict[str, object]) -> None:
    checked(project)
    judged.clear()
    checked(project, **changed)
    assert judged == ["layer.py"]


def test_what_is_mended_is_judged_as_it_is(judged: list[str], project: Path) -> None:
    (project / "layer.py").write_text(LAYER.replace("self.x.T, dout", "dout.T, self.x"))
    assert said(checked(project))
    assert checked(project, fix=True).fixed == 1
    assert (project / "layer.py").read_text() == LAYER
    assert not said(checked(project))


def test_another_nablint_judges_itself(judged: list[str], project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked(project)
    monkeypatch.setattr(remembered, "_tool", lambda: ("of tomorrow",))
    checked(project)
    assert judged == ["layer.py"] * 2


def test_what_tells_nablint_apart_names_its_sources() -> None:
    places = {Path(found[0]).name for found in remembered._tool() if isinstance(found, tuple)}
    assert {"remembered.py", "judge.py", "numpy", "libcst"} <= places


@pytest.mark.parametrize("spoil", [
    lambda data: b"", lambda data: data[:-7], lambda data: bytes([data[0] ^ 1]) + data[1:],
    lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:], lambda data: b"nonsense" * 20,
])
def test_a_spoilt_entry_is_none(judged: list[str], project: Path, tmp_path: Path,
                                spoil: Callable[[bytes], bytes]) -> None:
    first = checked(project)
    (entry,) = (tmp_path / "kept").iterdir()
    entry.write_bytes(spoil(entry.read_bytes()))
    assert checked(project).result == first.result
    assert judged == ["layer.py"] * 2
    checked(project)
    assert judged == ["layer.py"] * 2


def test_without_a_place_to_write_to_it_is_judged(judged: list[str], project: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = project / "layer.py" / "kept"
    for where in (blocked, None):
        monkeypatch.setattr(remembered, "folder", lambda where=where: where)
        judged.clear()
        assert said(checked(project)) == said(checked(project))
        assert judged == ["layer.py"] * 2


def test_the_oldest_go_when_there_are_too_many(judged: list[str], project: Path, tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    for age in range(10):
        (kept / f"old{age}").write_bytes(bytes(100))
        os.utime(kept / f"old{age}", (1000 - age, 1000 - age))
    monkeypatch.setattr(remembered, "LARGEST", 600)
    checked(project)
    assert {p.name for p in kept.iterdir() if p.name.startswith("old")} == {"old0", "old1", "old2"}


@pytest.mark.parametrize(("saved", "times"), [(True, 1), (False, 2)])
def test_a_first_look_at_what_stands_on_the_disk_is_remembered(judged: list[str], project: Path, saved: bool,
                                                              times: int) -> None:
    settings, file = Settings(prove=False), str(project / "layer.py")
    text = LAYER if saved else f"{LAYER}\n"
    first = jobs.judge(text, file, settings, repair=False)
    assert jobs.judge(text, file, settings, repair=False) == first
    assert judged == ["layer.py"] * times
    jobs.judge(text, file, settings, repair=True)
    assert judged == ["layer.py"] * (times + 1)


def test_the_environment_switches_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert remembered.folder() is None
    monkeypatch.delenv(remembered.OFF)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    found = remembered.folder()
    assert found is not None
    assert found.name == "nablint"
