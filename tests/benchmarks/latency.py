"""The language server over stdio as an editor sees it: start, first diagnostics, and the time after each edit.

    python tests/benchmarks/latency.py [EDITS]

Half of the edits are new ones, after each of which it is undone: what was judged before is remembered.
Bounds: after an edit inside one function of a 2,000-line file diagnostics arrive within 50 ms at the 95th percentile,
150 ms at module level; the first ones within 1 s after `initialize`; hover within 20 ms.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import measuring

URI = "file:///benchmark/long_file.py"


class Client:
    """A client of the least that the protocol asks for: JSON-RPC over the pipes, notifications by name."""

    def __init__(self, command: list[str]) -> None:
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing)
        self.incoming: queue.Queue[dict[str, Any]] = queue.Queue()
        self.number = 0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while True:
            length = 0
            while (line := stream.readline()).strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if not length:
                return
            self.incoming.put(json.loads(stream.read(length)))

    def send(self, message: dict[str, Any]) -> None:
        """One message."""
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def notify(self, method: str, params: Any) -> None:
        """A notification."""
        self.send({"method": method, "params": params})

    def request(self, method: str, params: Any, timeout: float = 60) -> Any:
        """A request and its result."""
        self.number += 1
        number = self.number
        self.send({"id": number, "method": method, "params": params})
        return self.wait(lambda m: m.get("id") == number and "method" not in m, timeout).get("result")

    def diagnostics(self, version: int, timeout: float = 60) -> list[Any]:
        """The diagnostics that the server publishes for a version of the file."""
        return self.diagnostics_of(URI, version, timeout)

    def diagnostics_of(self, uri: str, version: int, timeout: float = 60) -> list[Any]:
        """The diagnostics that the server publishes for a version of a file."""
        def published(message: dict[str, Any]) -> bool:
            return message.get("method") == "textDocument/publishDiagnostics" and (
                message["params"]["uri"], message["params"].get("version")) == (uri, version)

        return self.wait(published, timeout)["params"]["diagnostics"]

    def wait(self, wanted: Any, timeout: float) -> dict[str, Any]:
        """The next message that is wanted; requests of the server are answered with null, one for each item."""
        end = time.monotonic() + timeout
        while True:
            message = self.incoming.get(timeout=max(0.001, end - time.monotonic()))
            if wanted(message):
                return message
            if "id" in message and "method" in message:
                items = (message.get("params") or {}).get("items")
                self.send({"id": message["id"], "result": None if items is None else [None] * len(items)})


def began(text: str) -> tuple[Client, float, float]:
    """A server in which a text has just been opened: when it was started, and when it had answered `initialize`."""
    start = time.perf_counter()
    client = Client([str(Path(sys.executable).with_name("nablint")), "server"])
    client.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    ready = time.perf_counter()
    client.notify("initialized", {})
    opened = {"uri": URI, "languageId": "python", "version": 1, "text": text}
    client.notify("textDocument/didOpen", {"textDocument": opened})
    return client, start, ready


def ended(client: Client) -> None:
    """End the server."""
    client.request("shutdown", None)
    client.notify("exit", None)
    client.process.wait(10)


def main(edits: int = 60) -> None:
    """Print the table."""
    lines = [line.rstrip() for line in measuring.long_file().splitlines()]
    text = "\n".join(lines) + "\n"
    rows: list[list[object]] = [[f"file of {len(lines)} lines", "median ms", "95% ms", "worst ms", "bound"]]

    def row(name: str, times: list[float], bound: str = "") -> None:
        rows.append([name, measuring.percentile(times, 0.5), measuring.percentile(times, 0.95), max(times), bound])

    slip = "nabla_w[-1] = np.dot(delta, activations[-2].transpose())"
    assert slip in text
    client, _, ready = began(text.replace(slip, slip.replace(".transpose()", ""), 1))
    while not client.diagnostics(1):
        pass
    row("first finding of it with a slip", [1000 * (time.perf_counter() - ready)], "1000")
    ended(client)

    client, begin, ready = began(text)
    first = client.diagnostics(1)
    row("initialize", [1000 * (ready - begin)])
    row(f"first diagnostics ({len(first)})", [1000 * (time.perf_counter() - ready)], "1000")

    version = 1

    def change(line: int, column: int, new: str, old: str = "") -> float:
        nonlocal version
        version += 1
        last = old.rpartition("\n")[2]
        start = {"line": line, "character": column}
        end = {"line": line + old.count("\n"), "character": len(last) + (0 if "\n" in old else column)}
        change_began = time.perf_counter()
        client.notify("textDocument/didChange", {
            "textDocument": {"uri": URI, "version": version},
            "contentChanges": [{"range": {"start": start, "end": end}, "text": new}],
        })
        client.diagnostics(version)
        return 1000 * (time.perf_counter() - change_began)

    inner = [i for i, line in enumerate(lines) if line.startswith("        ") and "np.dot" in line and line[-1] == ")"]
    outer = [i for i, line in enumerate(lines) if line.startswith("import ")]
    if not inner or not outer:
        raise SystemExit("the long file holds no place to edit")
    edits_of: list[tuple[str, list[int], str, str]] = [
        ("edit inside a function", inner, " + {}", "50"),
        ("comment at module level", outer, "  # seen {}", "150"),
        ("function at module level", outer, "\n\n\ndef added_{}(x):\n    return x", "150"),
        ("class at module level", outer, "\n\n\nclass Added{}:\n    def half(self, x):\n        return x / 2", "150"),
    ]
    for name, places, words, bound in edits_of:
        times: list[float] = []
        undone: list[float] = []
        for turn in range(edits // 2):
            line, piece = places[turn % len(places)], words.format(turn + 2)
            times.append(change(line, len(lines[line]), piece))
            undone.append(change(line, len(lines[line]), "", piece))
        row(name, times, bound)
        row("  undone", undone, bound)

    times = []
    for turn in range(edits):
        line = inner[turn % len(inner)]
        asked = time.perf_counter()
        client.request("textDocument/hover", {"textDocument": {"uri": URI},
                                              "position": {"line": line, "character": len(lines[line]) // 2}})
        times.append(1000 * (time.perf_counter() - asked))
    row("hover", times, "20")
    ended(client)
    measuring.show("nablint server over stdio", rows)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
