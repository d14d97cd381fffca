"""Nothing of what is read is run, and nothing in it makes the reading endless.

Bounds are in CPU time of this process, generous against a slow machine: what they guard against takes for ever.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from nablint.analysis import analyse
from nablint.claims.names import is_gradient_name
from nablint.reading.source import blocks
from nablint.results import FileResult
from nablint.tracing.functions import call_function
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.loading import load
from nablint.tracing.values import Function, Restart, Signal, TooMuch
from nablint.tracing.world import Hypothesis, World

PAIR = """
import numpy as np


def affine_forward(x, w):
{before}
    return x @ w, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = x.T @ dout
    return dx, dw
"""

TRAP = '''
import os, subprocess, sys
import numpy as np
from pathlib import Path
open({marker!r}, "a").write("module")
Path({marker!r}).touch()
subprocess.run(["touch", {marker!r}])


def mark(where="default", value=open({marker!r}, "a").write("default")):
    open({marker!r}, "a").write(where)
    return where


class Meta(type):
    def __new__(cls, *args):
        mark("meta")
        return super().__new__(cls, *args)


class Trap(metaclass=Meta):
    kept = mark("class")

    def __init__(self):
        mark("init")

    def __getattr__(self, name):
        mark(name)

    def __del__(self):
        mark("del")


@mark
def forward(x, w, kind=mark("argument")):
    mark("forward")
    os.system("touch " + {marker!r})
    exec("open({marker_text}, 'w')")
    eval("mark()")
    __import__("os").system("touch " + {marker!r})
    getattr(os, "system")("touch " + {marker!r})
    [mark(str(j)) for j in range(2)]
    np.save({marker!r}, np.ones(3))
    np.ones(3).tofile({marker!r})
    f"{{mark('format')}}"
    with open({marker!r}, "w") as out:
        out.write("x")
    return np.exp(x) * w, (x, w)


def backward(dout, cache):
    x, w = cache
    mark("backward")
    dx = dout * np.exp(x) * w
    dw = dout * np.exp(x)
    return dx, dw


if __name__ == "__main__":
    mark("main")
mark("end")
'''


def trap(folder: Path) -> tuple[str, Path]:
    marker = folder / "marker"
    return TRAP.format(marker=str(marker), marker_text=repr(str(marker)).replace('"', "'")), marker


def test_nothing_is_executed(tmp_path: Path) -> None:
    source, marker = trap(tmp_path)
    result = analyse(source, "trap.py")
    assert any(c.verdict in ("proved", "verified") for c in result.claims)
    assert not list(tmp_path.iterdir())
    assert not marker.exists()


def test_the_trap_would_spring(tmp_path: Path) -> None:
    """The test above can fail: Python leaves the marker."""
    source, marker = trap(tmp_path)
    (tmp_path / "trap.py").write_text(source)
    subprocess.run([sys.executable, str(tmp_path / "trap.py")], cwd=tmp_path, timeout=60, check=False,
                   capture_output=True)
    assert marker.exists()


def test_nothing_is_executed_by_the_command_line_and_no_neighbour_is_imported(tmp_path: Path) -> None:
    source, marker = trap(tmp_path)
    (tmp_path / "helper.py").write_text(f"open({str(marker)!r}, 'w')\n\n\ndef scale(x):\n    return x * 2\n")
    (tmp_path / "numpy.py").write_text(f"open({str(marker)!r}, 'w')\n")
    (tmp_path / "conftest.py").write_text(f"open({str(marker)!r}, 'w')\n")
    (tmp_path / "trap.py").write_text("from helper import scale\n" + source)
    for command in ("check", "audit"):
        done = subprocess.run([sys.executable, "-m", "nablint_server", command, "trap.py"], cwd=tmp_path, timeout=120,
                              capture_output=True, text=True, check=False, env=environment())
        assert done.returncode in (0, 1), done.stderr
    assert not marker.exists()


def environment() -> dict[str, str]:
    """The sources of this checkout on the path, the folder of the linted file not."""
    import os

    import nablint
    import nablint_server

    roots = [str(Path(m.__file__ or "").parents[1]) for m in (nablint, nablint_server)]
    return os.environ | {"PYTHONPATH": os.pathsep.join(roots), "PYTHONSAFEPATH": "1"}


def bounded(source: str, seconds: float) -> FileResult:
    """The analysis, within this much CPU time."""
    start = time.process_time()
    result = analyse(source, "case.py")
    assert time.process_time() - start < seconds
    return result


def stopped(source: str, name: str = "f") -> str:
    """The reason for which a trace of a function stops; "" when it comes to an end."""
    it = Interpreter(World(Hypothesis(), seconds=2.0), is_gradient_name=is_gradient_name)
    with it.using():
        load(it, blocks(source), everything=False)
        function = it.scope.names[name]
        assert isinstance(function, Function)
        try:
            call_function(it, function, [], {}, None)
        except TooMuch as bound:
            return str(bound)
        except (Signal, Restart) as other:
            return type(other).__name__
    return ""


STOPPED = {
    "recursion": ("def f():\n    return f()\n", "recursion too deep"),
    "mutual recursion": ("def f():\n    return g() + 1\n\n\ndef g():\n    return f() + 1\n", "recursion too deep"),
    "recursion of a method": (
        "class A:\n    def g(self):\n        return self.g()\n\n\ndef f():\n    return A().g()\n",
        "recursion too deep"),
    "recursion through a property": (
        "class A:\n    @property\n    def z(self):\n        return self.z\n\n\ndef f():\n    return A().z\n",
        "recursion too deep"),
    "nested loops": (
        "def f():\n    k = 0\n" + "".join(f"{'    ' * (d + 1)}for j{d} in range(30):\n" for d in range(5))
        + "    " * 6 + "k = k + 1\n", "too"),
    "nested comprehension": (
        "def f():\n    return [" + "a0 " + " ".join(f"for a{d} in range(30)" for d in range(6)) + "]\n", "too"),
}
"""Code that would run very long: how the source goes, and what the trace says when it gives up."""


@pytest.mark.parametrize("name", STOPPED)
def test_a_trace_that_does_not_end_stops_with_a_reason(name: str) -> None:
    source, reason = STOPPED[name]
    start = time.process_time()
    assert reason in stopped(source)
    assert time.process_time() - start < 20


ENDING = {
    "endless while": "def f():\n    k = 0\n    while True:\n        k += 1\n    return k\n",
    "endless while without a body": "def f():\n    while True:\n        pass\n",
    "a long range": "def f():\n    k = 0\n    for j in range(10 ** 12):\n        k += j\n    return k\n",
    "an endless generator": "def g():\n    while True:\n        yield 1\n\n\ndef f():\n    return [a for a in g()]\n",
}


@pytest.mark.parametrize("name", ENDING)
def test_endless_loops_are_read_for_a_few_turns(name: str) -> None:
    start = time.process_time()
    assert stopped(ENDING[name]) in ("", "too many steps", "took too long")
    assert time.process_time() - start < 20


DEEP = {
    "nested parentheses": "    z = " + "(" * 150 + "1" + ")" * 150,
    "nested lists": "    z = " + "[" * 150 + "]" * 150,
    "a long sum": "    z = " + " + ".join(["1"] * 3000),
    "a long chain of calls": "    z = x" + ".copy()" * 400,
    "nested conditionals": "    z = " + "1 if x is None else " * 300 + "2",
    "nested ifs": "\n".join("    " * (d + 1) + "if True:" for d in range(80)) + "\n" + "    " * 81 + "z = 1",
    "a huge integer": "    z = " + "9" * 4000,
    "a huge power": "    z = 9 ** 9 ** 9 ** 9",
    "a huge shift": "    z = 1 << 10 ** 12",
    "a huge array": "    z = np.zeros((10 ** 6, 10 ** 6))",
    "a huge list": "    z = [0] * 10 ** 12",
    "a huge string": "    z = 'a' * 10 ** 12",
    "a huge literal": "    z = [" + ", ".join(map(str, range(30_000))) + "]",
    "a huge repetition": "    z = np.tile(x, (10 ** 6, 10 ** 5))",
    "a huge range in a list": "    z = list(range(10 ** 12))",
    "a huge format": "    z = f'{1:1000000000000}'",
    "a huge pad": "    z = 'a'.rjust(10 ** 12)",
    "a huge product": "    z = [a for a in itertools.product(range(10 ** 9), repeat=9)]",
    "self-containing list": "    z = []\n    z.append(z)\n    print(z)\n    z2 = copy.deepcopy(z)",
    "doubling": "    z = x\n    for j in range(39):\n        z = z + z",
    "doubling of a list": "    z = [1]\n    for j in range(39):\n        z = z + z",
    "squaring": "    z = 3\n    for j in range(39):\n        z = z * z",
}
"""Statements in a forward function that cost much to parse, to walk or to hold."""


@pytest.mark.parametrize("name", DEEP)
def test_large_and_deep_code_is_bounded(name: str) -> None:
    source = "import copy\nimport itertools\n" + PAIR.format(before=DEEP[name])
    result = bounded(source, 30)
    assert result.diagnostics == []
    reasons = {c.reason for c in result.claims if c.verdict == "unchecked"}
    assert not any("error of the tool" in reason for reason in reasons), reasons


def test_a_file_of_50_000_lines_is_read_within_its_bounds() -> None:
    filler = "".join(f"def f{j}(a):\n    b = a + {j}\n    return b\n\n\n" for j in range(10_000))
    assert filler.count("\n") == 50_000
    result = bounded(filler + PAIR.format(before="    pass"), 60)
    assert {c.verdict for c in result.claims if c.role == "result"} <= {"proved", "verified"}
    assert any(c.function == "affine_backward" for c in result.claims)
    assert result.diagnostics == []


def test_a_long_file_of_gradients_ends_in_the_time_that_it_is_given() -> None:
    source = "".join(PAIR.format(before="    pass").replace("affine", f"layer{j}") for j in range(300))
    start = time.process_time()
    result = analyse(source, "case.py")
    assert time.process_time() - start < 90
    assert {c.verdict for c in result.claims if c.role == "result"} <= {"proved", "verified"}
    assert result.claims


BROKEN = {
    "a bracket left open": ("def g(a:\n    return (a\n", True),
    "a null byte": ("x = 1\0\n", True),
    "only a comment": ("# nothing\n", False),
    "empty": ("", False),
    "tabs and spaces": ("def g(a):\n\tif a:\n        return a\n\treturn 1\n", True),
    "python 2": ("print 'a'\nexec 'b'\n", False),
}
"""Text that is no Python, and whether that is said."""


@pytest.mark.parametrize("name", BROKEN)
def test_broken_text_gives_one_line_and_no_finding(name: str) -> None:
    text, said = BROKEN[name]
    result = bounded(text, 10)
    assert bool(result.error) == said
    assert "\n" not in (result.error or "")
    assert result.diagnostics == []


@pytest.mark.parametrize("broken", [
    "def g(a:\n    return (a\n", "a = = 1\n", "try:\n    a = = 1\nfinally:\n    b = 1\n",
])
def test_what_is_sound_beside_what_is_broken_is_judged(broken: str) -> None:
    pair = PAIR.format(before="    pass")
    result = bounded(pair.replace("\n\n", f"\n{broken}\n", 1), 10)
    assert result.error
    assert {"proved"} == {c.verdict for c in result.claims if c.role == "result"}
