"""Derivatives: functions of one variable beside the functions that they are the derivatives of.

`sigmoid` and `sigmoid_prime`, an activation object's `fn` and `grad`, `nonlin(x, deriv=True)`, a `tanh2deriv` without a
`tanh` in the file, an objective `f` and its `grad_f`.  Many such functions take the output of the function instead of
its input; right under either reading is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Term
from nablint.claims.gather.returned import return_step
from nablint.claims.model import Result, Run, Seed
from nablint.ops import CARDS
from nablint.reading.lazily import regex
from nablint.shapes import Misfit
from nablint.tracing import refine
from nablint.tracing.functions import call_function
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Function, RaiseSignal, Restart, Unknown

_WORDS = r"(?:prime|derivative|derivate|deriv|der|grad|gradient)"
_NAMED = (
    regex(rf"^(?P<base>\w+?)_?(?:2|_to_)?{_WORDS}$", re.I),
    regex(rf"^{_WORDS}_(?:of_)?(?P<base>\w+)$", re.I),
    regex(r"^d_?(?P<base>[a-z]\w{2,})$"),
    regex(r"^(?P<base>\w+)_d[xz]?$"),
)
_OF_OUTPUT = regex(r"_(?:from|of|by|given)_(?:the_)?(?:output|activation|out|input|z|a|y)$", re.I)
_OUTPUT = regex(r"^_?(?:a|y|s|h|out\w*|act\w*|fx|f_x|y_?hat|p|probs?)$", re.I)
"""Names that the output of a function goes by."""
_FLAG = regex(rf"^(?:{_WORDS}|d|backward|bp)$", re.I)
_PLAIN = ("fn", "f", "func", "function", "activate", "activation", "act", "forward", "__call__", "call", "compute",
          "value", "eval", "apply", "g")
_DERIVED = regex(rf"^_?(?:{_WORDS}|df|dfn|df_dx)$", re.I)


@dataclass(frozen=True, slots=True)
class Pair:
    """A function and its derivative.

    flag: the parameter under which one function is its own derivative; card: a function that the file does not define.
    """

    name: str
    derivative: Function
    function: Function | None
    flag: str = ""
    card: str = ""


def pairs(members: Mapping[str, Any], *, bound: bool) -> Iterator[Pair]:
    """The pairs among functions of a module or methods of a class."""
    functions = {n: f for n, f in members.items() if isinstance(f, Function) and isinstance(f.node, cst.FunctionDef)}
    for name, function in functions.items():
        wanted, optional = _parameters(function, bound=bound)
        if len(wanted) != 1:
            continue
        flag = next((p.name.value for p in optional if _FLAG.match(p.name.value) and _is_false(p.default)), "")
        if flag:
            yield Pair(name, function, function, flag)
            continue
        other = _function_of(name, functions, bound=bound)
        if isinstance(other, Function):
            yield Pair(name, function, other)
        elif other:
            yield Pair(name, function, None, card=other)


def _function_of(name: str, functions: Mapping[str, Function], *, bound: bool) -> Function | str:
    """The function that one of this name is the derivative of, or a card that goes by its name; "" for neither."""
    if bound and _DERIVED.match(name):
        for word in _PLAIN:
            if word in functions and len(_parameters(functions[word], bound=bound)[0]) == 1:
                return functions[word]
    for pattern in _NAMED:
        match = pattern.match(_OF_OUTPUT.sub("", name))
        if match is None:
            continue
        base = match["base"].rstrip("_")
        for known in (base, base.lower(), base.lstrip("_"), f"_{base}"):
            if known in functions and known != name and len(_parameters(functions[known], bound=bound)[0]) == 1:
                return functions[known]
        if base.lower() in _CARDS and pattern is not _NAMED[2]:
            return base.lower()
    return ""


_CARDS = frozenset({"tanh", "sigmoid", "relu"})
"""Functions whose derivative stands alone often enough, and of which there is but one."""


def _parameters(function: Function, *, bound: bool) -> tuple[list[cst.Param], list[cst.Param]]:
    params = function.node.params
    found = [*params.posonly_params, *params.params]
    found = found[1:] if bound and function.kind != "static" else found
    return [p for p in found if p.default is None], [p for p in (*found, *params.kwonly_params)
                                                     if p.default is not None]


def _is_false(node: cst.BaseExpression | None) -> bool:
    return isinstance(node, cst.Name) and node.value == "False"


def derivative(it: Interpreter, pair: Pair, receiver: Any = None) -> Run:
    """A function and its derivative on one input; its Jacobian must be diagonal, or its value a number."""
    it.entrywise = True  # `1 if z > 0 else 0` is for a number, and is asked of every entry
    first = pair.function or pair.derivative
    given = it.input(_parameters(first, bound=receiver is not None)[0][0].name.value, first)
    run = Run(it)
    x = refine.as_operand(it, given)
    if not isinstance(x, Array) or x.term.sample.dtype.kind != "f" or not x.term.ndim:
        return run
    before = [receiver] if receiver is not None else []
    entered = x.term  # code may write into its input
    y = _called(it, pair, pair.function, [*(before if first.kind != "static" else []), x], {})
    if not isinstance(y, Array) or y.term is entered or not _diagonal(it, entered, y.term):
        return run
    run.start = len(it.steps)
    it.seal(receiver)
    wanted = _parameters(pair.derivative, bound=receiver is not None)[0][0].name.value
    readings = ("the output", "the input") if _OUTPUT.match(wanted) else ("the input", "the output")
    taken = it.world.choose(f"{pair.name}:takes", readings, 0.3) if y.term.ndim else "the input"
    source = Array(entered, x.dialect) if taken == "the input" else y
    back = [*(before if pair.derivative.kind != "static" else []), _handed(it, source)]
    keywords: dict[str, Any] = {}
    if pair.flag:
        outputs = [p.name.value for p in _parameters(pair.derivative, bound=receiver is not None)[1]
                   if _OUTPUT.match(p.name.value) and isinstance(p.default, cst.Name) and p.default.value == "None"]
        keywords = {pair.flag: True} | {name: _handed(it, y) for name in outputs}
    value = _called(it, pair, pair.derivative, back, keywords)
    step = return_step(it, pair.derivative)
    if step is None or not isinstance(step.node, cst.Return) or step.node.value is None:
        return run
    term = value.term if isinstance(value, Array) else it.term(value) if isinstance(value, int | float) else None
    if term is not None and not term.ndim and not y.term.ndim:
        return run  # a number beside a number: the size of a gradient, not the gradient
    if term is not None and not term.ndim:  # the derivative of a line is a number
        term = CARDS["broadcast_to"](term, shape=tuple(entered.shape))
    reason = value.reason if isinstance(value, Unknown) else "" if term is not None else "it is no array"
    of = pair.function.name if pair.function is not None else pair.card
    run.results = [Result(pair.name, term, [entered], step, step.node.value, of, True, reason=reason, returned=step)]
    ones = it.graph.constant(np.ones(tuple(map(int, y.term.shape))) if y.term.ndim else 1.0)
    run.seeds = [Seed({y.term: ones}, "arriving")]
    return run


def _handed(it: Interpreter, source: Array) -> Array:
    """A forward value as the derivative gets it: what is computed from it is the derivative's own."""
    argument = Array(it.graph.apply(CARDS["renamed"], (source.term,), {"mark": -1}), source.dialect)
    argument.current.tainted = True
    it.names[argument.current] = it.names.get(source.term, "")
    return argument


