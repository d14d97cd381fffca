"""Judging: derive what each result should be, and compare.

Shape first, then samples; whether equal samples are equal terms is asked last, and of those who want to know (`proof`).
One factor that all parameter gradients have in common (1/N or 1/2 applied elsewhere, ascent) is a convention, not a
mistake.
"""

from __future__ import annotations

import numpy as np

from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Term, ancestors
from nablint.claims.judging.conventions import common_scale, conventions, passed_on, steps
from nablint.claims.judging.decay import allow_decay
from nablint.claims.judging.implicit import as_meant
from nablint.claims.judging.intent import silence_deliberate
from nablint.claims.judging.per_sample import allow_each_sample, lacks_only_the_sum
from nablint.claims.judging.ratios import TOLERANCE, constant_ratio
from nablint.claims.judging.small_constants import WithoutConstants, derived_without, ratio_without
from nablint.claims.judging.taken_rows import OF_ROWS, taken_rows
from nablint.claims.model import Judged, Judgement, Result, Run, Seed
from nablint.shapes import Misfit, Shape, dim, show_shape
from nablint.tracing.values import Array

NOT_FINITE, ZERO = "the samples are not finite", "it is zero on the samples"
"""What a draw of samples leaves open; another may tell."""
CANCELS = "it cancels to zero on the samples"
"""What is left of summands that cancel is a rounding error: the gradient of a bias before a normalisation."""
ASKED = 3
"""Variables of one name that are compared a second time, without small constants."""


def judge(run: Run) -> Judgement:
    """Judge all results under the seed that fits best, by their samples."""
    best: Judgement | None = None
    formal = _returned_loss(run)
    for seed in run.seeds:
        told = best is not None and best.seed is not None and best.seed.kind in ("given", "cost")
        if best is not None and seed.kind == "implicit" and (formal or best.good or told):
            break
        judged = judge_seed(run, seed)
        if seed.kind == "implicit" and (scale := common_scale(judged)) is not None:
            again = judge_seed(run, Seed({v: c * scale for v, c in seed.cotangents.items()}, seed.kind, seed.step))
            judged = again if again.good >= judged.good else judged
        if best is not None and seed.elsewhere and judged.good <= best.good:
            continue
        if best is not None and best.together and not judged.together and judged.wrong and not (
                judged.good > best.good == 0 and _before_scaling(seed, best.seed)):
            continue  # of a part of the loss that is returned, nothing or all is right
        if best is None or (judged.good, -judged.wrong) > (best.good, -best.wrong):
            best = judged
        if best.good and not best.wrong:
            break
    if best is None:
        return Judgement(run, [Judged(r, "unchecked", r.reason or "no loss and no arriving cotangent in sight")
                               for r in run.results])
    seed = best.seed
    if seed is not None and seed.turned and best.good and not best.wrong:
        return judge_seed(run, as_meant(seed, next((r for j in best.judged if (r := _factor(j)) is not None), 1.0)))
    if seed is not None and seed.kind in ("implicit", "borrowed") and (seed.turned or not best.good):
        unfit = {message for _, _, message in run.it.misfits}  # whatever the loss is
        best.judged = [j if j.verdict == "wrong" and j.reason in unfit else
                       Judged(j.result, "unchecked", j.reason if j.verdict == "unchecked" else "the loss is not known")
                       for j in best.judged]
    return best


def _factor(j: Judged) -> float | None:
    """How many times what was derived a result is; a step's size, too, though it is free."""
    if j.ratio is not None or not j.result.update or j.result.value is None or j.derived is None:
        return j.ratio
    return constant_ratio(np.asarray(j.result.value.sample), np.asarray(j.derived.sample))


def _before_scaling(seed: Seed, returned: Seed | None) -> bool:
    """Is a loss the one that is returned, before it was averaged?"""
    for term in returned.cotangents if returned is not None else ():
        if term.card is not None and term.card.name in ("divide", "multiply"):
            return any(a in seed.cotangents for a in term.args)
    return False


def returned_together(run: Run, seed: Seed) -> bool:
    """Is the seed's loss returned together with gradients?"""
    for _, _, step, returned in run.it.returned:
        if isinstance(returned, tuple | list) and len(returned) > 1 and step is not None and step.number >= run.start:
            if any(isinstance(v, Array) and v.term in seed.cotangents for v in returned):
                return True
    return False


