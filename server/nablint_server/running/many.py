"""Many files side by side in processes, answers in the order of the questions.

A process that dies or hangs takes one file with it: that file gets its one line, a fresh process goes on with the rest.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from nablint_server.running.one import brief, patience, prepare, run
from nablint_server.running.outcome import Outcome
from nablint_server.running.task import Task

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

FEW = 3
"""So many files are judged in this process: starting another and its imports costs as much as several files."""

LIFE = 200
"""Files after which a process is replaced, so that what it remembers of parsed code does not grow without end."""

GRACE = 5.0
"""Seconds beyond the time limit after which a process is taken for dead; its own alarm comes first."""


def run_all(tasks: Iterable[Task], jobs: int | None = None) -> Iterator[Outcome]:
    """The outcome of every task, in order; files without matrix code never leave this process."""
    quick = [(task, prepare(task)) for task in tasks]
    heavy = [(number, task) for number, (task, done) in enumerate(quick) if done is None]
    workers = min(jobs or available(), len(heavy))
    if workers <= 1 or len(heavy) <= FEW:
        for task, done in quick:
            yield run(task) if done is None else done
        return
    finished = {number: done for number, (_, done) in enumerate(quick) if done is not None}
    turn = 0
    for number, outcome in _parallel(heavy, workers):
        finished[number] = outcome
        while turn in finished:
            yield finished.pop(turn)
            turn += 1
    while turn in finished:
        yield finished.pop(turn)
        turn += 1


def available() -> int:
    """Processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


class _Worker:
    """A process and what it is doing."""

    def __init__(self, context: Any) -> None:
        other: Connection
        self.connection, other = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(other,), daemon=True)
        self.process.start()
        other.close()
        self.number = -1
        self.task: Task | None = None
        self.deadline = 0.0
        self.files = 0

    def give(self, number: int, task: Task) -> None:
        """Start the next file."""
        self.number, self.task = number, task
        self.files += 1
        self.deadline = time.monotonic() + patience(task) + GRACE
        self.connection.send(task)

    def end(self) -> None:
        """Stop the process, whatever it does."""
        self.connection.close()
        self.process.kill()
        self.process.join()


def _work(connection: Connection) -> None:
    """In the worker: judge files until the other side closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        outcome = run(task)
        try:
            connection.send(outcome)
        except (AttributeError, TypeError, ValueError, pickle.PicklingError) as error:
            connection.send(Outcome(task.filename, error=f"nablint failed: {brief(error)}; please report it"))


def _parallel(tasks: list[tuple[int, Task]], count: int) -> Iterator[tuple[int, Outcome]]:
    """Number and outcome of each task as they come; every worker is stopped at the end, however it comes."""
    import multiprocessing
    from multiprocessing.connection import wait

    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    waiting = deque(tasks)
    workers: list[_Worker] = []
    try:
        while waiting or workers:
            while waiting and len(workers) < count:
                workers.append(_Worker(context))
                workers[-1].give(*waiting.popleft())
            until = min(worker.deadline for worker in workers)
            ready = wait([worker.connection for worker in workers], max(until - time.monotonic(), 0))
            for worker in list(workers):
                late = worker.deadline <= time.monotonic()
                if worker.connection not in ready and not late:
                    continue
                number, outcome = worker.number, _answer(worker, worker.connection in ready)
                if outcome is None or not waiting or worker.files >= LIFE:
                    worker.end()
                    workers.remove(worker)
                else:
                    worker.give(*waiting.popleft())
                yield number, outcome or _lost(worker, late)
    finally:
        for worker in workers:
            worker.end()


def _answer(worker: _Worker, ready: bool) -> Outcome | None:
    """The worker's answer, None when it died or hangs."""
    if not ready:
        return None
    try:
        return worker.connection.recv()
    except (EOFError, OSError):
        worker.process.join(GRACE)
        return None


def _lost(worker: _Worker, late: bool) -> Outcome:
    filename = worker.task.filename if worker.task else "-"
    if late:
        return Outcome(filename, error="took too long and was stopped; raise `time-limit` or exclude it")
    code = worker.process.exitcode or 0
    how = f"signal {-code}" if code < 0 else f"status {code}"
    return Outcome(filename, error=f"nablint's process ended with {how}; please report it, exclude the file meanwhile")
