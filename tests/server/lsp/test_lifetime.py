"""Beginning and end of the processes."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CODE = f"from nablint_server.lsp.main import main; main('fake_jobs', ({str(HERE)!r},))"

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for child processes in /proc")


class Raw:
    """A client without a library: it may break off."""

    def __init__(self, folder=None):
        self.process = subprocess.Popen([sys.executable, "-c", CODE], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        cwd=folder)

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while line := self.process.stdout.readline().strip():
            if line.startswith(b"Content-Length"):
                length = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(length))

    def start(self, capabilities=None):
        self.send(id=1, method="initialize", params={"processId": None, "rootUri": None,
                                                     "capabilities": capabilities or {}})
        assert self.receive()["result"]["serverInfo"]["name"] == "nablint"
        self.send(method="initialized", params={})
        return self.worker()

    def open(self, text):
        self.send(method="textDocument/didOpen", params={"textDocument": {
            "uri": "file:///a.py", "languageId": "python", "version": 1, "text": text}})

    def worker(self):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            for entry in Path("/proc").glob("[0-9]*/stat"):
                try:
                    number, parent = entry.parent.name, entry.read_text().rpartition(")")[2].split()[1]
                except OSError:
                    continue
                if int(parent) == self.process.pid:
                    return int(number)
            time.sleep(0.02)
        raise AssertionError("no worker")


@pytest.fixture
def client(tmp_path):
    raw = Raw(tmp_path)
    yield raw
    raw.process.kill()
    raw.process.stdin.close()
    raw.process.stdout.close()
    raw.process.wait()


def gone(number):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_shutdown_and_exit_end_both_processes_in_the_middle_of_an_analysis(client):
    worker = client.start()
    client.open("# stuck: 60\n")
    time.sleep(0.3)
    client.send(id=2, method="shutdown")
    assert client.receive()["id"] == 2
    client.send(method="exit")
    assert client.process.wait(10) == 0
    assert gone(worker)


def test_shutdown_cancels_what_waits_for_the_client(client):
    client.start({"window": {"workDoneProgress": True}})
    for number in (2, 3):
        client.send(id=number, method="workspace/executeCommand", params={"command": "nablint.checkWorkspace"})
        assert client.receive()["method"] == "window/workDoneProgress/create"
    client.send(id=4, method="shutdown")
    answers = {(answer := client.receive())["id"]: answer for _ in range(3)}
    assert answers[2]["error"]["message"] == 'Request with id "2" is canceled'
    assert 3 in answers and answers[4]["result"] is None
    client.send(method="exit")
    assert client.process.wait(10) == 0


def test_a_client_that_vanishes_leaves_nothing_behind(client):
    worker = client.start()
    client.open("# slow: 60\n")
    time.sleep(0.3)
    client.process.stdin.close()
    client.process.wait(10)
    assert gone(worker)


@pytest.mark.asyncio
@pytest.mark.parametrize("turns", range(6))
async def test_the_end_may_come_with_an_answer(turns):
    from nablint_server.lsp.work import Work

    work, asked, come = Work("fake_jobs", (str(HERE),)), asyncio.Event(), asyncio.Event()

    async def answer(stream):
        asked.set()
        await come.wait()
        return "done", 1, None

    work._answer = answer
    waiting = asyncio.create_task(work.call("mend", "", "a.py", None))
    await asked.wait()
    come.set()
    for _ in range(turns):  # of the loop, until the answer has been taken
        await asyncio.sleep(0)
    waiting.cancel()
    async with asyncio.timeout(10):
        await work.close()
    assert work._process is None


@pytest.mark.asyncio
async def test_the_worker_tidies_up_when_nothing_is_to_do():
    from nablint_server.lsp.work import Work
    from nablint_server.lsp.worker import PAUSE

    work = Work("fake_jobs", (str(HERE),))
    assert await work.call("kept") == 0
    await asyncio.sleep(1.5 * PAUSE)
    assert await work.call("kept") == 0  # nothing has been done that leaves anything behind
    assert await work.call("kept", 220_000) == 0
    async with asyncio.timeout(20):
        while not await work.call("kept"):
            await asyncio.sleep(1.5 * PAUSE)
    await work.close()


def test_nothing_of_the_folder_that_it_runs_in_is_imported(tmp_path):
    for name in ("numpy", "libcst", "json", "ast", "pickle", "nablint"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    code = """
import subprocess
from nablint.settings import Settings
from nablint_server.lsp import worker
from nablint_server.lsp.work import Work
running = subprocess.Popen(Work("nablint_server.lsp.jobs").command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
running.stdin.write(worker.pack(("run", 1, "judge", ("import numpy as np\\ndW = X @ g\\n", "a.py", Settings(), True))))
running.stdin.flush()
print(worker.read(running.stdout)[0])
"""
    run = subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "done"
    assert not (tmp_path / "ran").exists()


@pytest.mark.asyncio
async def test_notifications_leave_nothing_behind():
    from lsprotocol import types
    from nablint_server.lsp.app import create

    server = create("fake_jobs", (str(HERE),))
    server.work.start = lambda: None  # no process: nothing is judged
    protocol = server.protocol
    protocol.lsp_initialize(types.InitializeParams(types.ClientCapabilities())).send(None)
    for _ in range(3):
        protocol._handle_notification("textDocument/didOpen", types.DidOpenTextDocumentParams(
            types.TextDocumentItem("file:///a.py", "python", 1, "x = 1\n")))
        protocol._handle_notification("textDocument/didClose", types.DidCloseTextDocumentParams(
            types.TextDocumentIdentifier("file:///a.py")))
        await asyncio.sleep(0.01)
    assert not protocol._request_futures
