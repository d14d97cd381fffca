"""The answer to `initialize` against that of a bare pygls server with the same features registered.

    python tests/benchmarks/initializing.py [RUNS]

Bound: 1.3 times the bare server, whose features do nothing.  Both are whole processes and take turns.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

import measuring
from latency import Client
from nablint_server.lsp.app import create

BARE = """
from pygls.lsp.server import LanguageServer
server = LanguageServer("bare", "1")
for name in {features}:
    server.feature(name)(lambda params: None)
for name in {commands}:
    server.command(name)(lambda *arguments: None)
server.start_io()
"""


def answered(command: list[str]) -> float:
    """Milliseconds from the start of the process to its answer."""
    began = time.perf_counter()
    client = Client(command)
    client.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    took = 1000 * (time.perf_counter() - began)
    client.request("shutdown", None)
    client.notify("exit", None)
    client.process.wait(10)
    return took


def main(runs: int = 15) -> None:
    """Print the table."""
    manager = create("nablint_server.lsp.jobs").protocol.fm
    code = BARE.format(features=list(manager.features), commands=list(manager.commands))
    commands = {"bare pygls": [sys.executable, "-c", code],
                "nablint server": [str(Path(sys.executable).with_name("nablint")), "server"]}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            took = answered(command)
            if turn:  # the first turn fills the disk's caches
                times[name].append(took)
    medians = {name: statistics.median(found) for name, found in times.items()}
    bare = medians["bare pygls"]
    measuring.show(f"`initialize` answered, medians of {runs}", [
        ["server", "ms", "x bare", "bound"],
        *([name, took, took / bare, "" if took == bare else "1.3"] for name, took in medians.items())])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
