"""One file: read, judged, perhaps mended.  Whatever goes wrong becomes the file's one line."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

from nablint.reading.screen import may_hold_matrix_code
from nablint.results import FileResult

from nablint_server.files.texts import Text, Unreadable, decode, read_data
from nablint_server.running.judging import judge
from nablint_server.running.outcome import Outcome
from nablint_server.running.task import Task


def prepare(task: Task) -> Outcome | None:
    """The outcome of a file that needs no analysis: unreadable, without matrix code, or judged before as it is now.

    None for all others.
    """
    try:
        data = read_data(Path(task.filename)) if task.data is None else task.data
        text = decode(data)
    except Unreadable as error:
        return Outcome(task.filename, error=str(error), data=task.data)
    if not may_hold_matrix_code(text.raw):
        return Outcome(task.filename, FileResult(analysed=True), data=task.data)
    return _recalled(task, text) if task.remembered else None


def _recalled(task: Task, text: Text) -> Outcome | None:
    from nablint_server.running.remembered import recall

    try:
        document = open_document(task.filename, text)
    except Unreadable:
        return None
    result = recall(document.source, task.filename, task.settings, repair=task.repair)
    return None if result is None else Outcome.of(task.filename, document, result)


def run(task: Task) -> Outcome:
    """Judge a file, and mend it where the task says so."""
    done = _run(task)
    done.data = task.data
    return done


def _run(task: Task) -> Outcome:
    try:
        data = read_data(Path(task.filename)) if task.data is None else task.data
        document = open_document(task.filename, decode(data))
        with limit(task):
            if task.fix:
                from nablint_server.running.fixing import mend

                return mend(task, document, data)
            result = judge(document.source, task.filename, task.settings, repair=task.repair)
        if task.remembered:
            from nablint_server.running.remembered import keep

            keep(document.source, task.filename, task.settings, result, repair=task.repair)
        return Outcome.of(task.filename, document, result)
    except Unreadable as error:
        return Outcome(task.filename, error=str(error))
    except Expired:
        seconds = f"{task.settings.seconds:g} s"
        return Outcome(task.filename, error=f"took longer than {seconds}; raise `time-limit` or exclude it")
    except RecursionError:
        return Outcome(task.filename, error="is nested too deeply to be judged; exclude it")
    except MemoryError:
        return Outcome(task.filename, error="needs more memory than there is; exclude it")
    except Exception as error:  # noqa: BLE001 one file's bug must not silence the others
        failed = f"nablint failed: {brief(error)}; please report it, exclude the file meanwhile"
        return Outcome(task.filename, error=failed)


def open_document(filename: str, text: Text) -> Any:
    """A text or, by the file's name, a notebook: both have `source`, `edited`, `data`."""
    if filename.endswith(".ipynb"):
        from nablint_server.files.notebooks import read_notebook

        return read_notebook(text)
    return text


def brief(error: BaseException) -> str:
    """An exception in one line, with the place in our own code that raised it."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f" at {Path(where.tb_frame.f_code.co_filename).name}:{where.tb_lineno}" if where else ""
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}{place}" + (f" ({said[0][:120]})" if said else "")


class Expired(BaseException):
    """Patience is at its end.  No `except Exception` on the way may take this for a failure of its own."""


def patience(task: Task) -> float:
    """Seconds by the clock after which a file counts as stuck.

    Its analyses keep their bound, which is on counted work, and end long before, also on a slow and busy machine.
    """
    return (30 if task.fix else 10) * task.settings.seconds


@contextlib.contextmanager
def limit(task: Task) -> Generator[None]:
    """Raise `Expired` when patience ends, where the system has alarms (POSIX, main thread)."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def expired(*_: object) -> None:
        raise Expired

    before = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, patience(task), 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
