"""`nablint audit`, `explain`, `rule` and the group."""

import json

import pytest

TEXT = "def f():\n    dW = np.SEEN\n    db = np.WRONG\n"


def test_json_is_as_promised(run, write):
    write({"a.py": TEXT, "b.py": b"\xff"})
    result = run("audit", "--output-format", "json")
    told = json.loads(result.stdout)
    assert result.exit_code == 2
    assert list(told) == ["files", "diagnostics", "claims"]
    assert told["files"]["seen"], told["files"]["analysed"] == (2, 1)
    assert told["claims"] == [
        {"filename": "a.py", "cell": None, "row": 3, "function": "f", "gradient": "dW", "wrt": "W", "role": "result",
         "verdict": "proved", "reason": ""},
        {"filename": "a.py", "cell": None, "row": 4, "function": "f", "gradient": "db", "wrt": "b", "role": "result",
         "verdict": "wrong", "reason": "misses a sum"},
    ]  # fmt: skip
    assert [d["fix"] for d in told["diagnostics"]] == [None]


def test_status(run, write):
    write({"a.py": "np.SEEN\n"})
    assert run("audit").exit_code == 0
    write({"a.py": TEXT})
    assert run("audit").exit_code == 1
    assert run("audit", "--exit-zero").exit_code == 0
    assert run("audit", "-", text="np.WRONG").exit_code == 1


def test_text_and_derivations(run, write):
    write({"a.py": TEXT})
    assert run("audit").stdout == """\
a.py
  3  proved  dW by W  f
  4  wrong   db by b  f  misses a sum
  a.py:4:13: NAB301 wrong-gradient-axis: WRONG is wrong

1 file: 1 proved, 1 wrong
"""
    assert "<Xᵀ G, dW>" in run("audit", "--derivations").stdout
    told = json.loads(run("audit", "--derivations", "--output-format", "json").stdout)
    assert told["claims"][0]["derivation"]["gradient"] == "X.T @ G"


def test_statistics(run, write):
    write({"a.py": TEXT, "b.py": b"x = 1\n"})
    told = json.loads(run("audit", "--statistics", "--output-format", "json").stdout)
    assert told["verdicts"] == {"proved": 1, "wrong": 1}
    assert told["files"] == {"seen": 2, "analysed": 2, "with_gradients": 1}
    assert "50%  proved" in run("audit", "--statistics").stdout


def test_html(run, write):
    write({"a<b>.py": TEXT, "c.py": b"\xff"})
    page = run("audit", "--output-format", "html").stdout
    assert "a&lt;b&gt;.py" in page
    assert "a<b>" not in page
    assert "&lt;Xᵀ G, dW&gt;" in page
    assert "byte 0xff" in page
    assert "http" not in page


@pytest.mark.parametrize(("where", "status", "words"), [
    ("a.py:3", 0, ["dW = np.SEEN", "proved", "X.T @ G", "1. differential"]),
    ("a.py:4", 0, ["wrong", "misses a sum", "NAB301", "fix (safe): write RIGHT"]),
    ("a.py:4:9", 0, ["wrong"]),
    ("a.py:2", 1, ["no gradient is computed on this line; the nearest is in line 3"]),
    ("gone.py:2", 2, ["no such file"]),
    ("a.py", 2, ["is not PATH:LINE"]),
])  # fmt: skip
def test_explain(run, write, where, status, words):
    write({"a.py": TEXT})
    result = run("explain", where)
    assert result.exit_code == status
    for word in words:
        assert word in result.output


def test_explain_as_data(run, write):
    write({"a.py": TEXT})
    told = json.loads(run("explain", "--json", "a.py:4").stdout)
    assert told["claims"][0]["derivation"]["shapes"] == {"X": "(N, D)", "W": "(D, M)"}
    assert told["diagnostics"][0]["derivation"]["steps"][1]["rule"] == "move"
    latex = run("explain", "--latex", "a.py:3").stdout
    assert r"X^{\top}" in latex
    assert r"\begin{align*}" in latex


def test_rules(run):
    assert [line.split()[0] for line in run("rule").stdout.splitlines()] == ["NAB002", "NAB301", "NAB502"]
    for word in ("NAB301", "nab301", "wrong-gradient-axis"):
        assert run("rule", word).stdout.startswith("# wrong-gradient-axis (NAB301)\n\nWhat it finds.")
    assert json.loads(run("rule", "--output-format", "json", "NAB301").stdout)["severity"] == "error"
    assert len(json.loads(run("rule", "--output-format", "json").stdout)) == 3
    result = run("rule", "wrong-gradient-axes")
    assert (result.exit_code, result.stderr) == (
        2, "nablint: no rule `wrong-gradient-axes`; did you mean `wrong-gradient-axis`?\n")  # fmt: skip


def test_a_path_is_no_command(run, write):
    write({"a.py": TEXT})
    result = run("a.py")
    assert (result.exit_code, "nablint check a.py" in result.stderr) == (2, True)
    assert run("chek").exit_code == 2
    assert run("--version").stdout.startswith("nablint ")
