"""Which files are judged."""

import subprocess

import pytest
from nablint_server.files.gitignore import read_pattern

PATHS = ("a", "a.py", "b/a.py", "b/a", "b/c/a.py", "b/c/d.py", "ab.py", "[.py", "b c.py", "#a")
PATTERNS = (
    "a", "a.py", "*.py", "/a.py", "b/", "b/a.py", "b/*.py", "**/a.py", "b/**", "b/**/a.py", "?.py", "[ab].py",
    "[!b]*.py",
    "b/c", "*", "/*", "**", "b*", "\\#a", "# comment", "", "a.py ", "b\\ c.py", "[", "b/**/", "[]]", "a**", "*/a.py",
)  # fmt: skip


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    try:
        subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git is not here")
    return folder


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_mean_what_git_means(repository, pattern):
    (repository / ".gitignore").write_text(pattern + "\n")
    read = read_pattern(pattern)
    for path in PATHS:
        done = subprocess.run(["git", "check-ignore", "-q", "--no-index", path], cwd=repository, check=False)
        parents = [path[:n] for n, letter in enumerate(path) if letter == "/"]
        ours = read is not None and any(
            (is_folder or not read.folders_only) and read.expression.fullmatch(each) is not None
            for each, is_folder in [*((parent, True) for parent in parents), (path, False)]
        )
        assert ours == (done.returncode == 0), path


@pytest.mark.parametrize(("arguments", "files"), [
    (["."], ["a.py", "sub/c.py", "sub/kept.py"]),
    (["--no-respect-gitignore", "."], ["a.py", "out/b.py", "sub/c.py", "sub/gen_x.py", "sub/kept.py"]),
    (["sub"], ["sub/c.py", "sub/kept.py"]),
    (["out"], ["out/b.py"]),
    (["out/b.py", "sub"], ["out/b.py", "sub/c.py", "sub/kept.py"]),
    (["--exclude", "sub", "."], ["a.py"]),
])  # fmt: skip
def test_what_git_ignores_is_left_out(run, write, folder, arguments, files):
    (folder / ".git").mkdir()
    write(dict.fromkeys(("a.py", "out/b.py", "sub/c.py", "sub/gen_x.py", "sub/kept.py"), ""))
    write({".gitignore": "/out/\ngen_*\nkept.py\n", "sub/.gitignore": "!kept.py\n"})
    assert run("check", "--show-files", *arguments).stdout.splitlines() == files


def test_gitignore_can_be_switched_off(run, write, folder):
    (folder / ".git").mkdir()
    write({"a.py": "", ".gitignore": "*", "nablint.toml": "respect-gitignore = false"})
    assert run("check", "--show-files").stdout == "a.py\n"
    write({"nablint.toml": "respect-gitignore = 1"})
    assert run("check", "--show-files").exit_code == 2
