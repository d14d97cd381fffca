"""Windows and convolutions.

A convolution is a contraction of the windows of its input with the weights, so its three partners (the result, the
cotangent of the input, the cotangent of the weights) are each bilinear in the two others, and each one's adjoints are
the other two (Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, sections 2 and 4).
Weights are (C_out, C_in / groups, *kernel), inputs (N, C_in, *sizes); "convolution" is the correlation of machine
learning, without a flip.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nablint.ops.arranging import padded_array
from nablint.ops.card import Card, Operand, actual_shape, example, op, register
from nablint.ops.layout import axes_in, shape_of
from nablint.shapes import Misfit, Shape, Size, dim, show_shape

Sizes = tuple[int, ...]


def positions(size: int, window: int, stride: int, dilation: int = 1) -> Size:
    """How many places a window has along an axis; raises `Misfit` where it does not fit at all."""
    span = dim(dilation) * (dim(window) - 1) + 1
    if window < 1 or span > size:
        raise Misfit(f"a window of {span} does not fit into {dim(size)}", below=(dim(size) - span + 1,))
    rest = dim(size) - span
    return (rest // dim(stride) if stride != 1 else rest) + 1


def _windows(x: Any, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    rank = x.ndim
    shape, steps = list(x.shape), list(x.strides)
    extra, extra_steps = [], []
    for a, k, s, d in zip(axes, size, stride, dilation, strict=True):
        a %= rank
        extra.append(int(k))
        extra_steps.append(x.strides[a] * d)
        shape[a] = (x.shape[a] - d * (k - 1) - 1) // s + 1
        steps[a] = x.strides[a] * s
        if k < 1 or x.shape[a] < d * (k - 1) + 1:
            raise ValueError("the window does not fit")
    return as_strided(x, (*map(int, shape), *extra), (*steps, *extra_steps), writeable=False)


def _windows_shape(x: Shape, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Shape:
    out = list(map(dim, x))
    for a, k, s, d in zip(axes_in(axes, len(x)), size, stride, dilation, strict=True):
        out[a] = positions(x[a], k, s, d)
    return (*out, *map(dim, size))


def _unwindow(G: Any, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes, shape: Sizes) -> Any:
    out = np.zeros(tuple(map(int, shape)), G.dtype)
    rank = len(shape)
    for offset in product(*(range(k) for k in size)):
        place: list[Any] = [slice(None)] * rank
        for a, o, s, d in zip(axes, offset, stride, dilation, strict=True):
            place[a] = slice(o * d, o * d + s * (G.shape[a % rank] - 1) + 1, s)
        out[tuple(place)] += G[(..., *offset)]
    return out


def _unwindow_shape(G: Shape, axes: Sizes, size: Sizes, stride: Sizes, dilation: Sizes, shape: Sizes) -> Shape:
    whole = tuple(map(dim, shape))
    wanted = _windows_shape(whole, axes, size, stride, dilation)
    if len(wanted) != len(G) or any(a != b for a, b in zip(wanted, G, strict=True)):
        raise Misfit(f"windows of {show_shape(whole)} are {show_shape(wanted)}, not {show_shape(G)}",
                     tuple((dim(a), dim(b)) for a, b in zip(wanted, G, strict=False) if a != b))
    return whole


register(Card(
    name="windows",
    evaluate=_windows,
    shape=_windows_shape,
    adjoint=lambda G, out, x, **p: (op.unwindow(G, **p, shape=tuple(shape_of(x))),),
    numpy="sliding_window_view({0}, {size}, {axes})", torch="{0}.unfold({axes}, {size}, {stride})",
    latex="\\operatorname{{windows}}({0})", text="windows({0})",
    why="an entry collects its cotangents from all the windows it stands in",
    examples=(example("N 7", axes=(1,), size=(3,), stride=(2,), dilation=(1,)),
              example("N 7 8", axes=(1, 2), size=(2, 3), stride=(1, 2), dilation=(2, 1))),
))

register(Card(
    name="unwindow",
    evaluate=_unwindow,
    shape=_unwindow_shape,
    adjoint=lambda G, out, x, shape, **p: (op.windows(G, **p),),
    numpy="overlap_add({0}, {shape})", torch="torch.nn.functional.fold({0}, {shape}, {size})",
    latex="\\operatorname{{overlapadd}}({0})", text="overlapadd({0})",
    why="what was added into an entry reads that entry's cotangent",
    examples=(example("N 3 2", axes=(1,), size=(2,), stride=(2,), dilation=(1,), shape=lambda n: (n["N"], 7)),
              example("3 4 2 2", axes=(0, 1), size=(2, 2), stride=(1, 1), dilation=(1, 1), shape=(4, 5))),
))


def _of_padded(x: Any, size: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Any:
    """The windows of a padded input: (N, C, *positions, *kernel)."""
    if any(padding):
        x = padded_array(x, ((0, 0), (0, 0), *((p, p) for p in padding)))
    return _windows(x, tuple(range(2, x.ndim)), size, stride, dilation)


def _grouped(x: Any, groups: int, axis: int) -> Any:
    """The channels cut into groups, the groups first."""
    cut = x.reshape(*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1:])
    return np.moveaxis(cut, axis, 0)


def _convolve(x: Any, w: Any, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int = 1) -> Any:
    rank = len(stride)
    found = _of_padded(x, w.shape[2:], stride, padding, dilation)
    kernel = tuple(range(2 + rank, 2 + 2 * rank))
    axes = ((1, *kernel), tuple(range(1, 2 + rank)))
    if groups == 1:
        return np.moveaxis(np.tensordot(found, w, axes), -1, 1)
    if x.shape[1] % groups or w.shape[0] % groups:
        raise ValueError("the channels do not fit the groups")
    parts = [np.tensordot(a, b, axes) for a, b in zip(_grouped(found, groups, 1), _grouped(w, groups, 0), strict=True)]
    return np.moveaxis(np.concatenate(parts, -1), -1, 1)


def _input_back(G: Any, w: Any, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int = 1) -> Any:
    rank = len(stride)
    if groups == 1:
        spread = np.tensordot(G, w, ((1,), (0,)))
    else:
        pairs = zip(_grouped(G, groups, 1), _grouped(w, groups, 0), strict=True)
        parts = [np.tensordot(g, v, ((1,), (0,))) for g, v in pairs]
        spread = np.concatenate(parts, 1 + rank)
    spread = np.moveaxis(spread, 1 + rank, 1)
    whole = (*shape[:2], *(n + 2 * p for n, p in zip(shape[2:], padding, strict=True)))
    out = _unwindow(spread, tuple(range(2, 2 + rank)), w.shape[2:], stride, dilation, whole)
    return out[(slice(None), slice(None), *(slice(p, p + n) for n, p in zip(shape[2:], padding, strict=True)))]


def _weight_back(x: Any, G: Any, shape: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int = 1) -> Any:
    rank = len(stride)
    found = _of_padded(x, shape[2:], stride, padding, dilation)
    found = found[(slice(None), slice(None), *(slice(n) for n in G.shape[2:]))]
    axes = ((0, *range(2, 2 + rank)), (0, *range(2, 2 + rank)))
    if groups == 1:
        return np.tensordot(G, found, axes)
    parts = [np.tensordot(g, f, axes) for g, f in zip(_grouped(G, groups, 1), _grouped(found, groups, 1), strict=True)]
    return np.concatenate(parts, 0)


def _check(x: Shape, w: Shape, stride: Sizes, groups: int) -> None:
    rank = len(stride)
    if len(x) != rank + 2 or len(w) != rank + 2:
        raise Misfit(f"a convolution over {rank} axes needs {rank + 2} axes, not {show_shape(x)} and {show_shape(w)}")
    if x[1] != w[1] * groups:
        raise Misfit(f"{show_shape(x)} has {dim(x[1])} channels, the weights {show_shape(w)} take {dim(w[1]) * groups}",
                     ((dim(x[1]), dim(w[1]) * groups),))
    if w[0] % groups:
        raise Misfit(f"{dim(w[0])} output channels do not divide into {groups} groups")


def _convolved(x: Shape, w: Shape, stride: Sizes, padding: Sizes, dilation: Sizes, groups: int = 1) -> Shape:
    _check(x, w, stride, groups)
    places = (positions(dim(n) + 2 * p, k, s, d)
              for n, k, s, p, d in zip(x[2:], w[2:], stride, padding, dilation, strict=True))
    return (dim(x[0]), dim(w[0]), *places)


def _matching(got: Shape, wanted: Shape, what: str, *, at_most: bool = False) -> None:
    if len(got) != len(wanted) or any(a > b if at_most and k > 1 else a != b
                                      for k, (a, b) in enumerate(zip(got, wanted, strict=True))):
        raise Misfit(f"{what} is {show_shape(wanted)}, not {show_shape(got)}",
                     tuple((dim(a), dim(b)) for a, b in zip(got, wanted, strict=False) if a != b))


def _input_shape(G: Shape, w: Shape, shape: Sizes, **params: Any) -> Shape:
    whole = tuple(map(dim, shape))
    _matching(G, _convolved(whole, w, **params), "the convolution's result", at_most=True)
    return whole


def _weight_shape(x: Shape, G: Shape, shape: Sizes, **params: Any) -> Shape:
    whole = tuple(map(dim, shape))
    _matching(G, _convolved(x, whole, **params), "the convolution's result", at_most=True)
    return whole


def _cut_to(found: Operand, wanted: Operand) -> Operand:
    """Without the places that an enlarged output has at its ends (`output_padding`)."""
    if actual_shape(found) == actual_shape(wanted):
        return found
    return op.getitem(found, index=tuple(("slice", None, n, None) for n in shape_of(wanted)))


def _size_of(x: Operand) -> Shape:
    return tuple(shape_of(x))


_EXAMPLES: tuple[dict[str, Any], ...] = (
    {"stride": (1,), "padding": (1,), "dilation": (1,)},
    {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)},
    {"stride": (1, 2), "padding": (0, 1), "dilation": (1, 1), "groups": 2},
)
_X, _W, _G = ("N 3 6", "N 3 7 6", "N 4 5 6"), ("2 3 3", "D 3 3 2", "6 2 2 3"), ("N 2 6", "N D 4 4", "N 6 4 3")

register(Card(
    name="convolution",
    evaluate=_convolve,
    shape=_convolved,
    adjoint=lambda G, out, x, w, **p: (op.convolution_input(G, w, shape=_size_of(x), **p),
                                       op.convolution_weight(x, G, shape=_size_of(w), **p)),
    numpy="convolution({0}, {1}, {stride}, {padding})",
    torch="torch.convolution({0}, {1}, None, {stride}, {padding})",
    latex="{0} \\star {1}", text="{0} ⋆ {1}", binding=2,
    why="each weight meets the windows' entries, each entry the weights of the windows it stands in",
    examples=tuple(example(x, w, **p) for x, w, p in zip(_X, _W, _EXAMPLES, strict=True)),
))

register(Card(
    name="convolution_input",
    evaluate=_input_back,
    shape=_input_shape,
    adjoint=lambda G, out, g, w, shape, **p: (_cut_to(op.convolution(G, w, **p), g),
                                              op.convolution_weight(G, g, shape=_size_of(w), **p)),
    numpy="convolution_input({0}, {1}, {shape})",
    torch="torch.nn.grad.conv2d_input({shape}, {1}, {0}, {stride}, {padding})",
    latex="{0} \\star^{{\\top}} {1}", text="{0} ⋆ᵀ {1}", binding=2,
    why="the transposed convolution: its transpose is the convolution",
    examples=tuple(example(g, w, shape=lambda n, x=x: tuple(n[a] if a in n else int(a) for a in x.split()), **p)
                   for x, w, g, p in zip(_X, _W, _G, _EXAMPLES, strict=True)),
))

register(Card(
    name="convolution_weight",
    evaluate=_weight_back,
    shape=_weight_shape,
    adjoint=lambda G, out, x, g, shape, **p: (op.convolution_input(g, G, shape=_size_of(x), **p),
                                              op.convolution(x, G, **p)),
    numpy="convolution_weight({0}, {1}, {shape})",
    torch="torch.nn.grad.conv2d_weight({0}, {shape}, {1}, {stride}, {padding})",
    latex="{0} \\star {1}", text="{0} ⋆ {1}", binding=2,
    why="the windows of the input contracted with the cotangents of the places they stand at",
    examples=tuple(example(x, g, shape=lambda n, w=w: tuple(n[a] if a in n else int(a) for a in w.split()), **p)
                   for x, w, g, p in zip(_X, _W, _G, _EXAMPLES, strict=True)),
))
