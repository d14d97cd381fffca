"""Spellings that reverse, roll, repeat and pad, and those of diagonals and triangles."""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.ops.layout import axes_in, axis_in
from nablint.shapes import Misfit, dim, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_axes, as_int, as_shape, as_term, current_graph, spread_args, vanished
from nablint.tracing.dialects.indexing import along, read
from nablint.tracing.dialects.layout import permuted, reshaped


def _flipped(base: Term, new: Term, *args: Any, **kwargs: Any) -> Term:
    return np_flip(new, *args, **kwargs)


@spelled("numpy.flip", unview=_flipped)
def np_flip(m: Any, axis: Any = None) -> Term:
    """Axes reversed."""
    m = as_term(m)
    axes = axes_in(as_axes(axis), m.ndim)
    return op.flip(m, axis=axes[0] if len(axes) == 1 else axes)


@spelled("numpy.fliplr", "torch.fliplr", "Tensor.fliplr", unview=lambda base, new: np_flip(new, 1))
def fliplr(m: Any) -> Term:
    """The second axis reversed."""
    return np_flip(m, 1)


@spelled("numpy.flipud", "torch.flipud", "Tensor.flipud", unview=lambda base, new: np_flip(new, 0))
def flipud(m: Any) -> Term:
    """The first axis reversed."""
    return np_flip(m, 0)


@spelled("torch.flip", "Tensor.flip")
def torch_flip(input: Any, *dims: Any, **_: Any) -> Term:
    """Axes reversed."""
    return np_flip(input, tuple(_["dims"] if "dims" in _ else spread_args(dims)))


@spelled("numpy.rot90", "torch.rot90", "Tensor.rot90")
def rot90(m: Any, k: Any = 1, axes: Any = (0, 1), **_: Any) -> Term:
    """Quarter turns in the plane of two axes, from the first towards the second."""
    m = as_term(m)
    a, b = axes_in(as_axes(_.get("dims", axes)), m.ndim)
    turns = as_int(k) % 4
    order = list(range(m.ndim))
    order[a], order[b] = b, a
    if turns == 0:
        return m
    if turns == 2:
        return op.flip(m, axis=(a, b))
    return permuted(np_flip(m, b), tuple(order)) if turns == 1 else np_flip(permuted(m, tuple(order)), b)


@spelled("numpy.roll", "torch.roll", "Tensor.roll")
def roll(a: Any, shift: Any = None, axis: Any = None, **_: Any) -> Term:
    """Entries moved along axes; what falls off one end comes in at the other."""
    return op.roll(as_term(a), shift=as_axes(_.get("shifts", shift)), axis=as_axes(_.get("dims", axis)))


def _repeated(x: Term, repeats: Any, axis: Any) -> Term:
    x, at = (reshaped(x, size_product(x.shape)), 0) if axis is None else (x, axis_in(as_int(axis), x.ndim))
    if isinstance(repeats, list | tuple):
        repeats = as_term(repeats)
    if isinstance(repeats, Term) and repeats.sample.size == 1:
        repeats = int(repeats.sample.reshape(()))
    if isinstance(repeats, int):
        if repeats < 0 or vanished(repeats):
            raise Misfit(f"entries cannot be repeated {repeats} times")
        return op.repeat(x, repeats=dim(repeats), axis=at)
    if repeats.sample.shape != (int(x.shape[at]),):
        raise Misfit(f"{x.shape[at]} entries need as many repetitions", ((x.shape[at], dim(repeats.sample.size)),))
    return read(x, along(at, current_graph().constant(np.repeat(np.arange(int(x.shape[at])), repeats.sample))))


@spelled("numpy.repeat", "ndarray.repeat")
def np_repeat(a: Any, repeats: Any, axis: Any = None) -> Term:
    """Every entry repeated along an axis."""
    return _repeated(as_term(a), repeats, axis)


@spelled("torch.repeat_interleave", "Tensor.repeat_interleave")
def repeat_interleave(input: Any, repeats: Any, dim: Any = None, **_: Any) -> Term:
    """Every entry repeated along an axis."""
    return _repeated(as_term(input), repeats, dim)


