"""Bad input, and a deciding side that fails: one line each, the other files still judged."""

import json
import os
import sys

import pytest
from nablint_server.files.texts import LARGEST

GOOD = "import numpy as np\nx = np.WRONG\n"


@pytest.mark.parametrize(("data", "words"), [
    (b"import numpy\n\xff\n", "is not UTF-8: byte 0xff in line 2; save it as UTF-8 or add a coding comment"),
    (b"# coding: ascii\nimport numpy\n\xff\n", "is not ascii: byte 0xff in line 3"),
    (b"# coding: klingon\nimport numpy\n", "names the encoding 'klingon', which does not exist"),
    (b"# coding: rot13\nimport numpy\n", "'rot13'"),
    (b"\x7fELF\x00\x00numpy", "is binary (a NUL at byte 5)"),
    ("import numpy".encode("utf-16"), "is binary"),
    (b"np.BROKEN(\n", "line 1: does not parse"),
    (b"np.CRASH\n", "nablint failed: RuntimeError at conftest.py:"),
    (b"np.DEEP\n", "is nested too deeply"),
    (b"#" * (LARGEST + 1), "more than 20; add it to `exclude`"),
], ids=range(10))  # fmt: skip
def test_one_line_each_and_the_others_are_judged(run, write, data, words):
    write({"a.py": GOOD.encode(), "bad.py": data, "c.py": GOOD.encode()})
    result = run("audit", "--output-format", "json")
    told = json.loads(result.stdout)
    assert result.exit_code == 2
    assert result.stderr.startswith("nablint: bad.py: ")
    assert result.stderr.count("\n") == 1
    assert words in result.stderr
    assert told["files"]["seen"] == 3
    assert told["files"]["analysed"] == 2
    (failed,) = told["files"]["failed"]
    assert failed["filename"] == "bad.py"
    assert words in failed["error"]
    assert [d["filename"] for d in told["diagnostics"]] == ["a.py", "c.py"]


@pytest.mark.parametrize("cookie", [b"latin-1", b"cp1252", b"iso-8859-15", b"utf-8"])
def test_coding_comments_are_honoured(run, write, cookie):
    letter = "é".encode(cookie.decode())
    head = b"#!/bin/sh\n# vim: fileencoding=" + cookie
    write({"a.py": head + b"\nimport numpy as np\nx = '" + letter + b"', np.WRONG\n"})
    (found,) = json.loads(run("check", "--output-format", "json").stdout)
    assert found["location"] == {"row": 4, "column": 13}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not hold here")
def test_unreadable(run, write, folder):
    write({"a.py": GOOD.encode()})
    (folder / "a.py").chmod(0)
    result = run("check", "a.py")
    assert (result.exit_code, "cannot be read (Permission denied)" in result.stderr) == (2, True)


def test_what_is_no_file(run, folder):
    os.mkfifo(folder / "pipe.py")
    result = run("check", "pipe.py", "nowhere/a.py")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[:2] == [
        "nablint: pipe.py: is not a regular file; leave it out",
        "nablint: nowhere/a.py: no such file; check the path",
    ]


def test_a_folder_that_links_to_itself(run, write, folder):
    write({"sub/a.py": "np.WRONG\n"})
    (folder / "sub/again").symlink_to("..")
    assert len(json.loads(run("check", "--output-format", "json", ".", "sub", "sub/a.py").stdout)) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="the stand-in reaches forked processes only")
def test_a_process_that_dies_or_hangs_takes_one_file_with_it(run, write):
    files = {f"f{n:02}.py": "x = np.WRONG\n" for n in range(12)}
    files |= {"f03.py": "np.DIE\n", "f05.py": "np.HANG\n", "f07.py": "np.CRASH\n", "f08.py": "x = 1\n"}
    write(files | {"f09.py": b"x = 1\n"})
    result = run("audit", "--output-format", "json", "--jobs", "2", "--time-limit", "0.2")
    told = json.loads(result.stdout)
    assert result.exit_code == 2
    assert {one["filename"]: one["error"].split(";")[0][:40] for one in told["files"]["failed"]} == {
        "f03.py": "nablint's process ended with status 7",
        "f05.py": "took longer than 0.2 s",
        "f07.py": "nablint failed: RuntimeError at conftest",
    }
    names = [one["filename"] for one in told["diagnostics"]]
    assert names == sorted(set(files) - {"f03.py", "f05.py", "f07.py", "f08.py", "f09.py"})


@pytest.mark.skipif(sys.platform != "linux", reason="the stand-in reaches forked processes only")
def test_a_process_that_blocks_its_alarm_is_killed(run, write, monkeypatch):
    from nablint_server.running import many, one

    monkeypatch.setattr(many, "GRACE", 0.2)
    monkeypatch.setattr(one.signal, "setitimer", lambda *_: None)
    write({f"f{n}.py": "np.HANG\n" if n == 2 else "np.WRONG\n" for n in range(5)})
    result = run("check", "--jobs", "2", "--time-limit", "0.2", "--output-format", "json")
    assert result.stderr == "nablint: f2.py: took too long and was stopped; raise `time-limit` or exclude it\n"
    assert len(json.loads(result.stdout)) == 4


def test_parallel_and_serial_say_the_same(run, write):
    write({f"{n % 3}/f{n}.py": f"x = {n}\nnp.WRONG, np.PLAIN\n" for n in range(9)})
    assert run("check", "--jobs", "2").stdout == run("check", "--jobs", "1").stdout


def test_fixes_in_parallel(run, write, folder):
    write({f"f{n}.py": "np.WRONG\n" for n in range(9)})
    assert run("check", "--fix", "--jobs", "2").exit_code == 0
    assert all("RIGHT" in path.read_text() for path in folder.iterdir())
