"""Functions: the logistic one and its slope, exponentials and logarithms, comparisons."""

from __future__ import annotations

from nablint.calculus.simplify.engine import Keep, Simplifier, made_by, number_of, rewrite
from nablint.calculus.terms import Term


def logistic(term: Term, keep: Keep = frozenset()) -> Term:
    """eˣ/(1 + eˣ) is σ(x), and eˣ/(1 + eˣ)² is σ(x) (1 - σ(x)), with the name of σ(x) where it has one."""
    if not made_by(term, "divide"):
        return term
    top, bottom = term.args
    power = 1.0
    if made_by(bottom, "power") and number_of(bottom.args[1]) == 2:
        bottom, power = bottom.args[0], 2.0
    for above in (top, *(top.args if made_by(top, "multiply") else ())):
        if (
            made_by(above, "exp")
            and made_by(bottom, "add")
            and above in bottom.args
            and any(number_of(a) == 1 for a in bottom.args)
        ):
            slope = (_sigmoid if power == 1 else _slope)(above.args[0], _named(bottom, keep))
            if above is top:
                return slope
            rest = top.args[1] if top.args[0] is above else top.args[0]
            return rest * slope
    return term


def _named(bottom: Term, keep: Keep) -> Term | None:
    """What the program calls 1/(1 + eˣ), which is σ(-x)."""
    graph = bottom.graph
    found = graph.find(graph.cards["divide"], (graph.constant(1), bottom))
    return found if found in keep else None


def _sigmoid(x: Term, named: Term | None) -> Term:
    return x.graph.apply(x.graph.cards["sigmoid"], (x,), {}) if named is None else 1 - named


def _slope(x: Term, named: Term | None) -> Term:
    """σ(x) (1 - σ(x)), which is the same for -x."""
    inner = x.args[0] if made_by(x, "negative") else x
    known = _sigmoid(inner, None) if named is None else named
    return known * (1 - known)


@rewrite("exp")
def _exp(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    (inner,) = args
    if made_by(inner, "log_softmax"):
        return node.graph.apply(node.graph.cards["softmax"], inner.args, inner.params)
    if made_by(inner, "log_sigmoid"):
        return node.graph.apply(node.graph.cards["sigmoid"], inner.args, {})
    return inner.args[0] if made_by(inner, "log") else None


@rewrite("log")
def _log(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    return args[0].args[0] if made_by(args[0], "exp") else None


MIRRORED = {"less": "greater", "less_equal": "greater_equal", "greater": "less", "greater_equal": "less_equal"}


@rewrite(*MIRRORED)
def _compared(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    """0 < x is x > 0."""
    if number_of(args[0]) is None or number_of(args[1]) is not None:
        return None
    assert node.card is not None
    return node.graph.apply(node.graph.cards[MIRRORED[node.card.name]], args[::-1], {})