@spelled("numpy.tile", "torch.tile")
def np_tile(A: Any, reps: Any, **_: Any) -> Term:
    """The whole array repeated."""
    return tensor_repeat(as_term(A), reps)


@spelled("Tensor.repeat", "Tensor.tile")
def tensor_repeat(x: Term, *sizes: Any) -> Term:
    """The whole tensor repeated along its axes."""
    return op.tile(x, reps=as_shape(spread_args(sizes)))


_NUMPY_MODES = ("constant", "empty", "edge", "reflect", "symmetric", "wrap")
_TORCH_MODES = {"constant": "constant", "replicate": "edge", "reflect": "reflect", "circular": "wrap"}


def padded(x: Term, widths: tuple[tuple[int, int], ...], mode: str, value: Any) -> Term:
    """Padding: constant values, or entries of the array read again."""
    widths = tuple((dim(a), dim(b)) for a, b in widths)
    if not any(a or b for a, b in widths):
        return x
    if mode in ("constant", "empty"):
        while isinstance(value, list | tuple) and len(value) == 1:
            value = value[0]
        value = value.sample.item() if isinstance(value, Term) and not value.ndim else value
        if isinstance(value, Term | list | tuple):
            raise TypeError("padding with several values is not followed")
        return op.pad(x, pad_width=widths, **({"value": float(value)} if value else {}))
    if mode not in _NUMPY_MODES:
        raise TypeError(f"padding by {mode} is not followed")
    for axis, pair in enumerate(widths):
        if any(pair):
            places = np.pad(np.arange(int(x.shape[axis])), tuple(map(int, pair)), mode=mode)
            size = x.shape[axis] + pair[0] + pair[1]
            x = read(x, along(axis, current_graph().constant(places, (size,))))
    return x


@spelled("numpy.pad")
def np_pad(array: Any, pad_width: Any, mode: Any = "constant", *, constant_values: Any = 0, **_: Any) -> Term:
    """Entries before and after along every axis."""
    x = as_term(array)
    given = pad_width.sample.tolist() if isinstance(pad_width, Term) else pad_width
    if isinstance(given, dict):
        pairs = [given.get(a, given.get(a - x.ndim, (0, 0))) for a in range(x.ndim)]
    elif isinstance(given, int):
        pairs = [(given, given)] * x.ndim
    elif all(isinstance(g, list | tuple) for g in given):
        pairs = list(given) * (x.ndim if len(given) == 1 else 1)
    else:
        pairs = [tuple(given) * (2 if len(given) == 1 else 1)] * x.ndim
    pairs = [(p, p) if isinstance(p, int) else tuple(p) * (2 if len(p) == 1 else 1) for p in pairs]
    if len(pairs) != x.ndim:
        raise Misfit(f"{x.ndim} axes need as many paddings, {len(pairs)} are given", rank=len(pairs))
    return padded(x, tuple((as_int(a), as_int(b)) for a, b in pairs), mode, constant_values)


@spelled("torch.nn.functional.pad")
def torch_pad(input: Any, pad: Any, mode: Any = "constant", value: Any = None) -> Term:
    """Entries before and after, the last axis first; negative widths cut off."""
    x = as_term(input)
    given = [as_int(p) for p in pad]
    pairs = [(0, 0)] * x.ndim
    if len(given) % 2 or len(given) > 2 * x.ndim:
        raise Misfit(f"{len(given)} paddings do not fit {x.ndim} axes", rank=len(given) // 2,
                     least=True)
    for k in range(len(given) // 2):
        pairs[-1 - k] = (given[2 * k], given[2 * k + 1])
    if mode == "circular" and any(p < 0 for p in given):
        raise TypeError("cutting off in circles is not followed")
    x = padded(x, tuple((max(a, 0), max(b, 0)) for a, b in pairs), _TORCH_MODES.get(mode, mode), value)
    return read(x, tuple(slice(-a if a < 0 else None, b if b < 0 else None) for a, b in pairs))
