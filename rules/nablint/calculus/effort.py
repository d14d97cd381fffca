"""Effort: how much work has been done, counted instead of timed.

A bound in seconds makes verdicts depend on the machine and on what else runs on it.  Here work is counted at the few
places where all of it passes: expressions evaluated, terms made, contractions of normal forms, edits tried.  Each
counts for the time that it takes on an ordinary machine, so that bounds can still be thought of as seconds.
"""

from __future__ import annotations

EXPRESSION = 7e-6
TERM = 25e-6
CONTRACTION = 40e-6
PRODUCT = 60e-6
"""One product of monomials in a contraction."""
EVALUATION = 5e-6
"""A card evaluated on samples without making a term."""
TRIAL = 70e-6
"""An edit replayed."""
ENTRY = 2e-9
"""One entry of a sample."""
PROGRAM = 10e-3
"""A module loaded anew."""


class Effort:
    """The work done by this process so far, in seconds of an ordinary machine."""

    __slots__ = ("seconds",)

    def __init__(self) -> None:
        self.seconds = 0.0


EFFORT = Effort()
"""The one count; whoever works adds to it, whoever has a bound reads it."""
