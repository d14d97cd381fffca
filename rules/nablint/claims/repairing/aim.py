"""Aim: the value that a statement ought to have made, for every wrong result to come out right.

Backward code is linear in the cotangents that it carries, so what failed depends linearly on most values on its way.
The linear map is found by moving one entry after another; solved, it gives the value.  Where several values would do,
there is no one aim; where none would, the statement is not to blame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.judging.small_constants import small_constants
from nablint.claims.model import Judged
from nablint.claims.replaying.replayed import Replayed, evaluate
from nablint.shapes import Misfit

MAX_ENTRIES = 1000
"""Entries of the values that are solved for: one evaluation each."""
MAX_WORK = 20_000
"""Entries times the nodes that each evaluation computes anew."""
MAX_SINGULAR = 160
"""Entries up to which the singular values of a map are asked for."""
REGULAR = 1e-4
"""Least ratio of the pivots of a regular map's normal equations."""
REFINED = 2
"""How often the solution of normal equations is corrected by what it leaves over."""
TOLERANCE = 1e-7
FAILURES = (ValueError, IndexError, TypeError, Misfit, KeyError, np.linalg.LinAlgError, RecursionError,
            FloatingPointError)


@dataclass(slots=True)
class Aim:
    """What the values of a statement's executions should be; `values` is None where more than one answer would do.

    scaled: then, the values that they are times one number, where that is one of the answers.
    """

    possible: bool
    values: dict[Term, Any] | None = None
    scaled: dict[Term, Any] | None = None


def aim_at(graph: Replayed, olds: list[Term], failing: list[Judged], right: list[Judged]) -> Aim | None:
    """Solve for the values that should stand in the place of some terms; None where it cannot be told."""
    own = [j for j in failing if j.result.value in olds]
    if own and len(olds) == 1 and len(own) == len(failing):
        return Aim(True, {olds[0]: wanted_of(own[0])})
    count = sum(o.sample.size for o in olds)
    if not count or count > MAX_ENTRIES or count * len(graph.touched(olds)) > MAX_WORK:
        return None
    if any(o.sample.dtype.kind not in "f" for o in olds) or any(j.result.value is None or j.derived is None
                                                                 for j in failing):
        return None
    touched = graph.touched(olds)
    judged = [j for j in (*failing, *right) if j.result.value in touched]
    if any(np.shape(j.result.value.sample) != np.shape(j.derived.sample)  # type: ignore[union-attr]
           for j in failing if j.derived is not None):
        return None
    if any(j.result.value not in touched for j in failing):
        return Aim(False)
    try:
        with np.errstate(all="ignore"):
            return _solved(graph, olds, judged, set(map(id, failing)))
    except FAILURES:
        return None


def wanted_of(judged: Judged) -> Any:
    """What a result should be: without the small constants of forward code, where the result has none itself."""
    value, derived = judged.result.value, judged.derived
    assert value is not None and derived is not None
    small = small_constants(derived)
    if not small or small_constants(value):
        return np.asarray(derived.sample)
    try:
        with np.errstate(all="ignore"):
            found = np.asarray(evaluate(derived, small))
    except FAILURES:
        return np.asarray(derived.sample)
    return found if np.all(np.isfinite(found)) else np.asarray(derived.sample)


def _change(columns: Any, residual: Any) -> tuple[Any, int] | None:
    """The change that makes up a residual, as far as one does, and the rank of the map; None where it is too large.

    A regular map is solved by the normal equations; else a few random combinations of the rows tell as much as all.
    """
    rows, size = columns.shape
    if rows >= size:
        gram = columns.T @ columns
        try:
            pivots = np.diag(np.linalg.cholesky(gram))
        except np.linalg.LinAlgError:
            pivots = np.zeros(1)
        if np.min(pivots, initial=np.inf) > REGULAR * np.max(pivots, initial=0.0):
            change = np.linalg.solve(gram, columns.T @ residual)
            for _ in range(REFINED):  # the map may be regular and its normal equations nearly singular
                change += np.linalg.solve(gram, columns.T @ (residual - columns @ change))
            return change, size
    if size > MAX_SINGULAR:
        return None
    if rows > 2 * size:
        some = np.random.default_rng(11).standard_normal((size + 16, rows))
        columns, residual = some @ columns, some @ residual
    change, _, rank, _ = np.linalg.lstsq(columns, residual, rcond=1e-10)
    return change, int(rank)


def _solved(graph: Replayed, olds: list[Term], judged: list[Judged], failing: set[int]) -> Aim | None:
    values = [j.result.value for j in judged if j.result.value is not None]
    here = np.concatenate([o.sample.reshape(-1) for o in olds]).astype(float)
    there = np.concatenate([np.asarray(v.sample, float).reshape(-1) for v in values])
    wanted = np.concatenate([np.asarray(wanted_of(j) if id(j) in failing else v.sample, float).reshape(-1)
                             for j, v in zip(judged, values, strict=True)])

    def results(entries: Any) -> Any:
        instead: dict[Term, Term] = {}
        at = 0
        for old in olds:
            part = entries[at : at + old.sample.size].reshape(old.sample.shape)
            at += old.sample.size
            instead[old] = old.graph.leaf("", part, old.shape)
        sampler = graph.sampler(instead)
        return np.concatenate([np.asarray(sampler.sample(v), float).reshape(-1) for v in values])

    columns = np.empty((there.size, here.size))
    for k in range(here.size):
        moved = here.copy()
        moved[k] += 1.0
        columns[:, k] = results(moved) - there
    step = np.random.default_rng(7).uniform(-1.0, 1.0, here.size)
    probe = results(here + step) - there
    if not np.all(np.isfinite(columns)) or np.max(np.abs(probe - columns @ step), initial=0.0) > TOLERANCE * max(
            1.0, float(np.max(np.abs(probe), initial=0.0))):
        return None
    residual = wanted - there
    used = _used(olds, columns)
    found = _change(columns[:, used], residual)
    if found is None:
        return None
    part, rank = found
    change = np.zeros(here.size)
    change[used] = part
    scale = max(float(np.max(np.abs(residual), initial=0.0)), 1e-12)
    if np.max(np.abs(columns @ change - residual), initial=0.0) > TOLERANCE * scale:
        return Aim(False)
    if rank < np.count_nonzero(used):
        along = columns @ here
        factor = float(along @ residual) / max(float(along @ along), 1e-300)
        fits = np.max(np.abs(factor * along - residual), initial=0.0) <= TOLERANCE * scale
        return Aim(True, scaled=_split(olds, here * (1.0 + factor)) if fits else None)
    if np.max(np.abs(change), initial=0.0) > 1e6:
        return Aim(True)
    return Aim(True, _split(olds, here + change))


def _used(olds: list[Term], columns: Any) -> Any:
    """Which entries belong to terms that matter at all: what a loop's last turn leaves for a further one does not."""
    matter = np.any(columns != 0.0, axis=0)
    at = 0
    for old in olds:
        matter[at : at + old.sample.size] = np.any(matter[at : at + old.sample.size])
        at += old.sample.size
    return matter


def _split(olds: list[Term], entries: Any) -> dict[Term, Any]:
    """The entries of several terms as arrays of theirs."""
    out: dict[Term, Any] = {}
    at = 0
    for old in olds:
        out[old] = entries[at : at + old.sample.size].reshape(old.sample.shape)
        at += old.sample.size
    return out
