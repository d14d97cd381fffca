"""Spellings of layers: affine maps, normalisations, similarities and attention."""

from __future__ import annotations

import numpy as np

from nablint.ops.card import Operand, constant_like, op
from nablint.ops.products import transposed
from nablint.shapes import broadcast, dim
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.norms import vector_norm
from nablint.tracing.dialects.operands import Value, array, axis_of, plain, rank_of


@spelled("torch.nn.functional.linear")
def linear(input: Value, weight: Value, bias: Value = None) -> Operand:
    """`input @ weight.T + bias`."""
    product = op.matmul(input, transposed(weight))
    return product if bias is None else op.add(product, bias)


@spelled("torch.nn.functional.bilinear", "torch.bilinear")
def bilinear(input1: Value, input2: Value, weight: Value, bias: Value = None) -> Operand:
    """`x1ᵀ A x2` for every output's own matrix."""
    lead = "ABCDEFGH"[: rank_of(input1) - 1]
    product = op.einsum(input1, weight, input2, subscripts=f"{lead}i,kij,{lead}j->{lead}k")
    return product if bias is None else op.add(product, bias)


def _affine(x: Operand, weight: Value, bias: Value) -> Operand:
    x = x if weight is None else op.multiply(x, weight)
    return x if bias is None else op.add(x, bias)


def _per_channel(value: Value, rank: int) -> Value:
    """A vector over channels, against an array with the channels on axis 1."""
    return value if value is None or rank <= 2 else op.reshape(value, shape=(value.shape[0], *(1,) * (rank - 2)))


def _last_axes(normalized_shape: Value) -> tuple[int, ...]:
    count = len(normalized_shape) if isinstance(normalized_shape, list | tuple) else 1
    return tuple(range(-count, 0))


@spelled("torch.nn.functional.layer_norm", "torch.layer_norm")
def layer_norm(input: Value, normalized_shape: Value, weight: Value = None, bias: Value = None, eps: Value = 1e-5
               ) -> Operand:
    """Standardised over the last axes, then scaled and shifted."""
    return _affine(op.standardize(input, axis=_last_axes(normalized_shape), eps=plain(eps)), weight, bias)


@spelled("torch.nn.functional.rms_norm", "torch.rms_norm")
def rms_norm(input: Value, normalized_shape: Value, weight: Value = None, eps: Value = None) -> Operand:
    """Over the root of the mean square of the last axes, then scaled."""
    small = float(np.finfo(float).eps) if eps is None else plain(eps)
    return _affine(op.rms_norm(input, axis=_last_axes(normalized_shape), eps=small), weight, None)


@spelled("torch.nn.functional.batch_norm", "torch.batch_norm")
def batch_norm(input: Value, running_mean: Value, running_var: Value, weight: Value = None, bias: Value = None,
               training: Value = False, momentum: Value = 0.1, eps: Value = 1e-5) -> Operand:
    """Standardised over all axes but the channels' (1) when training, else by the running statistics."""
    rank = rank_of(input)
    if training:
        normal = op.standardize(input, axis=tuple(a for a in range(rank) if a != 1), eps=plain(eps))
    else:
        centred = op.subtract(input, _per_channel(running_mean, rank))
        normal = op.divide(centred, op.sqrt(op.add(_per_channel(running_var, rank), plain(eps))))
    return _affine(normal, _per_channel(weight, rank), _per_channel(bias, rank))


@spelled("torch.nn.functional.instance_norm")
def instance_norm(input: Value, running_mean: Value = None, running_var: Value = None, weight: Value = None,
                  bias: Value = None, use_input_stats: Value = True, momentum: Value = 0.1, eps: Value = 1e-5
                  ) -> Operand:
    """Standardised over the places of every channel of every sample."""
    rank = rank_of(input)
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    normal = op.standardize(input, axis=tuple(range(2, rank)), eps=plain(eps))
    return _affine(normal, _per_channel(weight, rank), _per_channel(bias, rank))


