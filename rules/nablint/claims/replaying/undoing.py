"""Undoing: what stands on the right of a statement that changes an array, for the array to be as wanted afterwards."""

from __future__ import annotations

from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.replaying.replay import FAILURES
from nablint.ops import CARDS

REVERSIBLE = (cst.AddAssign, cst.SubtractAssign, cst.MultiplyAssign, cst.DivideAssign)


def changed_by(node: cst.CSTNode, now: Term | None, wanted: Any) -> Any:
    """What a statement `x += y` should have added to an array, or multiplied it by.

    now: what the array was afterwards.  None where the statement is no such, or the array had another shape before.
    """
    if not isinstance(node, cst.AugAssign) or not isinstance(node.operator, REVERSIBLE):
        return None
    if now is None or now.card is None or len(now.args) != 2:
        return None
    before, operator = np.asarray(now.args[0].sample, float), node.operator
    if np.shape(before) != np.shape(wanted):
        return None
    with np.errstate(all="ignore"):
        if isinstance(operator, cst.AddAssign | cst.SubtractAssign):
            return wanted - before if isinstance(operator, cst.AddAssign) else before - wanted
        factor = wanted / before if isinstance(operator, cst.MultiplyAssign) else before / wanted
        return np.where(np.isfinite(factor), factor, np.nan)  # what zero is multiplied by does not matter


def written_part(node: cst.CSTNode, whole: Term | None, wanted: Any) -> Any:
    """What a statement should write into a part of an array; None where what it leaves as it was is not as wanted.

    whole: what the array was afterwards.
    """
    if whole is not None and whole.card is not None and whole.card.name == "where" and isinstance(node, cst.Assign):
        mask, value, other = (t.sample for t in whole.args)
        return _chosen(mask, value, other, wanted)
    if whole is None or whole.card is None or whole.card.name != "setitem":
        return None
    base, source = whole.args[0], whole.args[1]
    try:
        part = np.asarray(CARDS["getitem"].evaluate(wanted, *[t.sample for t in whole.args[2:]], **whole.params))
        again = CARDS["setitem"].evaluate(base.sample, part, *[t.sample for t in whole.args[2:]], **whole.params)
        before = CARDS["getitem"].evaluate(base.sample, *[t.sample for t in whole.args[2:]], **whole.params)
    except FAILURES:
        return None
    if not np.allclose(again, wanted, rtol=1e-7, atol=1e-9):
        return None
    if isinstance(node, cst.AugAssign):
        if isinstance(node.operator, cst.AddAssign):
            return part - before
        if isinstance(node.operator, cst.SubtractAssign):
            return before - part
        return None
    return part if source.sample.size else None


def part_of(node: cst.CSTNode, whole: Term | None, last: Term, wanted: Any) -> Any:
    """What a statement that writes an array part by part should write into one of them; None where others write there.

    whole: what the array was after this execution; last: after the last one, when it should be as wanted.
    """
    if whole is None or whole.card is None or whole.card.name != "setitem" or last.shape != whole.shape:
        return None
    places = [t.sample for t in whole.args[2:]]

    def part(of: Any) -> Any:
        return np.asarray(CARDS["getitem"].evaluate(of, *places, **whole.params))

    try:
        before, now, then, meant = part(whole.args[0].sample), part(whole.sample), part(last.sample), part(wanted)
    except FAILURES:
        return None
    if not np.array_equal(now, then):
        return None
    if isinstance(node, cst.AugAssign):
        return meant - before if isinstance(node.operator, cst.AddAssign) else None
    return meant


def _chosen(mask: Any, value: Any, other: Any, wanted: Any) -> Any:
    """What should be written where a mask says so; None where the rest is not as wanted."""
    if np.shape(mask) != np.shape(wanted) or not np.allclose(np.where(mask, 0.0, other), np.where(mask, 0.0, wanted),
                                                             rtol=1e-7, atol=1e-9):
        return None
    if not np.ndim(value):
        return wanted[mask]
    return np.where(mask, wanted, np.nan) if np.shape(value) == np.shape(wanted) else None
