"""Writing a derived gradient in the user's names and dialect."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from nablint.calculus.render import render
from nablint.calculus.simplify import simplify, within
from nablint.calculus.terms import Term
from nablint.claims.model import Judged
from nablint.claims.program import Outcome
from nablint.shapes import Misfit

LONGEST = 90
"""A longer expression is no fix that a person would take."""
MOST = 500
"""Terms that are simplified to find out."""


def written_gradient(outcome: Outcome, judged: Judged, live: Iterable[tuple[str, Term]]) -> str | None:
    """The derived gradient as code over live names; None where it needs a value that has no name there."""
    assert judged.derived is not None and outcome.judgement is not None
    names: dict[Term, str] = {}
    for text, term in live:
        if term is not judged.result.value and text != judged.result.name:
            names.setdefault(term, text)
    it = outcome.judgement.run.it
    if not within(judged.derived, names, MOST):
        return None
    with it.using():
        try:
            shown = simplify(judged.derived, keep=names)
        except Misfit:  # a rule for numbers met truth values
            return None
        text = render(
            shown, "torch" if it.dialect == "torch" else "numpy", names, dot=_prefers_dot(judged), expand=True
        )
    return None if text is None or len(text) > LONGEST else text


def _prefers_dot(judged: Judged) -> bool:
    """Does the statement write products as `dot`?"""
    code = (
        cst.Module([]).code_for_node(judged.result.step.node)
        if not isinstance(judged.result.step.node, cst.For | cst.If)
        else ""
    )
    return "dot(" in code
