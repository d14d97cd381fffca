"""Cotangents that arrive at the scores below an output, as a loss combined with a softmax hands them back.

`forward` returns probabilities for predictions, and what `backward(grad)` is given is `p - y`, the gradient of a
cross-entropy by the scores: legal at that loss, which is in another file.  Of a softmax that is always possible; of an
activation of single entries, where a derivative is easily forgotten, only if the name of what arrives says so.
"""

from __future__ import annotations

import numpy as np

from nablint.calculus.terms import Term, ancestors
from nablint.claims.judging.implicit import under_activation
from nablint.claims.judging.row_seeds import row_cotangents
from nablint.claims.model import Seed
from nablint.claims.names import words
from nablint.tracing.interpreter import Interpreter

_SCORES = frozenset({"logit", "logits", "dlogit", "dlogits", "score", "scores", "dscore", "dscores"})


def at_scores(it: Interpreter, cotangents: dict[Term, Term]) -> list[Seed]:
    """The seed by which the one arriving cotangent belongs to what the output is a softmax of; none for others."""
    if len(cotangents) != 1:
        return []
    output, arriving = next(iter(cotangents.items()))
    scores = _scores(output)
    if scores is None and _SCORES & {*words(it.names.get(arriving, arriving.label))}:
        scores = under_activation(output)
    found = {scores: arriving} if scores is not None else row_cotangents(output, arriving, _scores)
    return [Seed(found, "arriving", elsewhere=True)] if found else []


def _scores(output: Term) -> Term | None:
    """What an output, or a row of it, is the softmax of, along any axis; None where it is none."""
    value = np.asarray(output.sample)
    if output.card is None or not output.ndim or value.dtype.kind != "f" or value.size < 2 or np.any(value <= 0):
        return None
    for axis in range(output.ndim):
        if value.shape[axis] > 1 and np.allclose(value.sum(axis=axis), 1.0, rtol=1e-12, atol=0.0):
            for node in sorted(ancestors(output), key=lambda t: t.number):
                if node is not output and node.sample.shape == value.shape and node.sample.dtype.kind == "f" and (
                        np.allclose(_softmax(node.sample, axis), value, rtol=1e-9, atol=0.0)):
                    return node
    return None


def _softmax(scores: np.ndarray, axis: int) -> np.ndarray:
    powers = np.exp(scores - np.max(scores, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)
