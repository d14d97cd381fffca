"""Definitions: functions with their decorators, and classes."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.reading.nodes import parts
from nablint.tracing.statements.targets import target_names
from nablint.tracing.undecided import forget
from nablint.tracing.values import Class, Function, Instance, RaiseSignal, Restart, Scope, TooMuch

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def define_function(it: Interpreter, node: cst.FunctionDef, scope: Scope) -> None:
    """`def`."""
    _define(it, scope, node.name.value, make_function(it, node, scope))


def _define(it: Interpreter, scope: Scope, name: str, value: Any) -> None:
    """Bind a definition; what it replaces at module level, as cells of a notebook do, is kept aside."""
    before = scope.names.get(name) if scope is it.scope else None
    if isinstance(before, Function | Class) and isinstance(value, type(before)) and before.node is not value.node:
        it.replaced.append(before)
    scope.names[name] = value


def make_function(it: Interpreter, node: cst.FunctionDef, scope: Scope, owner: Class | None = None) -> Any:
    """The value of a `def`."""
    kind, context = "function", False
    for decorator in node.decorators:
        names = target_names(decorator.decorator.func
                             if isinstance(decorator.decorator, cst.Call) else decorator.decorator)
        word = names[0] if names else ""
        if word in ("staticmethod", "classmethod"):
            kind = word.removesuffix("method")
        elif word in ("property", "cached_property"):
            kind = "property"
        elif word == "setter":
            kind = "setter"
        elif word == "contextmanager":
            context = True
    prefix = f"{owner.name}." if owner is not None else (f"{scope.function}." if scope.function else "")
    function = Function(node, scope, prefix + node.name.value, kind, owner, block=it.block)
    function.generator = (it.block is None or "yield" in it.block.text) and _yields(node)
    function.context = context and function.generator
    from nablint.tracing.expressions import bind_defaults

    bind_defaults(it, function)
    if kind == "function" and node.decorators:
        _decorate(it, function, scope)
    return function


def _decorate(it: Interpreter, function: Function, scope: Scope) -> None:
    """Decorators that the source itself defines are called; the others (`jit`, `no_grad`) do not matter."""
    from nablint.tracing.calls import call

    value: Any = replace(function, decorated=None)
    assert isinstance(function.node, cst.FunctionDef)
    for decorator in reversed(function.node.decorators):
        named = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
        root = named.value if isinstance(named, cst.Attribute) else named  # `trace`, or `Layer.traced`
        if (not isinstance(root, cst.Name) or (home := scope.find(root.value)) is None
                or not isinstance(found := home.names[root.value], Function | Class)):
            continue
        if not isinstance(found if root is named else it.eval(named, scope), Function):
            continue
        try:
            made = call(it, it.eval(decorator.decorator, scope), [value], {}, decorator)
        except (RaiseSignal, TooMuch, Restart):
            return
        if not isinstance(made, Function | Instance):
            return
        value = made
    function.decorated = value if not isinstance(value, Function) or value.node is not function.node else None


@lru_cache(maxsize=20_000)
def _yields(node: cst.FunctionDef) -> bool:
    stack: list[cst.CSTNode] = [node.body]
    while stack:
        part = stack.pop()
        if isinstance(part, cst.Yield):
            return True
        if not isinstance(part, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            stack.extend(parts(part))
    return False


def define_class(it: Interpreter, node: cst.ClassDef, scope: Scope) -> None:
    """`class`."""
    from nablint.tracing.statements import execute

    bases = [it.eval(arg.value, scope) for arg in node.bases if not arg.star]
    names: dict[str, Any] = {}
    cls = Class(node, node.name.value, names, bases, scope)
    cls.dataclass = any("dataclass" in target_names(d.decorator.func
                                                    if isinstance(d.decorator, cst.Call) else d.decorator)
                        for d in node.decorators)
    inner = Scope(names, scope, cls.name)
    for statement in node.body.body:
        if isinstance(statement, cst.FunctionDef):
            function = make_function(it, statement, scope, cls)
            if function.kind == "setter":
                names[f"{statement.name.value}.setter"] = function
            else:
                names[statement.name.value] = function
        else:
            try:
                execute(it, statement, inner)
            except RaiseSignal:  # a table of options that its own checks refuse says nothing of the methods
                forget(it, statement, inner)
    _define(it, scope, cls.name, cls)
