"""Spellings of convolution, pooling and windows: torch.nn.functional, numpy, scipy.signal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.ops.convolution import positions
from nablint.ops.layout import axes_in, axis_in
from nablint.shapes import Misfit, Shape, Size, dim, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.arranging import padded
from nablint.tracing.dialects.context import as_axes, as_int, as_shape, as_term, current_graph
from nablint.tracing.dialects.indexing import read, take_along_axis
from nablint.tracing.dialects.layout import permuted, reshaped

Sizes = tuple[Size, ...]


def _each(value: Any, rank: int) -> Sizes:
    """One number for each axis."""
    given = as_shape(value)
    if len(given) == 1:
        given *= rank
    if len(given) != rank:
        raise Misfit(f"{len(given)} numbers are given for {rank} axes")
    return given


def _batched(x: Term, rank: int) -> tuple[Term, bool]:
    """With a batch axis, and whether it was added."""
    return (op.expand_dims(x, axis=0), True) if x.ndim == rank + 1 else (x, False)


def _around(x: Term, padding: Sizes, value: float = 0.0) -> Term:
    """The last axes padded on both sides."""
    lead = x.ndim - len(padding)
    return padded(x, (((Size(0), Size(0)),) * lead) + tuple((p, p) for p in padding), "constant", value)


def _with_bias(out: Term, bias: Any, rank: int) -> Term:
    if bias is None:
        return out
    bias = as_term(bias)
    return out + reshaped(bias, (bias.shape[0], *[1] * rank))


def _convolution(rank: int) -> Callable[..., Term]:
    def call(input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,  # noqa: A002
             groups: Any = 1) -> Term:
        w, steps, gaps = as_term(weight), _each(stride, rank), _each(dilation, rank)
        x, added = _batched(as_term(input), rank)
        if padding == "same":
            spans = [d * (k - 1) for k, d in zip(w.shape[2:], gaps, strict=True)]
            x = padded(x, ((Size(0),) * 2,) * 2 + tuple((s // 2, s - s // 2) for s in spans), "constant", 0.0)
            padding = 0
        params = _params(steps, _each(0 if padding == "valid" else padding, rank), gaps, groups)
        out = _with_bias(op.convolution(x, w, **params), bias, rank)
        return op.squeeze(out, axis=0) if added else out

    return call


def _params(stride: Sizes, padding: Sizes, dilation: Sizes, groups: Any) -> dict[str, Any]:
    count = as_int(groups)
    return {"stride": stride, "padding": padding, "dilation": dilation, **({"groups": count} if count != 1 else {})}


def _transposed(rank: int) -> Callable[..., Term]:
    def call(input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,  # noqa: A002
             groups: Any = 1, dilation: Any = 1) -> Term:
        w, steps, gaps, pads = as_term(weight), _each(stride, rank), _each(dilation, rank), _each(padding, rank)
        x, added = _batched(as_term(input), rank)
        if x.ndim != rank + 2 or w.ndim != rank + 2:
            raise Misfit(f"a transposed convolution over {rank} axes needs {rank + 2} axes")
        sizes = ((n - 1) * s - p * 2 + d * (k - 1) + more + 1 for n, s, p, d, k, more in zip(
            x.shape[2:], steps, pads, gaps, w.shape[2:], _each(output_padding, rank), strict=True))
        shape = (x.shape[0], w.shape[1] * as_int(groups), *sizes)
        out = _with_bias(op.convolution_input(x, w, shape=shape, **_params(steps, pads, gaps, groups)), bias, rank)
        return op.squeeze(out, axis=0) if added else out

    return call


def _gradient(rank: int, name: str) -> Callable[..., Term]:
    """`torch.nn.grad.conv2d_input(input_size, weight, grad_output)`, `conv2d_weight(input, weight_size, grad_output)`."""

    def of_input(input_size: Any, weight: Any, grad_output: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
                 groups: Any = 1) -> Term:
        params = _params(_each(stride, rank), _each(padding, rank), _each(dilation, rank), groups)
        return op.convolution_input(as_term(grad_output), as_term(weight), shape=as_shape(input_size), **params)

    def of_weight(input: Any, weight_size: Any, grad_output: Any, stride: Any = 1, padding: Any = 0,  # noqa: A002
                  dilation: Any = 1, groups: Any = 1) -> Term:
        params = _params(_each(stride, rank), _each(padding, rank), _each(dilation, rank), groups)
        return op.convolution_weight(as_term(input), as_term(grad_output), shape=as_shape(weight_size), **params)

    return of_input if name == "input" else of_weight


def _places(x: Term, kernel: Any, stride: Any, padding: Any, dilation: Any, rank: int, fill: float, ceil: Any) -> Term:
    """The windows of the last axes of a padded input, as new last axes."""
    size, pads = _each(kernel, rank), _each(padding, rank)
    steps = size if stride is None or stride in ([], ()) else _each(stride, rank)
    gaps = _each(dilation, rank)
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
    def call(input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,  # noqa: A002
             ceil_mode: Any = False, return_indices: Any = False) -> Any:
        x = as_term(input)
        shape = (kernel_size, stride, padding, dilation, rank)
        found = _places(x, *shape, -np.inf, ceil_mode)
        values = op.max(found, axis=tuple(range(-rank, 0)))
        if not return_indices:
            return values
        plane = tuple(x.shape[-rank:])
        numbers = current_graph().constant(np.arange(float(size_product(plane))).reshape(tuple(map(int, plane))), plane)
        return values, _where_largest(found, _places(numbers, *shape, -1.0, ceil_mode), rank)

    return call


def _where_largest(found: Term, numbers: Term, rank: int) -> Term:
    """The number, in its plane, of the largest entry of each window."""
    lead, window = found.shape[:-rank], size_product(found.shape[-rank:])
    best = op.expand_dims(op.argmax(reshaped(found, (*lead, window)), axis=-1), axis=-1)
    spread = op.broadcast_to(reshaped(numbers, (*numbers.shape[:-rank], window)), shape=(*lead, window))
    return op.cast(op.squeeze(take_along_axis(spread, best), axis=-1), kind="int")


def _avg_pool(rank: int) -> Callable[..., Term]:
    def call(input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: Any = False,  # noqa: A002
             count_include_pad: Any = True, divisor_override: Any = None) -> Term:
        x = as_term(input)
        axes = tuple(range(-rank, 0))
        found = _places(x, kernel_size, stride, padding, 1, rank, 0.0, ceil_mode)
        if divisor_override is not None:
            return op.sum(found, axis=axes) / divisor_override
        if not ceil_mode and (count_include_pad or not any(_each(padding, rank))):
            return op.mean(found, axis=axes)
        inside = current_graph().constant(np.ones(x.sample.shape), x.shape)
        if count_include_pad:
            inside, padding, steps = _around(inside, _each(padding, rank), 1.0), 0, stride
            counted = _places(inside, kernel_size, steps, 0, 1, rank, 0.0, ceil_mode)
            trimmed = tuple(slice(None, n) for n in found.shape)
            return op.sum(found, axis=axes) / op.sum(read(counted, trimmed), axis=axes)
        return op.sum(found, axis=axes) / op.sum(_places(inside, kernel_size, stride, padding, 1, rank, 0.0, ceil_mode), axis=axes)

    return call


def _adaptive(rank: int, card: str) -> Callable[..., Term]:
    def call(input: Any, output_size: Any, return_indices: Any = False) -> Term:  # noqa: A002 - torch's name
        x = as_term(input)
        if return_indices:
            raise TypeError("the indices of adaptive pooling are not followed")
        wanted = output_size if isinstance(output_size, list | tuple) else (output_size,) * rank
        sizes = [n if w is None else dim(as_int(w)) for n, w in zip(x.shape[-rank:], wanted, strict=True)]
        lead, cut = x.shape[:-rank], []
        for n, w in zip(x.shape[-rank:], sizes, strict=True):
            if w < 1 or n % w:
                if card == "mean" and w > 0:
                    return _through(x, [_averaging(int(n), int(w)) for n, w in zip(x.shape[-rank:], sizes, strict=True)])
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


def _through(x: Term, matrices: list[Any]) -> Term:
    """The last axes, each multiplied by a matrix."""
    for axis, matrix in enumerate(matrices, start=x.ndim - len(matrices)):
        order = (*(a for a in range(x.ndim) if a != axis), axis)
        x = permuted(op.matmul(permuted(x, order), current_graph().constant(matrix)),
                     tuple(sorted(range(x.ndim), key=order.__getitem__)))
    return x


for _rank in (1, 2, 3):
    _where = "torch.nn.functional"
    spelled(f"{_where}.conv{_rank}d", f"torch.conv{_rank}d")(_convolution(_rank))
    spelled(f"{_where}.conv_transpose{_rank}d", f"torch.conv_transpose{_rank}d")(_transposed(_rank))
    spelled(f"{_where}.max_pool{_rank}d", f"torch.max_pool{_rank}d")(_max_pool(_rank))
    spelled(f"{_where}.avg_pool{_rank}d", *["torch.avg_pool1d"][_rank - 1:])(_avg_pool(_rank))
    spelled(f"{_where}.adaptive_avg_pool{_rank}d", *["torch.adaptive_avg_pool1d"][_rank - 1:])(_adaptive(_rank, "mean"))
    spelled(f"{_where}.adaptive_max_pool{_rank}d")(_adaptive(_rank, "max"))
    for _name in ("input", "weight"):
        spelled(f"torch.nn.grad.conv{_rank}d_{_name}")(_gradient(_rank, _name))


@spelled("torch.nn.functional.unfold")
def unfold(input: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Term:  # noqa: A002
    """im2col: the windows of images as columns, (N, C * kernel, places)."""
    x, added = _batched(as_term(input), 2)
    found = permuted(_places(x, kernel_size, stride, padding, dilation, 2, 0.0, False), (0, 1, 4, 5, 2, 3))
    n, c, kh, kw, oh, ow = found.shape
    out = reshaped(found, (n, c * kh * kw, oh * ow))
    return op.squeeze(out, axis=0) if added else out


@spelled("torch.nn.functional.fold")
def fold(input: Any, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1) -> Term:  # noqa: A002
    """col2im: columns added up into images, the adjoint of `unfold`."""
    x = as_term(input)
    x, added = (op.expand_dims(x, axis=0), True) if x.ndim == 2 else (x, False)
    size, steps, gaps, pads = (_each(v, 2) for v in (kernel_size, stride, dilation, padding))
    whole = tuple(n + p * 2 for n, p in zip(_each(output_size, 2), pads, strict=True))
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
    return op.windows(x, axes=(at,), size=_each(size, 1), stride=_each(step, 1), dilation=(1,))


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
def torch_as_strided(input: Any, size: Any, stride: Any, storage_offset: Any = 0) -> Term:  # noqa: A002
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
    steps = [s * ITEM for s in _steps(x.shape)] if strides is None else [as_int(s) for s in strides]
    if any(s % ITEM for s in steps):
        raise TypeError("strides that cut entries apart are not followed")
    return torch_as_strided(x, shape, [s // ITEM for s in steps])


def _correlated(x: Term, w: Term, mode: str, *, first_size: bool, late: bool = False) -> Term:
    """Slide `w` over `x` with zeros around; `same` keeps the size of the first operand, or of the longer one.

    An even window has no middle: `late` takes the later of its two middles for `same`, as `correlate2d` does.
    """
    rank = x.ndim
    if w.ndim != rank or not rank:
        raise Misfit(f"operands with {x.ndim} and {w.ndim} axes cannot be convolved")
    if mode not in ("full", "same", "valid"):
        raise TypeError(f"convolution in the mode {mode} is not followed")
    full = tuple((k - 1, k - 1) for k in w.shape)
    widths = ((Size(0), Size(0)),) * 2 + (full if mode != "valid" else ((Size(0), Size(0)),) * rank)
    lifted = padded(op.expand_dims(x, axis=(0, 1)), widths, "constant", 0.0)
    ones = (1,) * rank
    out = op.squeeze(op.convolution(lifted, op.expand_dims(w, axis=(0, 1)), stride=ones, padding=(0,) * rank, dilation=ones),
                     axis=(0, 1))
    if mode != "same":
        return out
    starts = [(k - (not late)) // 2 if first_size else (min(int(k), int(n)) - 1) // 2 for n, k in zip(x.shape, w.shape, strict=True)]
    sizes = x.shape if first_size else [max(n, k) for n, k in zip(x.shape, w.shape, strict=True)]
    return read(out, tuple(slice(int(a), a + n) for a, n in zip(starts, sizes, strict=True)))


def _reversed(x: Term) -> Term:
    return op.flip(x, axis=0 if x.ndim == 1 else tuple(range(x.ndim)))


@spelled("numpy.convolve")
def np_convolve(a: Any, v: Any, mode: Any = "full") -> Term:
    """Sums of products of one sequence with the other reversed."""
    a, v = as_term(a), as_term(v)
    if v.sample.size > a.sample.size:
        a, v = v, a
    return _correlated(a, _reversed(v), mode, first_size=False)


@spelled("numpy.correlate")
def np_correlate(a: Any, v: Any, mode: Any = "valid") -> Term:
    """Sums of products of one sequence with the other moved along it."""
    a, v = as_term(a), as_term(v)
    if v.sample.size > a.sample.size:
        return _reversed(np_correlate(v, a, mode))
    return _correlated(a, v, mode, first_size=False)


@spelled("scipy.signal.convolve", "scipy.signal.convolve2d", "scipy.signal.fftconvolve")
def signal_convolve(in1: Any, in2: Any, mode: Any = "full", *args: Any, **_: Any) -> Term:
    """Convolution over all axes."""
    return _signal(as_term(in1), as_term(in2), mode, args, _, flip=True)


@spelled("scipy.signal.correlate")
def signal_correlate(in1: Any, in2: Any, mode: Any = "full", *args: Any, **_: Any) -> Term:
    """Correlation over all axes."""
    return _signal(as_term(in1), as_term(in2), mode, args, _, flip=False)


@spelled("scipy.signal.correlate2d")
def signal_correlate2d(in1: Any, in2: Any, mode: Any = "full", *args: Any, **_: Any) -> Term:
    """Correlation over two axes."""
    return _signal(as_term(in1), as_term(in2), mode, args, _, flip=False, late=True)


def _signal(x: Term, w: Term, mode: Any, args: tuple[Any, ...], options: dict[str, Any], *, flip: bool,
            late: bool = False) -> Term:
    if args and args[0] not in ("fill", "auto", "direct", "fft") or options.get("boundary", "fill") != "fill":
        raise TypeError("only zeros around are followed")
    if mode == "valid" and all(k > n for n, k in zip(x.shape, w.shape, strict=False)):
        if not flip:
            return _reversed(_correlated(w, x, mode, first_size=True))
        x, w = w, x
    return _correlated(x, _reversed(w) if flip else w, mode, first_size=True, late=late)


@spelled("torch.nn.functional.interpolate", "torch.nn.functional.upsample")
def interpolate(input: Any, size: Any = None, scale_factor: Any = None, mode: Any = "nearest",  # noqa: A002
                align_corners: Any = None, recompute_scale_factor: Any = None, antialias: Any = False) -> Term:
    """The last axes sampled at other distances, by the nearest entry or linearly between neighbours."""
    x = as_term(input)
    rank = x.ndim - 2
    if antialias or mode not in ("nearest", "linear", "bilinear", "trilinear"):
        raise TypeError(f"interpolation by {mode} is not followed")
    old = x.shape[2:]
    if size is not None:
        new = [n if n % o else (n // o) * o for n, o in zip(_each(size, rank), old, strict=True)]
        steps = [int(o) / int(n) for n, o in zip(new, old, strict=True)]
    else:
        factors = list(scale_factor) if isinstance(scale_factor, list | tuple) else [scale_factor] * rank
        new = [o * int(f) if f == int(f) else Size(int(o * f)) for f, o in zip(factors, old, strict=True)]
        steps = [int(o) / int(n) if recompute_scale_factor else 1 / f for f, n, o in zip(factors, new, old, strict=True)]
    if mode != "nearest":
        return _through(x, [_between(int(o), int(n), s, bool(align_corners)) for o, n, s in zip(old, new, steps, strict=True)])
    for axis, (o, n, step) in enumerate(zip(old, new, steps, strict=True), start=2):
        if n != o and n % o == 0:
            x = op.repeat(x, repeats=n // o, axis=axis)
        elif n != o:
            places = np.minimum((np.arange(int(n)) * step).astype(int), int(o) - 1)
            x = read(x, (*[slice(None)] * axis, current_graph().constant(places, (n,))))
    return x


def _between(old: int, new: int, step: float, corners: bool) -> Any:
    """The matrix that samples `old` entries linearly at `new` places."""
    at = np.arange(new) * ((old - 1) / max(new - 1, 1)) if corners else np.maximum((np.arange(new) + 0.5) * step - 0.5, 0)
    left = np.minimum(at.astype(int), old - 1)
    right, share = np.minimum(left + 1, old - 1), at - left
    matrix = np.zeros((old, new))
    np.add.at(matrix, (left, np.arange(new)), 1 - share)
    np.add.at(matrix, (right, np.arange(new)), share)
    return matrix


@spelled("torch.nn.functional.pixel_shuffle", "torch.pixel_shuffle")
def pixel_shuffle(input: Any, upscale_factor: Any) -> Term:  # noqa: A002 - torch's name
    """Channels moved into space: (N, C r r, H, W) becomes (N, C, H r, W r)."""
    x, r = as_term(input), dim(as_int(upscale_factor))
    *lead, c, h, w = x.shape
    if c % (r * r):
        raise Misfit(f"{c} channels cannot be spread over {r} by {r} places")
    n = len(lead)
    apart = reshaped(x, (*lead, c // (r * r), r, r, h, w))
    return reshaped(permuted(apart, (*range(n), n, n + 3, n + 1, n + 4, n + 2)), (*lead, c // (r * r), h * r, w * r))
