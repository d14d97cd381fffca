"""Conventions: factors and signs that belong to the way code is written, and are no mistakes.

Steps have any size; one factor that all parameter gradients have in common (1/N or 1/2 applied elsewhere, ascent) is
meant; where one parameter lacks what the others have, it has lost it.
"""

from __future__ import annotations

from nablint.claims.judging.ratios import constant_ratio
from nablint.claims.judging.taken_rows import OF_ROWS
from nablint.claims.model import Judged, Judgement, Seed
from nablint.claims.parameters import is_parameter


def common_scale(judgement: Judgement) -> float | None:
    """The factor that parameters' gradients have in common under a loss that is not written down, whose scale is free.

    Other results may be wrong in another way: against the scaled loss they show it.  Of factors that as many have, a
    mean's is meant: more often 1/N is forgotten than divided by where it does not belong.
    """
    parameters = [j for j in judgement.judged if j.wrt is not None and is_parameter(j)]
    scales = [1.0 if j.verdict in ("proved", "verified") and not j.reason else j.ratio for j in parameters
              if j.verdict != "unchecked"]
    told = [round(scale, 9) for scale in scales if scale is not None]
    if len(set(told)) < 2 and len(told) == len(parameters):
        return None
    common = max(set(told), key=lambda r: (told.count(r), r > 0, 0 < r < 1, r == 1), default=1.0)
    scale = next((s for s in scales if s is not None and round(s, 9) == common), 1.0)
    return scale if common != 1 and _conventional(judgement.judged, scale) else None


def steps(judged: list[Judged], seed: Seed) -> None:
    """Steps of any size descend a loss that is in sight; one that climbs is a mistake where others descend.

    Under a loss that is not written down they have to go the same way; a step of one entry always goes some way, and is
    no evidence for that loss.
    """
    moves = [j for j in judged if j.result.update
             and (j.verdict in ("proved", "verified") or (j.verdict == "wrong" and j.ratio))]
    down = [j for j in moves if j.verdict == "wrong" and (j.ratio or 0) < 0]
    if seed.kind == "implicit" and any(j.result.value is not None and j.result.value.sample.size > 1 for j in moves):
        most = down if 2 * len(down) > len(moves) else [j for j in moves if j not in down]
        for j in moves:
            j.verdict, j.ratio = ("verified", None) if j in most else ("wrong", -1.0)
    if seed.kind != "loss":
        return
    for j in moves:
        if j in down:
            j.verdict, j.reason, j.ratio = "verified", "", None
        elif not down:
            j.verdict, j.reason = "unchecked", "the step climbs what goes by the name of a loss, and it may be meant to"
        else:
            assert j.derived is not None
            j.verdict, j.reason, j.ratio, j.derived = "wrong", "", -1.0, -j.derived


def conventions(judged: list[Judged], seed: Seed) -> None:
    """Accept one factor that all parameter gradients have in common; a lone factor cannot be told from a convention.

    But for a loss that is not written down: whether it is a sum or a mean, half of it or not, is free.
    """
    scaled = [j for j in judged if j.verdict == "wrong" and j.ratio is not None]
    if any(j.reason == OF_ROWS for j in judged):
        for j in scaled:
            if j.ratio is not None and _conventional(judged, j.ratio):
                j.verdict, j.reason = "unchecked", f"a factor of {j.ratio:.4g}, and single rows show no mean"
        scaled = [j for j in scaled if j.verdict == "wrong"]
    if not scaled:
        return
    parameters = [j for j in judged if j.wrt is not None and j.verdict in ("proved", "verified", "wrong")
                  and is_parameter(j)]
    scales = [_scale(j) for j in parameters if j.verdict == "wrong" and not _of_another_size(j)]
    ratios = {None if s is None else round(s, 9) for s in scales}
    right = any(j.verdict in ("proved", "verified") for j in parameters)
    if right and len(ratios) == 1 and _lost_scale(judged, parameters, seed):
        return
    if not parameters or right or len(ratios) != 1 or None in ratios:
        if len(scaled) == len([j for j in judged if j.verdict != "unchecked"]) == 1 and not scaled[0].result.formal:
            scaled[0].verdict, scaled[0].reason = (
                "unchecked",
                f"a factor of {scaled[0].ratio:.4g}, and nothing else shows whether it is meant",
            )
        return
    ratio = scales[0]
    if ratio is None or not _conventional(judged, ratio) or (seed.kind == "cost" and ratio < 0):
        return
    for j in parameters:
        if j.ratio is None:  # what is wrong with it is its shape
            j.derived = j.derived * ratio if j.verdict == "wrong" and j.derived is not None else j.derived
            continue
        if len(parameters) > 1:
            j.verdict, j.reason = (
                "verified",
                "" if ratio == 1 else f"up to the factor {ratio:.4g} that all parameter gradients have in common",
            )
        elif seed.kind == "implicit" and ratio > 0:
            j.verdict, j.reason = "verified", f"up to the factor {ratio:.4g}: the scale of its loss is not written down"
        elif not j.result.formal or not any(x.verdict in ("proved", "verified") for x in judged):
            j.verdict, j.reason = "unchecked", f"a factor of {ratio:.4g}, and nothing else shows whether it is meant"


