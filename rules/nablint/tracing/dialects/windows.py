"""Spellings of windows: im2col and col2im, sliding windows, strides."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.ops.convolution import positions
from nablint.ops.layout import axes_in, axis_in
from nablint.shapes import Misfit, Shape, Size, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_axes, as_int, as_shape, as_term, current_graph
from nablint.tracing.dialects.convolution import batched, each
from nablint.tracing.dialects.indexing import read
from nablint.tracing.dialects.layout import permuted, reshaped
from nablint.tracing.dialects.pooling import pool_windows


@spelled("torch.nn.functional.unfold")
def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Term:
    """im2col: the windows of images as columns, (N, C * kernel, places)."""
    x, added = batched(as_term(input), 2)
    found = permuted(pool_windows(x, kernel_size, stride, padding, dilation, 2, 0.0, False), (0, 1, 4, 5, 2, 3))
    n, c, kh, kw, oh, ow = found.shape
    out = reshaped(found, (n, c * kh * kw, oh * ow))
    return op.squeeze(out, axis=0) if added else out


@spelled("torch.nn.functional.fold")
def fold(input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Term:
    """col2im: columns added up into images, the adjoint of `unfold`."""
    x = as_term(input)
    x, added = (op.expand_dims(x, axis=0), True) if x.ndim == 2 else (x, False)
    size, steps, gaps, pads = (each(v, 2) for v in (kernel_size, stride, dilation, padding))
    whole = tuple(n + p * 2 for n, p in zip(each(output_size, 2), pads, strict=True))
    places = tuple(positions(n, k, s, d) for n, k, s, d in zip(whole, size, steps, gaps, strict=True))
    channels = x.shape[1] // size_product(size)
    apart = permuted(reshaped(x, (x.shape[0], channels, *size, *places)), (0, 1, 4, 5, 2, 3))
    out = op.unwindow(apart, axes=(2, 3), size=size, stride=steps, dilation=gaps, shape=(x.shape[0], channels, *whole))
    out = read(out, (slice(None), slice(None), *(slice(p, n - p) for n, p in zip(whole, pads, strict=True))))
    return op.squeeze(out, axis=0) if added else out


@spelled("Tensor.unfold")
def tensor_unfold(x: Term, dimension: Any, size: Any, step: Any) -> Term:
    """The windows along an axis, as a new last axis."""
    at = axis_in(as_int(dimension), x.ndim)
    return op.windows(x, axes=(at,), size=each(size, 1), stride=each(step, 1), dilation=(1,))


@spelled("numpy.lib.stride_tricks.sliding_window_view")
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None, **_: Any) -> Term:
    """All windows, as new last axes."""
    x, size = as_term(x), as_shape(window_shape)
    axes = axes_in(as_axes(axis), x.ndim)
    if len(axes) != len(size):
        raise Misfit(f"windows of {len(size)} axes are asked for along {len(axes)}")
    return op.windows(x, axes=axes, size=size, stride=(1,) * len(size), dilation=(1,) * len(size))


ITEM = 8
"""Bytes of an entry: float64."""


def _steps(shape: Shape) -> tuple[Size, ...]:
    """How far the next entry along each axis is, in entries, when the last axis is contiguous."""
    return tuple(size_product(shape[a + 1:]) for a in range(len(shape)))


@spelled("ndarray.strides", attribute=True)
def strides_attribute(x: Term) -> tuple[Size, ...]:
    """How far the next entry along each axis is, in bytes."""
    return tuple(s * ITEM for s in _steps(x.shape))


@spelled("ndarray.itemsize", attribute=True)
def itemsize_attribute(x: Term) -> int:
    """Bytes of an entry."""
    return ITEM


@spelled("Tensor.element_size")
def element_size(x: Term) -> int:
    """Bytes of an entry."""
    return ITEM


@spelled("Tensor.stride")
def tensor_stride(x: Term, dim: Any = None) -> Any:
    """How far the next entry along each axis is, in entries."""
    steps = _steps(x.shape)
    return steps if dim is None else steps[axis_in(as_int(dim), x.ndim)]


@spelled("torch.as_strided", "Tensor.as_strided")
def torch_as_strided(input: Any, size: Any, stride: Any, storage_offset: Any = 0) -> Term:
    """Entries at regular distances: a read at computed places, so that overlaps add up on the way back."""
    x, shape, steps = as_term(input), as_shape(size), [as_int(s) for s in stride]
    if len(steps) != len(shape):
        raise Misfit(f"{len(shape)} axes need as many strides, {len(steps)} are given")
    places = np.full(tuple(map(int, shape)), as_int(storage_offset))
    for a, step in enumerate(steps):
        places += np.arange(int(shape[a])).reshape([-1 if b == a else 1 for b in range(len(shape))]) * int(step)
    if places.size and (places.min() < 0 or places.max() >= x.sample.size):
        raise Misfit("the strides lead out of the array")
    return op.getitem(reshaped(x, size_product(x.shape)), current_graph().constant(places, shape), index=(("term", 0),))


@spelled("numpy.lib.stride_tricks.as_strided")
def np_as_strided(x: Any, shape: Any = None, strides: Any = None, *args: Any, **_: Any) -> Term:
    """Entries at regular distances, given in bytes."""
    x = as_term(x)
    shape = x.shape if shape is None else shape
    if isinstance(strides, Term):  # `x.itemsize * np.array((W, 1))`
        strides = [int(s) for s in np.atleast_1d(strides.sample)]
    steps = [s * ITEM for s in _steps(x.shape)] if strides is None else [as_int(s) for s in strides]
    if any(s % ITEM for s in steps):
        raise TypeError("strides that cut entries apart are not followed")
    return torch_as_strided(x, shape, [s // ITEM for s in steps])
