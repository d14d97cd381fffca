"""The way to the worker process: one job at a time, the most urgent first, and any of them can be stopped.

Cancelling the task that awaits `Work.call` stops the work itself: the worker is interrupted, and killed if it does
not stop within `GRACE` seconds.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from subprocess import Popen
from typing import Any

from nablint_server.lsp import worker
from nablint_server.lsp.early import Adopted, worker_command, worker_environment

logger = logging.getLogger(__name__)

GRACE = 2.0
"""Seconds that interrupted work has before its process is killed.

A new process has to import and to learn everything again, which costs more than waiting for a long call to return.
"""

LIMIT = 60.0
"""Seconds after which a job is given up."""


class Urgency(IntEnum):
    """Who waits: a user who typed, a fix for later, or a check of the whole workspace."""

    NOW = 0
    IDLE = 1
    WORKSPACE = 2


class WorkFailed(Exception):
    """A job failed; the message is one line."""


@dataclass(order=True, slots=True)
class _Job:
    urgency: Urgency
    number: int
    payload: tuple[Any, ...] = field(compare=False)
    future: asyncio.Future[Any] = field(compare=False)
    heard: Callable[[Any], None] | None = field(default=None, compare=False)
    cancelled: bool = field(default=False, compare=False)


class Work:
    """Owns the worker process.

    module: holds the functions that can be called.
    first:  the process, where it has been started already.
    """

    def __init__(self, module: str, paths: tuple[str, ...] = (), first: Popen[bytes] | None = None) -> None:
        self.command = worker_command(module, paths)
        self._first = first
        self._numbers = itertools.count(1)
        self._waiting: list[_Job] = []
        self._running: _Job | None = None
        self._process: Process | Adopted | None = None
        self._wake = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self.starts = 0

    def start(self) -> None:
        """Begin to start the process, so that its imports are done when the first text arrives."""
        if self._pump is None:
            self._pump = asyncio.create_task(self._begin())

    async def _begin(self) -> None:
        with suppress(OSError):  # said to the first who asks for work
            await self._spawn()
        await self._work()

    async def call(self, function: str, *arguments: Any, urgency: Urgency = Urgency.NOW,
                   heard: Callable[[Any], None] | None = None) -> Any:
        """What `function` of the worker's module returns; raises `WorkFailed`.

        heard: called with what the function tells before it has its result; only then may it tell something.
        """
        self.start()
        payload = (function, arguments, heard is not None)
        job = _Job(urgency, next(self._numbers), payload, asyncio.get_running_loop().create_future(), heard)
        self._waiting.append(job)
        if self._running is not None and urgency is Urgency.NOW < self._running.urgency:
            await self._put_off(self._running)
        self._wake.set()
        try:
            return await job.future
        except asyncio.CancelledError:
            if job in self._waiting:
                self._waiting.remove(job)
            elif self._running is job:
                self._stop(job)
            raise

    async def close(self) -> None:
        """End the process."""
        if self._first is not None:
            self._first.kill()
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        await self._kill()

    async def _put_off(self, job: _Job) -> None:
        """Stop work that nobody waits for, to be done again later."""
        again = _Job(job.urgency, next(self._numbers), job.payload, job.future, job.heard)
        job.future = asyncio.get_running_loop().create_future()
        self._waiting.append(again)
        self._stop(job)

    def _stop(self, job: _Job) -> None:
        if job.cancelled:
            return
        job.cancelled = True
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.write(worker.pack(("cancel", job.number)))
        process = self._process

        def kill() -> None:
            if self._running is job and self._process is process and process is not None:
                logger.info("outdated work did not stop by itself; its process is replaced")
                process.kill()

        asyncio.get_running_loop().call_later(GRACE, kill)

    async def _work(self) -> None:
        while True:
            while not self._waiting:
                self._wake.clear()
                await self._wake.wait()
            job = min(self._waiting)
            self._waiting.remove(job)
            if job.future.done():
                continue
            self._running = job
            try:
                if self._process is None or self._process.returncode is not None:
                    await self._spawn()
                await self._run(job)
            except OSError as error:
                self._fail(job, f"the working process cannot be started ({error.strerror})")
            finally:
                self._running = None

    async def _run(self, job: _Job) -> None:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(worker.pack(("run", job.number, *job.payload)))
            # Not `wait_for`: 3.11's swallows a cancellation that comes with the answer, and `close` waits for ever.
            async with asyncio.timeout(LIMIT):
                while (answer := await self._answer(process.stdout))[0] == "part":
                    if job.heard is not None and not job.cancelled:
                        job.heard(answer[2])
        except TimeoutError:
            await self._kill()
            self._fail(job, f"took longer than {LIMIT:.0f} seconds")
            return
        except (EOFError, ConnectionError, asyncio.IncompleteReadError):
            await self._kill()
            self._fail(job, "the working process ended unexpectedly; it is started again")
            return
        if job.future.done():
            return
        if answer[0] == "done":
            job.future.set_result(answer[2])
        elif answer[0] == "failed":
            logger.error("%s", answer[3])
            self._fail(job, answer[2])
        else:
            job.future.cancel()

    @staticmethod
    async def _answer(stream: asyncio.StreamReader) -> tuple[Any, ...]:
        head = await stream.readexactly(worker.LENGTH.size)
        return worker.unpack(await stream.readexactly(worker.LENGTH.unpack(head)[0]))

    @staticmethod
    def _fail(job: _Job, message: str) -> None:
        if job.cancelled:
            job.future.cancel()
        elif not job.future.done():
            job.future.set_exception(WorkFailed(message))

    async def _spawn(self) -> None:
        self.starts += 1
        first, self._first = self._first, None
        self._process = (await Adopted.adopt(first) if first is not None else await asyncio.create_subprocess_exec(
            *self.command, stdin=PIPE, stdout=PIPE, env=worker_environment()))

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
