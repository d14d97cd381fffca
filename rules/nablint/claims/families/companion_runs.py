"""How companions are brought to run: the function first, then its derivative with the same arguments, and what that
returns is the gradient of what the function returned.
"""

from __future__ import annotations

from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Term, ancestors
from nablint.claims.dialect import settle_dialect
from nablint.claims.gather.returned import returned_results
from nablint.claims.inputs import guarded, inputs_for, parameters, settle
from nablint.claims.model import Result, Run, Seed
from nablint.claims.scenarios.custom import entered
from nablint.claims.scenarios.instances import new_instance
from nablint.ops import CARDS
from nablint.reading.lazily import regex
from nablint.shapes import Misfit, Size
from nablint.tracing.documented import evidence_rank
from nablint.tracing.functions import default_value
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.refine import free_shape, make_array
from nablint.tracing.step import Step
from nablint.tracing.values import Array, Class, Function, Pending, Restart, Unknown


def derivative(it: Interpreter, f: Function, g: Function, cls: Class | None = None, *, formal: bool = False) -> Run:
    """A function, and one that says it is its derivative.

    A number's derivative is its gradient; that of a function of each entry is taken entry by entry.  Anything else (a
    Jacobian, a diagonal of one) is not judged.

    formal: a minimiser is told so, and what it minimises is a number.
    """
    settle_dialect(it, f, g)
    instance = new_instance(it, cls) if cls is not None else None
    bound = instance is not None
    given = _inputs(it, f, bound=bound and f.kind != "static")
    returned = guarded(it, f, [instance, *given] if bound and f.kind != "static" else given)
    value = returned[0] if isinstance(returned, tuple) and returned and formal else returned
    if formal and isinstance(value, Array) and value.term.ndim:
        raise Restart("what is minimised is a number")
    start = len(it.steps)
    it.seal(instance)
    run = Run(it, start=start)
    wanted = parameters(g, bound=bound and g.kind != "static")
    words = [p.name.value for p in parameters(f, bound=bound and f.kind != "static")]
    known = dict(zip(words, given, strict=True))
    args = _arguments(it, g, wanted, known, given)
    gradient = guarded(it, g, [instance, *args] if bound and g.kind != "static" else args)
    if not isinstance(value, Array) or value.term.tainted:
        reason = value.reason if isinstance(value, Unknown) else "it is no array"
        without(it, g, run, gradient, f"the function's value is not known ({reason})")
        return run
    entries = {k: entered(it, v) for k, v in known.items()}
    if isinstance(gradient, tuple | dict) and not value.term.ndim:
        run.results = (returned_results(it, g, gradient, list(entries.values()), list(entries))
                       or _in_order(it, g, gradient, entries))
        run.seeds = [Seed({value.term: it.graph.constant(1.0)}, "loss")]
    else:
        _claim(it, g, run, gradient, value, entries, formal=formal)
    return run


def together(it: Interpreter, f: Function) -> Run:
    """A function that returns its value and its gradient by its first argument, as a minimiser is told."""
    settle_dialect(it, f)
    given = _inputs(it, f, bound=False)
    start = len(it.steps)
    returned = guarded(it, f, given)
    run = Run(it, start=start)
    step, variable = _last_step(it, f), settle(given[0]) if given else None
    if not (isinstance(returned, tuple) and len(returned) == 2 and isinstance(step, Step)
            and isinstance(step.node, cst.Return) and isinstance(variable, Array)):
        return run
    value, gradient = returned
    if not isinstance(value, Array) or not isinstance(gradient, Array):
        return run
    if value.term.ndim:
        raise Restart("what is minimised is a number")
    tuple_ = step.node.value
    node = tuple_.elements[1].value if isinstance(tuple_, cst.Tuple) else step.node
    event = next((e for e in reversed(it.events) if e.value is gradient.term), None)
    shown = next(p.name.value for p in parameters(f, bound=False))
    run.results = [Result(f"the gradient by {shown}", gradient.term, [variable.term],
                          event.step if event is not None else step, node, shown, True, event=event, returned=step)]
    run.seeds = [Seed({value.term: it.graph.constant(1.0)}, "loss", exact=True)]
    return run


