"""The network that a cache says it is of, where the function that filled the cache is not in sight.

`(Z1, A1, W1, b1, Z2, A2, W2, b2) = cache` in a backward function without its forward function (courses keep that in a
helper file) names the whole of a network: layers of weights and biases with an activation after each.  Guards: every
name is one of those, every layer has all of its names, the input is an argument, and nothing is called wrong that
depends on it (`Interpreter.presumed`).  Where the samples stand and what the hidden activation is are choices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nablint.ops.card import op
from nablint.reading.lazily import regex
from nablint.shapes import Size
from nablint.tracing.refine.kinds import as_operand
from nablint.tracing.values import Array, Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

_PART = regex(r"(?P<letter>[ZAWb])(?P<layer>\d)")
_HIDDEN = ("maximum", "tanh", "sigmoid")


def layers_of(names: list[str]) -> int:
    """How many layers the names of a cache's parts tell of; 0 where they are not those of a network."""
    found = [m for n in names if (m := _PART.fullmatch(n)) is not None]
    count = max((int(m["layer"]) for m in found), default=0)
    wanted = {f"{letter}{k}" for letter in "ZAWb" for k in range(1, count + 1)}
    return count if len(found) == len(names) == len(wanted) and set(names) == wanted and count > 1 else 0


def network(it: Interpreter, cache: Pending, names: list[str]) -> list[Any] | None:
    """The parts of a cache as such a network makes them; None where the cache is of no such network."""
    step = it.step
    if it.world.sure or it.graph.tainting or not it.alone or step is None or "back" not in step.function.lower():
        return None
    count, given = layers_of(names), step.scope.names.get("X")
    given = as_operand(it, given) if count and isinstance(given, Pending) else given
    if not count or not isinstance(given, Array) or given.term.ndim != 2:
        return None
    it.presumed = "the function that filled the cache is not in sight, and taken for dense layers"
    columns = it.world.choose(f"{cache.path}:samples are", ("columns", "rows"), 0.3) == "columns"
    hidden = it.world.choose(f"{cache.path}:hidden layers", _HIDDEN, 0.3)
    made: dict[str, Any] = {}
    out = given.term
    with it.using():
        for k in range(1, count + 1):
            size = it.world.dimension(f"{cache.path}.units{k}")
            before = out.shape[0 if columns else 1]
            shape = (size, before) if columns else (before, size)
            weights = it.world.leaf(f"{cache.path}.W{k}", shape)
            bias = it.world.leaf(f"{cache.path}.b{k}", (size, Size(1)) if columns else (Size(1), size))
            z = (op.matmul(weights, out) if columns else op.matmul(out, weights)) + bias
            word = hidden if k < count else "sigmoid"
            out = op.maximum(z, 0.0) if word == "maximum" else op.tanh(z) if word == "tanh" else op.sigmoid(z)
            made |= {f"W{k}": weights, f"b{k}": bias, f"Z{k}": z, f"A{k}": out}
    it.met = frozenset(it.world.leaves.values())  # what comes now is backward code
    return [Array(made[name], given.dialect) for name in names]
