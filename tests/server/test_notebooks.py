"""Notebooks: cells as one source, magics, rows in cells, and the JSON left as it was."""

import json

import pytest
from nablint.results import Edit, Place
from nablint_server.files.json_spans import read_json
from nablint_server.files.notebooks import python_lines, read_notebook
from nablint_server.files.texts import Text

from .conftest import notebook

THREE = ("import numpy as np\n%matplotlib inline\n", "#md text\n", ["x = 1\n", "y = np.WRONG"], "z = 'é', np.PLAIN\n")


def test_rows_are_told_in_cells(run, write):
    write({"n.ipynb": notebook(*THREE)})
    told = json.loads(run("check", "--output-format", "json").stdout)
    assert [(d["cell"], d["location"], d["fix"] and d["fix"]["edits"][0]["location"]) for d in told] == [
        (3, {"row": 2, "column": 8}, {"row": 2, "column": 8}),
        (4, {"row": 1, "column": 13}, None),
    ]
    assert run("check", "--output-format", "concise").stdout.startswith("n.ipynb:cell 3:2:8: NAB301")
    claims = json.loads(run("audit", "--output-format", "json").stdout)["claims"]
    assert [(claim["cell"], claim["row"]) for claim in claims] == [(3, 2), (4, 1)]
    assert "  3 |" not in run("check").stdout
    assert "2 - y = np.WRONG\n2 + y = np.RIGHT" in run("check").stdout


@pytest.mark.parametrize("text", [
    notebook(*THREE),
    notebook(*THREE).replace("\n", "\r\n"),
    json.dumps(json.loads(notebook(*THREE)), indent=4),
    json.dumps(json.loads(notebook(*THREE)), separators=(",", ":")),
    notebook(["import numpy as np\n", "np.WRONG"]),
    notebook(["import numpy; np.WRONG"]).replace('"np', '"\\u006ep'),
], ids=["jupyter", "crlf", "ascii", "compact", "one", "escaped"])  # fmt: skip
def test_only_the_edited_line_changes(run, write, folder, text):
    write({"n.ipynb": text.encode()})
    run("check", "--fix", "n.ipynb")
    assert (folder / "n.ipynb").read_bytes() == text.replace("WRONG", "RIGHT").encode()


def test_source_as_one_string(run, write, folder):
    body = json.loads(notebook("import numpy as np\nx = np.WRONG\n"))
    body["cells"][0]["source"] = "import numpy as np\nx = np.WRONG\n"
    write({"n.ipynb": json.dumps(body)})
    run("check", "--fix")
    assert json.loads((folder / "n.ipynb").read_text())["cells"][0]["source"] == "import numpy as np\nx = np.RIGHT\n"


def test_diff_is_told_by_cell(run, write):
    write({"n.ipynb": notebook(*THREE)})
    assert run("check", "--diff").stdout.splitlines()[:2] == ["--- a/n.ipynb:cell 3", "+++ b/n.ipynb:cell 3"]


def test_lines_come_and_go():
    book = read_notebook(Text(notebook("a = 1\nb = 2\n", "c = 3")))
    more = book.edited([Edit("b = 2\nb = 4\n", Place(2, 1), Place(3, 1)), Edit("", Place(4, 1), Place(4, 6))])
    assert more.source == "a = 1\nb = 2\nb = 4\n\n\n"
    assert json.loads(more.data())["cells"][0]["source"] == ["a = 1\n", "b = 2\n", "b = 4\n"]
    assert json.loads(more.data())["cells"][1]["source"] == []


@pytest.mark.parametrize(("cell", "rows"), [
    ("x = 1\ny = 2", ["x = 1", "y = 2"]),
    ("%time f(\nx = 1", ["", "x = 1"]),
    ("!pip install \\\n  numpy\nx = 1", ["", "", "x = 1"]),
    ("if a:\n    !ls\nelse:\n    %cd x\n", ["if a:", "    pass", "else:", "    pass", ""]),
    ("x = !ls\ny = %env A\nz = a % b", ["x = None", "y = None", "z = a % b"]),
    ("np.dot?\nx = 1", ["", "x = 1"]),
    ("x = ('a'\n%b)\n!ls", ["x = ('a'", "%b)", ""]),
    ("%%time\nx = 1", ["", "x = 1"]),
    ("%%bash\nls", ["", ""]),
    ("%%writefile a.py\nx = 1", ["", ""]),
    ("this is no Python", [""]),
    ("n, k = f(1\nx += 2\nif a == 1", ["n = k = unreadable_cell", "x = unreadable_cell", ""]),
    ("x = f(1)\nprint 'x:', x", ["x = f(1)", "0 or  'x:', x"]),
    ("s = '''\n%d\n'''\n%ls", ["s = '''", "%d", "'''", ""]),
])  # fmt: skip
def test_what_is_no_python_is_blanked(cell, rows):
    assert python_lines(cell) == rows


@pytest.mark.parametrize(("text", "word"), [
    ("numpy", "not a notebook"),
    ("import numpy", "not a notebook"),
    ('{"worksheets": [], "x": "numpy"}', "nbconvert"),
    ('["numpy"]', "not a notebook"),
    ('{"cells": [{"cell_type": "code", "source": "numpy"]}', "line 1 column"),
    ('{"numpy": ' + "[" * 5000, "Nested too deeply"),
])  # fmt: skip
def test_what_is_no_notebook_is_told(run, write, text, word):
    write({"n.ipynb": text})
    result = run("check", "n.ipynb")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 2
    assert word in result.stderr


def test_other_languages_are_left_alone(run, write):
    write({"n.ipynb": notebook("import numpy\nWRONG", language="julia")})
    assert run("check").exit_code == 0


def test_json_spans_agree_with_json():
    text = notebook(*THREE)
    root = read_json(text)
    assert root.value == json.loads(text)
    for cell in root.members["cells"].items:
        for line in cell.members["source"].items:
            assert json.loads(text[line.start : line.end]) == line.value


@pytest.mark.parametrize(("where", "status", "words"), [
    ("n.ipynb:cell 3:2", 0, "y = np.WRONG"),
    ("n.ipynb:cell3:2", 0, "y = np.WRONG"),
    ("n.ipynb:2", 0, "y = np.WRONG"),
    ("n.ipynb:cell 4:2", 1, "the nearest is in line 1"),
])  # fmt: skip
def test_explain_in_a_cell(run, write, where, status, words):
    write({"n.ipynb": notebook(*THREE)})
    result = run("explain", where)
    assert (result.exit_code, words in result.output) == (status, True)


def test_standard_input_may_be_a_notebook(run):
    result = run("check", "--fix", "--stdin-filename", "n.ipynb", "-", text=notebook(*THREE))
    assert result.stdout == notebook(*THREE).replace("WRONG", "RIGHT")
    assert "n.ipynb:cell 4:1:13: NAB502" in result.stderr
