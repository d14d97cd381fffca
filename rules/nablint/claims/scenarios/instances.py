"""Instances of the user's classes: made, built and ready to run."""

from __future__ import annotations

import re

import libcst as cst

from nablint.claims.inputs import inputs_for, parameters
from nablint.claims.partners import assigned, assigned_to_self, calls, read_from_self
from nablint.reading.lazily import regex
from nablint.tracing import hints
from nablint.tracing.functions import call_function, instantiate
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.refine import LIST_LENGTH
from nablint.tracing.values import Class, Function, Instance, Pending, RaiseSignal, Restart, as_they_stand


def method_of(cls: Class, name: str) -> Function:
    """The method of a class, its own or a base's; the caller knows that there is one."""
    found = cls.lookup(name)
    assert isinstance(found, Function)
    return found


def bodies(cls: Class, name: str) -> list[Class]:
    """The classes to run a method on: of an abstract class, two that say what it leaves open and keep the method."""
    held = {n: cls.lookup(n) for part in cls.order() for n in part.names}
    open_ = {n for n, f in held.items() if isinstance(f, Function) and is_abstract(f)}
    below = [c for c in as_they_stand(cls.scope.names).values() if isinstance(c, Class) and c is not cls
             and cls in c.order() and open_.intersection(c.names) and name not in c.names]
    return below[:2] or [cls]


def is_abstract(function: Function) -> bool:
    """Does a method only say that others must define it?"""
    body = function.node.body.body if isinstance(function.node, cst.FunctionDef) else ()
    last = next(iter(body[::-1]), None) if len(body) <= 2 else None  # what it is for, and that
    raised = last.body[0] if isinstance(last, cst.SimpleStatementLine) else None
    return isinstance(raised, cst.Raise) and "NotImplemented" in cst.Module([]).code_for_node(raised)


def new_instance(it: Interpreter, cls: Class, methods: tuple[Function, ...] = ()) -> Instance:
    """An object of a class, made from inputs, on which these methods are going to be called."""
    init = cls.lookup("__init__")
    given = inputs_for(it, init, bound=True, path=f"{cls.name}.") if isinstance(init, Function) else []
    star = init.node.params.star_arg if isinstance(init, Function) else None
    if isinstance(star, cst.Param) and _STACK.match(star.name.value):
        given += _stack(cls, star.name.value)
    try:
        instance = instantiate(it, cls, given, {}, None)
        _built(it, cls, instance, methods)
        _filled(cls, instance, methods)
    except RaiseSignal as signal:
        raise Restart(f"{cls.name}() raises {signal.kind}") from signal
    return instance


def _stack(cls: Class, name: str) -> list[Pending]:
    """Layers that nobody in sight makes."""
    return [Pending(f"{cls.name}.{name}[{i}]", hints.item(name)) for i in range(LIST_LENGTH)]


def _filled(cls: Class, instance: Instance, methods: tuple[Function, ...]) -> None:
    """The empty list of layers that a network begins with gets what others would add to it."""
    for name, held in instance.names.items():
        if type(held) is list and not held and _STACK.match(name) and any(name in read_from_self(f.node)
                                                                        for f in methods):
            held += _stack(cls, name)


def _built(it: Interpreter, cls: Class, instance: Instance, methods: tuple[Function, ...]) -> None:
    """Parameters that `__init__` leaves at None are made by a method of their own (`initialize`, `build`).

    Where one of the methods calls it by itself, it does so when it knows the sizes.
    """
    known = set(instance.names) | {name for part in cls.order() for name in part.names}
    empty = {k for k, v in instance.names.items() if v is None}
    empty |= {name for f in methods for name in read_from_self(f.node) - assigned_to_self(f.node)} - known
    for name, function in cls.names.items():
        if (
            empty
            and isinstance(function, Function)
            and isinstance(function.node, cst.FunctionDef)
            and _BUILDS.match(name)
            and not any(calls(f.node, name) for f in methods)
        ):
            if empty & assigned(function.node):
                call_function(it, function, [instance, *inputs_for(it, function, bound=True)], {}, None)
                empty = {k for k in empty if instance.names.get(k) is None}


def prepare(it: Interpreter, cls: Class, instance: Instance, methods: tuple[Function, ...]) -> None:
    """Run the methods without arguments that compute what these methods and those that they call read of their object.

    A framework runs them whenever parameters change.
    """
    held = {name: cls.lookup(name) for part in cls.order() for name in part.names}
    read: set[str] = set()
    waiting, seen = list(methods), {id(f) for f in methods}
    while waiting:
        for word in read_from_self(waiting.pop().node):
            found = held.get(word)
            if not isinstance(found, Function):
                read.add(word)
            elif id(found) not in seen:
                seen.add(id(found))
                waiting.append(found)
    for name, function in held.items():
        if (isinstance(function, Function) and function.kind == "function" and not name.startswith("__")
                and function not in methods and not parameters(function, bound=True)
                and assigned_to_self(function.node) & read - set(instance.names)):
            try:
                call_function(it, function, [instance], {}, None)
            except RaiseSignal as signal:
                raise Restart(f"{function.name} raises {signal.kind}") from signal


_STACK = regex(r"^_*(?:layers?|modules|blocks|stages)(?:_?list)?$", re.I)
"""What a network keeps its layers under."""

_BUILDS = regex(r"^_?(init|build|setup|reset|create|make)(?!_subclass)(?!__)\w*$")
