"""Questions to the calculus in which every function of numpy, torch and scipy may be called that a trace knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nablint.calculus import question
from nablint.calculus.answers import Answer
from nablint.calculus.terms import Graph


def answer(expression: str, wrt: str, shapes: Mapping[str, str], layout: str = "denominator") -> Answer:
    """The derivative of an expression, as `nablint.calculus.question.answer` gives it."""
    return question.answer(expression, wrt, shapes, layout, library=spelled)


def hessian(expression: str, wrt: str, shapes: Mapping[str, str]) -> Answer:
    """The second derivative of a scalar function of a vector."""
    return question.hessian(expression, wrt, shapes, library=spelled)


def spelled(graph: Graph, name: str, args: list[Any], words: dict[str, Any]) -> Any:
    """The call of a library's function by its full name; None where no dialect spells it."""
    from nablint.tracing.dialects import load  # only the formulas that need it wait for it
    from nablint.tracing.dialects.context import using

    spelling = load().get(name)
    if spelling is None or spelling.inplace:
        return None
    with using(graph):
        return spelling.call(*args, **words)
