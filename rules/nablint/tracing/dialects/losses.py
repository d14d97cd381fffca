"""Spellings of torch's losses: an entrywise value in cards, then the reduction that the call asks for."""

from __future__ import annotations

import math

from nablint.ops.card import Operand, op
from nablint.ops.composites import labels_to_mask
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, array, plain, rank_of


def reduced(losses: Operand, reduction: str, size_average: Value = None, reduce: Value = None) -> Operand:
    """All losses, their sum or their mean; the two words of torch 0.4 are understood."""
    if reduce is not None or size_average is not None:
        reduction = "none" if reduce is False else "sum" if size_average is False else "mean"
    if reduction == "none":
        return losses
    return (op.sum if reduction == "sum" else op.mean)(losses, axis=None, keepdims=False)


def _weighted(losses: Operand, weight: Value) -> Operand:
    return losses if weight is None else op.multiply(losses, weight)


@spelled("torch.nn.functional.mse_loss")
def mse_loss(input: Value, target: Value, size_average: Value = None, reduce: Value = None, reduction: str = "mean",
             weight: Value = None) -> Operand:
    """Squared errors."""
    return reduced(_weighted(op.power(op.subtract(input, target), 2), weight), reduction, size_average, reduce)


@spelled("torch.nn.functional.l1_loss")
def l1_loss(input: Value, target: Value, size_average: Value = None, reduce: Value = None, reduction: str = "mean",
            weight: Value = None) -> Operand:
    """Absolute errors."""
    return reduced(_weighted(op.absolute(op.subtract(input, target)), weight), reduction, size_average, reduce)


@spelled("torch.nn.functional.huber_loss")
def huber_loss(input: Value, target: Value, reduction: str = "mean", delta: Value = 1.0, weight: Value = None
               ) -> Operand:
    """Squared near 0, linear beyond delta."""
    error, bound = op.subtract(input, target), plain(delta)
    size = op.absolute(error)
    near = op.divide(op.power(error, 2), 2)
    far = op.multiply(bound, op.subtract(size, bound / 2))
    return reduced(_weighted(op.where(op.less(size, bound), near, far), weight), reduction)


@spelled("torch.nn.functional.smooth_l1_loss")
def smooth_l1_loss(input: Value, target: Value, size_average: Value = None, reduce: Value = None,
                   reduction: str = "mean", beta: Value = 1.0) -> Operand:
    """The Huber loss over beta."""
    bound = plain(beta)
    if bound == 0:
        return l1_loss(input, target, size_average, reduce, reduction)
    losses = op.divide(huber_loss(input, target, "none", bound), bound)
    return reduced(losses, reduction, size_average, reduce)


@spelled("torch.nn.functional.binary_cross_entropy")
def binary_cross_entropy(input: Value, target: Value, weight: Value = None, size_average: Value = None,
                         reduce: Value = None, reduction: str = "mean") -> Operand:
    """`-(y log p + (1 - y) log(1 - p))`."""
    hit = op.multiply(target, op.log(input))
    miss = op.multiply(op.subtract(1, target), op.log(op.subtract(1, input)))
    return reduced(_weighted(op.negative(op.add(hit, miss)), weight), reduction, size_average, reduce)


@spelled("torch.nn.functional.binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(input: Value, target: Value, weight: Value = None, size_average: Value = None,
                                     reduce: Value = None, reduction: str = "mean", pos_weight: Value = None
                                     ) -> Operand:
    """The same with `p = sigmoid(input)`."""
    if pos_weight is None:
        losses = op.bce_with_logits(input, target)
    else:
        hit = op.multiply(op.multiply(pos_weight, target), op.log_sigmoid(input))
        miss = op.multiply(op.subtract(1, target), op.log_sigmoid(op.negative(input)))
        losses = op.negative(op.add(hit, miss))
    return reduced(_weighted(losses, weight), reduction, size_average, reduce)


def _class_axis(input: Operand) -> int:
    """Classes stand on axis 1, of a single sample on axis 0."""
    return 0 if rank_of(input) == 1 else 1


def _reduced_by_class(losses: Operand, labels: Operand, kept: Operand | None, weight: Value, reduction: str,
                      size_average: Value, reduce: Value) -> Operand:
    """The reduction where labels are left out or classes have weights: the mean is over the weights."""
    if kept is None and weight is None:
        return reduced(losses, reduction, size_average, reduce)
    weights = op.multiply(kept, 1.0) if weight is None else _taken(weight, labels)
    if kept is not None and weight is not None:
        weights = op.multiply(kept, weights)
    weighted = op.multiply(losses, weights)
    if reduction != "mean":
        return reduced(weighted, reduction)
    total, mass = (op.sum(v, axis=None, keepdims=False) for v in (weighted, weights))
    return op.divide(total, mass)


