"""The command line over the real deciding side, in processes of its own."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from .conftest import notebook

ROOT = Path(__file__).parents[2]
SOURCES = os.pathsep.join([str(ROOT / "rules"), str(ROOT / "server")])
ENVIRONMENT = {**os.environ, "PYTHONPATH": SOURCES, "NO_COLOR": "1"}
COMMAND = [sys.executable, "-m", "nablint_server"]

LAYER = textwrap.dedent("""\
    import numpy as np


    def affine_forward(x, w, b):
        out = x.dot(w) + b
        return out, (x, w, b)


    def affine_backward(dout, cache):
        x, w, b = cache
        dx = dout.dot(w.T)
        dw = x.T.dot(dout)
        db = np.sum(dout, axis=AXIS)
        return dx, dw, db
    """)
RIGHT, WRONG = LAYER.replace("AXIS", "0"), LAYER.replace("AXIS", "1")


def nablint(*arguments, cwd, text=None):
    return subprocess.run([*COMMAND, *arguments], cwd=cwd, env=ENVIRONMENT, input=text, capture_output=True, text=True,
                          encoding="utf-8", timeout=120)  # fmt: skip


def test_a_slip_is_found_explained_and_mended(tmp_path):
    path = tmp_path / "layer.py"
    path.write_text(WRONG)
    found = nablint("check", "layer.py", cwd=tmp_path)
    assert found.returncode == 1
    assert found.stdout.startswith("layer.py:13:")
    assert "db = np.sum(dout, axis=0)" in found.stdout
    told = nablint("explain", "layer.py:12", cwd=tmp_path).stdout
    assert "dw = x.T.dot(dout)" in told
    assert "xᵀ dout" in told
    assert nablint("check", "--fix", "layer.py", cwd=tmp_path).returncode == 0
    assert path.read_text() == RIGHT
    claims = json.loads(nablint("audit", "--output-format", "json", cwd=tmp_path).stdout)["claims"]
    assert {claim["gradient"] for claim in claims if claim["role"] == "result"} >= {"dx", "dw", "db"}
    assert {claim["verdict"] for claim in claims} <= {"proved", "verified"}


def test_a_slip_in_a_notebook(tmp_path):
    head, tail = WRONG.split("\n\n\ndef affine_backward")
    cells = ["#md # A layer\n", "%matplotlib inline\n" + head + "\n", "def affine_backward" + tail]
    path = tmp_path / "layer.ipynb"
    path.write_text(notebook(*cells))
    (told,) = json.loads(nablint("check", "--output-format", "json", cwd=tmp_path).stdout)
    assert (told["cell"], told["location"]["row"]) == (3, 5)
    assert nablint("check", "--fix", cwd=tmp_path).returncode == 0
    assert path.read_text() == notebook(*cells).replace("axis=1", "axis=0")


def test_own_names_of_gradients(tmp_path):
    (tmp_path / "layer.py").write_text(textwrap.dedent("""\
        class Linear:
            def forward(self, x):
                self.x = x
                return x @ self.W

            def backward(self, up):
                self.acc_W = up.T @ self.x
                return up @ self.W.T
        """))
    assert nablint("check", cwd=tmp_path).returncode == 0
    (tmp_path / "nablint.toml").write_text('gradient-names = ["acc_*"]')
    told = nablint("check", "--output-format", "concise", cwd=tmp_path)
    assert told.returncode == 1
    assert told.stdout.startswith("layer.py:7:9: ")


def test_nothing_of_the_code_is_executed(tmp_path):
    (tmp_path / "helper.py").write_text("open('marker', 'w')\nimport numpy\n")
    (tmp_path / "a.py").write_text(textwrap.dedent("""\
        import os
        import helper
        import numpy as np
        open("marker", "w").close()
        os.system("touch marker")
        np.save("marker", np.ones(3))

        class Meta(type):
            def __new__(cls, *args):
                open("marker", "w").close()
                return type.__new__(cls, *args)

        class Layer(metaclass=Meta):
            def forward(self, x):
                open("marker", "w").close()
                self.x = x
                exec("open('marker', 'w')")
                return x @ self.W

            def backward(self, dout):
                __import__("os").system("touch marker")
                eval("open('marker', 'w')")
                np.savetxt("marker", dout)
                self.dW = self.x.T @ dout
                return dout @ self.W.T

        Layer().forward(np.ones((2, 2)))
        """))
    assert nablint("audit", cwd=tmp_path).returncode == 0
    assert nablint("check", "--fix", "--unsafe-fixes", cwd=tmp_path).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.py", "helper.py"]


@pytest.mark.parametrize(("name", "text", "words"), [
    ("syntax.py", "import numpy as np\ndef f(:\n    pass\n", "line 2: invalid syntax"),
    ("deep.py", "import numpy as np\nx = " + "(" * 3000 + ")" * 3000 + "\n", "line 2: nested too deeply"),
    ("chain.py", "import numpy as np\nx = " + "1+" * 20000 + "1\n", "line 2: nested too deeply"),
    ("data.py", "import numpy as np\nx = [" + "1.25, " * 80000 + "]\n", "line 1: 480 kB in one piece are data"),
])  # fmt: skip
def test_what_cannot_be_parsed(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    (tmp_path / "good.py").write_text(WRONG)
    done = nablint("check", "--output-format", "json", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith(f"nablint: {name}: ")
    assert words in done.stderr
    assert [one["filename"] for one in json.loads(done.stdout)] == ["good.py"]


def test_recursion_in_the_traced_code(tmp_path):
    text = "import numpy as np\ndef f(x):\n    dW = f(np.dot(x, x))\n    return dW\nf(np.ones((3, 3)))\n"
    (tmp_path / "a.py").write_text(text)
    done = nablint("audit", "--output-format", "json", "a.py", cwd=tmp_path)
    assert done.returncode == 0
    assert {claim["verdict"] for claim in json.loads(done.stdout)["claims"]} <= {"unchecked", "not-a-gradient"}


def test_every_rule_has_its_page(tmp_path):
    rules = json.loads(nablint("rule", "--output-format", "json", cwd=tmp_path).stdout)
    assert len({rule["code"] for rule in rules}) == len({rule["name"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["summary"]
        assert len(rule["page"]) > 40


def test_the_page_about_idle_suppressions_is_true(tmp_path):
    page = nablint("rule", "unused-suppression", cwd=tmp_path).stdout
    bad = page.split("```python\n")[1].split("```")[0]
    (tmp_path / "a.py").write_text(bad)
    assert "NAB002 unused-suppression" in nablint("check", cwd=tmp_path).stdout
    assert nablint("check", "--fix", cwd=tmp_path).returncode == 0
    assert "#" not in (tmp_path / "a.py").read_text()


@pytest.mark.skipif(os.name != "posix", reason="signals are sent")
def test_an_interruption_is_no_finding(tmp_path):
    running = subprocess.Popen([*COMMAND, "check", "-"], cwd=tmp_path, env=ENVIRONMENT, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    time.sleep(1.5)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate(timeout=30)
    assert (running.returncode, told) == (130, b"nablint: interrupted\n")


FORWARD = """import numpy as np