@spelled("torch.nn.functional.group_norm")
def group_norm(input: Value, num_groups: Value, weight: Value = None, bias: Value = None, eps: Value = 1e-5) -> Operand:
    """Standardised over groups of channels."""
    shape, groups = input.shape, dim(plain(num_groups))
    grouped = op.reshape(input, shape=(shape[0], groups, dim(shape[1]) // groups, *shape[2:]))
    normal = op.standardize(grouped, axis=tuple(range(2, len(shape) + 1)), eps=plain(eps))
    flat = op.reshape(normal, shape=tuple(shape))
    return _affine(flat, _per_channel(weight, len(shape)), _per_channel(bias, len(shape)))


@spelled("torch.nn.functional.normalize")
def normalize(input: Value, p: Value = 2.0, dim: Value = 1, eps: Value = 1e-12, out: Value = None) -> Operand:
    """Over the norm, which counts as `eps` at least."""
    return op.divide(input, op.maximum(vector_norm(input, plain(p), axis_of(dim), keepdims=True), plain(eps)))


@spelled("torch.nn.functional.cosine_similarity", "torch.cosine_similarity")
def cosine_similarity(x1: Value, x2: Value, dim: Value = 1, eps: Value = 1e-8) -> Operand:
    """The inner product over both norms."""
    axis, small = axis_of(dim), plain(eps)
    shape = broadcast(tuple(x1.shape), tuple(x2.shape))
    both = [x if x.shape == shape else op.broadcast_to(x, shape=shape) for x in (x1, x2)]
    first, second = (op.divide(x, op.maximum(op.norm(x, axis=axis, keepdims=True), small)) for x in both)
    return op.sum(op.multiply(first, second), axis=axis, keepdims=False)


@spelled("torch.nn.functional.pairwise_distance", "torch.pairwise_distance")
def pairwise_distance(x1: Value, x2: Value, p: Value = 2.0, eps: Value = 1e-6, keepdim: Value = False) -> Operand:
    """The norm of the difference of rows."""
    return vector_norm(op.add(op.subtract(x1, x2), plain(eps)), plain(p), -1, bool(keepdim))


@spelled("torch.cdist")
def cdist(x1: Value, x2: Value, p: Value = 2.0, compute_mode: object = None) -> Operand:
    """The distances of every row of one from every row of the other."""
    apart = op.subtract(op.expand_dims(x1, axis=-2), op.expand_dims(x2, axis=-3))
    return vector_norm(apart, plain(p), -1)


@spelled("torch.dist", "Tensor.dist")
def dist(input: Value, other: Value, p: Value = 2) -> Operand:
    """The norm of the difference."""
    return vector_norm(op.subtract(input, other), plain(p))


@spelled("torch.nn.functional.scaled_dot_product_attention")
def attention(query: Value, key: Value, value: Value, attn_mask: Value = None, dropout_p: Value = 0.0,
              is_causal: Value = False, scale: Value = None, enable_gqa: Value = False) -> Operand:
    """`softmax(q kᵀ scale + mask) v`; a boolean mask says which keys are seen."""
    if plain(dropout_p) or enable_gqa:
        raise TypeError("attention with dropout or grouped queries is not followed")
    if scale is None:  # the size keeps its name
        query, scale = op.divide(query, op.sqrt(constant_like(query, query.shape[-1]))), 1.0
    masks: list[Operand] = []
    if is_causal:
        rows, columns = query.shape[-2], key.shape[-2]
        future = np.triu(np.full((int(rows), int(columns)), -np.inf), 1)
        masks.append(constant_like(query, future, (rows, columns)))
    if attn_mask is not None:
        mask = array(attn_mask)
        seen = getattr(mask, "sample", mask).dtype.kind == "b"
        masks.append(op.where(mask, 0.0, -np.inf) if seen else mask)
    return op.attention(query, key, value, *masks, scale=plain(scale))
