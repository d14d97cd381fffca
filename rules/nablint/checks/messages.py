"""What findings say: what is wrong, in words and shapes, and what the derivation has instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.claims.names import variables
from nablint.reading.lazily import regex

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault

_SAID = {
    "transpose": "a transpose is missing or too many",
    "operands": "the operands of the product stand in the wrong order",
    "axis": "the sum runs over the wrong axis",
    "sum": "a sum over a broadcast axis is missing or too many",
    "keepdims": "the reduction loses or keeps the wrong axis",
    "scale": "it is off by a constant factor",
    "sign": "a sign is wrong",
    "derivative": "a factor of the chain rule is missing",
    "extra-factor": "a factor is too many",
    "operand": "it uses another value than the derivation does",
    "term": "a term is missing",
    "extra-term": "a term is too many",
    "mask": "the mask lets the wrong entries through",
    "constant": "a number is wrong",
    "operator": "an operator is wrong",
    "accumulation": "contributions are overwritten or added where they should not be",
    "loop": "a loop takes other turns, or takes them in another order",
    "order": "gradients are returned in each other's place",
    "arity": "fewer gradients are returned than there are arguments",
    "rewrite": "it is not what the derivation gives",
}


def repaired(fault: Fault, kinds: tuple[str, ...]) -> str | None:
    """The message of a fault that an edit of one of these kinds mends."""
    if fault.repair is None or fault.repair.edit.kind not in kinds:
        return None
    return f"{_subject(fault)}: {_SAID[fault.repair.edit.kind]}{_detail(fault)}"


def unexplained(fault: Fault) -> str:
    """The message of a fault that nothing small mends."""
    judged = fault.judged[0]
    if judged.reason:
        return f"{_subject(fault)}: {fault.naming.text(judged.reason)}"
    if fault.ignored:
        return f"{_subject(fault)}: it does not depend on `{fault.ignored}`"
    if judged.ratio is not None:
        return f"{_subject(fault)}: it is {judged.ratio:.4g} times what the derivation gives"
    return f"{_subject(fault)}: its value is not what the derivation gives"


def _subject(fault: Fault) -> str:
    result = fault.judged[0].result
    name = result.name
    wrt = result.wrt_name or next(iter(variables(name)), "its variable")
    event = fault.step.event
    upstream = event is not None and fault.step.node is not result.step.node and event.name != name
    by = f"`{event.name}` makes" if event is not None and upstream else ""
    if result.update:
        step = f"the step of `{wrt}`"
        return f"{by} {step} differ from its gradient" if by else f"{step} is not its gradient"
    if _UNNAMED.match(name):
        name = "what is returned"
        return f"{by} {name} differ from the gradient of `{wrt}`" if by else f"{name} is not the gradient of `{wrt}`"
    if by:
        if name == wrt:  # `grads["W1"]`, known by its key
            return f"{by} the gradient of `{wrt}` wrong"
        return f"{by} `{name}` differ from the gradient of `{wrt}`"
    if name in (wrt, ""):
        return f"this is not the gradient of `{wrt}`"
    return f"`{name}` is not the gradient of `{wrt}`"


_UNNAMED = regex(r"^output \d+$")
"""What results that are returned without a name go by."""


def _detail(fault: Fault) -> str:
    judged, repair = fault.judged[0], fault.repair
    assert repair is not None
    if judged.transposed and judged.wrt is not None and judged.result.value is not None:
        return f" ({fault.naming.shape(judged.result.value.shape)} for {fault.naming.shape(judged.wrt.shape)})"
    return (
        f" ({repair.edit.detail})" if repair.edit.kind in ("scale", "derivative", "term") and repair.edit.detail else ""
    )