def _called(it: Interpreter, pair: Pair, function: Function | None, args: list[Any], keywords: dict[str, Any]) -> Any:
    if function is None:
        source = args[-1]
        return Array(CARDS[pair.card](source.term), source.dialect)
    try:
        return call_function(it, function, args, keywords, None)
    except RaiseSignal as signal:
        raise Restart(f"{function.name} raises {signal.kind}") from signal


def _diagonal(it: Interpreter, x: Term, y: Term) -> bool:
    """Does every entry of the output depend on the entry at its own place alone?  A number may depend on all."""
    if not y.ndim:
        return True
    if tuple(x.sample.shape) != tuple(y.sample.shape):
        return False
    weights = it.world.leaf(f"{x.label}:weights", y.shape, tainted=True)
    ones = it.graph.constant(np.ones(tuple(map(int, y.shape))))
    try:
        with it.using():
            plain, weighted = gradients({y: ones}, {x}).get(x), gradients({y: weights}, {x}).get(x)
    except (Misfit, OverflowError, KeyError, TypeError, ValueError):
        return False
    return plain is not None and weighted is not None and bool(np.allclose(
        weighted.sample, plain.sample * weights.sample, rtol=1e-9, atol=1e-12))


__all__ = ["Pair", "derivative", "pairs"]
