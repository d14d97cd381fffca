"""`torch.autograd.Function` and its like: a context carries what forward saved."""

from __future__ import annotations

from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims.gather.returned import returned_results
from nablint.claims.inputs import guarded, inputs_for, parameters, settle
from nablint.claims.model import Result, Run, Seed
from nablint.claims.scenarios.instances import method_of
from nablint.ops import CARDS
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Class, External, Function, Instance, Native, Pending, Unknown


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
    ahead, back = method_of(cls, "forward"), method_of(cls, "backward")
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
        reduced(it, result, {tuple(output.shape) for output in cotangents})
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


def reduced(it: Interpreter, result: Result, whole: set[tuple[int, ...]]) -> None:
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
