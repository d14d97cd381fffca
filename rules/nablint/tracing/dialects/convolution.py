"""Spellings of convolution: torch.nn.functional, numpy, scipy.signal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.shapes import Misfit, Size
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.arranging import padded
from nablint.tracing.dialects.context import as_int, as_shape, as_term
from nablint.tracing.dialects.indexing import read
from nablint.tracing.dialects.layout import reshaped

Sizes = tuple[Size, ...]


def each(value: Any, rank: int) -> Sizes:
    """One number for each axis."""
    given = as_shape(value)
    if len(given) == 1:
        given *= rank
    if len(given) != rank:
        raise Misfit(f"{len(given)} numbers are given for {rank} axes")
    return given


def batched(x: Term, rank: int) -> tuple[Term, bool]:
    """With a batch axis, and whether it was added."""
    return (op.expand_dims(x, axis=0), True) if x.ndim == rank + 1 else (x, False)


def around(x: Term, padding: Sizes, value: float = 0.0) -> Term:
    """The last axes padded on both sides."""
    lead = x.ndim - len(padding)
    return padded(x, (((Size(0), Size(0)),) * lead) + tuple((p, p) for p in padding), "constant", value)


def _with_bias(out: Term, bias: Any, rank: int) -> Term:
    if bias is None:
        return out
    bias = as_term(bias)
    return out + reshaped(bias, (bias.shape[0], *[1] * rank))


def _convolution(rank: int) -> Callable[..., Term]:
    def call(input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
             groups: Any = 1) -> Term:
        w, steps, gaps = as_term(weight), each(stride, rank), each(dilation, rank)
        x, added = batched(as_term(input), rank)
        if padding == "same":
            spans = [d * (k - 1) for k, d in zip(w.shape[2:], gaps, strict=True)]
            x = padded(x, ((0, 0), (0, 0)) + tuple((s // 2, s - s // 2) for s in spans), "constant", 0.0)
            padding = 0
        params = _params(steps, each(0 if padding == "valid" else padding, rank), gaps, groups)
        out = _with_bias(op.convolution(x, w, **params), bias, rank)
        return op.squeeze(out, axis=0) if added else out

    return call


def _params(stride: Sizes, padding: Sizes, dilation: Sizes, groups: Any) -> dict[str, Any]:
    count = as_int(groups)
    return {"stride": stride, "padding": padding, "dilation": dilation, **({"groups": count} if count != 1 else {})}


def _transposed(rank: int) -> Callable[..., Term]:
    def call(input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, output_padding: Any = 0,
             groups: Any = 1, dilation: Any = 1) -> Term:
        w, steps, gaps, pads = as_term(weight), each(stride, rank), each(dilation, rank), each(padding, rank)
        x, added = batched(as_term(input), rank)
        if x.ndim != rank + 2 or w.ndim != rank + 2:
            raise Misfit(f"a transposed convolution over {rank} axes needs {rank + 2} axes")
        sizes = ((n - 1) * s - p * 2 + d * (k - 1) + more + 1 for n, s, p, d, k, more in zip(
            x.shape[2:], steps, pads, gaps, w.shape[2:], each(output_padding, rank), strict=True))
        shape = (x.shape[0], w.shape[1] * as_int(groups), *sizes)
        out = _with_bias(op.convolution_input(x, w, shape=shape, **_params(steps, pads, gaps, groups)), bias, rank)
        return op.squeeze(out, axis=0) if added else out

    return call


def _gradient(rank: int, name: str) -> Callable[..., Term]:
    """The cotangents of a convolution's input or weights, as `torch.nn.grad` spells them."""

    def of_input(input_size: Any, weight: Any, grad_output: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1,
                 groups: Any = 1) -> Term:
        params = _params(each(stride, rank), each(padding, rank), each(dilation, rank), groups)
        return op.convolution_input(as_term(grad_output), as_term(weight), shape=as_shape(input_size), **params)

    def of_weight(input: Any, weight_size: Any, grad_output: Any, stride: Any = 1, padding: Any = 0,
                  dilation: Any = 1, groups: Any = 1) -> Term:
        params = _params(each(stride, rank), each(padding, rank), each(dilation, rank), groups)
        return op.convolution_weight(as_term(input), as_term(grad_output), shape=as_shape(weight_size), **params)

    return of_input if name == "input" else of_weight


for _rank in (1, 2, 3):
    _where = "torch.nn.functional"
    spelled(f"{_where}.conv{_rank}d", f"torch.conv{_rank}d")(_convolution(_rank))
    spelled(f"{_where}.conv_transpose{_rank}d", f"torch.conv_transpose{_rank}d")(_transposed(_rank))
    for _name in ("input", "weight"):
        spelled(f"torch.nn.grad.conv{_rank}d_{_name}")(_gradient(_rank, _name))


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
    window = op.expand_dims(w, axis=(0, 1))
    out = op.squeeze(op.convolution(lifted, window, stride=ones, padding=(0,) * rank, dilation=ones), axis=(0, 1))
    if mode != "same":
        return out
    pairs = list(zip(x.shape, w.shape, strict=True))
    starts = [(k - (not late)) // 2 if first_size else (min(int(k), int(n)) - 1) // 2 for n, k in pairs]
    sizes = x.shape if first_size else [max(n, k) for n, k in pairs]
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
    if (args and args[0] not in ("fill", "auto", "direct", "fft")) or options.get("boundary", "fill") != "fill":
        raise TypeError("only zeros around are followed")
    if mode == "valid" and all(k > n for n, k in zip(x.shape, w.shape, strict=False)):
        if not flip:
            return _reversed(_correlated(w, x, mode, first_size=True))
        x, w = w, x
    return _correlated(x, _reversed(w) if flip else w, mode, first_size=True, late=late)
