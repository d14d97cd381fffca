"""Inputs of a unit: what functions are called with, what other functions of the module make, and guarded calls."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import libcst as cst

from nablint.claims.evidence import told_on_the_way_back
from nablint.claims.partners import makers, read_from_arguments
from nablint.reading.nodes import below
from nablint.tracing import hints
from nablint.tracing.functions import call_function, default_value
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.paths import default_of
from nablint.tracing.refine import as_sizes, settle_spans
from nablint.tracing.values import (
    Array,
    Bound,
    Class,
    External,
    Function,
    Instance,
    OpenList,
    Pending,
    RaiseSignal,
    Restart,
    Scope,
)

UNTRUNCATED = 1_000
"""Steps back through time, more than any run has: what is left out on purpose is no mistake."""


def parameters(function: Function, *, bound: bool) -> list[cst.Param]:
    """A function's positional parameters, without `self`."""
    params = function.node.params
    found = [*params.posonly_params, *params.params]
    return found[1:] if bound else found


def module_functions(it: Interpreter) -> dict[str, Function]:
    """The functions of the module, in source order, then those that it imports."""
    found = {k: v for k, v in it.scope.names.items() if type(v) is Function and type(v.node) is cst.FunctionDef}
    return dict(sorted(found.items(), key=lambda item: item[1].scope is not it.scope))


def made(it: Interpreter, function: Function, name: str) -> Any:
    """What another function of the module makes for a parameter of this name; None where none does."""
    found = {f.name: f for f in makers(function, name, module_functions(it))}
    if len(found) > 1 and _counts(function.node, name):  # for any number of layers, not for those of one net
        found = {n: f for n, f in found.items() if any(isinstance(p, cst.For) for p in below(f.node))} or found
    maker = found.get(it.world.choose(f"{function.name}.{name}:made by", (*found, ""), 0.3)) if found else None
    if maker is None:
        return None
    given = inputs_for(it, maker, bound=False, path=f"{maker.name}.")
    value = guarded(it, maker, given)
    outside = maker.block is not None and maker.block.outside
    if isinstance(value, tuple):  # several things at once that another file makes are the samples of somebody's test
        value = None if outside else dict(zip(return_names(it, maker), value, strict=False)).get(name)
    if outside and isinstance(value, dict) and not _keys_read(function.node, name) <= value.keys():
        return None  # what another file makes by the same name for something else
    if isinstance(value, dict):
        _lengthen(it, function, value, given)
        for key, item in value.items():
            if isinstance(item, Array):
                it.names[item.term] = str(key)
                it.note(str(key), item)
    return value


@lru_cache(maxsize=4096)
def _keys_read(function: cst.CSTNode, name: str) -> set[str]:
    """The keys that a function reads of a dict by this name, as far as they are written out."""
    return {str(part.slice[0].slice.value.evaluated_value) for part in below(function)
            if isinstance(part, cst.Subscript) and isinstance(part.value, cst.Name) and part.value.value == name
            and len(part.slice) == 1 and isinstance(part.slice[0].slice, cst.Index)
            and isinstance(part.slice[0].slice.value, cst.SimpleString)}


@lru_cache(maxsize=4096)
def _counts(function: cst.CSTNode, name: str) -> bool:
    """Does a function ask for `len(name)`?"""
    return any(_counted(part, name) for part in below(function))


def _counted(node: cst.CSTNode, name: str) -> bool:
    return (isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "len"
            and len(node.args) == 1 and isinstance(node.args[0].value, cst.Name) and node.args[0].value.value == name)


def _lengthen(it: Interpreter, function: Function, value: dict[Any, Any], given: list[Any]) -> None:
    """A function that reads `W3` needs parameters of three layers: start again with a longer list of sizes."""
    assert isinstance(function.node, cst.FunctionDef)
    missing = [n for n in read_from_arguments(function.node) if re.fullmatch(r"[A-Za-z_]+\d", n) and n not in value]
    stems = {re.sub(r"\d", "", str(k)) for k in value}
    wanted = max((int(n[-1]) for n in missing if n[:-1] in stems), default=0)
    lists = [p.path for p in given if isinstance(p, Pending) and isinstance(p.value, OpenList)]
    if wanted and lists and it.world.decided(f"{lists[0]}:length") is None:
        raise Restart("more layers are read than were made", decisions=((f"{lists[0]}:length", wanted + 1),))


