"""`nablint check`: exit status, formats, selection, suppressions."""

import json
import xml.etree.ElementTree as ET

import pytest


@pytest.mark.parametrize(("files", "arguments", "status"), [
    ({"a.py": "x = np.RIGHT\n"}, ["."], 0),
    ({"a.py": "x = np.WRONG\n"}, ["."], 1),
    ({"a.py": "x = np.WRONG\n"}, ["--exit-zero", "."], 0),
    ({"a.py": "x = np.WRONG\n"}, ["a.py"], 1),
    ({"a.py": "x = np.WRONG\n"}, [], 1),
    ({"a.py": "x = np.WRONG\n"}, ["missing.py"], 2),
    ({"a.py": "x = np.WRONG\n"}, ["missing.py", "a.py"], 2),
    ({"a.py": "x = np.WRONG\n", "b.py": "np.BROKEN"}, ["--exit-zero", "."], 2),
    ({"a.pyi": "np.WRONG\n", "b.txt": "np.WRONG"}, ["."], 0),
    ({"a.py": b""}, ["."], 0),
    ({}, ["."], 0),
    ({"a.py": "x = np.WRONG\n"}, ["--select", "NAB5", "."], 0),
    ({"a.py": "x = np.WRONG\n"}, ["--select", "NAB3,NAB5", "."], 1),
    ({"a.py": "x = np.WRONG\n"}, ["--select", "NAB301", "--ignore", "NAB3", "."], 1),
    ({"a.py": "x = np.WRONG\n"}, ["--select", "NAB3", "--ignore", "NAB301", "."], 0),
    ({"a.py": "x = np.WRONG\n"}, ["--select", "wrong-gradient-axis", "--ignore", "ALL", "."], 1),
    ({"a.py": "x = np.WRONG\n"}, ["--ignore", "NAB", "."], 0),
    ({"a.py": "x = np.WRONG\n"}, ["--select", "NAB5", "--extend-select", "wrong-gradient-axis"], 1),
    ({"a.py": "x = np.WRONG\n"}, ["--select", "NAB999", "."], 2),
    ({"a.py": "x = np.WRONG\n"}, ["--exclude", "a.py", "."], 0),
    ({"a.py": "x = np.WRONG\n"}, ["--exclude", "a.py", "a.py"], 1),
    ({"a.py": "x = np.WRONG\n"}, ["--exclude", "a.py", "--force-exclude", "a.py"], 0),
    ({"sub/a.py": "x = np.WRONG\n"}, ["--extend-exclude", "sub", "--force-exclude", "sub/a.py"], 0),
    ({".venv/a.py": "np.WRONG", "x/node_modules/a.py": "np.WRONG", "e/pyvenv.cfg": "", "e/a.py": "np.WRONG"}, ["."], 0),
])  # fmt: skip
def test_status(run, write, files, arguments, status):
    write(files)
    assert run("check", *arguments).exit_code == status


def test_json_is_as_promised(run, write):
    write({"a.py": "é = 'ü'; x = np.WRONG  # why\n"})
    assert json.loads(run("check", "--output-format", "json", "a.py").stdout) == [{
        "code": "NAB301", "name": "wrong-gradient-axis", "severity": "error", "message": "WRONG is wrong",
        "filename": "a.py", "cell": None, "url": None,
        "location": {"row": 2, "column": 17}, "end_location": {"row": 2, "column": 22},
        "fix": {"applicability": "safe", "message": "write RIGHT", "edits": [
            {"content": "RIGHT", "location": {"row": 2, "column": 17}, "end_location": {"row": 2, "column": 22}}]},
    }]  # fmt: skip


def test_json_is_whole_even_when_nothing_could_be_judged(run, write):
    write({"a.py": b"import numpy\n\xff\n"})
    result = run("check", "--output-format", "json", "a.py", "gone")
    assert json.loads(result.stdout) == []
    assert [line.split(": ")[1] for line in result.stderr.splitlines()] == ["a.py", "gone"]


