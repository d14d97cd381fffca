"""What a backward method keeps for the layer below, instead of returning it.

    def backward(self, upstream):
        self.back = upstream @ self.W.T          # read by whoever goes on from here
        self.dW = self.x.T @ upstream

The attribute's name says nothing; its shape says that it may be the gradient of the layer's input.  Where it is, that
is shown; where it is not, it may be anything.
"""

from __future__ import annotations

from nablint.claims import names
from nablint.claims.model import Result
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Event
from nablint.tracing.values import Array, Instance


def kept_for_below(it: Interpreter, start: int, instance: Instance, entered: Array) -> list[Result]:
    """Values on the way back that an object keeps under no gradient's name, in the shape of what it was given.

    start: the first step of backward code; entered: the layer's input.
    """
    last: dict[str, Event] = {}
    for event in it.events:
        if event.step.number >= start and event.owner is instance and not names.is_gradient_name(event.name):
            last[event.name] = event
    shape = tuple(entered.term.shape)
    return [Result(f"self.{name}", event.value, [entered.term], event.step, event.target,
                   it.names.get(entered.term, entered.term.label), False, guess=True, event=event)
            for name, event in last.items()
            if event.value is not None and event.value.tainted and tuple(event.value.shape) == shape]