@spelled("torch.nn.functional.cross_entropy")
def cross_entropy(input: Value, target: Value, weight: Value = None, size_average: Value = None,
                  ignore_index: Value = -100, reduce: Value = None, reduction: str = "mean",
                  label_smoothing: Value = 0.0) -> Operand:
    """The negative log-likelihood of labels, or of probabilities for each class, under the softmax of the input."""
    axis = _class_axis(input)
    labels, smoothing = array(target), plain(label_smoothing)
    if smoothing:
        if weight is not None or _ignored(labels, ignore_index):
            raise TypeError("label smoothing with class weights or ignored labels is not followed")
        sharp = cross_entropy(input, target, reduction="none")
        even = op.negative(op.mean(op.log_softmax(input, axis=axis), axis=axis, keepdims=False))
        smooth = op.add(op.multiply(1 - smoothing, sharp), op.multiply(smoothing, even))
        return reduced(smooth, reduction, size_average, reduce)
    if rank_of(labels) == rank_of(input):
        if weight is not None:
            raise TypeError("class weights with probabilities as targets are not followed")
        losses = op.negative(op.sum(op.multiply(labels, op.log_softmax(input, axis=axis)), axis=axis, keepdims=False))
        return reduced(losses, reduction, size_average, reduce)
    kept = op.not_equal(labels, plain(ignore_index)) if _ignored(labels, ignore_index) else None
    safe = labels if kept is None else op.where(kept, labels, 0)
    losses = op.cross_entropy(input, safe, axis=axis)
    return _reduced_by_class(losses, safe, kept, weight, reduction, size_average, reduce)


def _ignored(labels: Operand, ignore_index: Value) -> bool:
    return bool((getattr(labels, "sample", labels) == plain(ignore_index)).any())


def _taken(weight: Value, labels: Operand) -> Operand:
    return op.getitem(weight, labels, index=(("term", 0),))


@spelled("torch.nn.functional.nll_loss")
def nll_loss(input: Value, target: Value, weight: Value = None, size_average: Value = None,
             ignore_index: Value = -100, reduce: Value = None, reduction: str = "mean") -> Operand:
    """Minus the log-probability at each label."""
    axis, labels = _class_axis(input), array(target)
    kept = op.not_equal(labels, plain(ignore_index)) if _ignored(labels, ignore_index) else None
    safe = labels if kept is None else op.where(kept, labels, 0)
    chosen = op.multiply(labels_to_mask(input, safe, axis), input)
    losses = op.negative(op.sum(chosen, axis=axis, keepdims=False))
    return _reduced_by_class(losses, safe, kept, weight, reduction, size_average, reduce)


@spelled("torch.nn.functional.kl_div")
def kl_div(input: Value, target: Value, size_average: Value = None, reduce: Value = None, reduction: str = "mean",
           log_target: Value = False) -> Operand:
    """`target (log target - input)`, the input being log-probabilities."""
    if log_target:
        losses = op.multiply(op.exp(target), op.subtract(target, input))
    else:
        losses = op.subtract(op.xlogy(target, target), op.multiply(target, input))
    if reduction == "batchmean":
        return op.divide(op.sum(losses, axis=None, keepdims=False), losses.shape[0])
    return reduced(losses, reduction, size_average, reduce)


@spelled("torch.nn.functional.poisson_nll_loss")
def poisson_nll_loss(input: Value, target: Value, log_input: Value = True, full: Value = False,
                     size_average: Value = None, eps: Value = 1e-8, reduce: Value = None, reduction: str = "mean"
                     ) -> Operand:
    """`rate - target log rate`, in full with Stirling's approximation of `log target!`."""
    if log_input:
        losses = op.subtract(op.exp(input), op.multiply(target, input))
    else:
        losses = op.subtract(input, op.multiply(target, op.log(op.add(input, plain(eps)))))
    if full:
        stirling = op.add(op.subtract(op.multiply(target, op.log(target)), target),
                          op.multiply(0.5, op.log(op.multiply(2 * math.pi, target))))
        losses = op.add(losses, op.where(op.greater(target, 1), stirling, 0.0))
    return reduced(losses, reduction, size_average, reduce)


@spelled("torch.nn.functional.soft_margin_loss")
def soft_margin_loss(input: Value, target: Value, size_average: Value = None, reduce: Value = None,
                     reduction: str = "mean") -> Operand:
    """`log(1 + exp(-y x))`."""
    return reduced(op.softplus(op.negative(op.multiply(target, input))), reduction, size_average, reduce)


@spelled("torch.nn.functional.hinge_embedding_loss")
def hinge_embedding_loss(input: Value, target: Value, margin: Value = 1.0, size_average: Value = None,
                         reduce: Value = None, reduction: str = "mean") -> Operand:
    """`x` for `y = 1`, `max(0, margin - x)` for `y = -1`, and their sum for any other y."""
    far = op.where(op.equal(target, 1), 0.0, op.maximum(op.subtract(margin, input), 0))
    near = op.where(op.equal(target, -1), 0.0, input)
    return reduced(op.add(near, far), reduction, size_average, reduce)


@spelled("torch.nn.functional.margin_ranking_loss", "torch.margin_ranking_loss")
def margin_ranking_loss(input1: Value, input2: Value, target: Value, margin: Value = 0.0, size_average: Value = None,
                        reduce: Value = None, reduction: str = "mean") -> Operand:
    """`max(0, margin - y (x1 - x2))`."""
    gap = op.multiply(op.negative(target), op.subtract(input1, input2))
    return reduced(op.maximum(op.add(gap, margin), 0), reduction, size_average, reduce)
