"""Gradients that are clipped: what is judged is what they were before."""

from __future__ import annotations

from nablint.calculus.terms import Term


def unclipped(term: Term) -> Term:
    """Clipping a gradient is done on purpose; what is judged is the gradient that was clipped."""
    while term.card is not None:
        inner = _bounded(term, ("minimum", "maximum"))
        twice = (
            _bounded(inner, ("maximum",) if term.card.name == "minimum" else ("minimum",))
            if inner is not None
            else None
        )
        if term.card.name == "clip":
            term = term.args[0]
        elif twice is not None:
            term = twice
        else:
            break
    return term


def _bounded(term: Term, cards: tuple[str, ...]) -> Term | None:
    """What stands beside a plain number in a minimum or maximum."""
    if term.card is None or term.card.name not in cards or len(term.args) != 2:
        return None
    for value, bound in (term.args, term.args[::-1]):
        if bound.ndim == 0 and not bound.tainted and value.tainted:
            return value
    return None