def test_text(run, write):
    write({"a.py": "def f():\n\tx = '語' + np.WRONG\n"})
    result = run("check", "a.py")
    assert result.stdout == """\
a.py:3:15: NAB301 wrong-gradient-axis: [*] WRONG is wrong
  |
3 |     x = '語' + np.WRONG
  |                   ^^^^^
  = note line 1: from here: `import numpy as np`
  = derivation dL/dW for L = <G, X W>
      dL = <G, X dW>     only W varies
          = <Xᵀ G, dW>   what multiplies from the left goes over transposed
  = fix (safe) write RIGHT
3 - \tx = '語' + np.WRONG
3 + \tx = '語' + np.RIGHT

"""
    assert result.stderr == "nablint: 1 finding (1 mended by --fix)\n"


@pytest.mark.parametrize(("choice", "colored"), [("always", True), ("auto", False), ("never", False)])
def test_color_only_where_it_is_wanted(run, write, choice, colored):
    write({"a.py": "x = np.WRONG\n"})
    assert ("\x1b[" in run("check", "--color", choice, "a.py").stdout) == colored


def test_concise(run, write):
    write({"a.py": "x = np.WRONG\ny = np.PLAIN\n"})
    assert run("check", "--output-format", "concise").stdout.splitlines() == [
        "a.py:2:8: NAB301 wrong-gradient-axis: [*] WRONG is wrong",
        "a.py:3:8: NAB502 overflowing-softmax: PLAIN is wrong",
    ]


def test_github(run, write):
    write({"a,b.py": "x = np.WRONG\n"})
    assert run("check", "--output-format", "github").stdout == (
        "::error title=nablint NAB301 wrong-gradient-axis,file=a%2Cb.py,line=2,col=8,endLine=2,endColumn=13::"
        "WRONG is wrong\n"
    )


def test_sarif(run, write):
    write({"a.py": "x = np.WRONG\ny = np.PLAIN\n", "b.py": "np.BROKEN"})
    log = json.loads(run("check", "--output-format", "sarif").stdout)
    (result,) = log["runs"]
    assert [rule["id"] for rule in result["tool"]["driver"]["rules"]] == ["NAB301", "NAB502"]
    assert [(r["ruleId"], r["ruleIndex"]) for r in result["results"]] == [("NAB301", 0), ("NAB502", 1)]
    assert result["results"][0]["locations"][0]["physicalLocation"]["region"] == {
        "startLine": 2, "startColumn": 8, "endLine": 2, "endColumn": 13}  # fmt: skip
    (change,) = result["results"][0]["fixes"][0]["artifactChanges"]
    assert change["replacements"][0]["insertedContent"] == {"text": "RIGHT"}
    (notice,) = result["invocations"][0]["toolExecutionNotifications"]
    assert "does not parse" in notice["message"]["text"]


@pytest.mark.parametrize("form", ["sarif", "gitlab"])
def test_fingerprints_survive_lines_above(run, write, form):
    def prints(text):
        write({"a.py": text})
        told = json.loads(run("check", "--output-format", form).stdout)
        results = told if form == "gitlab" else told["runs"][0]["results"]
        return [r.get("fingerprint") or r["partialFingerprints"] for r in results]

    before = prints("x = np.WRONG\nx = np.WRONG\n")
    assert prints("\n\n# more\nx = np.WRONG\n\nx = np.WRONG\n") == before
    assert before[0] != before[1]


def test_junit(run, write):
    write({"a.py": "x = np.WRONG\n", "b.py": "ok = 1\n", "c.py": "np.BROKEN <&>\n"})
    root = ET.fromstring(run("check", "--output-format", "junit").stdout)
    assert [root.get(key) for key in ("tests", "failures", "errors")] == ["3", "1", "1"]
    assert [suite.get("name") for suite in root] == ["a.py", "b.py", "c.py"]


def test_json_lines_and_statistics(run, write):
    write({"a.py": "x = np.WRONG\ny = np.PLAIN, np.PLAIN\n"})
    lines = run("check", "--output-format", "json-lines").stdout.splitlines()
    assert [json.loads(line)["code"] for line in lines] == ["NAB301", "NAB502", "NAB502"]
    result = run("check", "--statistics")
    assert (result.stdout, result.exit_code) == (
        "2  NAB502  [ ] overflowing-softmax\n1  NAB301  [*] wrong-gradient-axis\n", 1)  # fmt: skip