def passed_on(judged: list[Judged]) -> None:
    """Where 1/m stands in the parameters' gradients, what is passed on from layer to layer is that of each sample.

    Only what has no name of its own variable is taken for such a cotangent, and only beside parameters that are right.
    """
    parameters = [j for j in judged if j.wrt is not None and not j.result.guess and is_parameter(j)]
    if len(parameters) < 2 or any(j.verdict not in ("proved", "verified") or j.reason for j in parameters):
        return
    for j in judged:
        if j.result.guess and j.verdict == "unchecked" and j.ratio is not None and j.wrt is not None and any(
                int(size) > 1 and abs(j.ratio / int(size) - 1) < 1e-9 for size in j.wrt.shape):
            j.verdict, j.reason = "verified", f"up to the factor {j.ratio:.4g} of the mean over the samples"


def _scale(j: Judged) -> float | None:
    """The factor of a wrong result; also of a transposed one, or one whose axes of size 1 are not its variable's."""
    if (
        j.ratio is not None
        or j.result.value is None
        or j.derived is None
        or j.result.value.sample.size != j.derived.sample.size
    ):
        return j.ratio
    value, wanted = j.result.value.sample, j.derived.sample
    ratio = constant_ratio(value.reshape(wanted.shape), wanted)
    return constant_ratio(value.T, wanted) if ratio is None and value.shape[::-1] == wanted.shape else ratio


def _of_another_size(j: Judged) -> bool:
    """Has a result another size than its variable, or no value, because its operands do not fit?"""
    value = j.result.value
    return (value is None or j.derived is None or value.sample.size != j.derived.sample.size
            or (value.card is None and value.label.startswith("misfit: ")))


def _lost_scale(judged: list[Judged], parameters: list[Judged], seed: Seed) -> bool:
    """Where columns are samples, cotangents stay those of each sample and 1/m stands in the parameters' gradients: the
    one that lacks it has lost it.
    """
    scaled = [j for j in parameters if j.verdict == "wrong"]
    whole = [j for j in parameters if j.verdict in ("proved", "verified")]
    columns = any(j.wrt is not None and j.wrt.ndim == 2 and int(j.wrt.shape[-1]) == 1 for j in parameters)
    ratio = scaled[0].ratio
    if (
        seed.kind != "arriving"
        or not columns
        or not ratio
        or ratio <= 0
        or ratio >= 1
        or not _conventional(judged, ratio)
    ):
        return False
    for j in scaled:
        j.verdict, j.reason = "verified", f"up to the factor {ratio:.4g} of the mean over the samples"
    for j in whole:
        assert j.derived is not None
        j.verdict, j.reason, j.ratio = "wrong", "", 1 / ratio
        j.derived = j.derived * ratio
    return True


def _conventional(judged: list[Judged], ratio: float) -> bool:
    """A sign, 2, and the number of samples are factors that people apply elsewhere."""
    sizes = {1}
    for j in judged:
        for term in (j.derived, *(j.result.wrt)):
            if term is not None:
                stack, seen = [term], {term}
                while stack and len(seen) < 400:
                    node = stack.pop()
                    sizes |= {int(s) for s in node.shape}
                    for arg in node.args:
                        if arg not in seen:
                            seen.add(arg)
                            stack.append(arg)
    size = abs(ratio)
    return any(abs(size - k * s) < 1e-9 * size or abs(size - k / s) < 1e-9 * size for s in sizes for k in (1, 2, 0.5))
