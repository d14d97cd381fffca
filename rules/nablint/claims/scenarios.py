"""Scenarios: how the code of a unit is brought to run, and what of it is a result.

Each function walks a unit in a loaded interpreter: forward first, then backward with the cotangents that arrive, caches
and attributes flowing from one to the other as the code itself has them.
"""

from __future__ import annotations

import re
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.claims.dialect import settle_dialect
from nablint.claims.entries import ancestors
from nablint.claims.gather import drop_staged, guessed, returned_results, stored_results, updates
from nablint.claims.inputs import (
    guarded,
    inputs_for,
    last_scope,
    module_functions,
    parameters,
    return_names,
    settle,
)
from nablint.claims.model import Result, Run, Seed
from nablint.claims.partners import assigned, assigned_to_self, calls, costs, read_from_self
from nablint.claims.penalties import loss_of_batch, penalty
from nablint.claims.seeds import implicit_seeds, loss_seeds
from nablint.ops import CARDS
from nablint.tracing import hints
from nablint.tracing.calls import bind_arguments, call_function, default_value, instantiate
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.refine import UNBOUND
from nablint.tracing.values import (
    Array,
    Class,
    External,
    Function,
    Instance,
    Native,
    Pending,
    RaiseSignal,
    Restart,
    Scope,
    Unknown,
)

# -- binding what arrives ------------------------------------------------------------------------------------------


_LOSS = re.compile(r"loss|cost|entropy|error|mse|nll|criterion", re.I)


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
            claims = unknown[:1] if unknown and unknown[0] == wanted[0] else []
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
        if not (beside and wanted[0] == name and self.outputs and self.arguments and _LOSS.search(function.name)):
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


# -- the scenarios --------------------------------------------------------------------------------------------------


def pair(it: Interpreter, forward: Function, backward: Function) -> Run:
    """A forward and a backward function."""
    settle_dialect(it, forward, backward)
    given = inputs_for(it, forward, bound=False)
    returned = guarded(it, forward, given)
    arguments = dict(zip([p.name.value for p in parameters(forward, bound=False)], given, strict=True))
    run = _back(it, Arrivals(it, returned, return_names(it, forward), last_scope(it, forward), arguments), forward,
                backward, None)
    if _serves_torch(it, backward):
        whole = {tuple(map(int, output.shape)) for seed in run.seeds for output in seed.cotangents}
        for result in run.results:
            _reduced(it, result, whole)
    return run


def _serves_torch(it: Interpreter, backward: Function) -> bool:
    """Does one of PyTorch's functions in the module hand on what this one returns?"""
    call = re.compile(rf"\b{re.escape(backward.name)}\(")
    return any(
        isinstance(v, Class) and (v.external_base() or "").startswith("torch.")
        and isinstance(back := v.names.get("backward"), Function) and id(back.node) in it.blocks
        and call.search(it.blocks[id(back.node)].text) for v in it.scope.names.values())


def methods(it: Interpreter, cls: Class, forward: str, backward: str) -> Run:
    """A class with a forward and a backward method."""
    ahead, back = _function(cls, forward), _function(cls, backward)
    settle_dialect(it, ahead, back)
    instance = new_instance(it, cls, (ahead, back))
    bound = ahead.kind != "static"
    given = inputs_for(it, ahead, bound=bound)
    before = dict(instance.names)
    returned = guarded(it, ahead, [instance, *given] if bound else given)
    words = return_names(it, ahead)
    if returned is None:
        words, returned = _kept_output(instance, before)
    arguments = dict(zip([p.name.value for p in parameters(ahead, bound=bound)], given, strict=True))
    _framework(instance, given, returned)
    first = settle(given[0]) if given else None
    if isinstance(first, Array):
        for word in ("inputs", "input", "x"):
            it.note(word, first)
    arrivals = Arrivals(it, returned, words, last_scope(it, ahead), arguments, instance)
    if arrivals.outputs and arrivals.outputs[0].term.ndim and _LOSS.search(back.name):
        arrivals.whole = loss_of_batch(it, cls, forward, instance, given)
    return _back(it, arrivals, ahead, back, instance)


def _framework(instance: Instance, given: list[Any], returned: Any) -> None:
    """What a base class outside the file keeps for the backward method: inputs and outputs, by these names."""
    if instance.cls is None or not instance.cls.bases:
        return
    outputs = tuple(returned) if isinstance(returned, tuple) else (returned,)
    inputs = tuple(settle(v) for v in given)
    kept = {"inputs": inputs, "outputs": outputs} | ({"input": inputs[0]} if inputs else {}) | {"output": outputs[0]}
    for name, value in kept.items():
        if instance.names.get(name) is None:
            instance.names[name] = value


