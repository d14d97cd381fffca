"""Vector-Jacobian products that are registered for a function: HIPS autograd's `defvjp`, jax's `f.defvjp`.

`defvjp(f, maker0, maker1)`: a maker gets f's output and arguments and returns the function that carries a cotangent of
the output back to one argument.  `f.defvjp(ahead, back)`: `ahead` returns the output and what `back` needs beside the
cotangent; `back` returns a cotangent for each argument.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.gather.returned import returned_results
from nablint.claims.inputs import guarded, inputs_for, parameters, settle
from nablint.claims.model import Result, Run, Seed, Unit
from nablint.claims.scenarios.custom import entered
from nablint.tracing.calls import call
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.step import Step
from nablint.tracing.values import Array, External, Function, RaiseSignal, Restart, Unknown


def units(it: Interpreter, statements: list[cst.CSTNode]) -> list[Unit]:
    """A unit for each registration at module level."""
    found: list[Unit] = []
    for statement in statements:
        for node in _registrations(statement):
            name = cst.Module([]).code_for_node(node.args[0].value)
            if isinstance(node.func, cst.Attribute) and isinstance(node.func.value, cst.Name) and len(node.args) == 2:
                own = it.scope.names.get(node.func.value.value)
                pair = [it.scope.names.get(a.value.value) if isinstance(a.value, cst.Name) else None for a in node.args]
                ahead, back = pair
                if isinstance(own, Function) and isinstance(ahead, Function) and isinstance(back, Function):
                    found.append(Unit(back.name, "autograd", lambda it, o=own, a=ahead, b=back: _residuals(it, o, a, b),
                                      (ahead.name, back.name)))
            elif isinstance(node.func, cst.Name):
                known = it.scope.names.get(node.func.value)
                if isinstance(known, External | Function):
                    found.append(Unit(f"defvjp {name}", "autograd",
                                      lambda it, n=node, s=statement: _makers(it, n, s), ()))
    return found


def _registrations(statement: cst.CSTNode) -> Iterator[cst.Call]:
    if not isinstance(statement, cst.SimpleStatementLine):
        return
    for small in statement.body:
        node = small.value if isinstance(small, cst.Expr) else None
        if isinstance(node, cst.Call) and len(node.args) > 1:
            word = node.func.attr.value if isinstance(node.func, cst.Attribute) else (
                node.func.value if isinstance(node.func, cst.Name) else "")
            if word == "defvjp":
                yield node


# -- makers: defvjp(f, lambda ans, x: lambda g: ...) ------------------------------------------------------------------


def _makers(it: Interpreter, node: cst.Call, statement: cst.CSTNode) -> Run:
    """Run a function on inputs, and each maker's function on a cotangent of its output."""
    start = len(it.steps)
    run = Run(it, start=start)
    block = next((b for b in it.source if (t := b.tree()) and any(s is statement for s in t.module.body)), None)
    if block is None:
        return run
    it.block = block
    assert isinstance(statement, cst.SimpleStatementLine)
    step = it.begin(statement.body[0], it.scope)
    values = [it.eval(a.value, it.scope) for a in node.args if a.keyword is None]
    function, makers = values[0], values[1:]
    places = next((it.eval(a.value, it.scope) for a in node.args
                   if a.keyword is not None and a.keyword.value == "argnums"), None)
    numbers = list(places) if isinstance(places, list | tuple) else range(len(makers))
    given = _inputs(it, function, [m for m in makers if isinstance(m, Function)])
    try:
        output = settle(call(it, function, list(given), {}, None))
    except RaiseSignal as signal:
        raise Restart(f"the function raises {signal.kind}") from signal
    if not isinstance(output, Array):
        return run
    it.seal(None)
    arriving = it.world.leaf("g", output.term.shape, tainted=True)
    nodes = [a.value for a in node.args if a.keyword is None][1:]
    for number, maker, source in zip(numbers, makers, nodes, strict=False):
        target = settle(given[number]) if number < len(given) else None
        if isinstance(target, Array) and isinstance(maker, Function):
            result = _made(it, step, maker, source, [output, *map(settle, given)], Array(arriving, output.dialect))
            result.wrt, result.wrt_name = [target.term], it.names.get(target.term, target.term.label)
            result.name = f"the gradient of {result.wrt_name}"
            run.results.append(result)
    run.seeds = [Seed({output.term: arriving}, "arriving")]
    return run


