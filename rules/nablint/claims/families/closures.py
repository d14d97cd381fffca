"""Closures: derivatives that stand inside the operation that they belong to.

Small autograd engines keep, with the result of an operation, a function that hands the result's gradient on:

    def __mul__(self, other):
        out = Value(self.data * other.data, (self, other))
        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = _backward
        return out

The operation is run on objects of the class, a cotangent arrives at the result's gradient, and what the closure adds to
the gradients of the operands is judged.  An engine for plain numbers is run on arrays of them, entry by entry.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from nablint.claims.gather.stored import drop_staged, stored_results
from nablint.claims.inputs import guarded, inputs_for, parameters, settle
from nablint.claims.model import Run, Seed, Unit
from nablint.reading.lazily import regex
from nablint.reading.nodes import below, functions_in
from nablint.tracing.functions import default_value, instantiate
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Class, External, Function, Instance, Pending, RaiseSignal, Restart

DATA = ("data", "value", "_data", "_value", "val", "v", "array")
"""Attributes that hold an object's number or array, likeliest first."""
_GRADIENT = regex(r"^_?(grad|gradient)$")


def closure_units(cls: Class, methods: dict[str, Function]) -> list[Unit]:
    """A unit for every method that makes a closure which adds to gradients of objects."""
    units: list[Unit] = []
    for name, function in methods.items():
        if function.owner is not cls or not isinstance(function.node, cst.FunctionDef):
            continue
        for inner in _inner(function.node):
            if _adds_to_gradients(inner):
                units.append(Unit(f"{cls.name}.{name}.{inner.name.value}", "closure",
                                  lambda it, m=name, f=inner: closure(it, cls, m, f),
                                  (f"{function.name}.{inner.name.value}",), family=cls.name))
    return units


def closure(it: Interpreter, cls: Class, name: str, inner: cst.FunctionDef) -> Run:
    """Run an operation on objects, then the closure that it keeps, with a cotangent at its result."""
    method = cls.lookup(name)
    assert isinstance(method, Function)
    it.entrywise = plain_numbers(it)
    operands = [_operand(it, cls, "self")]
    given: list[Any] = [operands[0]]
    for param in parameters(method, bound=True):
        word = param.name.value
        if is_object(method, word, cls):
            operands.append(_operand(it, cls, word))
            given.append(operands[-1])
        elif param.default is not None:
            given.append(default_value(it, method, param))
        else:
            given.append(it.input(word, method, word))
    out = settle(guarded(it, method, given))
    back = _kept(it, out, inner)
    run = Run(it, start=len(it.steps))
    held = data_of(out)
    if back is None or held is None or not isinstance(out, Instance):
        return run
    cotangent = it.world.leaf("out.grad", held.term.shape, tainted=True)
    it.seal(None)
    for key in [k for k in out.names if _GRADIENT.match(k)] or ["grad"]:
        out.names[key] = Array(cotangent, held.dialect)
    run.start = len(it.steps)
    takes = parameters(back, bound=False)
    guarded(it, back, [Array(cotangent, held.dialect)] if len(takes) == 1 else [])
    variables = {id(o): value for o in operands if (value := data_of(o)) is not None}
    for operand in operands:
        operand.names.update({k: settle(v) for k, v in operand.names.items() if isinstance(v, Pending)})
    for result in stored_results(it, run.start, None):
        owner = result.event.owner if result.event is not None else None
        if id(owner) in variables:
            result.wrt, result.formal = [variables[id(owner)].term], True
            run.results.append(result)
    run.results = drop_staged(run.results)
    run.seeds = [Seed({held.term: cotangent}, "arriving")]
    return run


def plain_numbers(it: Interpreter) -> bool:
    """Is an engine for plain numbers: does its module know no arrays?"""
    return not any(isinstance(v, External) and v.name.split(".")[0] in ("numpy", "torch", "cupy", "jax")
                   for v in it.scope.names.values())


def _operand(it: Interpreter, cls: Class, word: str) -> Instance:
    init = cls.lookup("__init__")
    given = inputs_for(it, init, bound=True, path=f"{word}.") if isinstance(init, Function) else []
    try:
        made = instantiate(it, cls, given, {}, None)
    except RaiseSignal as signal:
        raise Restart(f"{cls.name}() raises {signal.kind}") from signal
    assert isinstance(made, Instance)
    return made


def is_object(method: Function, word: str, cls: Class) -> bool:
    """Is a parameter an object of the class: is its number or its gradient read, or is it made one if it is none?"""
    for part in below(method.node):
        if isinstance(part, cst.Attribute) and isinstance(part.value, cst.Name) and part.value.value == word and (
                part.attr.value in DATA or _GRADIENT.match(part.attr.value)):
            return True
        if (isinstance(part, cst.Call) and isinstance(part.func, cst.Name) and part.func.value == "isinstance"
                and len(part.args) == 2 and isinstance(part.args[0].value, cst.Name)
                and part.args[0].value.value == word and isinstance(part.args[1].value, cst.Name)
                and part.args[1].value.value == cls.name):
            return True
    return False


def data_of(value: Any) -> Array | None:
    """The array that an object holds."""
    if not isinstance(value, Instance):
        return None
    for name in DATA:
        held = value.names.get(name)
        held = held.value if isinstance(held, Pending) else held
        if isinstance(held, Array):
            return held
    return None


def _kept(it: Interpreter, out: Any, inner: cst.FunctionDef) -> Function | None:
    """The closure, where the result keeps it."""
    if not isinstance(out, Instance):
        return None
    return next((v for v in out.names.values() if isinstance(v, Function) and v.node is inner), None)


def _inner(node: cst.FunctionDef) -> list[cst.FunctionDef]:
    return list(functions_in(node.body))


def _adds_to_gradients(node: cst.FunctionDef) -> bool:
    for part in below(node.body):
        targets = [t.target for t in part.targets] if isinstance(part, cst.Assign) else (
            [part.target] if isinstance(part, cst.AugAssign) else [])
        if any(isinstance(t, cst.Attribute) and _GRADIENT.match(t.attr.value) for t in targets):
            return True
    return False


