"""How a process that judges code is set up, before it imports what is heavy."""

from __future__ import annotations

import gc
import os

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Samples are small: threads in the linear algebra would only cost memory and start-up."""

YOUNG = 50_000
"""New objects after which Python looks for cycles among them.

Syntax trees, tables of operations and what is remembered of runs live long and are many; to look through them after
every 700 new objects, as Python does by itself, takes a sixth of the time.
"""


def set_up() -> None:
    """Settle threads and garbage collection for this process and those that it starts."""
    os.environ.update(ONE_THREAD)
    gc.set_threshold(YOUNG, 20, 20)
