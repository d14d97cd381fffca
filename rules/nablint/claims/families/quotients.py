"""Derivatives whose names are quotients of differentials: `dlogpdf_dlink`, `d2logpdf_dlink2`, `dlogpdf_dlink_dvar`.

The name says which function is differentiated, by which of its arguments or of the numbers that its object holds, and
how often.  The function goes by the numerator's name (`logpdf`), or by that and the argument's (`logpdf_link`).
It must work entry by entry, or be a number, or be differentiated by a number: no Jacobian is judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.claims.dialect import settle_dialect
from nablint.claims.families.companion_runs import BOUNDED, bounded, entrywise, without
from nablint.claims.gather.returned import return_step
from nablint.claims.inputs import guarded, inputs_for, parameters, settle
from nablint.claims.model import Result, Run, Seed, Unit
from nablint.claims.scenarios.custom import entered
from nablint.claims.scenarios.instances import bodies, is_abstract, new_instance, prepare
from nablint.ops import CARDS
from nablint.reading.lazily import regex
from nablint.shapes import Misfit, Size
from nablint.tracing import refine
from nablint.tracing.functions import default_value
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Class, Function, Instance, Pending, Unknown

_NUMERATOR = regex(r"^d(?P<order>[2-4]?)_?(?P<of>[A-Za-z]\w*?)(?P<again>[2-4]?)$")
_VARIABLE = regex(r"^(?P<word>[A-Za-z]\w*?)(?P<times>[2-4]?)$")
_TWICE = regex(r"^(?P<word>[A-Za-z]\w*)d(?P=word)$")


@dataclass(frozen=True, slots=True)
class Quotient:
    """What a name says: the numerator, and each variable as often as it is differentiated by."""

    of: str
    by: tuple[str, ...]


@lru_cache(maxsize=8192)
def quotients(name: str) -> tuple[Quotient, ...]:
    """The ways to read a name as a quotient of differentials, the longest numerator first."""
    pieces = name.lstrip("_").split("_d")
    found: list[Quotient] = []
    for cut in range(len(pieces) - 1, 0, -1):
        head = _NUMERATOR.match("_d".join(pieces[:cut]))
        by = tuple(word for piece in pieces[cut:] for word in _variables(piece))
        if head is not None and by and "" not in by:
            order = int(head["order"] or head["again"] or 1)
            # `dlogpdf_dlink_dvar` is a second derivative, too: the order of a mixed one is mostly left out
            if len(by) == order or len(set(by)) > 1:
                found.append(Quotient(head["of"], by))
    return tuple(found)


def _variables(piece: str) -> tuple[str, ...]:
    """The variables of one piece of a denominator: `r`, `r` for `r2` and `rdr`."""
    twice, once = _TWICE.match(piece), _VARIABLE.match(piece)
    if twice is not None:
        return (twice["word"],) * 2
    return (once["word"],) * int(once["times"] or 1) if once is not None else ("",)


def quotient_units(functions: Mapping[str, Function], cls: Class | None = None) -> Iterator[Unit]:
    """Units of a module's functions, or of a class's own methods, that are derivatives by their names."""
    for name, g in functions.items():
        if "_d" not in name or not isinstance(g.node, cst.FunctionDef) or (cls is not None and name not in cls.names):
            continue
        if is_abstract(g) or any(names.cotangent_of(p.name.value) for p in parameters(g, bound=False)):
            continue
        found = next(((q, f) for q in quotients(name) if (f := _function(q, functions, g)) is not None), None)
        if found is None:
            continue
        if cls is None:
            yield Unit(name, "derivative", lambda it, g=g, q=found[0], f=found[1]: _derivative(it, q, f, g),
                       (found[1].name, name))
        for body in bodies(cls, name) if cls is not None else ():
            f = body.lookup(found[1].name.rpartition(".")[2])
            if isinstance(f, Function) and not is_abstract(f):
                yield Unit(f"{body.name}.{name}", "derivative",
                           lambda it, g=g, q=found[0], f=f, b=body: _derivative(it, q, f, g, b), (f.name, g.name),
                           family=f"{cls.name}.{name}" if cls is not None else "")


def _function(q: Quotient, functions: Mapping[str, Function], g: Function) -> Function | None:
    """The function of the numerator: one that has the first variable for an argument, else a method."""
    of_object: Function | None = None
    for name in (q.of, f"{q.of}_{q.by[0]}", f"{q.of}_of_{q.by[0]}"):
        f = functions.get(name)
        if f is None or f is g or not isinstance(f.node, cst.FunctionDef) or f.kind not in ("function", "static"):
            continue
        bound = f.owner is not None and f.kind != "static"
        if _argument(q.by[0], [p.name.value for p in parameters(f, bound=bound)]):
            return f
        of_object = of_object or (f if bound else None)
    return of_object


def _argument(word: str, given: list[str]) -> str:
    """The argument that a variable's name means: itself, or the one that has it for a word; "" for none."""
    alike = [g for g in given if word in names.words(g)]
    return word if word in given else alike[0] if len(alike) == 1 else ""


