"""Calls that a run for shapes gives up: what raises on its samples, and what takes too many statements to follow.

A run that ended there would know nothing of the statements behind the call, and whether it raises is mostly a matter of
the samples.  So such a call has an unknown value, and so has what it may have changed on the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nablint.calculus.effort import EFFORT
from nablint.tracing.values import Instance, RaiseSignal, TooMuch, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

LEFT = 4
"""One in so many of the statements that are left is kept for what stands behind the call."""


class Allowance:
    """The statements that one call may take, and its arguments as they were before it."""

    __slots__ = ("before", "limit", "world")

    def __init__(self, it: Interpreter, args: list[Any]) -> None:
        self.world, self.limit = it.world, it.world.max_steps
        self.world.max_steps -= (self.limit - self.world.steps) // LEFT
        self.before = [(a, _held(a)) for a in args if isinstance(a, Instance | list | dict)]

    def close(self) -> None:
        """The caller goes on with what it had."""
        self.world.max_steps = self.limit

    def instead(self, it: Interpreter, name: str, stop: RaiseSignal | TooMuch) -> Unknown:
        """What stands for the value of a call that stopped; raised again where its exception is expected, or where the
        whole run has come to its end.
        """
        raised = isinstance(stop, RaiseSignal)
        over = self.world.steps >= self.limit or EFFORT.seconds > self.world.ends
        if it.shielded if raised else over:
            raise stop
        for holder, held in self.before:
            _forget(holder, held)
        return Unknown(f"{name} raises on samples" if raised else f"{name} is too long to follow")


def _held(holder: Any) -> Any:
    names = holder.names if isinstance(holder, Instance) else holder
    return dict(names) if isinstance(names, dict) else list(names)


def _forget(holder: Any, held: Any) -> None:
    """What an argument holds by now and did not before the call is not known."""
    now: Any = holder.names if isinstance(holder, Instance) else holder
    for key in list(now) if isinstance(now, dict) else range(len(now)):
        kept = key in held if isinstance(held, dict) else key < len(held)
        if not kept or held[key] is not now[key]:
            now[key] = Unknown("a call that is not followed changes it")