def test_standard_input(run):
    result = run("check", "--output-format", "json", "--stdin-filename", "net.py", "-", text="np.WRONG\n")
    assert [(d["filename"], d["location"]["row"]) for d in json.loads(result.stdout)] == [("net.py", 1)]
    assert run("check", "-", "a.py", text="").exit_code == 2
    excluded = ("--exclude", "net.py", "--stdin-filename", "net.py", "-")
    assert run("check", *excluded, text="np.WRONG\n").exit_code == 1
    assert run("check", "--force-exclude", *excluded, text="np.WRONG\n").exit_code == 0
    assert run("check", "--force-exclude", "--fix", *excluded, text="np.WRONG\n").stdout == "np.WRONG\n"


def test_output_file(run, write, folder):
    write({"a.py": "x = np.WRONG\n"})
    result = run("check", "--output-format", "json", "-o", "out/report.json", "a.py")
    assert result.stdout == ""
    assert len(json.loads((folder / "out/report.json").read_text())) == 1


@pytest.mark.parametrize(("text", "codes"), [
    ("x = np.WRONG  # noqa\n", []),
    ("x = np.WRONG  # noqa: NAB301\n", []),
    ("x = np.WRONG  # noqa: E501, NAB3\n", []),
    ("x = np.WRONG  # noqa: E501\n", ["NAB301"]),
    ("x = np.WRONG  # nablint: ignore\n", []),
    ("x = np.WRONG  # nablint: ignore[wrong-gradient-axis]\n", []),
    ("x = np.WRONG  # nablint: ignore[NAB502]\n", ["NAB301", "NAB002"]),
    ("x = (np.WRONG +\n     1)  # noqa: NAB301\n", []),
    ("# nablint: ignore[NAB301]\nx = (1 +\n     np.WRONG)\nnp.WRONG\n", ["NAB301"]),
    ("np.WRONG\n# nablint: ignore-file\nnp.WRONG\n", []),
    ("np.WRONG\n# nablint: ignore-file[NAB3]\nnp.PLAIN\n", ["NAB502"]),
    ("x = np.WRONG, '# noqa'\n", ["NAB301"]),
    ("x = 1  # noqa\n", []),
    ("x = 1  # noqa: NAB301\n", ["NAB002"]),
    ("x = 1  # noqa: NAB301, NAB002\n", []),
    ("def f(:  # noqa\nx = np.WRONG # noqa: NAB301\nnp.PLAIN\n", ["NAB502"]),
])  # fmt: skip
def test_suppressions(run, write, text, codes):
    write({"a.py": text})
    assert [d["code"] for d in json.loads(run("check", "--output-format", "json").stdout)] == codes


@pytest.mark.parametrize(("before", "after"), [
    ("x = 1  # noqa: NAB301\n", "x = 1\n"),
    ("x = 1  # noqa: E501, NAB301\n", "x = 1  # noqa: E501\n"),
    ("# nablint: ignore[NAB3]\nx = 1\n", "x = 1\n"),
    ("x = np.PLAIN  # nablint: ignore[NAB301, NAB502]\n", "x = np.PLAIN  # nablint: ignore[NAB502]\n"),
    ("x = 1  # why # nablint: ignore\n", "x = 1  # why\n"),
])  # fmt: skip
def test_idle_suppressions_are_removed(run, write, folder, before, after):
    write({"a.py": before})
    run("check", "--fix", "a.py")
    assert (folder / "a.py").read_text() == "import numpy as np\n" + after


def test_idle_suppressions_of_rules_that_are_off_are_left_alone(run, write):
    write({"a.py": "x = 1  # noqa: NAB301\n"})
    assert run("check", "--select", "NAB0,NAB5").exit_code == 0
    assert run("check", "--select", "NAB0,NAB3").exit_code == 1
