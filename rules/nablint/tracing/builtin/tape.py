"""Functions of libraries that differentiate by a tape."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nablint.ops import CARDS
from nablint.tracing import refine
from nablint.tracing.builtin.sequences import Node
from nablint.tracing.values import Array, Native, Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def _unbroadcast(it: Interpreter, node: Node, target: Any, carry: Any) -> Any:
    """autograd's sum of a cotangent over the axes that its variable was stretched along."""
    from nablint.tracing.calls import call

    def carried(g: Any) -> Any:
        value, shape = call(it, carry, [g], {}, node), it.term(refine.as_operand(it, target)
                                                               if isinstance(target, Pending) else target)
        if not isinstance(value, Array) or shape is None:
            return it.unknown("a cotangent of something unknown", value)
        return Array(CARDS["sum_to"](value.term, shape=tuple(shape.shape)), value.dialect)

    return Native(carried)


TAPE: dict[str, Callable[..., Any]] = {
    "numpy.numpy_vjps.unbroadcast_f": _unbroadcast,
    # a primitive computes what the function does
    **{f"autograd.{module}.primitive": lambda it, node, function: function for module in ("extend", "core", "tracer")},
}
