"""Operations that hand out functions which carry a cotangent back to their operands.

Beside the methods of small engines (`closures`) there are functions of a module that make such a closure
(`def exp(a): ...; def back(): a.grad += ...`), and operations that return a list of operands, each with the function
that carries a cotangent to it: `Var(a.value * b.value, ((a, lambda g: g * b.value), (b, lambda g: g * a.value)))`.
They are judged by running the operation on operands of its own class and calling what it hands out.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import libcst as cst

from nablint.claims import names
from nablint.claims.gather.stored import stored_results
from nablint.claims.gather.targets import HELD
from nablint.claims.inputs import guarded, inputs_for, last_scope, parameters, settle
from nablint.claims.model import Result, Run, Seed, Unit
from nablint.claims.scenarios.instances import new_instance
from nablint.reading.nodes import below, functions_in
from nablint.tracing.calls import call
from nablint.tracing.functions import instantiate
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.statements import target_names
from nablint.tracing.values import Array, Class, Function, Instance, RaiseSignal, Restart, Unknown


def units(function: Function, cls: Class | None = None) -> list[Unit]:
    """The unit of a function or method that defines backward closures; empty where it defines none."""
    if not isinstance(function.node, cst.FunctionDef) or function.kind not in ("function", "static"):
        return []
    inner = [] if cls is not None else [d.name.value for d in _closures(function.node)]
    if not inner and not _pairs(function.node):
        return []
    nested = tuple(f"{function.name}.{name}" for name in inner)
    return [Unit(function.name, "closure", lambda it: scenario(it, function, cls), (function.name, *nested))]


def scenario(it: Interpreter, function: Function, cls: Class | None) -> Run:
    """Run an operation, then its closure with a gradient of the output."""
    bound = cls is not None and function.kind != "static"
    given: list[Any] = []
    if bound and cls is not None:
        given.append(new_instance(it, cls))
    operands = _operands(function, bound=bound)
    for param, value in zip(parameters(function, bound=bound), inputs_for(it, function, bound=bound), strict=True):
        made = _made(it, cls, param.name.value) if cls is not None and param.name.value in operands else None
        given.append(value if made is None else made)
    output = guarded(it, function, given)
    start = len(it.steps)
    output = next((v for v in (output if isinstance(output, tuple | list) else [output]) if _data(v) is not None), None)
    data = None if output is None else _data(output)
    run = Run(it, start=start)
    if data is None or output is None:
        return run
    _begin(function, given)
    it.seal(None)
    arriving = it.world.leaf("out.grad", data.term.shape, tainted=True)
    it.names.setdefault(arriving, "out.grad")
    gradient = Array(arriving, data.dialect)
    scope = last_scope(it, function)
    assert isinstance(function.node, cst.FunctionDef)
    for definition in _closures(function.node) if cls is None else ():
        closure = scope.names.get(definition.name.value)
        if isinstance(closure, Function):
            if isinstance(output, Instance):
                for word in _gradients_of(definition, scope.names, output) or ("grad",):
                    output.names[word] = gradient
            _call(it, closure, output, gradient)
    run.results = [r for r in stored_results(it, start, None) if r.event is None or r.event.owner is not output]
    for result in run.results:
        result.formal = True
    if isinstance(output, Instance):
        run.results += _listed(it, function, output, gradient)
    run.seeds = [Seed({data.term: arriving}, "arriving")] if run.results else []
    return run


def _begin(function: Function, given: list[Any]) -> None:
    """Operands of which only their uses are known have no gradient yet."""
    assert isinstance(function.node, cst.FunctionDef)
    words = {t.attr.value for d in _closures(function.node) for t in _written(d)}
    for value in map(settle, given):
        if isinstance(value, Instance) and value.cls is None:
            for word in words - value.names.keys():
                value.names[word] = 0.0


def _made(it: Interpreter, cls: Class, name: str) -> Instance | None:
    """Another variable of the class: what an operation's second operand is."""
    init = cls.lookup("__init__")
    if not isinstance(init, Function) or not parameters(init, bound=True):
        return None
    try:
        return instantiate(it, cls, inputs_for(it, init, bound=True, path=f"{name}."), {}, None)
    except RaiseSignal as signal:
        raise Restart(f"{cls.name}() raises {signal.kind}") from signal