def _derivative(it: Interpreter, q: Quotient, f: Function, g: Function, cls: Class | None = None) -> Run:
    """The function, then its derivative with the same arguments."""
    settle_dialect(it, f, g)
    instance = new_instance(it, cls, (f, g)) if cls is not None else None
    if cls is not None and instance is not None:
        prepare(it, cls, instance, (f, g))
    bound, it.literal = instance is not None, True
    given = inputs_for(it, f, bound=bound and f.kind != "static")
    value = guarded(it, f, [instance, *given] if bound and f.kind != "static" else given)
    value = refine.as_operand(it, value) if isinstance(value, Pending) else value  # `def identity(f): return f`
    words = [p.name.value for p in parameters(f, bound=bound and f.kind != "static")]
    known = {word: entered(it, v) for word, v in zip(words, given, strict=True)}
    start = len(it.steps)
    run = Run(it, start=start)
    variables = [_variable(word, known, instance) for word in q.by]
    asked = _asked(it, value, variables)
    it.seal(instance)
    args = _arguments(it, g, known, bound=bound and g.kind != "static")
    if args is None:
        return run
    derived = guarded(it, g, [instance, *args] if bound and g.kind != "static" else args)
    if isinstance(asked, str):
        without(it, g, run, derived, asked)
        return run
    seeds, wrt = asked
    result = _claimed(it, g, derived, wrt, value.term, q.by[-1])
    if isinstance(result, str):
        without(it, g, run, derived, result)
    elif result is not None:
        run.results, run.seeds = [result], [Seed(seeds, "loss", exact=True)]
    return run


def _claimed(it: Interpreter, g: Function, derived: Any, wrt: Term, value: Term, word: str) -> Result | str | None:
    """The claim that what is returned is the derivative, or why there is none."""
    if isinstance(derived, int | float | Size) and not isinstance(derived, bool):
        derived = Array(it.graph.constant(float(derived)))
    if not isinstance(derived, Array):
        return derived.reason if isinstance(derived, Unknown) else "it is no array"
    d = derived.term
    if not d.ndim and wrt.ndim:
        with it.using():
            d = CARDS["broadcast_to"](d, shape=tuple(wrt.shape))
    step = return_step(it, g)
    if step is None or not isinstance(step.node, cst.Return) or step.node.value is None:
        return None
    return Result(g.name.rpartition(".")[2], d, [wrt], step, step.node.value, word, True, returned=step,
                  doubt=BOUNDED if bounded(value, d) else "")


def _variable(word: str, known: Mapping[str, Any], instance: Instance | None) -> Term | None:
    """The argument, or what the object holds by that name or one that begins so (`var` for `self.variance`)."""
    found = known.get(_argument(word, list(known)))
    if found is None and instance is not None:
        held = [v for k, v in instance.names.items() if k.strip("_") == word]
        held = held or [v for k, v in instance.names.items() if len(word) > 2 and k.startswith(word)]
        found = settle(held[0]) if len(held) == 1 else None
    leaf = found.term if isinstance(found, Array) else None
    return leaf if leaf is not None and leaf.sample.dtype.kind == "f" else None


def _asked(it: Interpreter, value: Any, variables: list[Term | None]) -> str | tuple[dict[Term, Term], Term]:
    """The cotangents and the variable by which the last derivative is a gradient, or why there are none."""
    if not isinstance(value, Array) or value.term.tainted:
        return "the function's value is not known"
    current = value.term
    for i, x in enumerate(variables):
        if x is None:
            return "what it is differentiated by is not known"
        step = _once(it, current, x)
        if step is None:
            return "the function does not work entry by entry: its derivative is a Jacobian"
        if i == len(variables) - 1:
            return step
        current = gradients(step[0], [step[1]])[step[1]]
    return "it is differentiated by nothing"


def _once(it: Interpreter, y: Term, x: Term) -> tuple[dict[Term, Term], Term] | None:
    """By which cotangents the derivative of y by x is the gradient of what; None where it is a Jacobian.

    The derivative of many by one number is the gradient by v of what v gives for a cotangent.
    """
    ones, zeros = (it.graph.constant(np.full(tuple(map(int, t.shape)), n)) for t, n in ((y, 1.0), (x, 0.0)))
    with it.using():
        if not y.ndim or entrywise(it, y, x):
            return {x: zeros} | {y: ones}, x
        if x.sample.size != 1:
            return None
        v = it.graph.leaf("v", it.world.sample("v", y.shape), y.shape)
        try:
            back = gradients({y: v}, [x]).get(x)
        except (Misfit, OverflowError, KeyError, TypeError, ValueError):
            return None
        none = it.graph.constant(np.zeros(tuple(map(int, y.shape))))
        if back is None:
            return {v: none}, v
        total = CARDS["sum"](back, axis=None, keepdims=False) if back.ndim else back
        return {total: it.graph.constant(1.0), v: none}, v


def _arguments(it: Interpreter, g: Function, known: Mapping[str, Any], *, bound: bool) -> list[Any] | None:
    """What the derivative is given: the same by name, and in the place of what has another name there."""
    params = parameters(g, bound=bound)
    said = {p.name.value for p in params}
    free = [v for word, v in known.items() if word not in said]
    out: list[Any] = []
    for param in params:
        word = param.name.value
        if word in known:
            out.append(known[word])
        elif param.default is not None:
            out.append(default_value(it, g, param))
        elif free:
            out.append(free.pop(0))
        else:
            return None
    return [settle(v) if isinstance(v, Pending) else v for v in out]

