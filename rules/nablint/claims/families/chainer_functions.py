"""The scenario of a Chainer function: tuples of arrays go in, tuples of cotangents come back.

`forward(self, inputs)` unpacks its inputs, `backward(self, indexes, grad_outputs)` returns a gradient, or None, for
each of them; the older `backward(self, inputs, grad_outputs)` gets them once more.
"""

from __future__ import annotations

from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.gather.returned import returned_results
from nablint.claims.inputs import guarded, parameters, return_names, settle
from nablint.claims.model import Run, Seed, Unit
from nablint.claims.names import is_gradient_name
from nablint.claims.scenarios.custom import entered
from nablint.claims.scenarios.instances import new_instance
from nablint.reading.nodes import below
from nablint.tracing import protocols
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.statements import target_names
from nablint.tracing.type_checks import check_types
from nablint.tracing.values import Array, Class, Function, Instance, RaiseSignal, Restart, Unknown


def units(cls: Class) -> list[Unit]:
    """A unit for each backward method that the class has of its own, with the forward method that it belongs to."""
    found: list[Unit] = []
    for name in ("backward", "backward_cpu", "backward_gpu"):
        back = cls.names.get(name)
        twin = cls.lookup(name.replace("backward", "forward"))
        ahead = twin if isinstance(twin, Function) else protocols.forward_of(cls)
        if isinstance(back, Function) and ahead is not None:
            found.append(Unit(f"{cls.name}.{name}", "autograd",
                              lambda it, f=ahead, b=back: scenario(it, cls, f, b), (ahead.name, back.name)))
    return found


def scenario(it: Interpreter, cls: Class, ahead: Function, back: Function) -> Run:
    """Run forward on a tuple of inputs, and backward on a cotangent for each output.

    A function that another one's backward method applies is made, and given inputs of the shapes, as that does it.
    """
    words = _input_names(it, ahead, cls)
    as_used = _as_used(it, cls, words)
    instance, given = as_used or (new_instance(it, cls), [it.input(word, ahead) for word in words])
    for word, value in zip(words, given, strict=True):
        it.note(word, value)
    if as_used is None:
        check_types(it, instance, given)
    try:
        returned = protocols.run_forward(it, instance, given, ahead)
    except RaiseSignal as signal:
        raise Restart(f"{ahead.name} raises {signal.kind}") from signal
    outputs = [settle(v) for v in (returned if isinstance(returned, tuple | list) else (returned,))]
    names = (return_names(it, ahead) or [""]) + [""] * len(outputs)
    start = len(it.steps)
    it.seal(instance)
    cotangents: dict[Term, Term] = {}
    arriving: list[Any] = []
    for name, output in zip(names, outputs, strict=False):
        if isinstance(output, Array):
            label = f"g{name or 'y'}"
            term = it.world.leaf(label, output.term.shape, tainted=True)
            cotangents[output.term] = term
            it.names.setdefault(term, label)
            arriving.append(Array(term, output.dialect))
        else:
            reason = output.reason if isinstance(output, Unknown) else "it is no array"
            arriving.append(Unknown(f"forward's value is not known ({reason})", True))
    inputs = tuple(settle(v) for v in given)
    params = [p.name.value for p in parameters(back, bound=True)]
    first = inputs if params and _unpacks(back, params[0]) else tuple(range(len(inputs)))
    gradients = guarded(it, back, [instance, first, tuple(arriving)])
    run = Run(it, start=start)
    if isinstance(gradients, Array):
        gradients = (gradients,)
    positions = [entered(it, v) for v in given]
    run.results = returned_results(it, back, gradients, positions, words, formal=True)
    doubt = ""
    if as_used is not None:
        doubt = "what forward computes, or what it is applied to, is not known" if _unclear(it, ahead) else ""
    elif _made_with(it, cls):
        doubt = "it depends on what the function was made with, which may depend on its inputs"
    elif any(_is_cotangent(word) for word in words):
        doubt = "how a cotangent among its inputs fits the others is not known"
    for result in run.results:
        result.doubt = doubt
    run.seeds = [Seed(cotangents, "arriving")] if cotangents else []
    return run


def _as_used(it: Interpreter, cls: Class, words: list[str]) -> tuple[Instance, list[Any]] | None:
    """A function as the backward method of another one makes it, with the inputs that it gets there.

    What it was made with may have been computed from these, and is differentiated with them.
    """
    user = next((c for c in it.classes if c is not cls and protocols.is_chainer_function(c) and _applies(c, cls)), None)
    ahead = protocols.forward_of(user) if user is not None else None
    back = user.lookup("backward") if user is not None else None
    if user is None or ahead is None or not isinstance(back, Function):
        return None
    outer = new_instance(it, user)
    inner = _input_names(it, ahead, user)
    if any(map(_is_cotangent, inner)):
        return None
    inputs = [it.input(word, ahead, f"{user.name}.{word}") for word in inner]
    check_types(it, outer, inputs)
    try:
        returned = protocols.run_forward(it, outer, inputs, ahead)
    except RaiseSignal as signal:
        raise Restart(f"{ahead.name} raises {signal.kind}") from signal
    if _made_with(it, user):
        return None
    outputs = [settle(v) for v in (returned if isinstance(returned, tuple | list) else (returned,))]
    upstream = tuple(Array(it.world.leaf(f"{user.name}.gy{i}", o.term.shape), o.dialect)
                     if isinstance(o, Array) else o for i, o in enumerate(outputs))
    guarded(it, back, [outer, tuple(range(len(inputs))), upstream])
    made, given, held = next((a for a in it.applied if a[0].cls is cls), (None, [], {}))
    if made is None or len(given) != len(words):
        return None
    if not any(isinstance(v, Array) for v in held.values()):
        given = [Array(it.world.leaf(word, v.term.shape), v.dialect) if isinstance(v, Array)
                 and v.term.sample.dtype.kind == "f" else v for word, v in zip(words, given, strict=True)]
    elif any(isinstance(v, Array) and v.term.card is not None for v in given):
        return None  # what it was made with may depend on one input through another
    for word, value in zip(words, given, strict=True):
        if isinstance(value, Array):
            it.names[value.term] = word
    return made, given


