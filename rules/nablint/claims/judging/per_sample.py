"""Gradients for each sample: a layer may leave the sum over the batch to whoever calls it.

    W, b = np.random.randn(1, out, n), np.zeros((1, out, 1))     # for columns side by side: (N, n, 1)
    dw = np.matmul(delta, inputs.transpose(0, 2, 1))             # (N, out, n)
    db = delta                                                   # (N, out, 1)

Where every parameter of the layer has a first axis of its own for the samples and every gradient lacks the sum over it,
and only that, it is meant: such gradients of weights do not come about by leaving out a word.  Where one has the sum,
or there is only one parameter, a missing sum stays a mistake.
"""

from __future__ import annotations

import numpy as np

from nablint.claims.judging.ratios import TOLERANCE
from nablint.claims.model import Judged
from nablint.tracing.hints import names_parameter


def allow_each_sample(judged: list[Judged]) -> None:
    """Gradients of parameters become verified where all of them, two at least, lack the sum over the first axis."""
    parameters = [j for j in judged if j.verdict != "unchecked" and any(names_parameter(t.label) for t in j.result.wrt)]
    if len({j.wrt for j in parameters}) > 1 and all(map(lacks_only_the_sum, parameters)):
        for j in parameters:
            j.verdict, j.reason, j.ratio = "verified", "for each sample: what adds them up calls it", None


def lacks_only_the_sum(j: Judged) -> bool:
    """Is a wrong result right when it is summed over its first axis, along which its variable has one entry?"""
    if j.verdict != "wrong" or j.result.value is None or j.derived is None:
        return False
    value, wanted = np.asarray(j.result.value.sample), np.asarray(j.derived.sample)
    if value.ndim != wanted.ndim or value.ndim < 3 or wanted.shape[0] != 1 or value.shape[1:] != wanted.shape[1:]:
        return False
    return bool(np.any(wanted)) and np.allclose(value.sum(0), wanted[0], rtol=0, atol=TOLERANCE * np.abs(wanted).max())