def _inputs(it: Interpreter, f: Function, *, bound: bool) -> list[Any]:
    """Inputs of the function, the first of which may be a vector where its uses do not tell."""
    given = inputs_for(it, f, bound=bound)
    first = given[0] if given else None
    if isinstance(first, Pending) and first.value is None and evidence_rank(it, first) is None:
        # `w.T @ w` is a number where w is a vector
        if it.world.choose(f"what {f.name} is of", ("what its uses tell", "a vector"), 0.4) == "a vector":
            make_array(it, first, free_shape(it, first, 1))
    return given


def _arguments(it: Interpreter, g: Function, wanted: list[cst.Param], known: dict[str, Any],
               given: list[Any]) -> list[Any]:
    """Arguments by name; a single one, or all of another spelling, by position."""
    by_place = not any(p.name.value in known for p in wanted) and len(wanted) <= len(given)
    out: list[Any] = []
    for i, param in enumerate(wanted):
        if by_place:
            out.append(settle(given[i]))
        elif param.name.value in known:
            out.append(settle(known[param.name.value]))
        else:
            out.append(default_value(it, g, param))
    return out


_GUARDS = frozenset({"clip", "maximum", "minimum", "where", "nan_to_num"})
BOUNDED = "the function keeps its values within bounds, and the derivative may leave that out"


def bounded(*terms: Term) -> bool:
    """Is something that the terms are made of kept within bounds?"""
    return any(n.card is not None and n.card.name in _GUARDS for term in terms for n in ancestors(term))


def _claim(it: Interpreter, g: Function, run: Run, gradient: Any, value: Array, known: dict[str, Any], *,
           formal: bool) -> None:
    """The claim that the returned value is the gradient of the function's value by one of its arguments.

    What only names say is taken back where it may mean something else: another argument, a value that is kept within
    bounds before it is used.
    """
    kept = {k: v.term for k, v in known.items() if isinstance(v, Array) and v.term.sample.dtype.kind == "f"}
    y = value.term
    one = it.graph.constant(1.0 if not y.ndim else np.ones(tuple(map(int, y.shape))))
    if isinstance(gradient, int | float | Size) and not isinstance(gradient, bool):
        gradient = Array(it.graph.constant(float(gradient)), value.dialect)
    if not isinstance(gradient, Array):
        reason = gradient.reason if isinstance(gradient, Unknown) else "it is no array"
        without(it, g, run, gradient, reason)
        return
    if y.ndim:
        kept = {k: t for k, t in kept.items() if entrywise(it, y, t)}
        if not kept:
            without(it, g, run, gradient, "the function does not work entry by entry: its derivative is a Jacobian")
            return
    variable = next(iter(kept.items()), None)
    if variable is None:
        return
    d = gradient.term
    if not d.ndim and variable[1].ndim and y.ndim:
        with it.using():
            d = CARDS["broadcast_to"](d, shape=tuple(variable[1].shape))
    step = _last_step(it, g)
    if step is None:
        return
    candidates = [t for t in kept.values() if tuple(t.shape) == tuple(d.shape)] or [variable[1]] * formal
    if not candidates:
        without(it, g, run, gradient, "it has the shape of none of the function's arguments")
        return
    node = _returned(step.node)
    named = _by(node.value if isinstance(node, cst.Name) else "", kept)
    if named and any(t is kept[named] for t in candidates):
        candidates = [kept[named]]
    shown = next(k for k, t in kept.items() if t is candidates[0])
    doubt = (BOUNDED if bounded(y, d) else
             "it may be the derivative by another argument" if len(kept) > 1 and y.ndim and not named else "")
    run.results = [Result(g.name.rpartition(".")[2], d, candidates, step, node, shown, formal,
                          returned=step, doubt="" if formal else doubt)]
    run.seeds = [Seed({y: one}, "loss", exact=formal)]


