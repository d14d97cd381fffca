"""The process that works: it alone imports numpy and libcst, and it can be interrupted or killed.

Run as `python -m nablint_server.lsp.worker MODULE [FOLDER ...]`; the functions of MODULE are what it can do, and its
function `warm` is called first.  Frames on standard input and output are a length of four bytes and a pickle:

    in    ("run", id, function, arguments, partly)    ("cancel", id)
    out   ("part", id, what)   ("done", id, result)   ("cancelled", id)   ("failed", id, message, traceback)

A function that runs `partly` is given `tell` besides, which sends what it knows before its result.

An interruption is a KeyboardInterrupt in the working thread, so that the process, its imports and its caches live on;
the other side kills the process where that does not help in time.
"""

from __future__ import annotations

import _thread
import gc
import importlib
import os
import pickle
import queue
import signal
import struct
import sys
import threading
import traceback
from types import ModuleType
from typing import Any, BinaryIO

from nablint_server.running.process import STEADY, keep_what_is_there, set_up

PAUSE = 1.5
"""Seconds without work after which the process tidies up, so that it need not while somebody waits."""
UNTIDY = 3
"""Rounds of young objects that were looked through since all were; with six Python looks through all by itself."""

LENGTH = struct.Struct("<I")


def pack(message: tuple[Any, ...]) -> bytes:
    """A frame."""
    body = pickle.dumps(message, protocol=5)
    return LENGTH.pack(len(body)) + body


def read(stream: BinaryIO) -> tuple[Any, ...] | None:
    """The next frame, None at the end of the stream."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return unpack(stream.read(LENGTH.unpack(head)[0]))


def unpack(body: bytes) -> tuple[Any, ...]:
    """The message in a frame's body."""
    return pickle.loads(body)


class _Jobs:
    """What is to do, and which of it is running; shared by the reading and the analysing thread."""

    def __init__(self) -> None:
        self.waiting: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self.cancelled: set[int] = set()
        self.running: int | None = None

    def listen(self, stream: BinaryIO) -> None:
        """Read frames until the other side closes the stream, then leave at once: nobody waits for an answer."""
        while (message := read(stream)) is not None:
            if message[0] == "cancel":
                self.cancelled.add(message[1])
                if self.running == message[1]:
                    _thread.interrupt_main()
            else:
                self.waiting.put(message)
        os._exit(0)

    def interrupted(self, *_: object) -> None:
        """The signal handler: an interruption that comes after its job has ended must not hit the next."""
        if self.running in self.cancelled:
            raise KeyboardInterrupt


def serve(module: ModuleType, stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer frames until the input ends."""
    jobs = _Jobs()
    signal.signal(signal.SIGINT, jobs.interrupted)
    threading.Thread(target=jobs.listen, args=(stdin,), daemon=True).start()
    module.warm()
    while True:
        try:
            message = jobs.waiting.get(timeout=PAUSE if gc.get_count()[2] >= UNTIDY else None)
        except queue.Empty:
            keep_what_is_there()
            continue
        _send(stdout, _answer(module, jobs, stdout, *message[1:]))


def _send(stdout: BinaryIO, message: tuple[Any, ...]) -> None:
    stdout.write(pack(message))
    stdout.flush()


def _answer(module: ModuleType, jobs: _Jobs, stdout: BinaryIO, number: int, function: str, arguments: tuple[Any, ...],
            partly: bool = False) -> tuple[Any, ...]:
    def tell(what: Any) -> None:
        frame = pack(("part", number, what))
        running, jobs.running = jobs.running, None  # an interruption must not cut a frame in two
        stdout.write(frame)
        stdout.flush()
        jobs.running = running
        jobs.interrupted()

    try:
        jobs.cancelled &= {number}  # those that came after their job had ended; there is one job at a time
        jobs.running = number
        try:
            if number in jobs.cancelled:
                return ("cancelled", number)
            result = getattr(module, function)(*arguments, **({"tell": tell} if partly else {}))
        finally:
            jobs.running = None
    except KeyboardInterrupt:
        return ("cancelled", number)
    except Exception as error:  # noqa: BLE001 - one text's failure must not end the process
        said = str(error).strip().splitlines()
        message = f"{type(error).__name__}: {said[0]}" if said else type(error).__name__
        return ("failed", number, message, traceback.format_exc())
    finally:
        jobs.cancelled.discard(number)
    return ("done", number, result)


if __name__ == "__main__":
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not break the frames
    sys.path[:0] = sys.argv[2:]
    set_up(STEADY)
    serve(importlib.import_module(sys.argv[1]), sys.stdin.buffer, output)
