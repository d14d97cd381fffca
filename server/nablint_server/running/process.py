"""How a process that judges code is set up, before it imports what is heavy."""

from __future__ import annotations

import gc
import os

from nablint_server.running.declaring import compile_late

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Samples are small: threads in the linear algebra would only cost memory and start-up."""

YOUNG = 200_000
"""New objects after which Python looks for cycles among them, in a process that judges some files and ends.

Syntax trees, tables of operations and what is remembered of runs live long and are many; to look through them after
every 700 new objects, as Python does by itself, takes a sixth of the time.
"""
STEADY = 5_000
"""The same in a process that lives as long as an editor, whose memory must stay flat."""


def set_up(young: int = YOUNG) -> None:
    """Settle threads and garbage collection for this process and those that it starts, and what it imports quickly."""
    os.environ.update(ONE_THREAD)
    compile_late()
    gc.set_threshold(young, 10, 5)


def keep_what_is_there() -> None:
    """Look through everything for cycles; what is left is not looked through again until this is called again.

    What has been imported stays, and so does most of what is remembered of texts.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def leave() -> None:
    """At the end of a process nothing more is looked through for cycles: that takes a tenth of a second."""
    gc.freeze()
