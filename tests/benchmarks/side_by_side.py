"""Time from a change to its diagnostics, of nablint's server and of others, on one and the same session.

    python tests/benchmarks/side_by_side.py FOLDER [EDITS]

FOLDER holds the programs of the others (`pip install ruff basedpyright pyrefly ty python-lsp-server` in an
environment of its own; those that are not there are left out).  Every server is told of the same file and of the same
edits inside a function, each of which makes or mends an error that all type checkers see; it is asked for nothing, and
pushes.  The last column is what the server says of the file's wrong gradient.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import measuring
from latency import Client

OTHERS = {
    "ruff": ["ruff", "server"],
    "basedpyright": ["basedpyright-langserver", "--stdio"],
    "pyrefly": ["pyrefly", "lsp"],
    "ty": ["ty", "server"],
    "pylsp": ["pylsp"],
}
CAPABILITIES = {"textDocument": {"synchronization": {}, "publishDiagnostics": {"versionSupport": True}}}


class Session:
    """One server with one file."""

    def __init__(self, command: list[str], file: Path) -> None:
        self.client = Client(command)
        self.uri, self.version = file.as_uri(), 1
        folder = {"uri": file.parent.as_uri(), "name": file.parent.name}
        began = time.perf_counter()
        self.client.request("initialize", {"processId": None, "rootUri": folder["uri"], "capabilities": CAPABILITIES,
                                           "workspaceFolders": [folder]})
        self.client.notify("initialized", {})
        self.client.notify("textDocument/didOpen", {"textDocument": {
            "uri": self.uri, "languageId": "python", "version": 1, "text": file.read_text("utf8")}})
        self.found = self.diagnostics(timeout=120)
        self.start = 1000 * (time.perf_counter() - began)

    def diagnostics(self, timeout: float = 60) -> list[Any]:
        """What is published for the newest version."""
        def published(message: dict[str, Any]) -> bool:
            params = message.get("params") or {}
            return (message.get("method") == "textDocument/publishDiagnostics" and params["uri"] == self.uri
                    and params.get("version") in (self.version, None))

        return self.client.wait(published, timeout)["params"]["diagnostics"]

    def change(self, line: int, column: int, new: str, old: str = "") -> float:
        """Milliseconds from an edit to the diagnostics of the text after it."""
        self.version += 1
        where = {"start": {"line": line, "character": column}, "end": {"line": line, "character": column + len(old)}}
        began = time.perf_counter()
        self.client.notify("textDocument/didChange", {
            "textDocument": {"uri": self.uri, "version": self.version},
            "contentChanges": [{"range": where, "text": new}]})
        self.diagnostics()
        return 1000 * (time.perf_counter() - began)

    def close(self) -> None:
        """End the server."""
        self.client.request("shutdown", None)
        self.client.notify("exit", None)
        self.client.process.wait(10)


def measured(command: list[str], file: Path, edits: int) -> tuple[float, list[float], list[Any]]:
    """Milliseconds until the first diagnostics and after each edit, and the first diagnostics."""
    lines = file.read_text("utf8").split("\n")
    inner = [i for i, line in enumerate(lines) if line.startswith("        ") and "np.dot" in line and line[-1:] == ")"]
    session = Session(command, file)
    times: list[float] = []
    for turn in range(edits):
        line = inner[7 * (turn // 2) % len(inner)]
        column, piece = len(lines[line]), " + nowhere_defined"
        times.append(session.change(line, column, piece) if turn % 2 == 0 else session.change(line, column, "", piece))
        time.sleep(0.1)  # a quick typist
    session.close()
    return session.start, times, session.found


def main(folder: str, edits: int = 40) -> None:
    """Print a table for a short and for a long file."""
    programs = {"nablint": [str(Path(sys.executable).with_name("nablint")), "server"]}
    for name, (program, *arguments) in OTHERS.items():
        if (Path(folder) / program).exists():
            programs[name] = [str(Path(folder) / program), *arguments]
    for text in (measuring.network(), measuring.long_file()):
        text = "\n".join(line.rstrip() for line in text.split("\n"))
        rows: list[list[object]] = [["server", "first", "median", "95%", "worst", "on the wrong gradient's line"]]
        with tempfile.TemporaryDirectory() as place:
            file = Path(place) / "network.py"
            file.write_text(text, "utf8")
            slip: set[int] | None = None
            for name, command in programs.items():
                start, times, found = measured(command, file, edits)
                rows_found = {d["range"]["start"]["line"] for d in found}
                slip = rows_found if slip is None else slip
                said = [str(d.get("code")) for d in found if d["range"]["start"]["line"] in slip]
                rows.append([name, start, measuring.percentile(times, 0.5), measuring.percentile(times, 0.95),
                             max(times), ", ".join(said) or "nothing"])
        count = text.count("\n")
        measuring.show(f"ms from a change to its diagnostics, file of {count} lines", rows)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:3]))
