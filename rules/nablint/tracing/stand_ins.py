"""Functions and layers that code is handed: what is called by a well-known name is taken for what the name says.

`Activation(f, f_prime)` keeps two functions that nobody can see, and `Network(layers)` objects with a `forward` and a
`backward`.  The code around them is judged all the same: a function of one array stands for some smooth function of its
entries, what is named its derivative for the derivative of that (`f_prime(z)`, `f.gradient(z)`, `f(z, deriv=True)`), a
layer's `backward` for the adjoint of its last `forward`.  Guards: the call gets one array (a layer's `backward` may get
numbers beside it), the short names `f` and `g` need a derivative beside them, and nothing is called wrong that depends
on it (`Interpreter.standing`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.reading.lazily import regex
from nablint.tracing import hints, refine
from nablint.tracing.values import Array, Instance, Pending, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

_SHORT = regex(r"_?(?:f|g|fn|func|function)", re.I)
_DERIVED = (regex(r"(?P<base>\w+?)_?(?:prime|deriv(?:ative)?|der|grad(?:ient)?|backward)", re.I),
            regex(r"d(?:er(?:iv(?:ative)?)?(?:_of)?)?_?(?P<base>\w+)", re.I))
_SWITCH = regex(r"(?:is_?)?(?:prime|der(?:iv(?:ative|ate)?)?|grad(?:ient)?|diff)", re.I)
"""The name of an argument that asks for the derivative: `f(z, deriv=True)`."""
_METHOD = regex(r"(?P<owner>.+\..+)\.(?P<way>\w+)")
_APPLIED = regex(r"forward|call|apply|activate|activation|compute|evaluate|value|f|fn|func|function", re.I)
_DIFFERENTIATED = regex(r"(?:get_?)?(?:d|df|dfn|dfunc|prime|der(?:iv(?:ative|e)?)?|grad(?:ient)?)", re.I)
"""Methods of an object that is named like a function: what it computes, and the derivative of that."""
_LAYER = regex(r"(?P<layer>.+)\.(?P<way>forward|backward|backprop|backward_pass|forward_pass)")
_STACKED = regex(r".+\._*(?:layers?|modules|blocks|stages)(?:_?list)?\[\d+\]", re.I)


def stands_for(it: Interpreter, callee: Pending, args: list[Any], keywords: dict[str, Any]) -> Any:
    """What the call of a function that the code was handed gives; None where its name says nothing."""
    if it.world.sure or not args:
        return None
    if keywords:
        asked = [value for name, value in keywords.items() if _SWITCH.fullmatch(name) and isinstance(value, bool)]
        if len(asked) != 1 or len(keywords) > 1 or len(args) > 1 or not hints.FUNCTION.fullmatch(callee.hint):
            return None
        return (_derivative if asked[0] else _value)(it, callee.path, args[0])
    if len(args) == 1 and (of := _METHOD.fullmatch(callee.path)) and hints.FUNCTION.fullmatch(hints.base(of["owner"])):
        if _DIFFERENTIATED.fullmatch(of["way"]):
            return _derivative(it, of["owner"], args[0])
        if _APPLIED.fullmatch(of["way"]):
            return _value(it, of["owner"], args[0])
    layer = _LAYER.fullmatch(callee.path)
    if layer is not None:
        forth = layer["way"].startswith("forward")
        if forth != (len(args) == 1) and (forth or any(map(_is_array, args[1:]))):
            return None
        return _of_layer(it, layer["layer"], args[0], forth)
    if len(args) > 1:
        return None
    if _STACKED.fullmatch(callee.path):  # `layer(x)`
        return _of_layer(it, callee.path, args[0], forth=True)
    owner = callee.path[:len(callee.path) - len(callee.hint)]
    base = _base(callee.hint)
    if base:
        return _derivative(it, f"{owner}{base}", args[0])
    if hints.FUNCTION.fullmatch(callee.hint) or (_SHORT.fullmatch(callee.hint) and _has_derivative(it, callee.hint)):
        return _value(it, callee.path, args[0])
    return None


def _is_array(value: Any) -> bool:
    return isinstance(value, Array) and value.term.ndim > 0


def _base(name: str) -> str:
    """The function that one of this name is the derivative of; "" where it is none."""
    for pattern in _DERIVED:
        match = pattern.fullmatch(name)
        if match is not None and (hints.FUNCTION.fullmatch(match["base"]) or _SHORT.fullmatch(match["base"])):
            return match["base"]
    return ""


def _has_derivative(it: Interpreter, name: str) -> bool:
    """Does the code hold something by the name of the function's derivative, where it holds the function?"""
    scope = it.step.scope if it.step is not None else None
    holder = scope.find("$self") if scope is not None else None
    own = holder.names["$self"] if holder is not None else None
    known = {*(scope.names if scope is not None else ()), *(own.names if isinstance(own, Instance) else ())}
    return any(_base(other) == name for other in known)


def _value(it: Interpreter, path: str, given: Any, *, mixed: bool = False) -> Any:
    """Some smooth function of the entries, another one for each path; `mixed`: of all before an entry, too.

    Layers mix entries, and one stands for no other: adjoints in the wrong order give another gradient.
    """
    given = refine.as_operand(it, given) if isinstance(given, Pending) else given
    if not isinstance(given, Array) or given.term.sample.dtype.kind != "f":
        return given if isinstance(given, Unknown) else None
    known = it.stand_ins.setdefault(path, {})
    x = it.operand(given)
    with it.using():
        shift = 0.3 + 0.2 * list(it.stand_ins).index(path)
        value = op.sin(x + shift) + 0.25 * op.square(x)
        if mixed:
            value = op.reshape(op.cumsum(value, axis=None), shape=tuple(x.shape))
    known[value] = x
    it.standing[value] = f"{path} is not in sight, and taken for some smooth function"
    return Array(value, given.dialect)


def _derivative(it: Interpreter, path: str, given: Any) -> Any:
    """The derivative of a function by its input, or by its output where that is what it gets."""
    given = refine.as_operand(it, given) if isinstance(given, Pending) else given
    if not isinstance(given, Array):
        return given if isinstance(given, Unknown) else None
    x = it.stand_ins.get(path, {}).get(given.term)
    made = _value(it, path, given if x is None else Array(x, given.dialect))
    if not isinstance(made, Array):
        return made
    x = given.term if x is None else x
    ones = it.graph.constant(np.ones(tuple(map(int, x.shape))), x.shape)
    return _adjoint(it, made.term, x, ones, given)


def _of_layer(it: Interpreter, path: str, given: Any, forth: bool) -> Any:
    if forth:
        return _value(it, path, given, mixed=True)
    made = next(reversed(it.stand_ins.get(path, {}).items()), None)
    if made is None or not isinstance(given, Array):
        return given if isinstance(given, Unknown) else None
    output, x = made
    if tuple(given.term.shape) != tuple(output.shape):
        return None
    return _adjoint(it, output, x, given.term, given)


def _adjoint(it: Interpreter, output: Term, x: Term, cotangent: Term, like: Array) -> Any:
    with it.using():
        found = gradients({output: cotangent}, [x])
    if x not in found:
        return None
    it.standing[found[x]] = it.standing[output]
    return Array(found[x], like.dialect)


__all__ = ["stands_for"]
