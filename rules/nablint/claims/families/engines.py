"""Engines: variables that know what they were made from, and carry gradients back by themselves.

    class Tensor:
        def __mul__(self, other):
            return Tensor(self.data * other.data, creators=[self, other], operation="mul")

        def backward(self, grad):
            self.grad = grad
            if self.operation == "mul":
                self.creators[0].backward(grad * self.creators[1])
                ...

The derivatives stand in one method that walks the graph, or in functions that it asks.  Each operation of the class is
run on variables of its own, a cotangent is put on its result, and what `backward` leaves in the operands is judged.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.claims.families.closures import DATA, data_of, is_object, plain_numbers
from nablint.claims.families.operations import BINARY, applies, holds_variables, operates, walks
from nablint.claims.inputs import guarded, parameters, settle
from nablint.claims.model import Result, Run, Seed, Unit
from nablint.reading.lazily import regex
from nablint.tracing import hints, refine
from nablint.tracing.functions import default_value, instantiate
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Event
from nablint.tracing.values import Array, Class, Function, Instance, Pending, RaiseSignal, Restart, Unknown

_GRADIENT = regex(r"^_?(grad|gradient)$")
_ARRIVING = regex(r"^_?(grads?|gradients?|g|gy|d|up|upstream\w*|dout|d_?output|(?:out\w*|up\w*)_?grad\w*|"
                  r"grad(?:ient)?_?(?:out\w*|up\w*|y|z)|delta)$", re.I)
_WANTED = regex(r"requires_?grad|autograd|track|trainable|differentiable", re.I)
MOST = 24
"""Operations of one engine that are run."""


def engine_units(cls: Class, functions: list[Function]) -> list[Unit]:
    """A unit for every operation of a class whose `backward` walks the graph, and one for what is used twice."""
    walking = [f for n, f in cls.names.items() if isinstance(f, Function) and names.is_backward(n) and walks(f)]
    if not walking:
        return []
    back = walking[0]
    found = [f for f in cls.names.values() if isinstance(f, Function) and f is not back and operates(f, cls)]
    found += [f for f in functions if applies(f)]
    units = [Unit(f"{cls.name}.{op.name.rpartition('.')[2]} and back", "engine",
                  lambda it, op=op: engine(it, cls, op, back), (back.name, op.name), family=cls.name)
             for op in found[:MOST]]
    known = {f.name.rpartition(".")[2]: f for f in found}
    twice = next((known[word] for word in ("__mul__", "mul", "__add__", "add") if word in known), None)
    if twice is not None:
        units.append(Unit(f"{cls.name}.{twice.name.rpartition('.')[2]} of itself", "engine",
                          lambda it: engine(it, cls, twice, back, twice=True), (back.name, twice.name),
                          family=cls.name))
    return units


def engine(it: Interpreter, cls: Class, op: Function, back: Function, *, twice: bool = False) -> Run:
    """Run an operation on variables, then `backward` of its result.

    twice: once more with one variable for both operands, and `backward` begins with a cotangent of its own, of ones.
    """
    it.books = True
    it.entrywise = plain_numbers(it)
    run = Run(it, start=len(it.steps))
    seeds: dict[Term, Term] = {}
    for same in (False, True) if twice else (False,):
        it.met = None
        out, operands = _operated(it, cls, op, same=same, apart="other " if twice and not same else "")
        held = data_of(out)
        if not isinstance(out, Instance) or held is None or out in operands:
            return run
        it.seal(None)
        start = len(it.steps)
        run.start = run.start if seeds else start
        cotangent = _back(it, cls, back, out, held, given=not twice)
        if cotangent is None:
            return run
        for operand in dict.fromkeys(operands):
            run.results += _result(it, operand, None if twice else back, start)
        seeds[held.term] = cotangent
    run.seeds = [Seed(seeds, "arriving")] if run.results else []
    return run


def _operated(it: Interpreter, cls: Class, op: Function, *, same: bool, apart: str) -> tuple[Any, list[Instance]]:
    """The result of an operation on new variables, and these; `apart` tells them from those of another run."""
    first = _variable(it, cls, f"{apart}self")
    operands = [first]
    given: list[Any] = [first]
    bound = op.owner is not None
    for i, param in enumerate(parameters(op, bound=bound)):
        word = param.name.value
        if not bound and i == 0:
            continue
        if param.default is not None:
            given.append(default_value(it, op, param))
        elif not bound or is_object(op, word, cls) or BINARY.match(op.name.rpartition(".")[2]):
            operands.append(first if same else _variable(it, cls, f"{apart}{word}"))
            given.append(operands[-1])
        else:
            given.append(it.input(word, op, word))
            if hints.is_axis(word):
                given[-1] = it.world.choose(f"{op.name}.{word}:axis", (0, 1, -1), 0.3)
    return settle(guarded(it, op, given)), operands


def _back(it: Interpreter, cls: Class, back: Function, out: Instance, held: Array, *, given: bool) -> Term | None:
    """Call `backward`: with a cotangent as its argument, or kept in the result; else with the one that it begins with.

    None where it overwrites the cotangent with another.
    """
    shape = held.term.shape
    arriving = it.world.leaf("out.grad", shape, tainted=True)
    word = next((k for k in out.names if _GRADIENT.match(k)), "grad")
    wanted = parameters(back, bound=True)
    takes = bool(wanted) and bool(_ARRIVING.match(wanted[0].name.value))
    if not given and takes and wanted[0].default is None:
        return None
    value: Any = Array(arriving, held.dialect)
    if holds_variables(back, cls):
        value = instantiate(it, cls, [value], {}, None)
    start = len(it.events)
    if given and not takes:
        out.names[word] = value
    guarded(it, back, [out, value] if given and takes else [out])
    ones = it.graph.constant(np.ones(tuple(map(int, shape))))
    kept = settle(out.names.get(word))
    if isinstance(kept, int | float):
        return ones if kept == 1 and not given else None
    put = next((e for e in it.events[start:] if e.owner is out and _GRADIENT.match(e.name) and e.cell is not None),
               None)
    if put is None:
        return arriving if given else None
    begun, expected = put.value or _held(put.cell), arriving if given else ones
    same = begun is not None and np.array_equal(begun.sample, expected.sample)
    return (arriving if given else begun) if same else None


def _held(cell: Any) -> Term | None:
    inside = data_of(cell) if isinstance(cell, Instance) else cell if isinstance(cell, Array) else None
    return inside.term if inside is not None else None


def _result(it: Interpreter, operand: Instance, back: Function | None, start: int) -> list[Result]:
    """What `backward` left in an operand, by the statement that handed it on; without `back`, by that which kept it."""
    data = data_of(operand)
    word = next((k for k in operand.names if _GRADIENT.match(k)), "")
    events = [e for e in it.events if e.owner is operand and _GRADIENT.match(e.name) and e.step.number >= start]
    left = settle(operand.names.get(word))
    value, reason = _held(left), _lost(left)
    if data is None or not (value or reason) or not events:
        return []
    event: Event = replace(events[-1], value=value)
    step, node, name = event.step, event.target, f"{operand.path}.{word}"
    caller = step.caller
    if back is not None and caller is not None and step.function == caller.function == back.name:
        step, node = caller, caller.node
    shown = it.names.get(data.term, data.term.label)
    return [Result(name, value, [data.term], step, node, shown, True, reason=reason, event=event)]


def _lost(value: Any) -> str:
    """Why a gradient is not known."""
    inside = [v for v in value.names.values() if isinstance(v, Unknown)] if isinstance(value, Instance) else [value]
    return next((v.reason for v in inside if isinstance(v, Unknown)), "")


def _variable(it: Interpreter, cls: Class, word: str) -> Instance:
    """A variable of the class that wants a gradient, made of an input array."""
    init = cls.lookup("__init__")
    params = parameters(init, bound=True) if isinstance(init, Function) else []
    held = next((p.name.value for p in params if p.name.value in DATA), params[0].name.value if params else "")
    given: dict[str, Any] = {p.name.value: True for p in params if _WANTED.search(p.name.value)}
    for param in params:
        name = param.name.value
        if name == held or (param.default is None and name not in given):
            assert isinstance(init, Function)
            given[name] = it.input(name, init, f"{word}.{name}")
    if isinstance(given.get(held), Pending):
        given[held] = refine.as_operand(it, given[held])
    try:
        made = instantiate(it, cls, [], given, None)
    except RaiseSignal as signal:
        raise Restart(f"{cls.name}() raises {signal.kind}") from signal
    assert isinstance(made, Instance)
    made.path = word
    return made


__all__ = ["engine", "engine_units"]
