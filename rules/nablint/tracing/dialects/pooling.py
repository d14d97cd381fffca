"""Spellings of pooling: the windows of the last axes, and the largest or the mean of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import Size, dim, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.arranging import padded
from nablint.tracing.dialects.context import as_int, as_term, current_graph
from nablint.tracing.dialects.convolution import around, each
from nablint.tracing.dialects.indexing import read, take_along_axis
from nablint.tracing.dialects.layout import reshaped
from nablint.tracing.dialects.resampling import through


def pool_windows(x: Term, kernel: Any, stride: Any, padding: Any, dilation: Any, rank: int, fill: float,
                 ceil: Any) -> Term:
    """The windows of the last axes of a padded input, as new last axes."""
    size, pads = each(kernel, rank), each(padding, rank)
    steps = size if stride is None or stride in ([], ()) else each(stride, rank)
    gaps = each(dilation, rank)
    axes = tuple(range(x.ndim - rank, x.ndim))
    widths = [(Size(0), Size(0))] * x.ndim
    for a, k, s, p, d in zip(axes, size, steps, pads, gaps, strict=True):
        widths[a] = (p, p + (_rounded_up(x.shape[a], k, s, p, d) if ceil else 0))
    x = padded(x, tuple(widths), "constant", fill)
    return op.windows(x, axes=axes, size=size, stride=steps, dilation=gaps)


def _rounded_up(size: int, window: int, stride: int, padding: int, dilation: int) -> int:
    """What must stand behind for one more window, as long as that window starts before the padding behind."""
    rest = size + 2 * padding - dilation * (window - 1) - 1
    more = -rest % stride
    return more if more and (rest // stride + 1) * stride < size + padding else 0


def _max_pool(rank: int) -> Callable[..., Term]:
    def call(input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
             ceil_mode: Any = False, return_indices: Any = False) -> Any:
        x = as_term(input)
        shape = (kernel_size, stride, padding, dilation, rank)
        found = pool_windows(x, *shape, -np.inf, ceil_mode)
        values = op.max(found, axis=tuple(range(-rank, 0)))
        if not return_indices:
            return values
        plane = tuple(x.shape[-rank:])
        numbers = current_graph().constant(np.arange(float(size_product(plane))).reshape(tuple(map(int, plane))), plane)
        return values, _where_largest(found, pool_windows(numbers, *shape, -1.0, ceil_mode), rank)

    return call


def _where_largest(found: Term, numbers: Term, rank: int) -> Term:
    """The number, in its plane, of the largest entry of each window."""
    lead, window = found.shape[:-rank], size_product(found.shape[-rank:])
    best = op.expand_dims(op.argmax(reshaped(found, (*lead, window)), axis=-1), axis=-1)
    spread = op.broadcast_to(reshaped(numbers, (*numbers.shape[:-rank], window)), shape=(*lead, window))
    return op.cast(op.squeeze(take_along_axis(spread, best), axis=-1), kind="int")


def _avg_pool(rank: int) -> Callable[..., Term]:
    def call(input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: Any = False,
             count_include_pad: Any = True, divisor_override: Any = None) -> Term:
        x = as_term(input)
        axes = tuple(range(-rank, 0))
        found = pool_windows(x, kernel_size, stride, padding, 1, rank, 0.0, ceil_mode)
        if divisor_override is not None:
            return op.sum(found, axis=axes) / divisor_override
        if not ceil_mode and (count_include_pad or not any(each(padding, rank))):
            return op.mean(found, axis=axes)
        inside = current_graph().constant(np.ones(x.sample.shape), x.shape)
        if count_include_pad:
            inside = around(inside, each(padding, rank), 1.0)
            counted = pool_windows(inside, kernel_size, stride, 0, 1, rank, 0.0, ceil_mode)
            trimmed = tuple(slice(None, n) for n in found.shape)
            return op.sum(found, axis=axes) / op.sum(read(counted, trimmed), axis=axes)
        counted = pool_windows(inside, kernel_size, stride, padding, 1, rank, 0.0, ceil_mode)
        return op.sum(found, axis=axes) / op.sum(counted, axis=axes)

    return call


def _adaptive(rank: int, card: str) -> Callable[..., Term]:
    def call(input: Any, output_size: Any, return_indices: Any = False) -> Term:
        x = as_term(input)
        if return_indices:
            raise TypeError("the indices of adaptive pooling are not followed")
        wanted = output_size if isinstance(output_size, list | tuple) else (output_size,) * rank
        sizes = [n if w is None else dim(as_int(w)) for n, w in zip(x.shape[-rank:], wanted, strict=True)]
        lead, cut = x.shape[:-rank], []
        for n, w in zip(x.shape[-rank:], sizes, strict=True):
            if w < 1 or n % w:
                if card == "mean" and w > 0:
                    return through(x, [_averaging(int(n), int(w)) for n, w in zip(x.shape[-rank:], sizes, strict=True)])
                raise TypeError("adaptive pooling with windows of unequal size is not followed")
            cut += [w, n // w]
        if all(w == 1 for w in sizes):
            return getattr(op, card)(x, axis=tuple(range(-rank, 0)), keepdims=True)
        return getattr(op, card)(reshaped(x, (*lead, *cut)), axis=tuple(range(len(lead) + 1, len(lead) + 2 * rank, 2)))

    return call


def _averaging(size: int, wanted: int) -> Any:
    """The matrix that averages `size` entries to `wanted` ones, over windows that may overlap by one."""
    matrix = np.zeros((size, wanted))
    for k in range(wanted):
        window = slice(k * size // wanted, -(-(k + 1) * size // wanted))
        matrix[window, k] = 1 / (window.stop - window.start)
    return matrix


for _rank in (1, 2, 3):
    _where = "torch.nn.functional"
    spelled(f"{_where}.max_pool{_rank}d", f"torch.max_pool{_rank}d")(_max_pool(_rank))
    spelled(f"{_where}.avg_pool{_rank}d", *["torch.avg_pool1d"][_rank - 1:])(_avg_pool(_rank))
    spelled(f"{_where}.adaptive_avg_pool{_rank}d", *["torch.adaptive_avg_pool1d"][_rank - 1:])(_adaptive(_rank, "mean"))
    spelled(f"{_where}.adaptive_max_pool{_rank}d")(_adaptive(_rank, "max"))