def _in_order(it: Interpreter, g: Function, gradient: Any, known: dict[str, Any]) -> list[Result]:
    """`return gW, gH` of a function of W, H and others: the gradients by the first arguments, in their order."""
    step = _last_step(it, g)
    if not isinstance(gradient, tuple) or not isinstance(step, Step) or not isinstance(step.node, cst.Return):
        return []
    tuple_ = step.node.value
    words = [e.value for e in tuple_.elements] if isinstance(tuple_, cst.Tuple) else []
    args = [(k, v.term) for k, v in known.items() if isinstance(v, Array)][:len(gradient)]
    parts = [p.term for p in gradient if isinstance(p, Array)]
    if not len(words) == len(args) == len(parts) == len(gradient) or any(
            tuple(p.shape) != tuple(t.shape) for p, (_, t) in zip(parts, args, strict=True)):
        return []
    out: list[Result] = []
    for word, part, (name, term) in zip(words, parts, args, strict=True):
        shown = word.value if isinstance(word, cst.Name) else f"{g.name.rpartition('.')[2]} by {name}"
        made, node = step, word
        if isinstance(part.origin, Step) and isinstance(part.origin.node, cst.Assign):
            made, node = part.origin, part.origin.node.targets[0].target
        out.append(Result(shown, part, [term], made, node, name, returned=step,
                          doubt="" if shown.endswith(name) else "only its place tells its variable"))
    return out


_QUOTIENT = regex(r"^_?d_?[A-Za-z]*_?d_?(?P<by>[A-Za-z]\w*)$")


def _by(word: str, known: dict[str, Term]) -> str:
    """The argument that a quotient of differentials names, `t` of `d_dt` and `df_dt`; "" where it names none."""
    match = _QUOTIENT.match(word)
    return match["by"] if match is not None and match["by"] in known else ""


def entrywise(it: Interpreter, y: Term, x: Term) -> bool:
    """Does every entry of y depend on the entry of x at its place alone?  Two cotangents tell."""
    if tuple(y.shape) != tuple(x.shape):
        return False
    shape = tuple(map(int, y.shape))
    weights = np.random.default_rng(7).uniform(0.5, 1.5, shape)
    try:
        with it.using(), np.errstate(all="ignore"):
            plain = gradients({y: it.graph.constant(np.ones(shape))}, [x]).get(x)
            scaled = gradients({y: it.graph.constant(weights)}, [x]).get(x)
    except (Misfit, OverflowError, KeyError, TypeError, ValueError):
        return False
    return plain is not None and scaled is not None and bool(np.allclose(plain.sample * weights, scaled.sample))


def _last_step(it: Interpreter, function: Function) -> Any:
    return next((step for found, _, step, _ in reversed(it.returned) if found is function), None)


def _returned(node: cst.CSTNode) -> cst.CSTNode:
    return node.value if isinstance(node, cst.Return) and node.value is not None else node


def without(it: Interpreter, g: Function, run: Run, gradient: Any, reason: str) -> None:
    """The claim stands, and cannot be judged."""
    step = _last_step(it, g)
    if step is not None and isinstance(step.node, cst.Return) and isinstance(gradient, Array | Unknown):
        run.results = [Result(g.name.rpartition(".")[2], None, [], step, _returned(step.node), reason=reason,
                              returned=step)]


def adjoint(it: Interpreter, f: Function, g: Function, cls: Class) -> Run:
    """A linear map and its adjoint: what the second makes of a cotangent is the gradient of the first's value."""
    settle_dialect(it, f, g)
    instance = new_instance(it, cls)
    given = inputs_for(it, f, bound=True)
    returned = guarded(it, f, [instance, *given])
    start = len(it.steps)
    it.seal(instance)
    run = Run(it, start=start)
    params = parameters(g, bound=True)
    if not isinstance(returned, Array) or len(params) != 1 or len(given) != 1:
        gradient = guarded(it, g, [instance, *(Unknown("the map's value is not known", True) for _ in params)])
        without(it, g, run, gradient, "the map's value is not known")
        return run
    arriving = it.world.leaf(params[0].name.value + " (adjoint)", returned.term.shape, tainted=True)
    it.names.setdefault(arriving, params[0].name.value)
    gradient = guarded(it, g, [instance, Array(arriving, returned.dialect)])
    run.results = returned_results(it, g, gradient, [entered(it, given[0])], [params[0].name.value], formal=True)
    run.seeds = [Seed({returned.term: arriving}, "arriving")]
    return run
