"""Methods that are given the cotangent of what a sibling computes: `gradients_X(self, dL_dK, X)` beside `K(self, X)`.

Kernels, mappings and mean functions go back in pieces: one method for the parameters, which it leaves in their
`.gradient`, one for each argument.  The cotangent's name says which method computed the value (`dL_dK` is of `K`,
`dL_dKdiag` of `Kdiag`, `dL_dF` of `f`, `dL_dKmm` of `K` at one of the arguments); arguments have the same names there.

The cotangent of a symmetric value may be taken to be symmetric itself: `2 * (dL_dK * ...)` for both triangles is right
then, and a copy of right code that keeps them apart is right as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term, ancestors
from nablint.claims import names
from nablint.claims.dialect import settle_dialect
from nablint.claims.gather.returned import return_step, returned_results
from nablint.claims.gather.stored import stored_results
from nablint.claims.inputs import guarded, inputs_for, last_scope, parameters, settle
from nablint.claims.judging.judge import unknown_part
from nablint.claims.model import Result, Run, Seed, Unit
from nablint.claims.partners import assigned_to_self
from nablint.claims.scenarios.custom import entered
from nablint.claims.scenarios.going_back import counted_once
from nablint.claims.scenarios.instances import bodies, method_of, new_instance, prepare
from nablint.ops import CARDS
from nablint.reading.lazily import regex
from nablint.tracing import refine
from nablint.tracing.documented import evidence_rank
from nablint.tracing.functions import default_value
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Class, Function, Instance, Pending, Restart, Unknown

_INDEXED = regex(r"^(?P<of>[A-Z]\w*?)_?(?P<row>[a-z])(?P<column>[a-z])$")
"""A matrix between two sets of points, one letter for each: `Kmm`, `Kuf`."""
_POINTS = regex(r"^[A-Z]\w?$")
_COUNTED = regex(r"(?<![\w.])(?:[2-9]|\d\d+) against|against (?:[2-9]|\d\d+)$")
"""A clash with a length that is no dimension of an array: of a list that a loop filled."""
MAX_READINGS = 6


def named_cotangent_units(cls: Class, methods: Mapping[str, Function]) -> Iterator[Unit]:
    """The class's own methods that are given cotangents of what its methods compute."""
    for name, function in methods.items():
        if name not in cls.names or not isinstance(function.node, cst.FunctionDef) or names.is_backward(name):
            continue
        sources = {p.name.value: ahead for p in parameters(function, bound=function.kind != "static")
                   if (ahead := _source(names.cotangent_of(p.name.value), methods)) is not None}
        for body in bodies(cls, name) if sources else ():
            yield Unit(f"{body.name}.{name}", "class",
                       lambda it, b=body, f=function, s=sources: _back_in_pieces(it, b, f, s),
                       (*dict.fromkeys(f.name for f in sources.values()), function.name), family=f"{cls.name}.{name}")


def _source(word: str, methods: Mapping[str, Function]) -> Function | None:
    """The method that computes the value of this name."""
    if not word:
        return None
    plain = {name.strip("_").lower(): f for name, f in methods.items()}
    indexed = _INDEXED.match(word)
    found = methods.get(word) or plain.get(word.replace("_", "").lower()) or (
        methods.get(indexed["of"]) if indexed is not None else None)
    return found if found is not None and isinstance(found.node, cst.FunctionDef) and found.kind == "function" else None