def _made(it: Interpreter, step: Step, maker: Function, node: cst.CSTNode, given: list[Any], g: Array) -> Result:
    """What the function of a maker makes of a cotangent."""
    it.step, it.graph.origin = step, step
    try:
        carry = call(it, maker, given, {}, None)
        it.graph.tainting = True
        value = settle(call(it, carry, [g], {}, None))
    except RaiseSignal as signal:
        value = Unknown(f"it raises {signal.kind}", True)
    finally:
        it.graph.tainting = False
    term = value.term if isinstance(value, Array) else None
    reason = value.reason if isinstance(value, Unknown) else ""
    place = node
    while isinstance(place, cst.Lambda):
        place = place.body
    return Result("the gradient", term, [], step, place, "", True, reason=reason, returned=step)


def _inputs(it: Interpreter, function: Any, makers: list[Function]) -> list[Any]:
    """Inputs by the names that the function, or else the first maker, has for them."""
    if isinstance(function, Function):
        return inputs_for(it, function, bound=False)
    names = [p.name.value for p in makers[0].node.params.params if p.default is None][1:] if makers else []
    return [it.input(name, makers[0], name) for name in names]


# -- pairs: f.defvjp(ahead, back) --------------------------------------------------------------------------------------


def _residuals(it: Interpreter, own: Function, ahead: Function, back: Function) -> Run:
    """Run `ahead` on inputs, and `back` on what it keeps and a cotangent of each output."""
    static = _static(own)
    given = inputs_for(it, ahead, bound=False)
    returned = guarded(it, ahead, given)
    start = len(it.steps)
    run = Run(it, start=start)
    if not isinstance(returned, tuple) or len(returned) != 2:
        return run
    output, kept = settle(returned[0]), returned[1]
    it.seal(None)
    cotangents: dict[Term, Term] = {}

    def arriving(value: Any, name: str) -> Any:
        value = settle(value)
        if isinstance(value, tuple | list):
            return type(value)([arriving(v, f"{name}{i}") for i, v in enumerate(value)])
        if not isinstance(value, Array):
            return Unknown("forward's value is not known", True)
        term = it.world.leaf(name, value.term.shape, tainted=True)
        cotangents[value.term] = term
        return Array(term, value.dialect)

    g = arriving(output, "g")
    fixed = [settle(given[n]) for n in static if n < len(given)]
    gradients = guarded(it, back, [*fixed, kept, g])
    wanted = [(p.name.value, v) for i, (p, v) in enumerate(zip(parameters(ahead, bound=False), given, strict=True))
              if i not in static]
    if isinstance(gradients, Array):
        gradients = (gradients,)
    run.results = returned_results(it, back, gradients, [entered(it, v) for _, v in wanted], [n for n, _ in wanted],
                                   formal=True)
    run.seeds = [Seed(cotangents, "arriving")] if cotangents else []
    return run


def _static(own: Function) -> list[int]:
    """Arguments that are no arrays: `@partial(jax.custom_vjp, nondiff_argnums=(1,))`."""
    if not isinstance(own.node, cst.FunctionDef):
        return []
    for decorator in own.node.decorators:
        call_ = decorator.decorator
        for arg in call_.args if isinstance(call_, cst.Call) else ():
            if arg.keyword is not None and arg.keyword.value == "nondiff_argnums":
                value = arg.value
                parts = [e.value for e in value.elements] if isinstance(value, cst.Tuple | cst.List) else [value]
                return [p.evaluated_value for p in parts if isinstance(p, cst.Integer)]
    return []


__all__ = ["units"]
