"""Kernels that return their gradient with their value: `__call__(self, X, Y=None, eval_gradient=False)`.

The gradient of the matrix stands behind it, `K, K_gradient`, with one slice along the last axis for each entry of the
hyperparameters, in the alphabetical order of the `hyperparameter_...` that the class lists.  By the protocol they are
taken on a log scale; a kernel that keeps to the plain scale is right as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import libcst as cst

from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Term
from nablint.claims.dialect import settle_dialect
from nablint.claims.gather.returned import return_step
from nablint.claims.inputs import guarded, parameters
from nablint.claims.model import Result, Run, Seed, Unit
from nablint.ops import CARDS
from nablint.ops.index import ALL
from nablint.shapes import Size
from nablint.tracing import refine
from nablint.tracing.functions import default_value, instantiate
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Class, Function, Instance, RaiseSignal, Restart, Unknown

FLAG = "eval_gradient"
LISTED = "hyperparameter_"


def kernel_gradient_units(cls: Class, methods: Mapping[str, Function]) -> Iterator[Unit]:
    """The class's own methods that return a gradient when they are asked to, where it lists its hyperparameters."""
    listed = sorted(name.removeprefix(LISTED) for name in methods if name.startswith(LISTED))
    if {"hyperparameters", "theta"} & cls.names.keys():
        return  # it has an order, or scales, of its own
    for name, function in methods.items():
        params = function.node.params
        asked = any(p.name.value == FLAG for p in (*params.params, *params.kwonly_params))
        if name in cls.names and asked and listed and function.kind == "function":
            yield Unit(f"{cls.name}.{name}", "derivative",
                       lambda it, f=function: _with_gradient(it, cls, f, listed), (function.name,))


def _with_gradient(it: Interpreter, cls: Class, function: Function, listed: list[str]) -> Run:
    """Run the method with the flag set: the gradient is that of the matrix in front of it."""
    settle_dialect(it, function)
    arguments = _arguments(it, function)
    points = arguments[0] if arguments else None
    columns = points.term.shape[1] if isinstance(points, Array) and points.term.ndim == 2 else Size(1)
    instance, held = _instance(it, cls, listed, columns)
    it.literal = True
    run = Run(it, start=len(it.steps))
    returned = guarded(it, function, [instance, *arguments])
    step = return_step(it, function)
    if step is None or not isinstance(step.node, cst.Return) or not isinstance(returned, tuple) or len(returned) != 2:
        return run
    value, gradient = returned
    pair = step.node.value
    node = pair.elements[1].value if isinstance(pair, cst.Tuple) and len(pair.elements) == 2 else step.node
    reason = next((v.reason for v in returned if isinstance(v, Unknown)), "")
    name = node.value if isinstance(node, cst.Name) else "K_gradient"
    result = Result(name, None, [], step, node, ", ".join(held), True, reason=reason, returned=step)
    if not isinstance(value, Array) or not isinstance(gradient, Array) or value.term.ndim != 2:
        run.results = [result] if reason else []
        return run
    entries = [(word, t, i) for word, t in held.items() for i in range(t.sample.size)]
    if tuple(gradient.term.sample.shape) != (*value.term.sample.shape, len(entries)):
        raise Restart("there is a slice of the gradient for each entry of the hyperparameters")
    v = it.graph.leaf("v", it.world.sample("v", gradient.term.shape), gradient.term.shape)
    with it.using():
        parts = [_weighed(it, value.term, v, k, *entry) for k, entry in enumerate(entries)]
        total = sum(parts[1:], parts[0])
    result.value, result.wrt = gradient.term, [v]
    run.results, run.seeds = [result], [Seed({total: it.graph.constant(1.0)}, "loss", exact=True)]
    return run


def _weighed(it: Interpreter, value: Term, v: Term, k: int, word: str, held: Term, place: int) -> Term:
    """What a slice of v makes of the matrix's gradient by one entry of a hyperparameter."""
    direction = CARDS["getitem"](v, index=(ALL, ALL, k))
    back = gradients({value: direction}, [held]).get(held)
    if back is None:
        raise Restart(f"the kernel does not depend on {word}")
    log = it.world.choose(f"{word}:scale", ("log", "plain"), 0.3) == "log"
    slope = CARDS["multiply"](back, held) if log else back
    return CARDS["getitem"](slope, index=(place,)) if slope.ndim else slope


def _instance(it: Interpreter, cls: Class, listed: list[str], columns: Size) -> tuple[Instance, dict[str, Term]]:
    """A kernel of which all hyperparameters are free: numbers, or scales of which there is one for each column."""
    mixed = cls.lookup("anisotropic") is not None
    several = mixed and it.world.choose(f"{cls.name}:anisotropic", (False, True), fork=True)
    held: dict[str, Term] = {}
    for word in listed:
        leaf = it.world.leaf(word, (columns,) if several and "scale" in word else (), kind="positive")
        held[word] = it.graph.leaf(word, leaf.sample + 0.5, leaf.shape)
        it.names[held[word]] = f"self.{word}"
    init = cls.lookup("__init__")
    given = [Array(held[p.name.value]) if p.name.value in held else _kept(it, cls, init, p)
             for p in parameters(init, bound=True)] if isinstance(init, Function) else []
    try:
        instance = instantiate(it, cls, given, {}, None)
    except RaiseSignal as signal:
        raise Restart(f"{cls.name}() raises {signal.kind}") from signal
    for word, term in held.items():
        instance.names.setdefault(word, Array(term))
        instance.names[f"{LISTED}{word}"] = Instance(None, {"fixed": False, "n_elements": term.sample.size}, word)
    if mixed:
        instance.names["anisotropic"] = several
    return instance, held


def _kept(it: Interpreter, cls: Class, init: Function, param: cst.Param) -> Any:
    """What is no hyperparameter keeps its default; a number that the class compares with others is each of them."""
    default, word = default_value(it, init, param), param.name.value
    if not isinstance(default, float) or init.block is None:
        return default
    said = re.findall(rf"self\.{word} == (\d+\.\d*|np\.inf|math\.inf)", init.block.text)
    others = [n for n in dict.fromkeys(float(text.rpartition(".")[2] if "inf" in text else text) for text in said)
              if n != default]
    return it.world.choose(f"{cls.name}.{word}:is", (default, *others), fork=True) if others else default


def _arguments(it: Interpreter, function: Function) -> list[Any]:
    """Points, one in each row, nothing to compare them with, and the flag."""
    out: list[Any] = []
    for param in parameters(function, bound=True):
        word = param.name.value
        if word == FLAG:
            out.append(True)
        elif param.default is not None:
            out.append(default_value(it, function, param))
        else:
            points = it.input(word, function, word)
            out.append(refine.make_array(it, points, refine.free_shape(it, points, 2)) if not out else points)
    return out


