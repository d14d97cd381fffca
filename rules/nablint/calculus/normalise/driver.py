"""From terms to normal forms: what each card means in the algebra of `forms`.

A card without a line here is an atom over the normal forms of its arguments; that is always sound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from nablint.calculus.algebra import Algebra
from nablint.calculus.forms import EYE, Form
from nablint.calculus.terms import Graph, Term, parameter_key
from nablint.shapes import Shape, dim

Rule = Callable[..., Form | None]
R = TypeVar("R", bound=Rule)
RULES: dict[str, Rule] = {}
"""rule(algebra, term, *forms of the arguments, **params); None where the rule does not apply."""


def algebra_of(graph: Graph) -> Algebra:
    """The graph's algebra; equal forms of one graph have equal numbers."""
    found = graph.memo.get("algebra")
    if found is None:
        found = graph.memo["algebra"] = Algebra()
    return found


def form_of(term: Term) -> Form:
    """The normal form, remembered with every node on the way."""
    graph = term.graph
    algebra, memo = algebra_of(graph), graph.memo
    stack: list[tuple[Term, Term | None]] = [(term, None)]
    while stack:
        node, meaning = stack[-1]
        key = ("form", node.number)
        if key in memo:
            stack.pop()
            continue
        if meaning is not None:
            memo[key] = memo[("form", meaning.number)]
            continue
        waiting = [a for a in node.args if ("form", a.number) not in memo]
        if waiting:
            stack.extend((a, None) for a in waiting)
            continue
        if node.card is not None and node.card.define is not None and node.card.name not in RULES:
            defined = _defined(node)
            if defined is not None:
                stack[-1] = (node, defined)
                stack.append((defined, None))
                continue
        memo[key] = _one(algebra, node, [memo[("form", a.number)] for a in node.args])
    return memo[("form", term.number)]


def _defined(node: Term) -> Term | None:
    assert node.card is not None and node.card.define is not None
    try:
        found = node.card.define(*node.args, **node.params)
    except Exception:  # noqa: BLE001 - a definition that does not fit these arguments leaves an atom
        return None
    return found if isinstance(found, Term) and found is not node and found.ndim == node.ndim else None


def _one(algebra: Algebra, node: Term, forms: list[Form]) -> Form:
    sizes = tuple(map(dim, node.shape))
    if node.card is None:
        return _leaf(algebra, node, sizes)
    rule = RULES.get(node.card.name)
    if rule is not None:
        found = rule(algebra, node, *forms, **node.params)
        if found is not None:
            return found if tuple(found.sizes) == sizes else Form(sizes, found.terms)
    if node.card.elementwise and len(forms) == 1:
        return algebra.function(node.card.name, forms[0], parameter_key(node.params))
    numbers = [algebra.identify(f) for f in forms]
    if node.card.commutes:
        numbers.sort()
    return algebra.opaque(("card", node.card.name, parameter_key(node.params), *numbers), sizes)


def _leaf(algebra: Algebra, node: Term, sizes: Shape) -> Form:
    if not node.is_constant:
        symmetric = node in node.graph.memo.get("symmetric", ())
        return algebra.opaque(("leaf", node.number), sizes, symmetric=symmetric)
    if "size" in node.params:
        return algebra.size(node.params["size"])
    sample = np.asarray(node.sample)
    if sample.dtype.kind not in "biuf" or not sample.size:
        return algebra.opaque(("leaf", node.number), sizes)
    first = float(sample.flat[0])
    if math.isfinite(first) and (sample.ndim == 0 or bool(np.all(sample == first))):
        return algebra.scalar(first, sizes)
    if sample.ndim == 2 and sample.shape[0] == sample.shape[1] > 1 and np.array_equal(sample, np.eye(len(sample))):
        return Form(sizes, {((EYE, (0, 1), 1),): 1.0})
    zero_one = bool(np.all((sample == 0) | (sample == 1)))
    key = ("array", sample.shape, sample.astype(float).tobytes())
    return algebra.opaque(key, sizes, boolean=zero_one, positive=bool(np.all(sample > 0)))


def rule(*names: str) -> Callable[[R], R]:
    """Register what these cards mean."""

    def put(function: R) -> R:
        for name in names:
            RULES[name] = function
        return function

    return put


def scale(form: Form, factor: float) -> Form:
    """A number times a form."""
    return Form(form.sizes, {m: c * factor for m, c in form.terms.items()})


def every(n: int) -> tuple[int, ...]:
    """The labels of n axes."""
    return tuple(range(n))