def affine_forward(x, w, b):
    out = np.dot(x, w) + b
    return out, (x, w, b)
"""


def test_the_backward_pass_of_a_function_in_a_file(tmp_path):
    (tmp_path / "layers.py").write_text(FORWARD)
    told = nablint("derive", "--from", "layers.py:affine_forward", cwd=tmp_path)
    assert told.returncode == 0
    assert told.stdout == """def affine_backward(dout, cache):
    x, w, b = cache
    db = np.sum(dout, axis=0)
    dw = np.dot(x.T, dout)
    dx = np.dot(dout, w.T)
    return dx, dw, db
"""
    assert (tmp_path / "layers.py").read_text() == FORWARD
    found = json.loads(nablint("derive", "--from", "layers.py:affine_forward", "--output-format", "json",
                               cwd=tmp_path).stdout)
    assert (found["function"], found["row"]) == ("affine_backward", 7)
    assert {c["verdict"] for c in found["claims"]} == {"proved"}


@pytest.mark.parametrize(("arguments", "said"), [
    (["--from", "layers.py:nothing"], "layers.py:nothing: the file defines no function or class `nothing`"),
    (["--from", "layers.py"], "write a file and a function or class in it"),
    (["--from", "missing.py:f"], "missing.py: no such file"),
    (["--from", "layers.py:affine_forward", "--wrt", "x"], "--from stands alone"),
    ([], "say what to derive"),
])
def test_what_cannot_be_written_is_one_line(tmp_path, arguments, said):
    (tmp_path / "layers.py").write_text(FORWARD)
    told = nablint("derive", *arguments, cwd=tmp_path)
    assert told.returncode == 2
    assert said in told.stderr
    assert told.stderr.count("\n") == 1