def inputs_for(it: Interpreter, function: Function, *, bound: bool, path: str = "") -> list[Any]:
    """An input for every parameter without a default; flags keep their default, numbers become inputs.

    What a function of the module makes for a parameter of that name is taken from there.
    """
    out: list[Any] = []
    for param in parameters(function, bound=bound):
        if not bound and param.default is None and (value := made(it, function, param.name.value)) is not None:
            out.append(value)
            continue
        if hints.is_truncation(param.name.value):
            out.append(UNTRUNCATED)
            continue
        pending = it.input(param.name.value, function, f"{path}{param.name.value}")
        if pending.evidence is None:
            pending.evidence = told_on_the_way_back(function, param.name.value)
        if param.default is not None:
            default = default_value(it, function, param)
            if isinstance(default, bool | str):
                out.append(default_of(it, default, pending.path))
                continue
            if isinstance(default, Class):
                kin = (default, *_interchangeable(it, default))
                out.append(it.world.choose(f"{pending.path}:class", kin, fork=True) if len(kin) > 1 else default)
                continue
            if isinstance(default, tuple) and len(default) > 1 and hints.is_shape_of_input(param.name.value) and all(
                    type(n) is int for n in default):
                out.append(as_sizes(it, pending, len(default)))  # the code is for images of any size
                continue
            if isinstance(
                default, list | tuple | dict | Function | Class | Instance | External | Bound
            ):
                out.append(default)
                continue
            if isinstance(default, int) and default in (-1, 0, 1, 2):
                out.append(_flag(it, function, default, pending))
                continue
            pending.default = default
            sized = hints.is_size(param.name.value) or "shape" in param.name.value
            pending.optional = default is None and bool(path) and not sized  # objects are mostly made with defaults
        out.append(pending)
    return out


def _flag(it: Interpreter, function: Function, default: int, pending: Pending) -> Any:
    """A number that switches something keeps its default; on a detour it has another value."""
    if it.world.choose(f"{function.name}.{pending.hint}:default", (default, "given"), detour=True) == default:
        return default
    pending.default = default
    return pending


def kindred(name: str) -> str:
    """What a run reads of the module, beside names, when it asks which classes have the methods of the named one."""
    return f"classes like {name}"


def _interchangeable(it: Interpreter, cls: Class) -> list[Class]:
    """Other classes of the module that have the same methods: each can be passed where this one is the default."""
    it.world.read.add(kindred(cls.name))
    wanted = {n for n, f in cls.names.items() if isinstance(f, Function) and not n.startswith("__")}
    return [other for other in it.scope.names.values()
            if isinstance(other, Class) and other is not cls and other.scope is cls.scope and wanted
            and wanted <= {n for n, f in other.names.items() if isinstance(f, Function)}]


def settle(value: Any) -> Any:
    """A pending input's value, where a use has shown it."""
    return value.value if isinstance(value, Pending) and value.value is not None else value


def guarded(it: Interpreter, function: Function, args: list[Any]) -> Any:
    """Call a function of the source; an exception that it would raise means that the hypothesis is wrong."""
    try:
        wrapper = function.decorated if isinstance(function.decorated, Function) else function
        returned = call_function(it, wrapper, args, {}, None)
    except RaiseSignal as signal:
        raise Restart(f"{function.name} raises {signal.kind}") from signal
    settle_spans(it)
    return returned


def return_names(it: Interpreter, function: Function) -> list[str]:
    """The names in the last executed `return` of a function, of another file's in its only one: `out`, `cache`."""
    if function.block is not None and function.block.outside:  # of which no steps are recorded
        ends = [p.value for p in below(function.node) if isinstance(p, cst.Return) and p.value is not None]
        return expression_names(ends[0]) if len(ends) == 1 else []
    for found, _, step, _ in reversed(it.returned):
        if found is function and step is not None and isinstance(step.node, cst.Return) and step.node.value is not None:
            return expression_names(step.node.value)
    return []


def expression_names(node: cst.BaseExpression) -> list[str]:
    """The names of a tuple's elements, or of a single expression."""
    elements = [e.value for e in node.elements] if isinstance(node, cst.Tuple | cst.List) else [node]
    out: list[str] = []
    for element in elements:
        if isinstance(element, cst.Name):
            out.append(element.value)
        elif isinstance(element, cst.Attribute):
            out.append(element.attr.value)
        else:
            out.append("")
    return out


def last_scope(it: Interpreter, function: Function) -> Scope:
    """The frame of the last call of a function."""
    frames = it.frames.get(function.name)
    return frames[-1] if frames else Scope({})
