"""Seeds of a loss that is in sight: a number that is minimised, or what a cost's derivative returns.

Where none is, the loss is in nobody's code (see `implicit`).
"""

from __future__ import annotations

import re

import numpy as np

from nablint.calculus.terms import Term, ancestors
from nablint.claims import names
from nablint.claims.model import Seed
from nablint.reading.lazily import regex
from nablint.tracing.functions import call_function
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step
from nablint.tracing.values import Array, Function, Pending, RaiseSignal, Restart, Scope


def loss_seeds(it: Interpreter, start: int) -> list[Seed]:
    """The numbers that go by the name of a loss, the last first; a cost's derivative by its first argument leads."""
    given = _cost_seeds(it, start) or _given_seeds(it, start)
    if given:
        return given
    found: list[Term] = []
    for name, terms in it.history.items():
        if names.is_loss_name(name):
            found += [t for t in terms if t.ndim == 0 and t.card is not None and _depends(t)]
    found.sort(key=lambda t: -t.number)
    found = [t for t in found if not any(_is_part(t, whole) for whole in found)]
    one = it.graph.constant(1.0)
    return [Seed({t: one}, "loss") for t in found[:3]]

_VALUE = ("fn", "f", "cost", "loss", "forward", "__call__", "value", "compute", "function", "func", "eval")


def _cost_seeds(it: Interpreter, start: int) -> list[Seed]:
    """A cost object's derivative was asked for: its own value, of the same arguments, is the loss."""
    for function, scope, step, returned in list(it.returned):
        owner = function.owner
        if owner is None or step is None or step.number < start or not isinstance(returned, Array):
            continue
        word = function.name.rpartition(".")[2]
        if not _DERIVED.match(word):
            continue
        for name in _VALUE:
            value = owner.lookup(name)
            if isinstance(value, Function) and name != word and (seed := _valued(it, value, scope, step)) is not None:
                return [seed]
    return []

_DERIVED = regex(r"^(delta|derivative|deriv|prime|grad|gradient|backward|d|dz|da|delta_output|error)$", re.I)


def _valued(it: Interpreter, function: Function, scope: Scope, step: Step) -> Seed | None:
    """The number that a cost function makes of the arguments, by their names, of another frame."""
    params = [p.name.value for p in (*function.node.params.posonly_params, *function.node.params.params)]
    if function.kind not in ("static",):
        params = params[1:]
    held = [v.value if isinstance(v := scope.names.get(n), Pending) else v for n in params]
    if len(params) < 2 or not all(isinstance(v, Array) for v in held):
        return None
    receiver = [scope.names["self"]] if function.kind not in ("static",) and "self" in scope.names else []
    if function.kind not in ("static",) and not receiver:
        return None
    try:
        value = call_function(it, function, [*receiver, *held], {}, None)
    except (RaiseSignal, Restart):
        return None
    if not isinstance(value, Array) or value.term.sample.size != 1 or value.term.card is None:
        return None
    return Seed({value.term: it.graph.constant(np.ones(np.shape(value.term.sample)) if value.term.ndim else 1.0)},
                "cost", step)

_COST_DERIVATIVE = regex(r"(^|\.|_)d?(cost|loss)_?(derivative|deriv|prime|grad|gradient|delta)$", re.I)


def _given_seeds(it: Interpreter, start: int) -> list[Seed]:
    """What a function named as a cost's derivative returns is the cotangent of its first argument."""
    for function, scope, step, returned in it.returned:
        if (
            not _COST_DERIVATIVE.search(function.name)
            or step is None
            or step.number < start
            or not isinstance(returned, Array)
        ):
            continue
        arguments = [v for k, v in scope.names.items() if not k.startswith("$") and isinstance(v, Array)]
        if (
            arguments
            and arguments[0].term.card is not None
            and tuple(arguments[0].term.shape) == tuple(returned.term.shape)
        ):
            return [Seed({arguments[0].term: returned.term}, "given", step)]
    return []


def _depends(term: Term) -> bool:
    """Does the number depend on an input at all?"""
    return any(node.card is None and node.label and node.ndim for node in ancestors(term))


def _is_part(part: Term, whole: Term) -> bool:
    """Does a number flow into another that depends on more arrays: a penalty beside what the data cost?"""
    return part is not whole and part in ancestors(whole) and not _arrays(whole) <= _arrays(part)


def _arrays(term: Term) -> set[Term]:
    return {t for t in ancestors(term) if t.card is None and t.label and t.ndim}
