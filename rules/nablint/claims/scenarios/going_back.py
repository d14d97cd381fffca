"""Backward is run on what arrives, and its results are gathered, with the seeds that they are judged by."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.terms import Term, ancestors
from nablint.claims import names
from nablint.claims.gather.kept import kept_for_below
from nablint.claims.gather.returned import guessed, returned_results
from nablint.claims.gather.stored import drop_staged, stored_results
from nablint.claims.gather.updating import updates
from nablint.claims.inputs import guarded, last_scope, module_functions, parameters, settle
from nablint.claims.judging.implicit import implicit_seeds
from nablint.claims.judging.penalties import penalty
from nablint.claims.judging.seeds import loss_seeds
from nablint.claims.model import Result, Run, Seed
from nablint.claims.partners import costs
from nablint.claims.scenarios.arrivals import Arrivals
from nablint.claims.scenarios.at_scores import at_scores
from nablint.claims.scenarios.custom import entered
from nablint.tracing import hints
from nablint.tracing.functions import default_value
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.paths import unanswered
from nablint.tracing.values import Array, Function, Instance, Restart


def go_back(
    it: Interpreter, arrivals: Arrivals, forward: Function, backward: Function, instance: Instance | None
) -> Run:
    """Run backward on what arrives, and gather its results."""
    start = len(it.steps)
    it.seal(instance)
    bound = instance is not None and backward.kind != "static"
    given = arrivals.bind(backward, bound=bound)
    borrowed: list[Seed] = []
    if not arrivals.cotangents and not arrivals.is_loss and not arrivals.predicted:
        borrowed = _borrowed(it, arrivals, backward, given)
        start = len(it.steps)
    returned = guarded(it, backward, [instance, *given] if bound else given)
    it.presumed = it.presumed or unanswered(it)
    run = Run(it, start=start)
    positions = [entered(it, v) for v in arrivals.arguments.values()]
    said = any(c.ndim and names.is_gradient_name(c.label) for c in arrivals.cotangents.values())
    run.results = returned_results(it, backward, returned, positions, list(arrivals.arguments),
                                   since=start if said else None)
    if not run.results and arrivals.is_loss and not given and _like_first(returned, positions):
        run.results = returned_results(it, backward, returned, positions, list(arrivals.arguments), formal=True)
    covered = {t for r in run.results for t in r.wrt}
    run.results += [r for r in stored_results(it, start, last_scope(it, backward))
                    if (r.event is not None and r.event.holder) or not covered.intersection(r.wrt)]
    first = next((v for v in positions if isinstance(v, Array)), None)
    if returned is None and instance is not None and first is not None and not any(
            first.term in r.wrt for r in run.results):
        run.results += kept_for_below(it, start, instance, first)
    run.results = run.results or updates(it, start)
    if arrivals.predicted:
        run.seeds = arrivals.loss_seeds()
    elif arrivals.cotangents:
        run.seeds = [Seed(dict(arrivals.cotangents), "arriving"), *_with_losses(it, arrivals),
                     *at_scores(it, arrivals.cotangents)]
        if instance is not None and (extra := penalty(it, instance)) is not None:
            made = ancestors(extra)
            strengths = {t for t in made if t.card is None and t.label and not t.ndim}
            if any(strengths & ancestors(r.value) for r in run.results if r.value is not None):
                it.met = (it.met or frozenset()) | made
                run.seeds = [Seed(dict(arrivals.cotangents) | {extra: it.graph.constant(1.0)}, "arriving")]
    else:
        own = arrivals.loss_seeds() if arrivals.is_loss else []
        run.seeds = own if own and not given else [*own, *borrowed, *loss_seeds(it, start), *implicit_seeds(it, start)]
    return counted_once(run)


def _like_first(returned: Any, positions: list[Any]) -> bool:
    """Has what `backward()` of a loss returns the shape of forward's first argument, what was predicted?"""
    first = positions[0] if positions else None
    return (isinstance(returned, Array) and isinstance(first, Array)
            and tuple(returned.term.shape) == tuple(first.term.shape))


def _with_losses(it: Interpreter, arrivals: Arrivals) -> list[Seed]:
    """Beside what arrives, the losses that forward returns as well may be differentiated in backward itself."""
    losses = [o.term for o in arrivals.outputs if not o.term.ndim and o.term.card is not None
              and o.term not in arrivals.cotangents]
    return [Seed(arrivals.cotangents | dict.fromkeys(losses, it.graph.constant(1.0)), "arriving")] if losses else []


def _borrowed(it: Interpreter, arrivals: Arrivals, backward: Function, given: list[Any]) -> list[Seed]:
    """Losses that other functions of the module, or methods of the object, compute from what forward returned."""
    instance = arrivals.instance
    offered = module_functions(it) if instance is None else _methods(instance)
    known = dict(arrivals.scope.names) | arrivals.arguments | arrivals.named
    on_object = instance is not None and backward.kind != "static"
    known |= dict(zip([p.name.value for p in parameters(backward, bound=on_object)], given, strict=True))
    target = next((v for k, v in known.items() if hints.is_target(k)), None)
    seeds: list[Seed] = []
    unfit: Restart | None = None
    for cost in costs(offered):
        bound = instance is not None and cost.kind != "static"
        args: list[Any] = []
        for i, param in enumerate(parameters(cost, bound=bound)):
            name = param.name.value
            if name in known:
                args.append(settle(known[name]))
            elif i == 0 and arrivals.outputs:
                args.append(arrivals.outputs[0])
            elif hints.is_target(name) and target is not None:
                args.append(settle(target))
            elif param.default is not None:
                args.append(default_value(it, cost, param))
        if len(args) != len(parameters(cost, bound=bound)) or not it.world.choose(
            f"{cost.name}:is the cost", (True, False), 0.3
        ):
            continue
        met = set(it.world.sizes)
        try:
            value = guarded(it, cost, [instance, *args] if bound else args)
        except Restart as restart:
            # it is another function's cost: what has its own sizes already is not made to fit it
            if not (restart.equations and all({name, *value.names()} <= met for name, value in restart.equations)):
                unfit = restart if unfit is None or (restart.equations and not unfit.equations) else unfit
            continue
        value = value[0] if isinstance(value, tuple) and value else value
        if isinstance(value, Array) and value.term.sample.size == 1 and value.term.card is not None:
            seeds.append(Seed({value.term: _ones(it, value.term)}, "borrowed"))
    if unfit is not None and not seeds:  # nothing is made to fit one where another does, and sizes before anything else
        raise unfit
    return seeds


def _methods(instance: Instance) -> dict[str, Function]:
    """The methods of an object, by their names."""
    order = reversed(instance.cls.order()) if instance.cls is not None else ()
    return {name: f for cls in order for name, f in cls.names.items() if isinstance(f, Function)}


def _ones(it: Interpreter, term: Term) -> Term:
    return it.graph.constant(1.0 if not term.ndim else np.ones(tuple(map(int, term.shape))))


def counted_once(run: Run) -> Run:
    """A value that is returned and stored is one result; one that is returned in two places is two."""
    seen: dict[tuple[int, int], Result] = {}
    kept: list[Result] = []
    for result in run.results:
        key = (id(result.step.node), result.value.number if result.value is not None else id(result))
        known = seen.setdefault(key, result)
        if known is result or (known.formal and result.formal and known.wrt[:1] != result.wrt[:1]):
            kept.append(result)
    run.results = [guessed(run.it, r) for r in drop_staged(kept)]
    return run
