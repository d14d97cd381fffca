"""A gradient without a name that is returned beside its loss: `return loss, X.T @ r / n`."""

from __future__ import annotations

from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.claims import names
from nablint.claims.edits.trees import walk
from nablint.claims.gather.clipped import unclipped
from nablint.claims.gather.returned import return_step
from nablint.claims.model import Result
from nablint.reading.nodes import below
from nablint.tracing.hints import base, is_target, names_parameter
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Array, Function


def returns_unnamed_gradient(function: Function) -> bool:
    """Does a function return a loss and, beside it, an expression that it or its own name calls a gradient?"""
    found = [n.value for n in below(function.node.body) if isinstance(n, cst.Return) and n.value is not None]
    return bool(found) and _unnamed(function, found[-1]) is not None


def gradient_beside_loss(it: Interpreter, target: Function, returned: Any, arguments: list[Term]) -> list[Result]:
    """The result that has no name, where one argument alone is a parameter of its shape."""
    step = return_step(it, target)
    node = _unnamed(target, step.node.value) if step is not None and isinstance(step.node, cst.Return) else None
    if step is None or node is None or not isinstance(returned, tuple) or len(returned) != 2 or (
            not isinstance(returned[1], Array)):
        return []
    value = unclipped(returned[1].term)
    variable = argument_of_shape(value, arguments)
    if variable is None or value.card is None:
        return []
    return [Result(base(variable.label), value, [variable], step, node, base(variable.label), True, returned=step)]


def argument_of_shape(value: Term, arguments: list[Term]) -> Term | None:
    """The one argument of a gradient's shape, or the one parameter among several."""
    alike = [t for t in arguments if tuple(t.shape) == tuple(value.shape) and t.label]
    named = [t for t in alike if names_parameter(t.label)]
    found = named if len(named) == 1 else alike
    return found[0] if len(found) == 1 and not is_target(base(found[0].label)) else None


def _unnamed(function: Function, node: cst.BaseExpression | None) -> cst.BaseExpression | None:
    """What is returned beside a loss without a name of its own."""
    if not isinstance(node, cst.Tuple) or len(node.elements) != 2:
        return None
    loss, found = (element.value for element in node.elements)
    if not isinstance(loss, cst.Name) or not names.is_loss_name(loss.value) or isinstance(found, cst.Name):
        return None
    said = any(names.is_gradient_name(n.value) for n in walk(found) if isinstance(n, cst.Name))
    return found if said or not _SAYS.isdisjoint(names.words(function.name)) else None


_SAYS = frozenset({"grad", "grads", "gradient", "gradients", "derivative", "jac", "jacobian"})

__all__ = ["argument_of_shape", "gradient_beside_loss", "returns_unnamed_gradient"]
