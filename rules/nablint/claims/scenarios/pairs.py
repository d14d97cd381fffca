"""Forward and backward as two functions, or as two methods of a class."""

from __future__ import annotations

import re
from typing import Any

from nablint.claims.dialect import settle_dialect
from nablint.claims.inputs import guarded, inputs_for, last_scope, parameters, return_names, settle
from nablint.claims.judging.penalties import loss_of_batch
from nablint.claims.model import Run
from nablint.claims.partners import read_from_self
from nablint.claims.scenarios.arrivals import LOSS, Arrivals
from nablint.claims.scenarios.custom import reduced
from nablint.claims.scenarios.going_back import go_back
from nablint.claims.scenarios.instances import method_of, new_instance
from nablint.reading.lazily import regex
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Class, Function, Instance


def pair(it: Interpreter, forward: Function, backward: Function) -> Run:
    """A forward and a backward function."""
    settle_dialect(it, forward, backward)
    given = inputs_for(it, forward, bound=False)
    it.ahead = True
    returned = guarded(it, forward, given)
    arguments = dict(zip([p.name.value for p in parameters(forward, bound=False)], given, strict=True))
    run = go_back(it, Arrivals(it, returned, return_names(it, forward), last_scope(it, forward), arguments), forward,
                backward, None)
    if _serves_torch(it, backward):
        whole = {tuple(map(int, output.shape)) for seed in run.seeds for output in seed.cotangents}
        for result in run.results:
            reduced(it, result, whole)
    return run


def _serves_torch(it: Interpreter, backward: Function) -> bool:
    """Does one of PyTorch's functions in the module hand on what this one returns?"""
    call = regex(rf"\b{re.escape(backward.name)}\(")
    return any(
        isinstance(v, Class) and (v.external_base() or "").startswith("torch.")
        and isinstance(back := v.names.get("backward"), Function) and back.block is not None
        and call.search(back.block.text) for v in it.scope.names.values())


def methods(it: Interpreter, cls: Class, forward: str, backward: str) -> Run:
    """A class with a forward and a backward method."""
    ahead, back = method_of(cls, forward), method_of(cls, backward)
    settle_dialect(it, ahead, back)
    instance = new_instance(it, cls, (ahead, back))
    bound = ahead.kind != "static"
    given = inputs_for(it, ahead, bound=bound)
    before = dict(instance.names)
    it.ahead = True
    returned = guarded(it, ahead, [instance, *given] if bound else given)
    words = return_names(it, ahead)
    if returned is None:
        words, returned = _kept_output(instance, before)
    arguments = dict(zip([p.name.value for p in parameters(ahead, bound=bound)], given, strict=True))
    _framework(instance, given, returned)
    first = settle(given[0]) if given else None
    if isinstance(first, Array):
        for word in ("inputs", "input", "x"):
            it.note(word, first)
    arrivals = Arrivals(it, returned, words, last_scope(it, ahead), arguments, instance)
    if arrivals.outputs and arrivals.outputs[0].term.ndim and LOSS.search(back.name):
        arrivals.whole = loss_of_batch(it, cls, forward, instance, given)
    return go_back(it, arrivals, ahead, back, instance)


def _framework(instance: Instance, given: list[Any], returned: Any) -> None:
    """What a base class outside the file keeps for the backward method: inputs and outputs, by these names.

    Only what the code reads: what it does not is not known to be there, and no repair may use it.
    """
    if instance.cls is None or not instance.cls.bases:
        return
    methods = (f for part in instance.cls.order() for f in part.names.values() if isinstance(f, Function))
    read = set[str]().union(*(read_from_self(f.node) for f in methods))
    outputs = tuple(returned) if isinstance(returned, tuple) else (returned,)
    inputs = tuple(settle(v) for v in given)
    kept = {"inputs": inputs, "outputs": outputs} | ({"input": inputs[0]} if inputs else {}) | {"output": outputs[0]}
    for name, value in kept.items():
        if name in read and instance.names.get(name) is None:
            instance.names[name] = value


_OUTPUT = regex(r"^_?(out|outputs?|y|a|result|activations?|value)$", re.I)


def _kept_output(instance: Instance, before: dict[str, Any]) -> tuple[list[str], Any]:
    """The output of a forward method that returns nothing: the attribute by that name, else the last one computed."""
    fresh = [(k, v) for k, v in instance.names.items() if isinstance(v, Array) and v is not before.get(k)
             and v.term.card is not None]
    if not fresh:
        return [], None
    found = max(fresh, key=lambda item: (bool(_OUTPUT.match(item[0])), item[1].term.number))
    return [found[0]], found[1]