_OUTPUT = re.compile(r"^_?(out|outputs?|y|a|result|activations?|value)$", re.I)


def _kept_output(instance: Instance, before: dict[str, Any]) -> tuple[list[str], Any]:
    """The output of a forward method that returns nothing: the attribute by that name, else the last one computed."""
    fresh = [(k, v) for k, v in instance.names.items() if isinstance(v, Array) and v is not before.get(k)
             and v.term.card is not None]
    if not fresh:
        return [], None
    found = max(fresh, key=lambda item: (bool(_OUTPUT.match(item[0])), item[1].term.number))
    return [found[0]], found[1]


def _function(cls: Class, name: str) -> Function:
    found = cls.lookup(name)
    assert isinstance(found, Function)
    return found


def new_instance(it: Interpreter, cls: Class, methods: tuple[Function, ...] = ()) -> Instance:
    """An object of a class, made from inputs, on which these methods are going to be called."""
    init = cls.lookup("__init__")
    given = inputs_for(it, init, bound=True, path=f"{cls.name}.") if isinstance(init, Function) else []
    try:
        instance = instantiate(it, cls, given, {}, None)
        _built(it, cls, instance, methods)
    except RaiseSignal as signal:
        raise Restart(f"{cls.name}() raises {signal.kind}") from signal
    return instance


def _built(it: Interpreter, cls: Class, instance: Instance, methods: tuple[Function, ...]) -> None:
    """Parameters that `__init__` leaves at None are made by a method of their own (`initialize`, `build`).

    Where one of the methods calls it by itself, it does so when it knows the sizes.
    """
    known = set(instance.names) | {name for part in cls.order() for name in part.names}
    empty = {k for k, v in instance.names.items() if v is None}
    empty |= {name for f in methods for name in read_from_self(f.node) - assigned_to_self(f.node)} - known
    for name, function in cls.names.items():
        if (
            empty
            and isinstance(function, Function)
            and isinstance(function.node, cst.FunctionDef)
            and _BUILDS.match(name)
            and not any(calls(f.node, name) for f in methods)
        ):
            if empty & assigned(function.node):
                call_function(it, function, [instance, *inputs_for(it, function, bound=True)], {}, None)
                empty = {k for k in empty if instance.names.get(k) is None}


_BUILDS = re.compile(r"^_?(init|build|setup|reset|create|make)(?!_subclass)(?!__)\w*$")


def _back(it: Interpreter, arrivals: Arrivals, forward: Function, backward: Function, instance: Instance | None) -> Run:
    start = len(it.steps)
    it.seal(instance)
    bound = instance is not None and backward.kind != "static"
    given = arrivals.bind(backward, bound=bound)
    borrowed: list[Seed] = []
    if not arrivals.cotangents and instance is None:
        borrowed = _borrowed(it, arrivals, backward, given)
        start = len(it.steps)
    returned = guarded(it, backward, [instance, *given] if bound else given)
    run = Run(it, start=start)
    positions = [entered(it, v) for v in arrivals.arguments.values()]
    run.results = returned_results(it, backward, returned, positions, list(arrivals.arguments))
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
        run.seeds = borrowed + loss_seeds(it, start) + implicit_seeds(it, start)
    return _unique(run)


def _with_losses(it: Interpreter, arrivals: Arrivals) -> list[Seed]:
    """Beside what arrives, the losses that forward returns as well may be differentiated in backward itself."""
    losses = [o.term for o in arrivals.outputs if not o.term.ndim and o.term.card is not None
              and o.term not in arrivals.cotangents]
    return [Seed(arrivals.cotangents | dict.fromkeys(losses, it.graph.constant(1.0)), "arriving")] if losses else []


def _borrowed(it: Interpreter, arrivals: Arrivals, backward: Function, given: list[Any]) -> list[Seed]:
    """Losses that other functions of the module compute from what forward returned."""
    known = dict(arrivals.scope.names) | arrivals.arguments | arrivals.named
    known |= dict(zip([p.name.value for p in parameters(backward, bound=False)], given, strict=True))
    target = next((v for k, v in known.items() if hints.is_target(k)), None)
    seeds: list[Seed] = []
    for cost in costs(module_functions(it)):
        args: list[Any] = []
        for i, param in enumerate(parameters(cost, bound=False)):
            name = param.name.value
            if name in known:
                args.append(settle(known[name]))
            elif i == 0 and arrivals.outputs:
                args.append(arrivals.outputs[0])
            elif hints.is_target(name) and target is not None:
                args.append(settle(target))
            elif param.default is not None:
                args.append(default_value(it, cost, param))
        if len(args) != len(parameters(cost, bound=False)) or not it.world.choose(
            f"{cost.name}:is the cost", (True, False), 0.3
        ):
            continue
        met = set(it.world.sizes)
        try:
            value = guarded(it, cost, args)
        except Restart as restart:
            # it is another function's cost: what has its own sizes already is not made to fit it
            if restart.equations and all({name, *value.names()} <= met for name, value in restart.equations):
                continue
            raise
        value = value[0] if isinstance(value, tuple) and value else value
        if isinstance(value, Array) and value.term.sample.size == 1 and value.term.card is not None:
            seeds.append(Seed({value.term: _ones(it, value.term)}, "borrowed"))
    return seeds


