"""Unfit: edits that leave an operation as it was whose operands do not fit.

What does not fit is not in the graph, and what was made of it may not be: whether an edit mends it, only a new trace
can tell.  Most edits need none: they change values, and no shape.
"""

from __future__ import annotations

from typing import Any, cast

from nablint.calculus.terms import Term
from nablint.claims.edits.trees import Edit
from nablint.claims.model import Judged, Judgement
from nablint.claims.repairing.trial import Candidate
from nablint.claims.replaying.replay import new_result, replace
from nablint.claims.replaying.sites import expression, replacements
from nablint.tracing.step import Step
from nablint.tracing.values import Array, Unknown


class Unfit:
    """The operations whose operands do not fit, because of which all that fails does."""

    def __init__(self, judgement: Judgement, failing: list[Judged]) -> None:
        self._it = judgement.run.it
        self.only = {j.reason for j in failing} <= {message for _, _, message in self._it.misfits}

    def stays(self, candidate: Candidate) -> bool:
        """Do operands surely still not fit after an edit?  Where it cannot be told, they may."""
        edit = candidate.edit
        if not self.only:
            return False
        if edit.kind in ("sign", "scale"):
            return True
        return edit.old is not candidate.steps[-1].node and all(
            self._unchanged(step, edit) for step in candidate.steps)

    def _unchanged(self, step: Step, edit: Edit) -> bool:
        """Does a step still make nothing, or values of the shapes that it made?"""
        pairs = replacements(self._it, step, edit.old, edit.new)
        if pairs is None or any(_misfit(old) for old, _ in pairs):
            value = new_result(self._it, step, replace(expression(step), edit.old, edit.new))
            return _without_value(value)
        return all(new is None or (new.shape == old.shape and old.sample.dtype.kind in "fc") for old, new in pairs)


def _without_value(value: Any) -> bool:
    """Is a value, or one of several that are returned together, none because operands do not fit?"""
    if isinstance(value, tuple):
        return any(map(_without_value, cast(tuple[Any, ...], value)))
    return value.misfit if isinstance(value, Unknown) else isinstance(value, Array) and _misfit(value.term)


def _misfit(term: Term) -> bool:
    return term.card is None and term.label.startswith("misfit: ")