def _back_in_pieces(it: Interpreter, cls: Class, back: Function, sources: Mapping[str, Function]) -> Run:
    """Run the methods whose cotangents arrive, then the one that they arrive in."""
    sources = {word: method_of(cls, f.name.rpartition(".")[2]) for word, f in sources.items()}
    settle_dialect(it, *sources.values(), back)
    instance = new_instance(it, cls, (*sources.values(), back))
    prepare(it, cls, instance, (*sources.values(), back))
    it.literal = True
    known = _arguments(it, back, sources)
    values = {word: guarded(it, ahead, [instance, *_given(it, word, ahead, back, known)])
              for word, ahead in sources.items()}
    _computed(instance, cls)
    start = len(it.steps)
    it.seal(instance)
    run = Run(it, start=start)
    cotangents: dict[Term, Term] = {}
    given: list[Any] = []
    for param in parameters(back, bound=back.kind != "static"):
        word = param.name.value
        if word in values:
            given.append(_arriving(it, word, values[word], cotangents))
        elif names.cotangent_of(word):
            given.append(Unknown(f"what {word} is the cotangent of is not known", True))
        else:
            given.append(settle(known[word]))
    returned = guarded(it, back, [instance, *given] if back.kind != "static" else given)
    arguments = {name: entered(it, value) for name, value in known.items()}
    run.results = [*_returned(it, back, returned, arguments),
                   *(r for r in stored_results(it, start, last_scope(it, back)) if r.event and r.event.holder),
                   *_numbers(it, start)]
    for result in run.results:
        result.formal = True
        number = result.value is not None and not result.value.ndim
        if number and any(of.label.startswith(f"{cls.name}.") for of in result.wrt[:1]):
            result.doubt = "whether the parameter is one number is not told"
        elif result.value is None and _COUNTED.search(result.reason):
            result.doubt = "how often its loop runs is not told by forward code"
    run.seeds = [Seed(cotangents | _unmet(it, run.results, cotangents), "arriving", exact=True)] if cotangents else []
    return counted_once(run)


def _unmet(it: Interpreter, results: list[Result], cotangents: Mapping[Term, Term]) -> dict[Term, Term]:
    """Arguments that the values do not depend on, of which something returned cannot be the gradient by its shape.

    Their gradient is zero in every entry.
    """
    made = {t for value in cotangents for t in ancestors(value)}
    if it.world.cut or any(map(unknown_part, cotangents)):
        return {}
    odd = [r.wrt[0] for r in results if r.returned is not None and r.wrt and r.wrt[0] not in made
           and r.value is not None and r.value.ndim and tuple(r.value.shape) != tuple(r.wrt[0].shape)]
    return {t: it.graph.constant(np.zeros(tuple(map(int, t.shape)))) for t in odd}


def _computed(instance: Instance, cls: Class) -> None:
    """What forward read of its object, and another method computes, must have been computed before."""
    made = {name for part in cls.order() for f in part.names.values() if isinstance(f, Function)
            for name in assigned_to_self(f.node)}
    for name, value in instance.names.items():
        if name in made and isinstance(value, Pending) and value.path == f"{instance.path}.{name}":
            raise Restart(f"{value.path} is read before it is computed")


def _arguments(it: Interpreter, back: Function, sources: Mapping[str, Function]) -> dict[str, Any]:
    """Inputs for what the methods take: by one name the same.  What may be left out is a path each way."""
    known: dict[str, Any] = {}
    optional = {p.name.value for p in parameters(back, bound=True)
                if isinstance(p.default, cst.Name) and p.default.value == "None"}
    for function in (back, *sources.values()):
        params = parameters(function, bound=True)
        for param, value in zip(params, inputs_for(it, function, bound=True), strict=True):
            word = param.name.value
            if word in known or names.cotangent_of(word):
                continue
            if function is not back and param.default is not None:
                known[word] = default_value(it, function, param)
            elif word in optional and it.world.choose(f"{back.name}.{word}:left out", (True, False), fork=True):
                known[word] = None
            else:
                known[word] = _points(it, back, value) if _POINTS.match(word) else value
    return known


def _points(it: Interpreter, back: Function, value: Any) -> Any:
    """Points, one in each row; all that a method is given have as many axes."""
    if isinstance(value, Pending) and value.value is None and evidence_rank(it, value) is None:
        rank = it.world.choose(f"{back.name}:points", (2, "column", 1), 0.6)
        refine.make_array(it, value, refine.free_shape(it, value, rank))
    return settle(value)


