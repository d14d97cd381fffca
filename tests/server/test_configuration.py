"""pyproject.toml and nablint.toml: what holds where, and what is told of mistakes."""

import json

import pytest

WRONG = "x = np.WRONG\ny = np.PLAIN\n"
BOTH = ["NAB301", "NAB502"]


@pytest.mark.parametrize(("files", "arguments", "codes"), [
    ({"pyproject.toml": "[tool.nablint]\nselect = ['NAB3']"}, ["a.py"], ["NAB301"]),
    ({"pyproject.toml": "[tool.nablint]\nignore = ['wrong-gradient-axis']"}, ["a.py"], ["NAB502"]),
    ({"nablint.toml": "select = ['NAB3']\nextend-select = ['overflowing-softmax']"}, ["a.py"], BOTH),
    ({"nablint.toml": "select = ['NAB3']", "pyproject.toml": "[tool.nablint]\nselect=['NAB5']"}, ["a.py"], ["NAB301"]),
    ({"nablint.toml": "select = ['NAB3']"}, ["sub/b.py"], ["NAB301"]),
    ({"nablint.toml": "select = ['NAB3']", "sub/pyproject.toml": "[tool.other]"}, ["sub/b.py"], ["NAB301"]),
    ({"nablint.toml": "select = ['NAB3']", "sub/nablint.toml": ""}, ["sub/b.py"], BOTH),
    ({"nablint.toml": "select = ['NAB3']", "sub/nablint.toml": "extend='../nablint.toml'"}, ["sub/b.py"], ["NAB301"]),
    ({"nablint.toml": "ignore = ['NAB3']", "sub/nablint.toml": "extend='../nablint.toml'\nextend-select=['NAB301']"},
     ["sub/b.py"], BOTH),
    ({"nablint.toml": "[per-file-ignores]\n'a.py' = ['NAB3']"}, ["a.py"], ["NAB502"]),
    ({"nablint.toml": "select=['NAB301']\n[per-file-ignores]\n'*.py' = ['NAB']"}, ["a.py"], []),
    ({"nablint.toml": "[per-file-ignores]\n'sub/*' = ['NAB3']"}, ["a.py", "sub/b.py"], [*BOTH, "NAB502"]),
    ({"nablint.toml": "[per-file-ignores]\n'!sub/**' = ['ALL']"}, ["a.py", "sub/b.py"], BOTH),
    ({"nablint.toml": "exclude = ['sub']"}, ["."], BOTH),
    ({"nablint.toml": "extend-exclude = ['sub/b.py']"}, ["."], BOTH),
    ({"nablint.toml": "extend-exclude = ['**/b.py', '*.ipynb']"}, ["."], BOTH),
    ({"nablint.toml": "exclude = ['sub']"}, ["--exclude", "a.py", "."], BOTH),
    ({"nablint.toml": "select = ['NAB3']"}, ["--select", "NAB5", "a.py"], ["NAB502"]),
    ({"nablint.toml": "select = ['NAB3']"}, ["--isolated", "a.py"], BOTH),
    ({"nablint.toml": "select = ['NAB3']", "other.toml": "select = ['NAB5']"}, ["--config", "other.toml", "a.py"],
     ["NAB502"]),
    ({"pyproject.toml": "[tool.nablint]\ngradient-names = ['g_*']\ntime-limit = 2.5"}, ["a.py"], BOTH),
])  # fmt: skip
def test_what_holds(run, write, files, arguments, codes):
    write({"a.py": WRONG, "sub/b.py": WRONG} | files)
    result = run("check", "--output-format", "json", *arguments)
    assert [d["code"] for d in json.loads(result.stdout)] == codes
    assert result.stderr == ""


@pytest.mark.parametrize(("text", "told"), [
    ("selct = ['NAB3']", "nablint.toml: unknown option `selct`; did you mean `select`?"),
    ("zzz = 1", "nablint.toml: unknown option `zzz`\n"),
    ("select = 'NAB3'", "nablint.toml: `select` is 'NAB3'; write a list of strings"),
    ("select = ['NAB999']", "nablint.toml: `select`: unknown rule `NAB999`"),
    ("ignore = ['wrong-gradint-axis']", "unknown rule `wrong-gradint-axis`; did you mean `wrong-gradient-axis`?"),
    ("[per-file-ignores]\n'a' = ['X1']", "`per-file-ignores` of 'a': unknown rule `X1`"),
    ("per-file-ignores = 3", "write a table"),
    ("time-limit = 'long'", "`time-limit` is 'long'; write a number of seconds"),
    ("gradient-names = ['g']", "'g' is no name with one `*`"),
    ("extend = 'gone.toml'", "gone.toml: cannot be read (No such file or directory)"),
    ("extend = 'nablint.toml'", "goes round in a circle"),
    ("select = [", "nablint.toml: is not TOML: "),
])  # fmt: skip
def test_mistakes_are_one_line(run, write, text, told):
    write({"sub/a.py": WRONG, "sub/nablint.toml": text, "b.py": WRONG})
    result = run("check", "--output-format", "json", "sub/a.py", "b.py")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert told in result.stderr
    assert {d["filename"] for d in json.loads(result.stdout)} == {"b.py"}
    assert run("check", "sub").exit_code == 2


def test_a_configuration_that_is_named_must_be_there(run, write):
    write({"a.py": WRONG})
    result = run("check", "--config", "gone.toml", "a.py")
    assert (result.exit_code, result.stderr) == (2, "nablint: gone.toml: cannot be read (No such file or directory)\n")


def test_showing(run, write):
    write({"a.py": WRONG, "nablint.toml": "select = ['NAB3']\ngradient-names = ['g_*']"})
    told = json.loads(run("check", "--show-settings", "--ignore", "NAB502").stdout)
    assert told["file"] == "a.py"
    assert told["configuration"].endswith("nablint.toml")
    assert (told["select"], told["ignore"], told["gradient-names"]) == (["NAB3"], ["NAB502"], ["g_*"])
    assert run("check", "--show-files").stdout == "a.py\n"
