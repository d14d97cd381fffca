"""Weight decay: what is added to a parameter's gradient for a penalty that stands in no loss in sight.

`dW += reg * W` beside a loss that is not written down, or in a layer whose loss is another one's, is the gradient of a
penalty on W, which that loss may well have.  It shows in the residual: a number times W, or times the signs of W.
"""

from __future__ import annotations

import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.model import Judged, Seed
from nablint.claims.parameters import is_parameter
from nablint.claims.replaying.replay import FAILURES
from nablint.claims.replaying.replayed import evaluate

TOLERANCE = 1e-7


def allow_decay(judged: list[Judged], seed: Seed) -> None:
    """Wrong results that differ from the derivation by a penalty's gradient alone are right."""
    if seed.kind == "loss" or seed.exact or any(not t.ndim for t in seed.cotangents):
        return  # a number that is differentiated would have the penalty
    wrong = [j for j in judged if j.verdict == "wrong" and is_parameter(j)]
    common = {round(j.ratio, 9): j.ratio for j in wrong if j.ratio is not None}
    for j in wrong:
        if j.result.value is None or j.derived is None or j.wrt is None:
            continue
        if _penalised(j.result.value, j.derived, j.wrt, seed):
            j.verdict, j.ratio = "verified", None
            j.reason = "with the gradient of a penalty that the loss in sight lacks"
        elif j.ratio is None:
            ratio = next(iter(common.values())) if len(common) == 1 else _beside_penalty(j)
            if ratio is not None and _penalised(j.result.value, j.derived * ratio, j.wrt, seed):
                j.ratio = ratio  # beside the penalty it has the factor that the others have


def _beside_penalty(j: Judged) -> float | None:
    """How many times the derived gradient is there, beside what the gradient of a penalty is made of."""
    assert j.result.value is not None and j.derived is not None and j.wrt is not None
    parts = [np.asarray(t.sample) for t in (j.result.value, j.derived, j.wrt)]
    if len({p.shape for p in parts}) > 1 or parts[2].size < 4:
        return None
    value, derived, own = (p.ravel() for p in parts)
    if not np.all(np.isfinite([value, derived, own])):
        return None
    found, *_ = np.linalg.lstsq(np.stack([derived, own, np.sign(own)], axis=1), value, rcond=None)
    return float(found[0]) or None


def _penalised(value: Term, derived: Term, wrt: Term, seed: Seed) -> bool:
    return _decays(value, derived, wrt) and _stays(value, derived, seed)


def _decays(value: Term, derived: Term, wrt: Term) -> bool:
    """Is the value the derived one, and beside it what the gradient of a penalty is made of?"""
    claimed, expected, own = (np.asarray(t.sample) for t in (value, derived, wrt))
    if not (claimed.shape == expected.shape == own.shape) or own.size < 3 or claimed.dtype.kind != "f":
        return False
    if _made_of(own, expected):
        return False  # what belongs to a penalty cannot be told from what does not
    return _made_of(own, claimed - expected)


def _made_of(own: np.ndarray, residual: np.ndarray) -> bool:
    """Is it a number times the variable, and another times its signs?"""
    if not (np.all(np.isfinite(own)) and np.all(np.isfinite(residual))):
        return False
    basis = np.stack([own.ravel(), np.sign(own).ravel()], axis=1)
    found, *_ = np.linalg.lstsq(basis, residual.ravel(), rcond=None)
    rest = np.max(np.abs(basis @ found - residual.ravel()))
    return bool(np.any(found)) and bool(rest <= TOLERANCE * max(float(np.max(np.abs(residual))), 1e-12))


def _stays(value: Term, derived: Term, seed: Seed) -> bool:
    """Is what the value has beside the derived one there without a cotangent, too?  A slip's is made of one."""
    zero = [c for given in seed.cotangents.values() for c in (given, *(a for a in given.args if a.tainted))]
    none = {c: c.graph.leaf("", np.zeros(np.shape(c.sample)), c.shape) for c in zero}
    try:
        with np.errstate(all="ignore"):
            left = np.asarray(evaluate(value, none))
    except FAILURES:
        return False
    residual = np.asarray(value.sample) - np.asarray(derived.sample)
    scale = max(float(np.max(np.abs(residual), initial=0.0)), 1e-300)
    return left.shape == residual.shape and bool(np.max(np.abs(left - residual), initial=0.0) <= 1e-7 * scale)
