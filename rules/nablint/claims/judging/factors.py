"""Factors: where a number that a gradient is off by comes in, told by the cotangents of all forward values.

Values on the way back are mostly cotangents of forward values, whatever they are called.  Where a result is a number
times what it should be, the first value on its way that is that number times a cotangent is where the factor comes in.
"""

from __future__ import annotations

import numpy as np

from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Term, ancestors
from nablint.claims.judging.ratios import constant_ratio
from nablint.claims.model import Judgement
from nablint.shapes import Misfit
from nablint.tracing.step import Event

MOST = 400
"""Forward values that are looked at."""


def first_off(judgement: Judgement) -> tuple[Event, Term] | None:
    """The first assignment of a value that is off by the factor of a failing result, and the cotangent that it should
    be; None where no failing result is off by a number, or all are from the first value on.
    """
    seed, run = judgement.seed, judgement.run
    wrong = [j for j in judgement.judged if j.verdict == "wrong" and j.result.value is not None]
    ratios = {round(j.ratio, 9) for j in wrong if j.ratio is not None}
    if seed is None or seed.kind != "arriving" or not ratios:
        return None
    on_the_way = {t for j in wrong if j.result.value is not None for t in ancestors(j.result.value)}
    known = _cotangents(judgement)
    right = False
    for event in run.it.events:
        value = event.value
        if event.step.number < run.start or value is None or value not in on_the_way or not value.tainted:
            continue
        scales = [(r, c) for c in known.get(value.sample.shape, ())
                  if (r := constant_ratio(np.asarray(value.sample), np.asarray(c.sample))) is not None]
        if any(abs(r - 1) < 1e-9 for r, _ in scales):
            right = True
        elif right and (off := next((c for r, c in scales if round(r, 9) in ratios), None)) is not None:
            return event, off
    return None


def _cotangents(judgement: Judgement) -> dict[tuple[int, ...], list[Term]]:
    """The derived cotangents of the forward values that the outputs are computed from, by shape."""
    assert judgement.seed is not None
    made = {t for output in judgement.seed.cotangents for t in ancestors(output)}
    forward = sorted((t for t in made if t.ndim and t.card is not None and not t.tainted), key=lambda t: -t.number)
    try:
        with judgement.run.it.using(), np.errstate(all="ignore"):
            derived = gradients(judgement.seed.cotangents, forward[:MOST])
    except (Misfit, OverflowError, KeyError, TypeError, ValueError):
        return {}
    found: dict[tuple[int, ...], list[Term]] = {}
    for cotangent in dict.fromkeys(derived.values()):
        if np.any(cotangent.sample):
            found.setdefault(cotangent.sample.shape, []).append(cotangent)
    return found
