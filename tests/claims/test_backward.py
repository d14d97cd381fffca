"""Backward passes that are written: judged right, and the same as PyTorch's autograd and finite differences."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pytest
from nablint.composing import CannotWrite, backward_of

PAIRS = {
    "affine": ("""
        def affine_forward(x, w, b):
            out = np.dot(x, w) + b
            cache = (x, w, b)
            return out, cache
        """, {"x": (4, 3), "w": (3, 5), "b": (5,)}),
    "features first": ("""
        def linear_forward(A, W, b):
            Z = np.dot(W, A) + b
            return Z, (A, W, b)
        """, {"A": (3, 4), "W": (5, 3), "b": (5, 1)}),
    "a cache by keys": ("""
        def gate_forward(x, w):
            s = 1 / (1 + np.exp(-(x @ w)))
            out = x.sum(axis=1, keepdims=True) * s
            cache = {"x": x, "w": w, "s": s}
            return out, cache
        """, {"x": (4, 3), "w": (3, 5)}),
    "two layers": ("""
        def net_forward(X, W1, b1, W2, b2):
            z1 = X @ W1 + b1
            h = np.maximum(0, z1)
            scores = h @ W2 + b2
            return scores, (X, z1, h, W1, W2)
        """, {"X": (4, 3), "W1": (3, 6), "b1": (6,), "W2": (6, 2), "b2": (2,)}),
    "layer norm": ("""
        def norm_forward(x, gamma, beta, eps=1e-5):
            mu = x.mean(axis=1, keepdims=True)
            xc = x - mu
            var = (xc ** 2).mean(axis=1, keepdims=True)
            std = np.sqrt(var + eps)
            xhat = xc / std
            out = gamma * xhat + beta
            return out, (xc, xhat, std, gamma)
        """, {"x": (4, 6), "gamma": (6,), "beta": (6,)}),
    "a step of a recurrent net": ("""
        def step_forward(x, prev_h, Wx, Wh, b):
            next_h = np.tanh(x @ Wx + prev_h @ Wh + b)
            return next_h, (x, prev_h, Wx, Wh, next_h)
        """, {"x": (4, 3), "prev_h": (4, 5), "Wx": (3, 5), "Wh": (5, 5), "b": (5,)}),
    "no cache": ("""
        def swish_forward(x):
            return x / (1 + np.exp(-x))
        """, {"x": (4, 3)}),
    "a loss": ("""
        def mse(pred, y):
            return np.mean((pred - y) ** 2)
        """, {"pred": (4, 3), "y": (4, 3)}),
    "a size that is counted": ("""
        def half_forward(x, w):
            out = (x * w) / np.sqrt(x.shape[1])
            return out, (x, w)
        """, {"x": (4, 3), "w": (3,)}),
}


def written(source: str, name: str) -> tuple[str, str]:
    """The whole file with the backward pass in it, and the pass alone."""
    source = "import numpy as np\n\n" + textwrap.dedent(source)
    found = backward_of(source, name)
    assert {c.verdict for c in found.claims} <= {"proved", "verified"}
    lines = source.splitlines(keepends=True)
    return "".join([*lines[: found.row - 1], found.text, *lines[found.row - 1:]]), found.text


def name_in(source: str) -> str:
    return textwrap.dedent(source).split("(")[0].split()[-1]


@pytest.mark.parametrize("case", PAIRS)
def test_what_is_written_is_the_derivative(case: str) -> None:
    """Our own text, run here on numbers: ⟨G, J V⟩ by central differences is ⟨Jᵀ G, V⟩."""
    source, shapes = PAIRS[case]
    text, _ = written(source, name_in(source))
    space: dict[str, Any] = {}
    exec(text, space)  # noqa: S102 - what this test has written itself
    random = np.random.default_rng(0)
    given = {n: random.uniform(0.2, 1.0, s) for n, s in shapes.items()}
    ahead = space[name_in(source)]
    back = next(f for n, f in space.items() if n.endswith("_backward"))
    returned = ahead(**given)
    out, *cache = returned if isinstance(returned, tuple) else (returned,)
    upstream = random.normal(size=np.shape(out))
    keywords = back.__code__.co_varnames[: back.__code__.co_argcount]
    arguments = [given[k] if k in given else (cache[0] if k == "cache" else upstream) for k in keywords]
    gradients = back(*arguments)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    variables = [n for n in given if n != "y"]
    assert len(gradients) == len(variables)
    for name, gradient in zip(variables, gradients, strict=True):
        step = random.normal(size=given[name].shape)

        def at(t: float, name: str = name, step: Any = step) -> Any:
            moved = ahead(**{**given, name: given[name] + t * step})
            return moved[0] if isinstance(moved, tuple) else moved

        slope = np.sum(upstream * (at(1e-6) - at(-1e-6)) / 2e-6) if np.ndim(out) else (at(1e-6) - at(-1e-6)) / 2e-6
        assert np.shape(gradient) == given[name].shape
        assert np.sum(gradient * step) == pytest.approx(slope, rel=1e-5)


LAYER = """
class Dense:
    def __init__(self, n, m):
        self.W = 0.1 * np.random.randn(n, m)
        self.b = np.zeros(m)

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b


def other():
    return 1
"""


def test_a_layer_gets_a_method_where_its_class_ends() -> None:
    text, method = written(LAYER, "Dense")
    assert method == """
    def backward(self, dout):
        self.db = np.sum(dout, axis=0)
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        return dx
"""
    assert text.index("def backward") < text.index("def other")


SWISH = """
import torch
from torch.autograd import Function


class Swish(Function):
    @staticmethod
    def forward(ctx, x, beta, name):
        s = torch.sigmoid(beta * x)
        ctx.save_for_backward(x, s, beta)
        return x * s
"""


def test_an_autograd_function_passes_gradcheck() -> None:
    torch = pytest.importorskip("torch")
    text, method = written(SWISH, "Swish")
    assert method.lstrip().startswith("@staticmethod\n    def backward(ctx, grad_output):\n        x, s, beta = ")
    space: dict[str, Any] = {}
    exec(text, space)  # noqa: S102 - what this test has written itself
    x, beta = (torch.rand(n, dtype=torch.float64, requires_grad=True) for n in ((4, 3), (3,)))
    assert torch.autograd.gradcheck(lambda x, b: space["Swish"].apply(x, b, "swish"), (x, beta))


REFUSED = {
    "what is not kept": ("def f_forward(x, w):\n    return np.tanh(x @ w), (w,)\n", "f_forward", "needs `x`"),
    "what is not there": ("def f(x):\n    return x * x\n", "g", "defines no function or class `g`"),
    "what is there already": ("def f_forward(x):\n    return x * x\n\n\ndef f_backward(d, x):\n    return 2 * d\n",
                              "f_forward", "there already"),
    "what cannot be followed": ("def f(x):\n    return unknown(x)\n", "f", "not known"),
    "what is not smooth": ("def f(x):\n    return np.argmax(x, axis=1)\n", "f", "smooth"),
    "a class without forward": ("class A:\n    def run(self, x):\n        return x\n", "A", "no method `forward`"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_written_is_told_in_one_line(case: str) -> None:
    source, name, said = REFUSED[case]
    with pytest.raises(CannotWrite, match=said) as told:
        backward_of("import numpy as np\n\n\n" + source, name)
    assert "\n" not in str(told.value)


def test_a_number_of_the_samples_is_not_written_down() -> None:
    """A constant that forward works out from a size is written by that size, or not at all."""
    _, text = written(PAIRS["a size that is counted"][0], "half_forward")
    assert "np.sqrt(x.shape[1])" in text