def _data(value: Any) -> Array | None:
    """The array that a variable holds."""
    if isinstance(value, Instance):
        held = next((value.names[name] for name in HELD if name in value.names), None)
        value = settle(held)
    return value if isinstance(value, Array) else None


def _call(it: Interpreter, closure: Function, output: Any, gradient: Array) -> None:
    """Call a closure: with nothing, with the gradient, or with the output that has it."""
    wanted = [p.name.value for p in parameters(closure, bound=False) if p.default is None]
    named = [gradient if names.is_gradient_name(w) or w in ("g", "gy", "upstream", "v") else output for w in wanted[:1]]
    guarded(it, closure, named)


# -- what a function's text tells --------------------------------------------------------------------------------------


def _closures(node: cst.FunctionDef) -> Iterator[cst.FunctionDef]:
    """Functions defined inside this one that need at most one argument and claim gradients of attributes."""
    for part in functions_in(node.body):
        required = [p for p in part.params.params if p.default is None]
        if len(required) < 2 and any(_written(part)):
            yield part


def _written(node: cst.FunctionDef) -> Iterator[cst.Attribute]:
    """Gradients that a closure writes to attributes of variables."""
    for part in below(node.body):
        targets = [t.target for t in part.targets] if isinstance(part, cst.Assign) else (
            [part.target] if isinstance(part, cst.AugAssign) else [])
        for target in targets:
            if isinstance(target, cst.Attribute) and names.is_gradient_name(target.attr.value):
                yield target


def _operands(function: Function, *, bound: bool) -> set[str]:
    """Parameters that a closure writes gradients of, or that are read as variables."""
    assert isinstance(function.node, cst.FunctionDef)
    wanted = {p.name.value for p in parameters(function, bound=bound)}
    found = {n for d in _closures(function.node) for t in _written(d) for n in target_names(t.value)}
    read = {part.value.value for part in below(function.node.body)
            if isinstance(part, cst.Attribute) and isinstance(part.value, cst.Name) and part.attr.value in HELD}
    return wanted & (found | read)


def _gradients_of(node: cst.FunctionDef, known: dict[str, Any], output: Instance) -> list[str]:
    """The attributes of the output that a closure reads as its gradient."""
    return [part.attr.value for part in below(node.body)
            if isinstance(part, cst.Attribute) and isinstance(part.value, cst.Name)
            and known.get(part.value.value) is output and names.is_gradient_name(part.attr.value)]


# -- lists of operands with their functions ----------------------------------------------------------------------------


@lru_cache(maxsize=8192)
def _pairs(node: cst.FunctionDef) -> tuple[cst.Lambda, ...]:
    """Functions of a cotangent that stand beside an operand: `(a, lambda g: g * b.value)`."""
    known = {p.name.value for p in node.params.params}
    found: list[cst.Lambda] = []
    for part in below(node.body):
        if (type(part) is cst.Tuple or type(part) is cst.List) and len(part.elements) == 2:
            first, second = (e.value for e in part.elements)
            if isinstance(first, cst.Name) and first.value in known and isinstance(second, cst.Lambda):
                if len(second.params.params) == 1:
                    found.append(second)
    return tuple(found)


def _listed(it: Interpreter, function: Function, output: Instance, gradient: Array) -> list[Result]:
    """What the functions beside the operands make of the output's gradient."""
    step = next((s for f, _, s, _ in reversed(it.returned) if f is function), None)
    results: list[Result] = []
    for held in list(output.names.values()):
        for pair in held if isinstance(held, list | tuple) else ():
            if not (isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[1], Function)):
                continue
            operand, carry = settle(pair[0]), pair[1]
            data = _data(operand)
            if data is None or step is None or not isinstance(carry.node, cst.Lambda):
                continue
            it.step, it.graph.origin, it.graph.tainting = step, step, True
            try:
                value = call(it, carry, [gradient], {}, None)
            finally:
                it.graph.tainting = False
            term = value.term if isinstance(value, Array) else None
            reason = value.reason if isinstance(value, Unknown) else ""
            name = it.names.get(data.term, data.term.label)
            results.append(Result(f"the gradient of {name}", term, [data.term], step, carry.node.body, name, True,
                                  reason=reason, returned=step))
    return results


__all__ = ["scenario", "units"]