def _ones(it: Interpreter, term: Term) -> Term:
    return it.graph.constant(1.0 if not term.ndim else np.ones(tuple(map(int, term.shape))))


def _unique(run: Run) -> Run:
    """A value that is returned and stored is one result."""
    seen: set[tuple[int, int]] = set()
    kept = []
    for result in run.results:
        key = (id(result.step.node), result.value.number if result.value is not None else id(result))
        if key not in seen:
            seen.add(key)
            kept.append(result)
    run.results = [guessed(run.it, r) for r in drop_staged(kept)]
    return run


def function(it: Interpreter, target: Function) -> Run:
    """A function that holds forward and backward code."""
    settle_dialect(it, target)
    given = inputs_for(it, target, bound=False)
    return _whole(it, target, given, [settle(v) for v in given])


def method(it: Interpreter, cls: Class, name: str) -> Run:
    """A method that holds forward and backward code."""
    target = _function(cls, name)
    if target.kind == "static":
        return function(it, target)
    settle_dialect(it, target)
    instance = new_instance(it, cls, (target,))
    given = inputs_for(it, target, bound=True)
    return _whole(it, target, [instance, *given], given)


def _whole(it: Interpreter, target: Function, args: list[Any], given: list[Any]) -> Run:
    start = len(it.steps)
    returned = guarded(it, target, args)
    run = Run(it, start=start)
    run.results = (
        returned_results(it, target, returned, [], [])
        + stored_results(it, start, last_scope(it, target))
        + updates(it, start)
    )
    run.seeds = loss_seeds(it, start) + implicit_seeds(it, start)
    return _unique(run)


def script(it: Interpreter, part: int = 0, parts: int = 1) -> Run:
    """The statements of a module, one after another (the module has been run by the caller).

    part: which of several training loops is meant; the claims are those that stand after the loop before it, up to
          its own end (the last one's to the end of the module).
    """
    start = 0
    if parts > 1:
        loops = [e for e in _loop_ends(it) if any(e[0] <= event.step.number < e[1] for event in it.events)][:parts]
        if part < len(loops):
            start = loops[part - 1][1] if part else 0
            end = loops[part][1] if part < parts - 1 else len(it.steps)
            it.events = [e for e in it.events if start <= e.step.number < end]
    run = Run(it, start=start)
    run.results = stored_results(it, start, it.scope) + updates(it, start)
    run.seeds = loss_seeds(it, start) + implicit_seeds(it, start)
    return _unique(run)


def _loop_ends(it: Interpreter) -> list[tuple[int, int]]:
    """The first step of every module-level loop, and the first after it."""
    starts = sorted(it.marks.values())
    found: list[tuple[int, int]] = []
    for number in sorted(set(it.marks.values())):
        if number < len(it.steps) and isinstance(it.steps[number].node, cst.For | cst.While):
            found.append((number, next((s for s in starts if s > number), len(it.steps))))
    return found


def context(count: int) -> Instance:
    """The `ctx` of an autograd function: what is saved is what comes back."""
    ctx = Instance(None, {"needs_input_grad": (True,) * count}, "ctx")

    def save(*tensors: Any) -> None:
        ctx.names["saved_tensors"] = ctx.names["saved_variables"] = tuple(settle(t) for t in tensors)

    ctx.names["save_for_backward"] = Native(save)
    for name in ("mark_dirty", "set_materialize_grads", "save_for_forward"):
        ctx.names[name] = Native(lambda *args, **keywords: None)
    ctx.names["mark_non_differentiable"] = Native(
        lambda *tensors: ctx.names.update({"$constant": tuple(map(settle, tensors))})
    )
    return ctx


def entered(it: Interpreter, value: Any) -> Any:
    """What an argument held when it was passed: code that writes into its inputs is judged for what they were."""
    if isinstance(value, Pending) and isinstance(value.value, Array):
        leaf = it.world.leaves.get(value.path)
        if leaf is not None and leaf is not value.value.term and tuple(leaf.shape) == tuple(value.value.term.shape):
            return Array(leaf, value.value.dialect)
    return settle(value)


