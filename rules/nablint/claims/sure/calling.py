"""How a unit of a run for shapes is called: with an input for each parameter, on an object as its class makes it."""

from __future__ import annotations

from typing import Any

import libcst as cst

from nablint.claims.program import Program
from nablint.claims.sure.objects import settle
from nablint.claims.sure.texts import assigning, text_of
from nablint.tracing.functions import call_function, default_value, instantiate
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Class, Function, Instance, Pending, RaiseSignal, Unknown


def inputs(it: Interpreter, function: Function, *, bound: bool) -> tuple[list[Any], dict[str, Any]]:
    """An input for every parameter that is passed, by place or by name.

    What has a default that is no number has its default: a size of 1 that nobody has to pass is none to rely on.
    """
    params = function.node.params
    placed = [_input(it, function, p) for p in [*params.posonly_params, *params.params][int(bound):]]
    return placed, {p.name.value: _input(it, function, p) for p in params.kwonly_params}


def _input(it: Interpreter, function: Function, param: cst.Param) -> Any:
    pending = it.input(param.name.value, function)
    if param.default is None:
        return pending
    default = default_value(it, function, param)
    said = pending.evidence is not None and pending.evidence.dims is not None
    if not said and not isinstance(default, int | float) | isinstance(default, bool):
        return default
    pending.default = default if isinstance(default, int | float) else None
    return pending


def function_called(it: Interpreter, function: Function) -> None:
    """Call a function with inputs."""
    args, keywords = inputs(it, function, bound=False)
    call_function(it, function, args, keywords, None)


def method_called(it: Interpreter, program: Program, cls: Class, function: Function, kept: list[Instance]) -> None:
    """Call a method with inputs on an object that is made with inputs; the object is put into `kept`."""
    if function.kind == "static":
        function_called(it, function)
        return
    if function.kind == "class":
        args, keywords = inputs(it, function, bound=True)
        call_function(it, function, [cls, *args], keywords, None)
        return
    init = cls.lookup("__init__")
    if isinstance(init, Function) and init.node is function.node:
        instantiate(it, cls, *inputs(it, init, bound=True), None)
        return
    try:
        given = inputs(it, init, bound=True) if isinstance(init, Function) else ([], {})
        instance = instantiate(it, cls, *given, None)
    except RaiseSignal:
        instance = Instance(cls, {}, "self")
    kept.append(instance)
    settle(it, program, cls, instance, assigning(cls, made=set(instance.names)), text_of(function))
    for value in instance.names.values():
        if isinstance(value, list | dict):
            _forget(value)
    args, keywords = inputs(it, function, bound=True)
    call_function(it, function, [instance, *args], keywords, None)


def _forget(container: Any) -> None:
    """What a list or dict of an object holds may have changed since it was made."""
    for key in list(container) if isinstance(container, dict) else range(len(container)):
        if not isinstance(container[key], Pending):
            container[key] = Unknown("it may have changed since")
