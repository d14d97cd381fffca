"""A session of editing: memory over many files and edits, hover beside a long analysis, typing at speed.

    python tests/benchmarks/editing.py [FILES] [EDITS] [KEYSTROKES]

Bounds: 250 MB for all processes after 200 files, flat over 10,000 edits; hover within 20 ms at the 95th percentile
beside an analysis of two seconds; after a minute of ten keystrokes a second (600) the findings of the last are there as
after any other.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import measuring
from latency import URI, Client


def resident(process: int) -> float:
    """Megabytes of a process and its children, as Linux counts them (pages shared between them once each)."""
    total = 0.0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if process in (parent, int(entry.name)):
                total += int((entry / "statm").read_text().split()[1]) * 4096 / 1e6
        except OSError:
            continue
    return total


def main(files: int = 200, edits: int = 1000, keystrokes: int = 100) -> None:
    """Print the table."""
    client = Client([str(Path(sys.executable).with_name("nablint")), "server"])
    client.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    client.notify("initialized", {})
    rows: list[list[object]] = [["", "", "bound"]]

    texts = [p.read_text("utf8") for p in sorted((measuring.TESTS / "examples").glob("*.py"))]
    for number in range(files):
        item = {"uri": f"file:///benchmark/{number}.py", "languageId": "python", "version": 1,
                "text": texts[number % len(texts)]}
        client.notify("textDocument/didOpen", {"textDocument": item})
        client.diagnostics_of(item["uri"], 1)
        if number == 0:
            rows.append(["MB after 1 file", resident(client.process.pid), ""])
    rows.append([f"MB after {files} files", resident(client.process.pid), "250"])

    text = measuring.network()
    client.notify("textDocument/didOpen", {"textDocument": {
        "uri": URI, "languageId": "python", "version": 1, "text": text}})
    (slip,) = client.diagnostics(1)
    line, row = next((i, row) for i, row in enumerate(text.splitlines()) if "np.dot" in row)
    version = 1

    def change(new: str, old: str = "", line: int = line, column: int = 0) -> None:
        nonlocal version
        version += 1
        start, end = {"line": line, "character": column}, {"line": line, "character": column + len(old)}
        client.notify("textDocument/didChange", {
            "textDocument": {"uri": URI, "version": version},
            "contentChanges": [{"range": {"start": start, "end": end}, "text": new}]})

    for _ in range(edits // 2):
        change(" ")
        change("", " ")
        if version % 100 == 1:
            client.diagnostics(version)
    change("")
    client.diagnostics(version)
    rows.append([f"MB after {edits} edits more", resident(client.process.pid), "as before"])

    hovers: list[float] = []
    where = {"textDocument": {"uri": URI}, "position": slip["range"]["start"]}
    long = "file:///benchmark/long.py"
    client.notify("textDocument/didOpen", {"textDocument": {
        "uri": long, "languageId": "python", "version": 1, "text": measuring.long_file(5000)}})
    begin = time.perf_counter()
    while time.perf_counter() - begin < 2:
        began = time.perf_counter()
        assert client.request("textDocument/hover", where) is not None
        hovers.append(1000 * (time.perf_counter() - began))
        time.sleep(0.01)
    rows.append([f"{len(hovers)} hovers beside an analysis, ms at 95%", measuring.percentile(hovers, 0.95), "20"])
    began = time.perf_counter()
    client.diagnostics_of(long, 1)
    rows.append(["which took so many ms more", 1000 * (time.perf_counter() - began), ""])

    moved = line
    began = time.perf_counter()
    change("  # ", line=moved, column=len(row))
    client.diagnostics(version)
    once = time.perf_counter() - began
    for number in range(keystrokes):
        change("x", line=moved, column=len(row) + 4 + number)
        time.sleep(0.1)
    began = time.perf_counter()
    client.diagnostics(version)
    last = time.perf_counter() - began
    rows.append(["findings after one edit, ms", 1000 * once, ""])
    rows.append([f"findings after the last of {keystrokes} keystrokes, ms", 1000 * last, "as one, and the pause"])
    client.request("shutdown", None)
    client.notify("exit", None)
    client.process.wait(10)
    measuring.show("an editing session", rows)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