def autograd(it: Interpreter, cls: Class) -> Run:
    """A `torch.autograd.Function`: outputs' cotangents arrive, gradients leave in the order of forward's arguments."""
    if "torch" in (cls.external_base() or "") or any(
            isinstance(v, External) and v.name.startswith("torch") for v in it.scope.names.values()):
        it.dialect = "torch"
    ahead, back = _function(cls, "forward"), _function(cls, "backward")
    ctx = context(len(parameters(ahead, bound=True)))
    setup = cls.lookup("setup_context")
    given = inputs_for(it, ahead, bound=not isinstance(setup, Function))
    if isinstance(setup, Function):
        returned = guarded(it, ahead, given)
        guarded(it, setup, [ctx, tuple(settle(v) for v in given), returned])
    else:
        returned = guarded(it, ahead, [ctx, *given])
    wanted = [p.name.value for p in parameters(ahead, bound=not isinstance(setup, Function))]
    outputs = list(returned) if isinstance(returned, tuple | list) else [returned]
    start = len(it.steps)
    it.seal(ctx)
    cotangents: dict[Term, Term] = {}
    arriving: list[Any] = []
    for i, param in enumerate(parameters(back, bound=True)):
        output = settle(outputs[i]) if i < len(outputs) else None
        if isinstance(output, Array):
            term = it.world.leaf(param.name.value, output.term.shape, tainted=True)
            if output.term.sample.dtype.kind == "f" and not any(output is c for c in ctx.names.get("$constant", ())):
                cotangents[output.term] = term
            it.names.setdefault(term, param.name.value)
            arriving.append(Array(term, "torch"))
        else:
            reason = output.reason if isinstance(output, Unknown) else "it is no array"
            arriving.append(Unknown(f"forward's value is not known ({reason})", True))
    if isinstance(back.node.params.star_arg, cst.Param) and not arriving:
        for i, output in enumerate(map(settle, outputs)):
            if isinstance(output, Array):
                term = it.world.leaf(f"grad_output{i}", output.term.shape, tainted=True)
                cotangents[output.term] = term
                arriving.append(Array(term, "torch"))
    gradients = guarded(it, back, [ctx, *arriving])
    run = Run(it, start=start)
    run.results = returned_results(it, back, gradients, [entered(it, v) for v in given], wanted, formal=True)
    if (cls.external_base() or "").startswith("torch."):  # other libraries with this protocol count tensors only
        _counted(it, run, ahead, gradients, bound=not isinstance(setup, Function))
    for result in run.results:
        _reduced(it, result, {tuple(output.shape) for output in cotangents})
    run.seeds = [Seed(cotangents, "arriving")] if cotangents else []
    if not cotangents:
        _unseeded(run, list(map(settle, outputs)))
    return run


def _unseeded(run: Run, outputs: list[Any]) -> None:
    """No cotangent arrives where forward's own value is not known: that is the reason, for every result."""
    reason = next((o.reason for o in outputs if isinstance(o, Unknown)), "")
    for result in run.results:
        if reason and not result.reason:
            result.reason = f"forward's value is not known ({reason})"


def _counted(it: Interpreter, run: Run, ahead: Function, gradients: Any, *, bound: bool) -> None:
    """PyTorch wants a gradient, or None, for every argument that was passed; those with a default may not have been."""
    params = parameters(ahead, bound=bound)
    wanted = sum(p.default is None for p in params)
    given = len(gradients) if isinstance(gradients, tuple | list) else 1
    if given < wanted and run.results and not isinstance(gradients, Unknown) and not isinstance(
            ahead.node.params.star_arg, cst.Param):
        first = run.results[0]
        step = first.returned or first.step
        first.value, first.reason = None, f"{given} gradients are returned for {wanted} arguments"
        first.reason = first.reason.replace("1 gradients are", "1 gradient is")
        it.misfits.append((step, step.node, first.reason))
        run.results = [first]


def _reduced(it: Interpreter, result: Result, whole: set[tuple[int, ...]]) -> None:
    """PyTorch itself sums a returned gradient over the axes along which its variable was broadcast.

    People rely on it for gradients that they did not sum at all; one that was summed over some axes is taken as it is.
    """
    value = result.value
    if value is None or not result.wrt or tuple(value.shape) == tuple(wanted := result.wrt[0].shape):
        return
    extra = value.ndim - len(wanted)
    if tuple(value.shape) not in whole and any(n != 1 for n in value.shape[:max(extra, 0)]):
        return
    if extra >= 0 and all(w in (1, n) for w, n in zip(wanted, value.shape[extra:], strict=True)):
        with it.using():
            result.value = CARDS["sum_to"](value, shape=tuple(wanted))


__all__ = ["autograd", "bind_arguments", "function", "method", "methods", "pair", "script"]