def _returned_loss(run: Run) -> bool:
    """Is a loss returned together with its gradients?"""
    return any(s.kind == "loss" and returned_together(run, s) for s in run.seeds)


def judge_seed(run: Run, seed: Seed) -> Judgement:
    """Judge all results with the cotangents of one seed."""
    for r in run.results:
        r.rows = taken_rows(r, set(seed.cotangents))
    wanted = {t for r in run.results for t in (*r.wrt, *r.beside, *r.rows)}
    try:
        derived = gradients(seed.cotangents, wanted)
    except (Misfit, OverflowError, KeyError, TypeError, ValueError) as error:
        return Judgement(run, [Judged(r, "unchecked", f"the gradient could not be derived ({error})")
                               for r in run.results], seed)
    without = WithoutConstants()
    judged = [_judge_result(run, r, derived, seed.cotangents, without) for r in run.results]
    allow_decay(judged, seed)
    allow_each_sample(judged)
    together = seed.kind == "loss" and returned_together(run, seed)
    steps(judged, seed)
    if not together and not seed.exact:
        conventions(judged, seed)
    passed_on(judged)
    silence_deliberate(run, seed, judged)
    return Judgement(run, judged, seed, together)


def _judge_result(run: Run, result: Result, derived: dict[Term, Term], cotangents: dict[Term, Term],
                  without: WithoutConstants) -> Judged:
    targets = [t for t in result.wrt if t in derived]
    if result.value is None:
        misfit = next((m for m in run.it.misfits if m[2] == result.reason), None)
        if misfit is not None and targets:
            return Judged(result, "wrong", result.reason, targets[0], derived[targets[0]])
        return Judged(result, "unchecked", result.reason or "its value is not known")
    if not targets:
        if result.wrt and result.formal and _is_zero(result.value) and not (
                run.it.world.cut or any(map(unknown_part, cotangents))):
            if run.it.world.idle or _masked(result.value):
                return Judged(result, "unchecked", ZERO, result.wrt[0])
            return Judged(result, "verified", wrt=result.wrt[0])
        hidden = next((r for c in cotangents if (r := unknown_part(c))), "")
        if hidden:
            return Judged(result, "unchecked", f"forward's value is not known ({hidden})")
        return Judged(result, "unchecked", "nothing that it may be the gradient of flows into the loss"
                      if result.wrt else "its variable is not known")
    found = [_compare(result, t, derived[t], symmetric=bool(run.it.world.decided(f"{t.label}:definite")))
             for t in targets]
    if all(j.verdict == "wrong" and j.ratio is None for j in found):
        for j in [j for j in found if not j.reason][:ASKED]:
            _leave_out_small_constants(j, without)
    order = ["verified", "wrong", "unchecked"]
    best = min(found, key=lambda j: (order.index(j.verdict), j.ratio is None and not lacks_only_the_sum(j),
                                     bool(j.reason) and not j.transposed,
                                     j.wrt is not None and j.wrt.card is not None))
    if best.verdict == "wrong":
        best = next((j for j in found if j.reason == CANCELS), best)
    if best.verdict == "wrong":
        elsewhere = (_compare(result, t, derived[t]) for t in (*result.beside, *result.rows) if t in derived)
        best = next((j for j in elsewhere if j.verdict == "verified"), best)
        if best.verdict == "verified" and best.wrt in result.rows:
            best.reason = OF_ROWS
    if result.guess and best.verdict == "wrong":
        best.verdict, best.reason = "unchecked", "its variable is not known"
    return best


def _leave_out_small_constants(j: Judged, without: WithoutConstants) -> None:
    """Judge what is wrong as if no small constant kept clear of zero; what it should be has none then, either."""
    value = j.result.value
    assert value is not None and j.derived is not None
    j.ratio = ratio_without(value, j.derived, without)
    if j.ratio is not None and abs(j.ratio - 1) <= TOLERANCE:
        j.verdict, j.reason, j.ratio = "verified", "up to a small constant that keeps clear of zero", None
        return
    try:
        with np.errstate(all="ignore"):
            plain = derived_without(value, j.derived)
    except (Misfit, OverflowError, ValueError, TypeError):
        return
    if plain is not None and np.all(np.isfinite(plain.sample)):
        j.derived = plain


