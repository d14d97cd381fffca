"""Spellings of torch's losses with margins, between samples, and with a predicted variance."""

from __future__ import annotations

import math

from nablint.ops.card import Operand, op
from nablint.ops.composites import labels_to_mask
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.composites import cosine_similarity, pairwise_distance
from nablint.tracing.dialects.losses import reduced
from nablint.tracing.dialects.operands import Value, array, plain, rank_of


@spelled("torch.nn.functional.gaussian_nll_loss")
def gaussian_nll_loss(input: Value, target: Value, var: Value, full: Value = False, eps: Value = 1e-6,
                      reduction: str = "mean") -> Operand:
    """`(log var + (input - target)² / var) / 2`."""
    spread = array(var)
    if rank_of(spread) == rank_of(input) - 1 and rank_of(spread):
        spread = op.expand_dims(spread, axis=-1)
    spread = op.maximum(spread, plain(eps))
    losses = op.divide(op.add(op.log(spread), op.divide(op.power(op.subtract(input, target), 2), spread)), 2)
    return reduced(op.add(losses, 0.5 * math.log(2 * math.pi)) if full else losses, reduction)


@spelled("torch.nn.functional.cosine_embedding_loss")
def cosine_embedding_loss(input1: Value, input2: Value, target: Value, margin: Value = 0, size_average: Value = None,
                          reduce: Value = None, reduction: str = "mean") -> Operand:
    """`1 - cos` for y = 1, `max(0, cos - margin)` for y = -1."""
    cosine = cosine_similarity(input1, input2, rank_of(input1) - 1)
    far = op.maximum(op.subtract(cosine, plain(margin)), 0)
    losses = op.where(op.equal(target, 1), op.subtract(1, cosine), op.where(op.equal(target, -1), far, 0.0))
    return reduced(losses, reduction, size_average, reduce)


@spelled("torch.nn.functional.triplet_margin_loss")
def triplet_margin_loss(anchor: Value, positive: Value, negative: Value, margin: Value = 1.0, p: Value = 2,
                        eps: Value = 1e-6, swap: Value = False, size_average: Value = None, reduce: Value = None,
                        reduction: str = "mean") -> Operand:
    """`max(0, d(anchor, positive) - d(anchor, negative) + margin)`."""
    near, far = (pairwise_distance(anchor, other, p, eps) for other in (positive, negative))
    if swap:
        far = op.minimum(far, pairwise_distance(positive, negative, p, eps))
    losses = op.maximum(op.add(op.subtract(near, far), plain(margin)), 0)
    return reduced(losses, reduction, size_average, reduce)


@spelled("torch.nn.functional.multi_margin_loss")
def multi_margin_loss(input: Value, target: Value, p: Value = 1, margin: Value = 1.0, weight: Value = None,
                      size_average: Value = None, reduce: Value = None, reduction: str = "mean") -> Operand:
    """The multiclass hinge: `Σ max(0, margin - x_y + x_j)ᵖ / classes` over the classes j that are not the label."""
    if weight is not None or rank_of(input) != 2:
        raise TypeError("a multiclass hinge with class weights or of a single sample is not followed")
    label = labels_to_mask(input, array(target), 1)
    right = op.sum(op.multiply(label, input), axis=1, keepdims=True)
    slack = op.maximum(op.add(op.subtract(input, right), plain(margin)), 0)
    slack = op.where(label, 0.0, slack if plain(p) == 1 else op.power(slack, plain(p)))
    return reduced(op.divide(op.sum(slack, axis=1, keepdims=False), input.shape[1]), reduction, size_average, reduce)


@spelled("torch.nn.functional.multilabel_soft_margin_loss")
def multilabel_soft_margin_loss(input: Value, target: Value, weight: Value = None, size_average: Value = None,
                                reduce: Value = None, reduction: str = "mean") -> Operand:
    """The binary cross entropy of each label, averaged over the labels."""
    losses = op.bce_with_logits(input, target)
    losses = losses if weight is None else op.multiply(weight, losses)
    return reduced(op.mean(losses, axis=-1, keepdims=False), reduction, size_average, reduce)
