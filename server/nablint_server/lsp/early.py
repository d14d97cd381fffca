"""The worker's first process, started before the server imports what it needs itself.

Both imports take most of a second; side by side the first text is judged that much sooner.  The event loop, which comes
later, adopts the process.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import IO

from nablint_server.running.process import ONE_THREAD


def worker_command(module: str, paths: tuple[str, ...] = ()) -> list[str]:
    """The command line of a worker process that runs the functions of a module."""
    # -P: with `-m` alone the user's working directory would be searched for modules first.
    return [sys.executable, "-P", "-m", "nablint_server.lsp.worker", module, *paths]


def worker_environment() -> dict[str, str]:
    """The variables that a worker process is started with."""
    return {**os.environ, **ONE_THREAD}


def started(command: list[str]) -> subprocess.Popen[bytes] | None:
    """The process, importing already; None where it would slow the server down or cannot be adopted.

    Windows has pipes of two kinds, and a loop cannot take over those of a process that it has not started.
    """
    if sys.platform == "win32" or (os.cpu_count() or 1) < 2:
        return None
    try:
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=worker_environment())
    except OSError:
        return None  # the loop tries again, and says why


class Adopted:
    """A process that was started outside of the event loop, as `asyncio.subprocess.Process` would show it."""

    def __init__(self, process: subprocess.Popen[bytes], stdin: asyncio.WriteTransport,
                 stdout: asyncio.StreamReader) -> None:
        self._process = process
        self.stdin = stdin
        self.stdout = stdout

    @classmethod
    async def adopt(cls, process: subprocess.Popen[bytes]) -> Adopted:
        """The process with its pipes at the running loop."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        stdin, stdout = _pipes(process)
        writing, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, stdin)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), stdout)
        return cls(process, writing, reader)

    @property
    def returncode(self) -> int | None:
        """The status that it ended with, None while it runs."""
        return self._process.poll()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()

    async def wait(self) -> int:
        """The status that it ends with, once it has."""
        self.stdin.close()
        return await asyncio.to_thread(self._process.wait)


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout
