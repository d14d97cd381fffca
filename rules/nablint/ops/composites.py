"""Composite operations: their adjoints folded as people write them, their definitions in primitive cards.

The folded adjoint is for showing and for deriving; what is proved is proved by the definition.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.ops.axes import Axis, align, reduced_shape
from nablint.ops.card import Card, Operand, Template, add_up, constant_like, example, fit, op, register
from nablint.ops.families import binary
from nablint.ops.products import transposed as t
from nablint.shapes import Misfit, Shape, broadcast, dim, matmul_shape, show_shape


def along(shape: Shape, axis: Axis = -1, **_: Any) -> Shape:
    """The shape rule of what keeps its shape but needs its axis to be there."""
    reduced_shape(shape, axis)
    return tuple(map(dim, shape))


def _along_one_axis(text: str) -> Template:
    """Torch's softmax takes one axis."""

    def written(x: Operand, axis: Axis = -1) -> str:
        return text if isinstance(axis, int) else ""

    return written


def _softmax(x: Any, axis: Axis = -1) -> Any:
    raised = np.exp(x - np.real(x).max(axis=axis, keepdims=True))
    return raised / raised.sum(axis=axis, keepdims=True)


def _softmax_pull(g: Operand, y: Operand, axis: Axis) -> Operand:
    """y∘(g - Σ g∘y): the Jacobian diag(y) - y yᵀ is symmetric."""
    return y * (g - op.sum(g * y, axis=axis, keepdims=True))


register(Card(
    "softmax", _softmax, along, lambda G, out, x, axis=-1: (_softmax_pull(G, out, axis),),
    lambda out, args, dargs, axis=-1: _softmax_pull(dargs[0], out, axis),
    numpy="scipy.special.softmax({0}, axis={axis})",
    torch=_along_one_axis("torch.softmax({0}, dim={axis})"), text="softmax({0})",
    latex="\\mathrm{{softmax}}({0})", why="the Jacobian diag(p) - p pᵀ is symmetric",
    define=lambda x, axis=-1: op.exp(x) / op.sum(op.exp(x), axis=axis, keepdims=True),
    examples=(example("N C"), example("N C", axis=0), example("B C N", axis=1), example("C", axis=0),
              example("N C", axis=None)),
))


def _logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    top = np.real(x).max(axis=axis, keepdims=True)
    total = top + np.log(np.exp(x - top).sum(axis=axis, keepdims=True))
    return total if keepdims else total.squeeze(axis)


register(Card(
    "logsumexp", _logsumexp, reduced_shape,
    lambda G, out, x, axis=None, keepdims=False: (align(G, x, axis, keepdims) * op.softmax(x, axis=axis),),
    lambda out, args, dargs, axis=None, keepdims=False:
        op.sum(op.softmax(args[0], axis=axis) * dargs[0], axis=axis, keepdims=keepdims),
    numpy="scipy.special.logsumexp({0}, axis={axis}, keepdims={keepdims})",
    torch=lambda x, axis=None, keepdims=False: "torch.logsumexp({0}, dim={axis}, keepdim={keepdims})"
    if axis is not None else "" if keepdims else "torch.logsumexp({0}.flatten(), dim=0)", text="logsumexp({0})",
    latex="\\log\\sum e^{{{0}}}", why="d log Σ eˣ = Σ softmax(x)∘dx",
    define=lambda x, axis=None, keepdims=False: op.log(op.sum(op.exp(x), axis=axis, keepdims=keepdims)),
    examples=(example("N C"), example("N C", axis=-1), example("N C", axis=0, keepdims=True),
              example("B N C", axis=(0, 2))),
))


def _log_softmax_adjoint(G: Operand, out: Operand, x: Operand, axis: Axis = -1) -> tuple[Operand]:
    return (G - op.exp(out) * op.sum(G, axis=axis, keepdims=True),)


register(Card(
    "log_softmax", lambda x, axis=-1: x - _logsumexp(x, axis, True), along, _log_softmax_adjoint,
    lambda out, args, dargs, axis=-1: dargs[0] - op.sum(op.exp(out) * dargs[0], axis=axis, keepdims=True),
    numpy="scipy.special.log_softmax({0}, axis={axis})",
    torch=_along_one_axis("torch.log_softmax({0}, dim={axis})"),
    text="log softmax({0})", latex="\\log\\mathrm{{softmax}}({0})", why="d(x - log Σ eˣ) = dx - Σ softmax(x)∘dx",
    define=lambda x, axis=-1: x - op.log(op.sum(op.exp(x), axis=axis, keepdims=True)),
    examples=(example("N C"), example("N C", axis=0), example("C")),
))


def labels_to_mask(z: Operand, labels: Operand, axis: int) -> Operand:
    """Where the class along `axis` is the label: one-hot labels against the logits `z`."""
    at = axis % z.ndim
    classes = z.shape[at]
    every = constant_like(z, np.arange(int(classes)), (classes,))
    return op.equal(op.expand_dims(labels, axis=at), op.reshape(every, shape=(classes, *(1,) * (z.ndim - 1 - at))))


def _cross_entropy(z: Any, labels: Any, axis: int = -1) -> Any:
    picked = np.take_along_axis(z, np.expand_dims(np.asarray(np.real(labels), int), axis), axis)
    return (_logsumexp(z, axis, True) - picked).squeeze(axis)


def _cross_entropy_shape(z: Shape, labels: Shape, axis: int = -1) -> Shape:
    left = reduced_shape(z, axis)
    unequal = tuple((a, dim(b)) for a, b in zip(left, labels, strict=False) if a != b)
    if len(left) != len(labels) or unequal:
        raise Misfit(f"logits {show_shape(z)} need labels {show_shape(left)}, not {show_shape(labels)}", unequal)
    return left


register(Card(
    "cross_entropy", _cross_entropy, _cross_entropy_shape,
    lambda G, out, z, labels, axis=-1:
        (op.expand_dims(G, axis=axis) * (op.softmax(z, axis=axis) - labels_to_mask(z, labels, axis)), None),
    lambda out, args, dargs, axis=-1:
        op.sum((op.softmax(args[0], axis=axis) - labels_to_mask(args[0], args[1], axis)) * dargs[0],
               axis=axis, keepdims=False),
    numpy="scipy.special.logsumexp({0}, axis={axis}) - {0}[np.arange(len({1})), {1}]",
    torch="torch.nn.functional.cross_entropy({0}, {1}, reduction='none')", text="cross_entropy({0}, {1})",
    latex="\\mathrm{{CE}}({0}, {1})", why="d(log Σ eᶻ - z_y) = (softmax(z) - onehot(y))∘dz",
    define=lambda z, labels, axis=-1:
        op.log(op.sum(op.exp(z), axis=axis, keepdims=False))
        - op.sum(z * labels_to_mask(z, labels, axis), axis=axis, keepdims=False),
    examples=(example("N C", "N : index C"), example("N C D", "N D : index C", axis=1), example("C", ": index C")),
))
binary("bce_with_logits", lambda z, y: op.softplus(z) - y * z, lambda g, z, y, out: g * (op.sigmoid(z) - y),
       lambda g, z, y, out: -g * z, "d(log(1 + eᶻ) - y z) = (σ(z) - y) dz", text="bce({0}, {1})",
       latex="\\mathrm{{BCE}}({0}, {1})", numpy="np.logaddexp(0, {0}) - {1} * {0}",
       torch="torch.nn.functional.softplus({0}) - {1} * {0}",
       domains=("real", "probability"), define=lambda z, y: op.log(1 + op.exp(z)) - y * z)


def _spread(x: Operand, axis: Axis, eps: float) -> Operand:
    return op.sqrt(op.var(x, axis=axis, keepdims=True, ddof=0) + eps)


def _standardize_pull(g: Operand, x: Operand, y: Operand, axis: Axis, eps: float) -> Operand:
    """(g - mean g - y mean(g∘y)) / σ: a projection, so it is its own adjoint."""
    g_mean, gy_mean = (op.mean(v, axis=axis, keepdims=True) for v in (g, g * y))
    return (g - g_mean - y * gy_mean) / _spread(x, axis, eps)


register(Card(
    "standardize", lambda x, axis=-1, eps=1e-5: (x - x.mean(axis=axis, keepdims=True)) / _spread(x, axis, eps), along,
    lambda G, out, x, axis=-1, eps=1e-5: (_standardize_pull(G, x, out, axis, eps),),
    lambda out, args, dargs, axis=-1, eps=1e-5: _standardize_pull(dargs[0], args[0], out, axis, eps),
    numpy="({0} - np.mean({0}, axis={axis}, keepdims=True)) / np.sqrt(np.var({0}, axis={axis}, keepdims=True) + {eps})",
    torch="({0} - {0}.mean({axis}, True)) / torch.sqrt({0}.var({axis}, correction=0, keepdim=True) + {eps})",
    text="standardize({0}, axis={axis})", latex="\\frac{{{0} - \\mu}}{{\\sqrt{{\\sigma^2 + \\epsilon}}}}",
    why="mean and deviation are functions of x too: their parts project g (Ioffe and Szegedy 2015, section 3)",
    define=lambda x, axis=-1, eps=1e-5:
        (x - op.mean(x, axis=axis, keepdims=True)) / op.sqrt(op.var(x, axis=axis, keepdims=True, ddof=0) + eps),
    examples=(example("N D"), example("N D", axis=0, eps=0.1), example("N 3 H W", axis=(0, 2, 3))),
))


def _rms(x: Operand, axis: Axis, eps: float) -> Operand:
    return op.sqrt(op.mean(x * x, axis=axis, keepdims=True) + eps)


def _rms_pull(g: Operand, x: Operand, y: Operand, axis: Axis, eps: float) -> Operand:
    return (g - y * op.mean(g * y, axis=axis, keepdims=True)) / _rms(x, axis, eps)


register(Card(
    "rms_norm", lambda x, axis=-1, eps=1e-6: x / _rms(x, axis, eps), along,
    lambda G, out, x, axis=-1, eps=1e-6: (_rms_pull(G, x, out, axis, eps),),
    lambda out, args, dargs, axis=-1, eps=1e-6: _rms_pull(dargs[0], args[0], out, axis, eps),
    numpy="{0} / np.sqrt(np.mean({0} ** 2, axis={axis}, keepdims=True) + {eps})",
    torch="{0} / torch.sqrt(torch.mean({0} ** 2, dim={axis}, keepdim=True) + {eps})", text="rms_norm({0})",
    latex="\\frac{{{0}}}{{\\mathrm{{rms}}({0})}}", binding=2, why="the part of g along y is lost with the scale",
    define=lambda x, axis=-1, eps=1e-6: x / op.sqrt(op.mean(x * x, axis=axis, keepdims=True) + eps),
    examples=(example("N D"), example("B N D", axis=(-2, -1), eps=0.1)),
))


def scores(q: Operand, k: Operand, mask: tuple[Operand, ...], scale: float) -> Operand:
    """The scaled and masked products of queries and keys; a mask is added to them."""
    product = (q @ t(k)) * scale
    return add_up((product, *mask))


def _attention(q: Operand, k: Operand, v: Operand, *mask: Operand, scale: float = 1.0) -> Operand:
    return op.softmax(scores(q, k, mask, scale), axis=-1) @ v


def _attention_shape(q: Shape, k: Shape, v: Shape, *mask: Shape, scale: float = 1.0) -> Shape:
    product = matmul_shape(q, (*k[:-2], k[-1], k[-2]))
    return matmul_shape(broadcast(product, *mask), v)


def _attention_adjoint(G: Operand, out: Operand, q: Operand, k: Operand, v: Operand, *mask: Operand,
                       scale: float = 1.0) -> tuple[Operand, ...]:
    weights = op.softmax(scores(q, k, mask, scale), axis=-1)
    back = _softmax_pull(G @ t(v), weights, -1)
    return (fit((back @ k) * scale, q), fit((t(back) @ q) * scale, k), fit(t(weights) @ G, v),
            *(fit(back, m) for m in mask))


def _attention_differential(out: Operand, args: Any, dargs: Any, scale: float = 1.0) -> Operand:
    (q, k, v, *mask), (dq, dk, dv, *dmask) = args, dargs
    weights = op.softmax(scores(q, k, tuple(mask), scale), axis=-1)
    moved = [None if dq is None else (dq @ t(k)) * scale, None if dk is None else (q @ t(dk)) * scale, *dmask]
    parts = [None if all(m is None for m in moved) else _softmax_pull(add_up(moved), weights, -1) @ v,
             None if dv is None else weights @ dv]
    return add_up(parts)


register(Card(
    "attention", _attention, _attention_shape, _attention_adjoint, _attention_differential,
    numpy=lambda q, k, v, *mask, scale=1.0: "scipy.special.softmax({scale} * {0} @ "
    + ("{1}.T" if k.ndim == 2 else "np.swapaxes({1}, -1, -2)") + (" + {3}" if mask else "") + ", axis=-1) @ {2}",
    torch=lambda q, k, v, *mask, scale=1.0: "torch.nn.functional.scaled_dot_product_attention({0}, {1}, {2}"
    + (", attn_mask={3}" if mask else "") + ", scale={scale})",
    text="softmax({scale} {0} {1}ᵀ) {2}", latex="\\mathrm{{softmax}}({scale} {0} {1}^\\top) {2}", binding=2,
    why="Vaswani et al. 2017, equation 1: products around a softmax over the keys",
    define=lambda q, k, v, *mask, scale=1.0:
        op.exp(scores(q, k, mask, scale)) / op.sum(op.exp(scores(q, k, mask, scale)), axis=-1, keepdims=True) @ v,
    examples=(example("T D", "S D", "S M", scale=0.5), example("B T D", "B S D", "B S M"),
              example("B 2 T D", "B 2 S D", "B 2 S M", "T S", scale=0.7)),
))


def _norm(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return np.sqrt((x * x).sum(axis=axis, keepdims=keepdims))


register(Card(
    "norm", _norm, reduced_shape,
    lambda G, out, x, axis=None, keepdims=False: (align(G / out, x, axis, keepdims) * x,),
    lambda out, args, dargs, axis=None, keepdims=False:
        op.sum(args[0] * dargs[0], axis=axis, keepdims=keepdims) / out,
    numpy="np.linalg.norm({0}, axis={axis}, keepdims={keepdims})",
    torch="torch.linalg.vector_norm({0}, dim={axis}, keepdim={keepdims})", text="‖{0}‖",
    latex="\\lVert {0} \\rVert", why="d‖x‖ = ⟨x, dx⟩/‖x‖",
    define=lambda x, axis=None, keepdims=False: op.sqrt(op.sum(x * x, axis=axis, keepdims=keepdims)),
    examples=(example("N D"), example("N D", axis=1), example("N D", axis=-1, keepdims=True),
              example("B N D", axis=(1, 2))),
))
