"""Convolution, pooling and windows: every line must mean to nablint what it means to numpy, scipy or torch.

Names in the lines: x (N, C, H, W), w (F, C, 3, 2), b (F), z (N, C, L), k (F, C, 3), g (N, F, 6, 4) a cotangent of
conv2d(x, w, padding=1), a (9), e (4), p (6, 7), q (3, 2), m (C, F, 3, 2), d (F, 1, 3, 2) for groups.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from nablint.calculus.gradient import gradients
from nablint.calculus.terms import Graph
from nablint.shapes import show_shape
from nablint.tracing.dialects.context import using
from tracing.dialects.spoken import Names, Spoken, heard, shape_in, symbols

SIZES = {"N": 3, "C": 2, "F": 4, "H": 6, "W": 5, "L": 8}
SHAPES = {"x": "N C H W", "w": "F C 3 2", "b": "F", "z": "N C L", "k": "F C 3", "g": "N F 6 6", "a": "9", "e": "4",
          "p": "6 7", "q": "3 2", "m": "C F 3 2", "d": "F 1 3 2", "cols": "N 12 16"}

NUMPY = """
np.convolve(a, e)
np.convolve(a, e, "same")
np.convolve(a, e, mode="valid")
np.convolve(e, a)
np.convolve(e, a, "same")
np.correlate(a, e)
np.correlate(a, e, "full")
np.correlate(a, e, "same")
np.correlate(e, a)
signal.convolve2d(p, q)
signal.convolve2d(p, q, "valid")
signal.convolve2d(p, q, mode="same")
signal.correlate2d(p, q, "valid")
signal.correlate2d(p, q)
signal.correlate2d(p, q, "same")
signal.correlate(p, q, "same")
signal.correlate(a, e, mode="same")
signal.fftconvolve(a, e, "same")
signal.convolve(x[0, 0], q, "same")
signal.correlate2d(x[0, 0], q[::-1], "valid")
np.lib.stride_tricks.sliding_window_view(a, 3)
np.lib.stride_tricks.sliding_window_view(p, (3, 2))
np.lib.stride_tricks.sliding_window_view(p, 2, axis=1)
np.lib.stride_tricks.as_strided(p, shape=(4, 3, 6, 2), strides=p.strides[:1] * 2 + p.strides[1:] * 2)
np.lib.stride_tricks.as_strided(x, (N, C, H - 2, W - 1, 3, 2), (*x.strides, x.strides[2], x.strides[3]))
"""

TORCH = """
F_.conv2d(x, w)
F_.conv2d(x, w, b)
F_.conv2d(x, w, b, stride=2, padding=1)
F_.conv2d(x, w, None, (2, 1), (0, 1))
F_.conv2d(x, w, padding=(1, 2), dilation=(2, 1))
F_.conv1d(z, k, padding="same")
F_.conv2d(x, w, padding="valid")
F_.conv2d(x, d, b, groups=2)
F_.conv2d(x[0], w)
F_.conv1d(z, k, padding=1)
F_.conv1d(z, k, stride=3)
F_.conv3d(x[:, :, None], w[:, :, None], b)
F_.conv_transpose2d(x, m)
F_.conv_transpose2d(x, m, b, stride=2, padding=1, output_padding=1)
F_.conv_transpose1d(z, k.transpose(0, 1))
torch.nn.grad.conv2d_input(x.shape, w, g, padding=1)
torch.nn.grad.conv2d_weight(x, w.shape, g, padding=1)
F_.max_pool2d(x, 2)
F_.max_pool2d(x, (3, 2), stride=1)
F_.max_pool2d(x, 3, 2, 1)
F_.max_pool1d(z, 2)
F_.avg_pool2d(x, 2)
F_.avg_pool2d(x, 3, stride=2, padding=1)
F_.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
F_.avg_pool1d(z, 3, 1)
F_.adaptive_avg_pool2d(x, 1)
F_.adaptive_avg_pool2d(x, (3, 5))
F_.adaptive_avg_pool2d(x, (2, None))
F_.adaptive_max_pool2d(x, 1)
F_.unfold(x, (3, 2))
F_.unfold(x, 3, padding=1, stride=2)
F_.unfold(x, kernel_size=2, dilation=2)
F_.fold(cols, (H, W), (3, 2))
F_.fold(F_.unfold(x, 2, stride=2), (H, W), 2, stride=2)
F_.fold(F_.unfold(x, 3, padding=1), (H, W), 3, padding=1)
z.unfold(2, 3, 2)
x.unfold(2, 3, 1).unfold(3, 2, 1)
torch.as_strided(z, (N, 3, 4), (C * L, 1, 2))
x.stride()
F_.interpolate(x, scale_factor=2)
F_.interpolate(z, size=16)
F_.pixel_shuffle(x.reshape(N, 4, 3, 5), 2)
"""


def values() -> dict[str, Any]:
    rng = np.random.default_rng(12)
    out: dict[str, Any] = {}
    for name, axes in SHAPES.items():
        shape = tuple(SIZES[a] if a in SIZES else int(a) for a in axes.split())
        out[name] = rng.permutation(int(np.prod(shape))).reshape(shape) / np.prod(shape) + 0.1 - 0.5 * rng.random(shape)
    return out


def lines(text: str) -> list[str]:
    return [line for line in text.strip().splitlines() if line]


def say(line: str, dialect: str) -> Any:
    graph = Graph()
    sizes, leaves = symbols(SIZES), {}
    for name, value in values().items():
        leaves[name] = graph.leaf(name, value, shape_in(sizes, SHAPES[name]))
    scope: dict[str, Any] = {"np": Names("numpy"), "torch": Names("torch"), "F_": Names("torch.nn.functional")}
    scope |= {"signal": Names("scipy.signal"), **sizes, **{n: Spoken(leaf, dialect) for n, leaf in leaves.items()}}
    with using(graph):
        said = eval(line, scope)  # noqa: S307 - our own lines
    return said, leaves, graph


@pytest.mark.parametrize("line", lines(NUMPY))
def test_numpy_line(line: str) -> None:
    signal = pytest.importorskip("scipy.signal") if "signal" in line else None
    theirs = eval(line, {"np": np, "signal": signal, **SIZES, **values()})  # noqa: S307 - our own lines
    ours, _, _ = say(line, "numpy")
    np.testing.assert_allclose(heard(ours), theirs, atol=1e-12)


@pytest.mark.parametrize("line", lines(TORCH))
def test_torch_line_and_its_gradient(line: str) -> None:
    torch = pytest.importorskip("torch")
    tensors = {n: torch.tensor(v, requires_grad=True) for n, v in values().items()}
    theirs = eval(line, {"torch": torch, "F_": torch.nn.functional, **SIZES, **tensors})  # noqa: S307 - our own lines
    ours, leaves, graph = say(line, "torch")
    if not isinstance(theirs, torch.Tensor):
        assert ours == theirs
        return
    np.testing.assert_allclose(heard(ours), heard(theirs), atol=1e-12)
    G = np.random.default_rng(2).normal(size=tuple(theirs.shape))
    wanted = torch.autograd.grad(theirs, tensors.values(), torch.tensor(G), allow_unused=True)
    found = gradients({ours.term: graph.leaf("G", G, ours.term.shape)}, leaves.values())
    for (name, leaf), grad in zip(leaves.items(), wanted, strict=True):
        if grad is not None:
            np.testing.assert_allclose(found[leaf].sample, grad.numpy(), err_msg=f"{line}: {name}", atol=1e-12)


@pytest.mark.parametrize(("line", "shape"), [
    ("F_.conv2d(x, w)", "(N, F, H - 2, W - 1)"),
    ("F_.conv2d(x, w, stride=2, padding=1)", "(N, F, (H + 1)//2, W//2 + 1)"),
    ("F_.max_pool2d(x, 2, 2)", "(N, C, H//2, W//2)"),
    ("F_.conv_transpose2d(x, m, stride=2)", "(N, F, 2*H + 1, 2*W)"),
    ("F_.unfold(x, 1)", "(N, C, H*W)"),
])
def test_sizes_keep_their_symbols(line: str, shape: str) -> None:
    assert show_shape(say(line, "torch")[0].term.shape) == shape
