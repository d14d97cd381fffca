"""What arrives in backward: cotangents of the outputs, caches and the values that forward kept."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.claims.entries import ancestors
from nablint.claims.gather.returned import guessed, returned_results
from nablint.claims.gather.stored import drop_staged, stored_results
from nablint.claims.inputs import guarded, last_scope, module_functions, parameters, settle
from nablint.claims.judging.penalties import penalty
from nablint.claims.judging.seeds import implicit_seeds, loss_seeds
from nablint.claims.model import Result, Run, Seed
from nablint.claims.partners import costs
from nablint.claims.scenarios.custom import entered
from nablint.tracing import hints
from nablint.tracing.functions import default_value
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.refine import UNBOUND
from nablint.tracing.values import Array, Function, Instance, Pending, Restart, Scope

LOSS = re.compile(r"loss|cost|entropy|error|mse|nll|criterion", re.I)


class Arrivals:
    """What a backward function can be given: the forward's outputs (as cotangents), caches, arguments and locals."""

    def __init__(self, it: Interpreter, returned: Any, return_names: list[str], scope: Scope,
                 arguments: dict[str, Any], instance: Instance | None = None) -> None:
        self.it = it
        self.instance = instance
        parts = list(returned) if isinstance(returned, tuple) else [returned]
        self.named = dict(zip(return_names, parts, strict=False)) if len(return_names) == len(parts) else {}
        given = [settle(v) for v in arguments.values()]
        self.outputs = [p for i, p in enumerate(parts) if isinstance(p, Array)
                        and (i == 0 or not any(p is g for g in given))]
        self.caches = [p for p in parts if not isinstance(p, Array) and p is not None]
        self.scope = scope
        self.arguments = arguments
        self.cotangents: dict[Term, Term] = {}
        self.predicted = ""
        self.kept: Array | None = None
        """The output that the object keeps, where that is what a loss's backward function is given."""
        self.whole: Term | None = None
        """The loss of a whole batch, where a method of the class shows how it is made of the losses of samples."""

    def output_for(self, name: str) -> Array | None:
        """The output whose cotangent a parameter of this name is."""
        for word in names.variables(name):
            found = self.named.get(word)
            if isinstance(found, Array) and found.term not in self.cotangents:
                return found
        return next((o for o in self.outputs if o.term not in self.cotangents), None)

    def cotangent(self, name: str, output: Array) -> Array:
        """The arriving cotangent of an output: 1 for a number, generic values otherwise."""
        term = output.term
        if term.ndim == 0:
            arriving = self.it.graph.leaf("", np.asarray(1.0), (), tainted=True)  # a number 1 that came from above
            self.cotangents[term] = arriving
            return Array(arriving, output.dialect)
        arriving = self.it.world.leaf(f"{name}", term.shape, tainted=True)
        self.cotangents[term] = arriving
        array = Array(arriving, output.dialect)
        self.it.names.setdefault(arriving, name)
        return array

    def bind(self, function: Function, *, bound: bool) -> list[Any]:
        """Arguments for a backward function."""
        params = parameters(function, bound=bound)
        wanted = [p.name.value for p in params]
        claims = [n for n in wanted if self._is_cotangent(n)]
        if not claims and wanted and self.outputs:
            unknown = [n for n in wanted if n not in self.named and n not in self.scope.names
                       and "cache" not in n.lower()
                       and not (hints.is_target(n) and len(wanted) > 1)]
            claims = unknown[:1] if unknown and (unknown[0] == wanted[0] or self._alone(unknown, wanted)) else []
        if claims and self._predicts(function, claims[0], wanted):
            claims = []
        out: list[Any] = []
        taken = [v for n, v in self.named.items() if n in wanted]
        caches = [c for c in self.caches if not any(c is v for v in taken)]
        free = [o for o in self.outputs if not any(o is v for v in taken)]
        for param in params:
            name = param.name.value
            if name in claims:
                output = self.output_for(name)
                if output is not None and not (param.default is not None and output.term.ndim):
                    out.append(self.cotangent(name, output))
                    continue
                if param.default is not None:
                    if output is not None:
                        out.append(self.cotangent(name, output))
                    else:
                        out.append(default_value(self.it, function, param))
                    continue
            if name == self.predicted:
                out.append(settle(next(iter(self.arguments.values()))) if self.kept is None else self.kept)
                continue
            if name in self.named and not isinstance(self.named[name], Pending):
                out.append(self.named[name])
            elif name in self.arguments:
                out.append(settle(self.arguments[name]))
            elif caches and ("cache" in name.lower()
                             or name in ("params", "saved", "ctx", "state", "memory", "residuals", "res")):
                out.append(caches.pop(0))
            elif name in self.scope.names:
                out.append(settle(self.scope.names[name]))
            elif param.default is not None:
                out.append(default_value(self.it, function, param))
            elif caches and not hints.is_target(name):
                out.append(caches.pop(0))
            elif not claims and hints.is_prediction(name) and free:
                out.append(free.pop(0))
            else:
                out.append(self._unbound(name, function))
        return out

    def _alone(self, unknown: list[str], wanted: list[str]) -> bool:
        """Is one argument, beside those of the forward function, what is neither a number nor a size by its name?"""
        name = unknown[0]
        plain = hints.is_scalar(name) or hints.is_size(name) or hints.is_hyper(name)
        return len(unknown) == 1 and not plain and all(n in self.arguments for n in wanted if n != name)

    def _unbound(self, name: str, function: Function) -> Any:
        """An argument that nothing of the forward function goes by the name of: targets and numbers are inputs."""
        for known in (self.named, self.arguments, self.scope.names):
            found = next((v for k, v in known.items() if k.lower() == name.lower()), None)
            if found is not None:
                return settle(found)
        plain = hints.is_target(name) or hints.is_scalar(name) or hints.is_size(name) or hints.is_hyper(name)
        free = self.it.input(name, function)
        if not plain and free.evidence is None:
            free.space = UNBOUND
        return free

    def _predicts(self, function: Function, name: str, wanted: list[str]) -> bool:
        """Is the first argument of a loss's backward function what was predicted, beside the targets?"""
        beside = any(hints.is_target(n) and n in self.arguments for n in wanted)
        if not (beside and wanted[0] == name and self.outputs and self.arguments and LOSS.search(function.name)):
            return False
        kept = self._kept_predictions()
        options = (*(("the output that is kept",) if kept is not None else ()), "what was predicted", "a cotangent")
        chosen = self.it.world.choose(f"{function.name}.{name}:is", options, 0.3)
        if chosen == "a cotangent":
            return False
        self.predicted, self.kept = name, kept if chosen == "the output that is kept" else None
        return True

    def _kept_predictions(self) -> Array | None:
        """What a loss that is combined with an activation keeps: an array of its input's shape, made of it."""
        given = settle(next(iter(self.arguments.values())))
        if self.instance is None or not isinstance(given, Array):
            return None
        found = [v for k, v in self.instance.names.items() if isinstance(v, Array) and v.term.card is not None
                 and v.term is not given.term and tuple(v.term.shape) == tuple(given.term.shape)
                 and hints.is_prediction(k)]
        return found[0] if found else None

    @property
    def is_loss(self) -> bool:
        """Does forward return one number that depends on its arguments: a loss?"""
        return len(self.outputs) == 1 and not self.outputs[0].term.ndim and self.outputs[0].term.card is not None

    def loss_seeds(self) -> list[Seed]:
        """A loss per sample is averaged or summed by whoever calls it."""
        if self.whole is not None:
            return [Seed({self.whole: self.it.graph.constant(1.0)}, "loss", exact=True)]
        term = self.outputs[0].term
        if not term.ndim:
            return [Seed({term: self.it.graph.constant(1.0)}, "loss", exact=True)]
        shape = tuple(map(int, term.shape))
        ones = np.ones(shape)
        return [Seed({term: self.it.graph.constant(ones / n)}, "borrowed")
                for n in dict.fromkeys((shape[0] if shape else 1, ones.size, 1))]

    def _is_cotangent(self, name: str) -> bool:
        known = name in self.named or name in self.arguments
        # an English word, so no gradient's name by itself: attention code calls its output `o`
        return not known and (names.is_gradient_name(name) or (name == "do" and "o" in {*self.scope.names, *self.named,
                                                                                       *self.arguments}))


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
    if arrivals.predicted:
        run.seeds = arrivals.loss_seeds()
    elif arrivals.cotangents:
        run.seeds = [Seed(dict(arrivals.cotangents), "arriving"), *_with_losses(it, arrivals)]
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
            if restart.equations and all({name, *value.names()} <= met for name, value in restart.equations):
                continue
            raise
        value = value[0] if isinstance(value, tuple) and value else value
        if isinstance(value, Array) and value.term.sample.size == 1 and value.term.card is not None:
            seeds.append(Seed({value.term: _ones(it, value.term)}, "borrowed"))
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
