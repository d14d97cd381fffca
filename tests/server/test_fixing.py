"""`--fix` and `--diff`: what is written, byte by byte."""

import os
import stat

import pytest

HEAD = "import numpy as np\n"


@pytest.mark.parametrize(("before", "after", "arguments", "status"), [
    ("x = np.WRONG\n", "x = np.RIGHT\n", ["--fix"], 0),
    ("x = np.WRONG + np.WRONG\n", "x = np.RIGHT + np.RIGHT\n", ["--fix"], 0),
    ("x = np.HIDDEN\n", "x = np.RIGHT\n", ["--fix"], 0),
    ("x = np.UNSAFE\n", "x = np.UNSAFE\n", ["--fix"], 1),
    ("x = np.UNSAFE\n", "x = np.SAFE\n", ["--fix", "--unsafe-fixes"], 0),
    ("x = np.WRONG\ny = np.PLAIN\n", "x = np.RIGHT\ny = np.PLAIN\n", ["--fix"], 1),
    ("x = np.WRONG\n", "x = np.WRONG\n", ["--diff"], 1),
    ("x = np.WRONG\n", "x = np.WRONG\n", [], 1),
    ("x = np.WRONG\n", "x = np.RIGHT\n", ["--fix", "--exit-non-zero-on-fix"], 1),
    ("x = np.WRONG", "x = np.RIGHT", ["--fix"], 0),
])  # fmt: skip
def test_fix(run, write, folder, before, after, arguments, status):
    write({"a.py": before})
    assert run("check", *arguments, "a.py").exit_code == status
    assert (folder / "a.py").read_text() == HEAD + after


@pytest.mark.parametrize("data", [
    b"import numpy as np\r\nx = np.WRONG\r\n",
    b"\xef\xbb\xbfimport numpy as np\nx = np.WRONG # \xc3\xa9\n",
    b"# -*- coding: latin-1 -*-\nimport numpy as np  # \xe9\nx = '\xe9', np.WRONG\n",
    b"import numpy as np\rx = np.WRONG\r",
    b"import numpy as np\r\nx = 1\ny = np.WRONG\r\nz = 2\n",
    b"import numpy as np\n\x0c\nx = '\xe2\x80\xa8', np.WRONG\n",
    b"import numpy as np\n\tx = np.WRONG\n\t\n",
    b"#!/usr/bin/python\n# vim: set fileencoding=utf-8 :\nimport numpy as np\nx = np.WRONG",
], ids=["crlf", "bom", "cookie", "cr", "mixed", "odd breaks", "tabs", "no newline"])  # fmt: skip
def test_nothing_else_changes(run, write, folder, data):
    write({"a.py": data})
    assert run("check", "--fix", "a.py").exit_code == 0
    assert (folder / "a.py").read_bytes() == data.replace(b"WRONG", b"RIGHT")


def test_diff_is_a_patch(run, write):
    write({"sub/a.py": "x = np.WRONG\ny = 1"})
    assert run("check", "--diff", "sub").stdout == """\
--- a/sub/a.py
+++ b/sub/a.py
@@ -1,3 +1,3 @@
 import numpy as np
-x = np.WRONG
+x = np.RIGHT
 y = 1
\\ No newline at end of file
"""


def test_standard_input_is_mended_to_standard_output(run):
    result = run("check", "--fix", "-", text=b"x = np.WRONG\r\ny = np.PLAIN\r\n")
    assert result.stdout_bytes == b"x = np.RIGHT\r\ny = np.PLAIN\r\n"
    assert "PLAIN is wrong" in result.stderr
    assert run("check", "--fix", "-", text="x = 1\n").stdout == "x = 1\n"


def test_the_mode_and_a_link_stay(run, write, folder):
    write({"real/a.py": "x = np.WRONG\n"})
    os.chmod(folder / "real/a.py", 0o755)
    (folder / "a.py").symlink_to("real/a.py")
    run("check", "--fix", "a.py")
    assert (folder / "a.py").is_symlink()
    assert (folder / "real/a.py").read_text() == HEAD + "x = np.RIGHT\n"
    assert stat.S_IMODE((folder / "real/a.py").stat().st_mode) == 0o755
    assert sorted(path.name for path in (folder / "real").iterdir()) == ["a.py"]


def test_a_file_that_was_saved_meanwhile_is_left_alone(run, write, folder, monkeypatch):
    from nablint_server.running import fixing

    write({"a.py": "x = np.WRONG\n"})
    judge = fixing.judge

    def meanwhile(*arguments, **options):
        (folder / "a.py").write_text("somebody else's\n")
        return judge(*arguments, **options)

    monkeypatch.setattr(fixing, "judge", meanwhile)
    result = run("check", "--fix", "a.py")
    assert result.exit_code == 2
    assert "changed by another program" in result.stderr
    assert (folder / "a.py").read_text() == "somebody else's\n"


def test_a_letter_that_the_encoding_lacks(run, write, folder, monkeypatch):
    import sys

    words = sys.modules["nablint.analysis"].analyse.__globals__["WORDS"]
    monkeypatch.setitem(words, "WRONG", "δ")
    data = b"# coding: latin-1\nimport numpy as np\nx = np.WRONG\n"
    write({"a.py": data})
    result = run("check", "--fix", "a.py")
    assert (result.exit_code, (folder / "a.py").read_bytes()) == (2, data)
    assert "needs 'δ', which latin-1 does not have" in result.stderr


def test_a_fix_that_does_not_parse_is_not_applied(run, write, folder, monkeypatch):
    import sys

    words = sys.modules["nablint.analysis"].analyse.__globals__["WORDS"]
    monkeypatch.setitem(words, "WRONG", "(")
    write({"a.py": "x = np.WRONG\ny = np.HIDDEN\n"})
    assert run("check", "--fix", "a.py").exit_code == 1
    assert (folder / "a.py").read_text() == HEAD + "x = np.WRONG\ny = np.WRONG\n"


def test_a_read_only_file_stays(run, write, folder, monkeypatch):
    write({"a.py": "x = np.WRONG\n"})
    monkeypatch.setattr(os, "access", lambda *_: False)
    result = run("check", "--fix", "a.py")
    assert (result.exit_code, "WRONG" in (folder / "a.py").read_text()) == (2, True)
    assert "a.py: cannot be written (it is read-only)" in result.stderr


def test_writing_where_it_is_not_allowed(run, write, folder, monkeypatch):
    import tempfile

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    write({"a.py": "x = np.WRONG\n"})
    monkeypatch.setattr(tempfile, "mkstemp", refused)
    result = run("check", "--fix", "a.py")
    assert result.exit_code == 2
    assert "a.py: cannot be written (Permission denied); nothing was changed in it" in result.stderr
