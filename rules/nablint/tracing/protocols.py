"""What base classes of libraries lend to their subclasses in the source, where a run needs it.

A function of Chainer is a class with `forward` and `backward` over tuples of arrays; its base class keeps what is asked
to be retained between the two, and `apply` computes what `forward` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nablint.tracing.values import Class, Function, Instance, Native, Pending, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

INPUTS, OUTPUTS = "$inputs", "$outputs"
RETAINED_INPUTS, RETAINED_OUTPUTS = "$retained inputs", "$retained outputs"


def is_chainer_function(cls: Class) -> bool:
    """Does the class derive from Chainer's `Function` or `FunctionNode`?"""
    base = cls.external_base() or ""
    return base.startswith("chainer") and base.rpartition(".")[2] in ("Function", "FunctionNode")


def forward_of(cls: Class) -> Function | None:
    """The method that computes a Chainer function on this machine."""
    found = (cls.lookup(name) for name in ("forward", "forward_cpu", "forward_gpu"))
    return next((f for f in found if isinstance(f, Function)), None)


def lent(it: Interpreter, owner: Instance, name: str) -> Any:
    """An attribute that the library's base class gives an object; None where it gives none by this name."""
    rule = _CHAINER.get(name)
    layouts = name == "input_layouts" and INPUTS in owner.names
    if (rule is None and not layouts) or owner.cls is None or not is_chainer_function(owner.cls):
        return None
    if rule is None:
        return (None,) * len(owner.names[INPUTS])  # every array lies in memory as it is indexed
    return Native(lambda *args, **keywords: rule(it, owner, *args, **keywords))


def run_forward(it: Interpreter, owner: Instance, inputs: Sequence[Any], forward: Function) -> Any:
    """Run a function's forward method, and keep what its backward method may ask for."""
    from nablint.tracing.functions import call_function

    owner.names[INPUTS] = tuple(inputs)
    owner.names["inputs"] = tuple(inputs)
    outputs = call_function(it, forward, [owner, tuple(inputs)], {}, None)
    owner.names[OUTPUTS] = owner.names["outputs"] = owner.names["output_data"] = outputs
    return outputs


def _apply(it: Interpreter, owner: Instance, inputs: Any = ()) -> Any:
    """`apply((x, W))`: a tuple of outputs, each a variable."""
    from nablint.tracing.operators import plain

    assert owner.cls is not None
    forward = forward_of(owner.cls)
    if forward is None or not isinstance(inputs, tuple | list):
        return it.unknown("a function that is applied to something unknown", inputs)
    given = [plain(_settled(v)) for v in inputs]
    it.applied.append((owner, given, dict(owner.names)))
    return run_forward(it, owner, given, forward)


def _call(it: Interpreter, owner: Instance, *inputs: Any) -> Any:
    """The calls of `chainer.Function`: one output comes alone."""
    outputs = _apply(it, owner, inputs)
    return outputs[0] if isinstance(outputs, tuple | list) and len(outputs) == 1 else outputs


def _forward(it: Interpreter, owner: Instance, inputs: Any = ()) -> Any:
    """The base class's `forward(inputs)`, which asks for the machine and goes to `forward_cpu`."""
    forward = forward_of(owner.cls) if owner.cls is not None else None
    if forward is None or not isinstance(inputs, tuple | list):
        return it.unknown("a function that is applied to something unknown", inputs)
    return run_forward(it, owner, inputs, forward)


def _settled(value: Any) -> Any:
    return value.value if isinstance(value, Pending) and value.value is not None else value


def _retains(key: str) -> Callable[..., None]:
    def retain(it: Interpreter, owner: Instance, indexes: Any = ()) -> None:
        owner.names[key] = (indexes,) if isinstance(indexes, int) else tuple(indexes)

    return retain


def _retained(key: str, held: str) -> Callable[..., Any]:
    def retained(it: Interpreter, owner: Instance) -> Any:
        values, kept = owner.names.get(held), owner.names.get(key, ())
        if not isinstance(values, tuple | list):
            return it.unknown("what the function retains is not known", values)
        return tuple(_settled(values[i]) if isinstance(i, int) and i < len(values)
                     else Unknown("what the function retains is not known", True) for i in kept)

    return retained


def _accumulated(it: Interpreter, owner: Instance, indexes: Any, outputs: Any, inputs: Any) -> Any:
    """`backward` and the sum with what is there already."""
    return it.unknown("backward_accumulate is not followed", outputs)


_CHAINER: dict[str, Callable[..., Any]] = {
    "apply": _apply,
    "__call__": _call,
    "forward": _forward,
    "retain_inputs": _retains(RETAINED_INPUTS),
    "retain_outputs": _retains(RETAINED_OUTPUTS),
    "get_retained_inputs": _retained(RETAINED_INPUTS, INPUTS),
    "get_retained_outputs": _retained(RETAINED_OUTPUTS, OUTPUTS),
    "backward_accumulate": _accumulated,
    "check_layout_forward": lambda it, owner, *args: None,
    "unchain": lambda it, owner: None,
}

__all__ = ["forward_of", "is_chainer_function", "lent", "run_forward"]
