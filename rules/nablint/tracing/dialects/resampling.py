"""Spellings that sample space anew: interpolation and the shuffle of pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import Misfit, Size, dim
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_int, as_term, current_graph
from nablint.tracing.dialects.convolution import each
from nablint.tracing.dialects.indexing import read
from nablint.tracing.dialects.layout import permuted, reshaped


def through(x: Term, matrices: list[Any]) -> Term:
    """The last axes, each multiplied by a matrix."""
    for axis, matrix in enumerate(matrices, start=x.ndim - len(matrices)):
        order = (*(a for a in range(x.ndim) if a != axis), axis)
        x = permuted(op.matmul(permuted(x, order), current_graph().constant(matrix)),
                     tuple(sorted(range(x.ndim), key=order.__getitem__)))
    return x


@spelled("torch.nn.functional.interpolate", "torch.nn.functional.upsample")
def interpolate(input: Any, size: Any = None, scale_factor: Any = None, mode: Any = "nearest",
                align_corners: Any = None, recompute_scale_factor: Any = None, antialias: Any = False) -> Term:
    """The last axes sampled at other distances, by the nearest entry or linearly between neighbours."""
    x = as_term(input)
    rank = x.ndim - 2
    if antialias or mode not in ("nearest", "linear", "bilinear", "trilinear"):
        raise TypeError(f"interpolation by {mode} is not followed")
    old = x.shape[2:]
    if size is not None:
        new = [n if n % o else (n // o) * o for n, o in zip(each(size, rank), old, strict=True)]
        steps = [int(o) / int(n) for n, o in zip(new, old, strict=True)]
    else:
        factors = list(scale_factor) if isinstance(scale_factor, list | tuple) else [scale_factor] * rank
        new = [o * int(f) if f == int(f) else Size(int(o * f)) for f, o in zip(factors, old, strict=True)]
        steps = [int(o) / int(n) if recompute_scale_factor else 1 / f
                 for f, n, o in zip(factors, new, old, strict=True)]
    if mode != "nearest":
        corners = bool(align_corners)
        return through(x, [_between(int(o), int(n), s, corners) for o, n, s in zip(old, new, steps, strict=True)])
    for axis, (o, n, step) in enumerate(zip(old, new, steps, strict=True), start=2):
        if n != o and n % o == 0:
            x = op.repeat(x, repeats=n // o, axis=axis)
        elif n != o:
            places = np.minimum((np.arange(int(n)) * step).astype(int), int(o) - 1)
            x = read(x, (*[slice(None)] * axis, current_graph().constant(places, (n,))))
    return x


def _between(old: int, new: int, step: float, corners: bool) -> Any:
    """The matrix that samples `old` entries linearly at `new` places."""
    ends, middles = np.arange(new) * ((old - 1) / max(new - 1, 1)), (np.arange(new) + 0.5) * step - 0.5
    at = ends if corners else np.maximum(middles, 0)
    left = np.minimum(at.astype(int), old - 1)
    right, share = np.minimum(left + 1, old - 1), at - left
    matrix = np.zeros((old, new))
    np.add.at(matrix, (left, np.arange(new)), 1 - share)
    np.add.at(matrix, (right, np.arange(new)), share)
    return matrix


@spelled("torch.nn.functional.pixel_shuffle", "torch.pixel_shuffle")
def pixel_shuffle(input: Any, upscale_factor: Any) -> Term:
    """Channels moved into space: (N, C r r, H, W) becomes (N, C, H r, W r)."""
    x, r = as_term(input), dim(as_int(upscale_factor))
    *lead, c, h, w = x.shape
    if c % (r * r):
        raise Misfit(f"{c} channels cannot be spread over {r} by {r} places")
    n = len(lead)
    apart = reshaped(x, (*lead, c // (r * r), r, r, h, w))
    return reshaped(permuted(apart, (*range(n), n, n + 3, n + 1, n + 4, n + 2)), (*lead, c // (r * r), h * r, w * r))
