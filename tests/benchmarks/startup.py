"""Start-up and single-file times as whole processes, and what they load.

    python tests/benchmarks/startup.py [RUNS]

Bounds: `nablint --version` at most 5 times `python -c pass`; `nablint check` on a network file of 200 lines with a slip
at most 2 times `python -c "import numpy, libcst"`; on a file without matrix code neither numpy nor libcst is imported.
All but the last row judge the file anew; that one is remembered.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import measuring

PLAIN = '"""A file without matrix code."""\n\n\ndef total(prices):\n    return sum(p.amount for p in prices)\n' * 20
HEAVY = ("numpy", "libcst", "sympy", "pygls", "lsprotocol", "rich", "click")


def modules(arguments: list[str]) -> set[str]:
    """The modules that nablint loads for a command line."""
    code = f"""import sys, atexit
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
sys.argv[1:] = {arguments!r}
from nablint_server.cli import main
main()"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return set(done.stderr.split())


def main(runs: int = 11) -> None:
    """Print both tables."""
    python, nablint = sys.executable, str(Path(sys.executable).with_name("nablint"))
    with tempfile.TemporaryDirectory() as folder:
        files = {"plain.py": PLAIN, "network.py": measuring.network(), "right.py": measuring.network("")}
        paths = {name: str(Path(folder) / name) for name in files}
        for name, text in files.items():
            Path(paths[name]).write_text(text, "utf8")
        check = [nablint, "check", "--exit-zero", "--no-cache"]
        again = [nablint, "check", "--exit-zero", paths["network.py"]]
        os.environ["XDG_CACHE_HOME"] = folder
        subprocess.run(again, capture_output=True, check=False)
        rows = files["network.py"].count("\n")
        found = measuring.medians(
            {
                "python -c pass": [python, "-c", "pass"],
                'python -c "import numpy, libcst"': [python, "-c", "import numpy, libcst"],
                "nablint --version": [nablint, "--version"],
                "nablint check, no matrix code": [*check, paths["plain.py"]],
                f"nablint check, network of {rows} lines with a slip": [*check, paths["network.py"]],
                "nablint check, the same without the slip": [*check, paths["right.py"]],
                "nablint check, the one with the slip judged before": again,
            },
            runs,
        )
        bare, libraries = list(found.values())[:2]
        measuring.show(
            f"medians of {runs} whole processes",
            [["command", "ms", "x pass", "x numpy+libcst"],
             *([name, took, took / bare, took / libraries] for name, took in found.items())],
        )
        table = [["command", *HEAVY]]
        for arguments in (["--version"], *([*check[1:], paths[name]] for name in files)):
            names = modules(arguments)
            table.append([" ".join([*arguments[:1], *(Path(a).name for a in arguments[1:] if a in paths.values())]),
                          *("loaded" if h in names else "-" for h in HEAVY)])
        measuring.show("modules loaded", table)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
