"""Scalar functions that the user wrote, recognised as known ones: 1/(1 + e⁻ᶻ) is the logistic sigmoid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nablint.calculus.evaluate import Evaluator, Library
from nablint.calculus.normal import same
from nablint.calculus.notation import Function, Problem, QuestionError
from nablint.calculus.terms import Graph, Term
from nablint.ops import CARDS
from nablint.shapes import Misfit, Size

POINTS = np.array([-2.3, -1.1, -0.4, 0.2, 0.7, 1.9])
NAMED = ("sigmoid", "tanh", "relu", "softplus", "silu", "gelu", "gelu_tanh", "elu", "leaky_relu", "exp", "log", "sqrt",
         "square", "absolute", "sin", "cos", "sinh", "cosh", "log_sigmoid", "softsign", "mish", "relu6", "reciprocal",
         "erf", "log1p", "expm1", "arctan", "arcsinh")
"""The functions that are looked for."""


def recognise(value: Term, argument: Term) -> str | None:
    """The card of one argument that `value` is, as a function of the leaf `argument`; None if it is none that is known.

    The samples propose; algebra decides, and sympy where the algebra cannot.
    """
    shape = np.shape(argument.sample)
    if np.shape(value.sample) != shape:
        return None
    for name in NAMED:
        card = CARDS.get(name)
        if card is None or (value.card is card and value.args == (argument,)):
            continue
        with np.errstate(all="ignore"):
            expected = np.asarray(card.evaluate(argument.sample))
        if np.allclose(expected, value.sample, rtol=1e-10, atol=1e-13, equal_nan=True):
            known = argument.graph.apply(card, (argument,), {})
            if same(value, known) or _sympy_agrees(value, known, argument):
                return name
    return None


def recognise_all(problem: Problem, library: Library | None = None) -> dict[str, tuple[str, str]]:
    """The user's functions of one argument: name -> (card, the word for it)."""
    found: dict[str, tuple[str, str]] = {}
    for name, function in problem.functions.items():
        if len(function.parameters) != 1:
            continue
        card = _recognised(function, problem, library)
        if card is not None:
            found[name] = (card, card.replace("_", " "))
    return found


def _recognised(function: Function, problem: Problem, library: Library | None) -> str | None:
    graph = Graph()
    leaf = graph.leaf(function.parameters[0], POINTS, (Size(len(POINTS)),))
    try:
        with np.errstate(all="ignore"):
            names = {function.parameters[0]: leaf}
            value = Evaluator(graph, names, problem, library=library).value(function.body)
    except (QuestionError, Misfit, Exception):  # noqa: BLE001 - a body with other names is no known function
        return None
    return recognise(value, leaf) if isinstance(value, Term) else None


def _sympy_agrees(a: Term, b: Term, argument: Term) -> bool:
    """Sympy simplifies the difference to zero."""
    try:
        import sympy
    except ImportError:  # pragma: no cover - sympy is a dependency
        return False
    symbol = sympy.Symbol("x", real=True)
    try:
        difference = _to_sympy(a, argument, symbol, sympy) - _to_sympy(b, argument, symbol, sympy)
        return any(sympy.simplify(difference.rewrite(words)) == 0 for words in (sympy.exp, sympy.Piecewise, sympy.log))
    except (KeyError, TypeError, ValueError, RecursionError):
        return False


def _to_sympy(term: Term, argument: Term, symbol: Any, sympy: Any) -> Any:
    """An elementwise term as a sympy expression; raises KeyError for what sympy is not told."""
    if term is argument:
        return symbol
    if term.card is None:
        return sympy.nsimplify(float(np.asarray(term.sample).flat[0]), rational=True)
    args = [_to_sympy(a, argument, symbol, sympy) for a in term.args]
    return dict(_sympy_functions(sympy))[term.card.name](*args)


def _sympy_functions(sympy: Any) -> Iterator[tuple[str, Any]]:
    yield from (("add", lambda x, y: x + y), ("subtract", lambda x, y: x - y), ("multiply", lambda x, y: x * y),
                ("divide", lambda x, y: x / y), ("negative", lambda x: -x), ("power", lambda x, y: x**y),
                ("maximum", sympy.Max), ("minimum", sympy.Min), ("absolute", sympy.Abs), ("square", lambda x: x**2),
                ("reciprocal", lambda x: 1 / x), ("log1p", lambda x: sympy.log(1 + x)),
                ("expm1", lambda x: sympy.exp(x) - 1), ("sigmoid", lambda x: 1 / (1 + sympy.exp(-x))),
                ("arctan", sympy.atan), ("arcsinh", sympy.asinh), ("relu", lambda x: sympy.Max(x, 0)),
                ("softplus", lambda x: sympy.log(1 + sympy.exp(x))), ("silu", lambda x: x / (1 + sympy.exp(-x))),
                ("log_sigmoid", lambda x: -sympy.log(1 + sympy.exp(-x))),
                ("softsign", lambda x: x / (1 + sympy.Abs(x))),
                ("gelu", lambda x: x * (1 + sympy.erf(x / sympy.sqrt(2))) / 2))
    for name in ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "sinh", "cosh", "sign", "erf"):
        yield name, getattr(sympy, name)