def _is_zero(term: Term) -> bool:
    return not np.any(term.sample)


def _masked(term: Term) -> bool:
    """Is a value zero where a condition on samples says so, which may be the wrong condition?"""
    return any(node.sample.dtype.kind == "b" for node in ancestors(term))


def _compare(result: Result, wrt: Term, derived: Term, *, symmetric: bool = False) -> Judged:
    """symmetric: so is the variable, and what belongs to both triangles of it may stand in either."""
    value = result.value
    assert value is not None
    out = Judged(result, "wrong", wrt=wrt, derived=derived)
    claimed, expected = np.asarray(value.sample), np.asarray(derived.sample)
    if reason := unknown_part(value):
        out.verdict, out.reason = ("wrong", reason[8:]) if reason.startswith("misfit: ") else ("unchecked", reason)
        return out
    if not np.all(np.isfinite(expected)) or (claimed.dtype.kind in "fc" and not np.all(np.isfinite(claimed))):
        out.verdict, out.reason = "unchecked", NOT_FINITE
        return out
    if claimed.shape != expected.shape:
        if not _same_axes(claimed.shape, expected.shape):
            if _given_otherwise(value.shape, wrt.shape):
                out.verdict, out.reason = "unchecked", "a size that is a number in backward code is not told in forward"
                return out
            out.transposed = claimed.shape == expected.shape[::-1]
            out.reason = f"it has the shape {show_shape(value.shape)}, its variable {show_shape(wrt.shape)}"
            return out
        claimed = claimed.reshape(expected.shape)
    if symmetric:
        claimed, expected = (x + np.swapaxes(x, -1, -2) for x in (claimed, expected))
    scale = max(float(np.max(np.abs(expected), initial=0.0)), float(np.max(np.abs(claimed), initial=0.0)))
    if scale < 1e-13 or (scale < 1e-9 and scale < 1e-13 * min(_largest_summand(value), _largest_summand(derived))):
        out.verdict, out.reason = "unchecked", CANCELS if np.any(claimed) and np.any(expected) else ZERO
        return out
    if np.max(np.abs(claimed - expected), initial=0.0) <= TOLERANCE * scale:
        out.verdict = "verified"
        return out
    out.ratio = constant_ratio(claimed, expected)
    if (
        claimed.ndim == 2
        and len(set(claimed.shape)) == 1
        and np.allclose(claimed.T, expected, rtol=1e-9, atol=TOLERANCE * scale)
    ):
        out.transposed = True
    return out


def _largest_summand(term: Term) -> float:
    """The largest entry of what a value is worked out from in its last few operations."""
    level, largest = {term}, 0.0
    for _ in range(5):
        level = {arg for node in level for arg in node.args if arg.tainted}
        sizes = [float(np.max(np.abs(arg.sample), initial=0.0)) for arg in level if arg.sample.dtype.kind in "fc"]
        largest = max(largest, *sizes, 0.0)
    return largest


def unknown_part(term: Term) -> str:
    """The reason, where the value depends on something that is not known."""
    stack, seen = [term], {term}
    while stack:
        node = stack.pop()
        if node.card is None and node.label.startswith(("unknown: ", "misfit: ")):
            return node.label.removeprefix("unknown: ")
        for arg in node.args:
            if arg.tainted and arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return ""


def _same_axes(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """Equal but for axes of size 1 in front: (M,) for (1, M)."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    extra = len(longer) - len(shorter)
    return all(s == 1 for s in longer[:extra]) and longer[extra:] == shorter


def _given_otherwise(claimed: Shape, expected: Shape) -> bool:
    """Do shapes differ only where the code has a number, and an input a size that nothing tells?"""
    pairs = [(dim(a).expr, dim(b).expr) for a, b in zip(claimed, expected, strict=False) if dim(a).expr != dim(b).expr]
    return len(claimed) == len(expected) and bool(pairs) and all(
        b.name is not None and a.number is not None and a.number > 1 for a, b in pairs)