def _unclear(it: Interpreter, ahead: Function) -> bool:
    """Did a forward method hold values that are not known, or backward shapes that do not fit what it is applied to?"""
    frames = it.frames.get(ahead.name, ())
    return bool(it.misfits) or any(isinstance(v, Unknown) for frame in frames for v in frame.names.values())


def _applies(user: Class, cls: Class) -> bool:
    """Does the backward method of a class make an object of the other?"""
    back = user.names.get("backward")
    return isinstance(back, Function) and any(
        isinstance(n, cst.Call) and isinstance(n.func, cst.Name) and n.func.value == cls.name
        for n in below(back.node.body))


def _is_cotangent(word: str) -> bool:
    """A function that computes a gradient has the cotangent of another function's output among its inputs."""
    return is_gradient_name(word) or (word[:1] == "g" and len(word) < 4)


def _made_with(it: Interpreter, cls: Class) -> bool:
    """Was the function made with arrays or with sizes?  What makes it may have computed them from its inputs."""
    start = f"{cls.name}."
    arrays = (path for path, term in it.world.leaves.items() if path.startswith(start) and term.ndim)
    sizes = (name for name in it.world.sizes if name.startswith(start))
    init = cls.lookup("__init__")
    given = [f"{cls.name}.{p.name.value}" for p in parameters(init, bound=True)] if isinstance(init, Function) else []
    return any(any(found == g or found.startswith((f"{g}.", f"{g}[")) for g in given) for found in (*arrays, *sizes))


def _input_names(it: Interpreter, ahead: Function, cls: Class) -> list[str]:
    """The names that a forward method, or else the backward method, unpacks its tuple of inputs into.

    Where nothing is unpacked the highest index, or a number that the length is compared with, tells how many there are.
    """
    parameter = next((p.name.value for p in parameters(ahead, bound=True)), "")
    words: list[str] = []
    named: dict[int, str] = {}
    count = 0
    for node in below(ahead.node.body):
        if isinstance(node, cst.Assign):
            target = node.targets[0].target
            if isinstance(target, cst.Tuple | cst.List) and _is_input(node.value, parameter):
                flat = [target_names(e.value) for e in target.elements]
                found = [n[0] for n in flat if len(n) == 1]
                if len(found) == len(flat) and len(found) > len(words):
                    words = found
                elif len(flat) > count and not any(isinstance(e, cst.StarredElement) for e in target.elements):
                    count = sum(map(len, flat))
            elif (k := _position(node.value, parameter)) is not None and isinstance(target, cst.Name):
                named[k] = target.value
        elif isinstance(node, cst.Subscript) and (k := _position(node, parameter)) is not None:
            count = max(count, k + 1)
        elif isinstance(node, cst.Comparison) and isinstance(node.left, cst.Call) and node.left.args:
            number = node.comparisons[0].comparator
            if _is_input(node.left.args[0].value, parameter) and isinstance(number, cst.Integer):
                count = max(count, number.evaluated_value)
    if not words and not count:
        count = it.world.choose(f"{ahead.name}:inputs", (2, 1, 3, 4), 0.3)
    if not words and count == 1:
        return [parameter]
    return [*words, *(named.get(i, f"{parameter}{i}") for i in range(len(words), count))]


def _position(node: cst.BaseExpression, parameter: str) -> int | None:
    """The number of the input that `inputs[2]` reads."""
    if not isinstance(node, cst.Subscript) or len(node.slice) != 1 or not _is_input(node.value, parameter):
        return None
    index = node.slice[0].slice
    if isinstance(index, cst.Index) and isinstance(index.value, cst.Integer):
        return index.value.evaluated_value
    return None


def _is_input(node: cst.BaseExpression, parameter: str) -> bool:
    """The tuple of inputs, or a part of it."""
    if isinstance(node, cst.Subscript) and isinstance(node.slice[0].slice, cst.Slice):
        node = node.value
    return isinstance(node, cst.Name) and node.value == parameter


def _unpacks(function: Function, parameter: str) -> bool:
    """Does a backward method read its first argument as arrays, not as numbers of inputs?"""
    if parameter in ("inputs", "x", "xs", "in_data"):
        return True
    return any(isinstance(n, cst.Assign) and isinstance(n.targets[0].target, cst.Tuple) and
               _is_input(n.value, parameter) for n in below(function.node.body))


__all__ = ["scenario", "units"]