def _given(it: Interpreter, word: str, ahead: Function, back: Function, known: Mapping[str, Any]) -> list[Any]:
    """The arguments of a method, by their names; those of `Kmm` and `Kuf` are any of those that arrive."""
    params = [p.name.value for p in parameters(ahead, bound=True)]
    indexed = _INDEXED.match(names.cotangent_of(word))
    if indexed is None or ahead.name.rpartition(".")[2] != indexed["of"]:
        return [settle(known[p]) for p in params]
    points = [p.name.value for p in parameters(back, bound=True)
              if p.default is None and not names.cotangent_of(p.name.value)]
    count = 1 if indexed["row"] == indexed["column"] else 2
    ways = [*permutations(points, count)] or [tuple(params[:count])]
    letters = [indexed["row"], indexed["column"]][:count]
    said = [w for w in ways if all(n[0].lower() == letter for n, letter in zip(w, letters, strict=True))]
    ways = said or ways[:MAX_READINGS]
    way = it.world.choose(f"{back.name}.{word}:at", ways, 0.2)
    taken = dict(zip(params, way, strict=False))
    return [settle(known[taken[p]]) if p in taken else default_value(it, ahead, q)
            for p, q in zip(params, parameters(ahead, bound=True), strict=True)]


def _arriving(it: Interpreter, word: str, value: Any, cotangents: dict[Term, Term]) -> Any:
    """The cotangent of a value, which is symmetric where the value is, or is not."""
    if not isinstance(value, Array) or value.term.tainted:
        reason = value.reason if isinstance(value, Unknown) else "it is no array"
        return Unknown(f"what {word} is the cotangent of is not known ({reason})", True)
    term = value.term
    if not term.ndim:
        raise Restart(f"what {word} is the cotangent of has axes")
    arriving = it.world.leaf(word, term.shape, tainted=True)
    if _symmetric(term) and it.world.choose(f"{word}:symmetric", (False, True), 0.3):
        sample = (arriving.sample + np.swapaxes(arriving.sample, -1, -2)) / 2
        arriving = it.graph.leaf(word, sample, term.shape, tainted=True)
    it.names.setdefault(arriving, word)
    cotangents[term] = arriving
    return Array(arriving, value.dialect)


def _symmetric(term: Term) -> bool:
    return (term.ndim > 1 and term.shape[-1] == term.shape[-2] and term.sample.shape[-1] > 1
            and bool(np.allclose(term.sample, np.swapaxes(term.sample, -1, -2), rtol=1e-12, atol=1e-14)))


def _returned(it: Interpreter, back: Function, returned: Any, arguments: Mapping[str, Any]) -> list[Result]:
    """What is returned: by the name in the return statement, or by the argument that the method's own name holds."""
    if isinstance(returned, tuple):
        return [r for r in returned_results(it, back, returned, [], []) if r.wrt]
    step = return_step(it, back)
    words = re.split(r"_+", back.name.rpartition(".")[2])
    of = [v for name, v in arguments.items() if name in words and isinstance(v, Array)]
    if len(of) == 1 and step is not None and isinstance(returned, Array | Unknown):
        return returned_results(it, back, returned, of, [next(k for k, v in arguments.items() if v is of[0])],
                                formal=True)
    return []


def _numbers(it: Interpreter, start: int) -> list[Result]:
    """`self.lengthscale.gradient = 0.`: a number stands for a gradient of that in every entry."""
    out: dict[int, Result] = {}
    for event in it.events:
        owner = event.owner
        if event.step.number < start or not isinstance(owner, Array) or event.name not in ("grad", "gradient"):
            continue
        number = it.attributes.get(id(owner), {}).get(event.name)
        if isinstance(number, int | float) and isinstance(event.target, cst.Attribute):
            with it.using():
                value = CARDS["broadcast_to"](it.graph.constant(float(number)), shape=tuple(owner.term.shape))
            out[id(owner)] = Result(event.name, value, [owner.term], event.step, event.target,
                                    it.names.get(owner.term, owner.term.label), True, event=event)
    return list(out.values())

