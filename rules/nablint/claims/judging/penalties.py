"""What other methods show of a loss: how it is made of the losses of samples, and what is added to it for weights.

A class whose `forward` gives a loss for each sample has a method that calls it and averages (`calculate`); a penalty on
the weights of a layer stands in a method of its own, often of another class, that is given the layer.
"""

from __future__ import annotations

import re
from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.reading.lazily import regex
from nablint.reading.nodes import below
from nablint.tracing.functions import call_function
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Class, Function, Instance, RaiseSignal, Restart, TooMuch

_PENALTY = regex(r"regulari[sz]|penalt|weight_?decay|l[12]_?(loss|norm|reg)", re.I)


def loss_of_batch(it: Interpreter, cls: Class, forward: str, instance: Instance, given: list[Any]) -> Term | None:
    """The number that a method of the class makes by calling `forward` with its own arguments; None where none does."""
    for part in cls.order():
        for name, function in part.names.items():
            if name == forward or names.is_backward(name) or not isinstance(function, Function):
                continue
            params = _positional(function)
            if len(params) != len(given) + 1 or not _calls(function, forward):
                continue
            value = _number(it, function, [instance, *given])
            if value is not None:
                return value
    return None


def is_penalty(name: str) -> bool:
    """Does a method of this name put a penalty on parameters, whoever calls it?"""
    return _PENALTY.search(name) is not None


def penalty(it: Interpreter, layer: Instance) -> Term | None:
    """The sum of the penalties that methods of the module's classes put on a layer's parameters."""
    total: Term | None = None
    for cls in it.classes:
        if cls is layer.cls:
            continue
        for name, function in cls.names.items():
            if not isinstance(function, Function) or not is_penalty(name):
                continue
            value = _penalty_of(it, cls, function, layer)
            if value is not None:
                total = value if total is None else total + value
    return total


def _penalty_of(it: Interpreter, cls: Class, function: Function, layer: Instance) -> Term | None:
    """The penalty by one method: the layer is its argument, or stands in a list of layers that it goes through."""
    params = _positional(function)
    held = Instance(cls, {}, "self")
    given: list[Any] = [held] if function.kind == "function" else []
    rest = params[len(given):]
    if len(rest) == 1:
        given.append(layer)
        variable = rest[0]
    else:
        loop = _layers(function)
        if rest or loop is None:
            return None
        held.names[loop[0]] = [layer]
        variable = loop[1]
    read = _attributes_of(function, variable)
    if not read or not read & layer.names.keys():
        return None
    return _number(it, function, given)


def _number(it: Interpreter, function: Function, args: list[Any]) -> Term | None:
    """What a function gives, where that is one number that depends on an array; clashes in it say nothing here."""
    counts = len(it.events), len(it.returned), len(it.misfits)
    saved = it.graph.tainting
    it.graph.tainting = False
    try:
        value = call_function(it, function, args, {}, None)
    except (Restart, RaiseSignal, TooMuch):
        return None
    finally:
        it.graph.tainting = saved
        del it.events[counts[0]:], it.returned[counts[1]:], it.misfits[counts[2]:]
    value = value[0] if isinstance(value, tuple) and value else value
    if not isinstance(value, Array) or value.term.ndim or value.term.card is None or value.term.tainted:
        return None
    return value.term


def _positional(function: Function) -> list[str]:
    params = function.node.params
    return [p.name.value for p in (*params.posonly_params, *params.params) if p.default is None]


def _calls(function: Function, name: str) -> bool:
    """Does a method call `self.name(...)`?"""
    called = [p.func for p in below(function.node.body) if isinstance(p, cst.Call)]
    return any(isinstance(f, cst.Attribute) and f.attr.value == name and isinstance(f.value, cst.Name)
               and f.value.value == "self" for f in called)


def _layers(function: Function) -> tuple[str, str] | None:
    """`layers` and `layer` of `for layer in self.layers`."""
    for part in below(function.node.body):
        if (type(part) is cst.For and isinstance(part.target, cst.Name) and isinstance(part.iter, cst.Attribute)
                and isinstance(part.iter.value, cst.Name) and part.iter.value.value == "self"):
            return part.iter.attr.value, part.target.value
    return None


def _attributes_of(function: Function, name: str) -> set[str]:
    """The attributes that a function reads of one of its names."""
    return {p.attr.value for p in below(function.node.body) if isinstance(p, cst.Attribute)
            and isinstance(p.value, cst.Name) and p.value.value == name}
