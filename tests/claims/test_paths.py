"""Flags, modes and options with a default: backward code that tests them is judged on both paths."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

FLAG = """
    import numpy as np

    class Mean:
        def __init__(self, keep=False):
            self.keep = keep

        def forward(self, x):
            self.shape = x.shape
            return x.mean(axis=1, keepdims=self.keep)

        def backward(self, dout):
            if not self.keep:
                dout = dout[:, None]
            return np.broadcast_to(dout / {size}, self.shape)
    """
MODE = """
    import numpy as np

    class Loss:
        def __init__(self, reduce="sum"):
            self.reduce = reduce

        def forward(self, x):
            self.x = x
            total = (x ** 2).sum()
            return total / len(x) if self.reduce == "mean" else total

        def backward(self, dout):
            dx = 2 * self.x * dout
            if self.reduce == "mean":
                dx = dx {scale}
            return dx
    """
UNTESTED = """
    import numpy as np

    class Drop:
        def __init__(self, p=0.5):
            self.p = p

        def forward(self, x, train=True):
            if train:
                self.mask = np.random.rand(*x.shape) > self.p
                return x * self.mask
            return x * (1 - self.p)

        def backward(self, dout):
            return dout * self.mask
    """
BUILT = """
    import numpy as np

    class Dense:
        def __init__(self, units, act=None):
            self.units, self.W, self.n_in = units, None, None
            self.act = (lambda z: z) if act is None else act

        def _build(self):
            self.W = np.random.randn(self.n_in, self.units)

        def forward(self, x):
            if self.W is None:
                self.n_in = x.shape[1]
                self._build()
            self.x = x
            return x @ self.W

        def backward(self, dout):
            self.dW = self.x.T @ dout{slip}
            return dout @ self.W.T
    """
WINDOW = """
    import numpy as np

    class Pool:
        def __init__(self, size, step=1):
            self.size, self.step = size, step

        def forward(self, x):
            n, h, w = x.shape
            rows = np.floor(1 + (h - self.size) / self.step).astype(int)
            if rows <= 0:
                raise ValueError("the window is too large")
            self.x = x
            out = np.zeros((n, rows, w))
            for i in range(rows):
                out[:, i] = x[:, i * self.step:i * self.step + self.size].mean(axis=1)
            return out

        def backward(self, dout):
            dx = np.zeros_like(self.x)
            for i in range(dout.shape[1]):
                dx[:, i * self.step:i * self.step + self.size] += dout[:, i:i + 1] / self.{size}
            return dx
    """
ASKED = """
    import numpy as np

    def norm_forward(x, options):
        mode = options["mode"]
        kept = options.get("mean", np.zeros(x.shape[1]))
        if mode == "train":
            mu = x.mean(axis=0)
            options["mean"] = 0.9 * kept + 0.1 * mu
        elif mode == "test":
            mu = kept
        else:
            raise ValueError(mode)
        return (x - mu) ** 2, (x, mu, options)

    def norm_backward(dout, cache):
        x, mu, options = cache
        mode = options["mode"]
        dc = 2 * (x - mu) * dout
        {tail}
    """
"""A mode without a default, which forward compares with two strings."""
TRAINED = "return dc - dc.mean(axis=0)"
BOTH = 'return dc - dc.mean(axis=0) if mode == "train" else {test}'
NAMED = """
    import numpy as np

    def squeeze_forward(x, kind="sum"):
        "x: (N, D)"
        if kind == "sum":
            out = x.sum(axis=1)
        elif kind == "mean":
            out = x.mean(axis=1)
        return out, (x, kind)

    def squeeze_backward(dout, cache):
        x, kind = cache
        if kind == "sum":
            dx = np.repeat(dout[:, None], x.shape[1], axis=1)
        elif kind == "mean":
            dx = np.repeat(dout[:, None], x.shape[1], axis=1) / {size}
        return dx
    """
"""The later branch names a mode that nobody sets."""
OTHERS = """
    import numpy as np

    class Loss:
        def __init__(self, reduce="mean"):
            if reduce not in ("mean", "no"):
                raise ValueError(reduce)
            self.reduce = reduce

        def forward(self, x):
            self.x = x
            return (x ** 2).mean() if self.reduce == "mean" else x ** 2

        def backward(self, dout):
            if self.reduce == "mean":
                dx = 2 * self.x * dout / self.x.size
            else:
                dx = {factor} * self.x * dout
            return dx
    """
"""What the last branch is for stands where all else is refused."""
SPARSE = """
    import numpy as np

    class Scores:
        def forward(self, x):
            "x: (N,)"
            self.x = x
            return np.exp(x) / np.sum(np.exp(x))

        def backward(self, dout):
            for i, gradient in enumerate(dout):
                if gradient == 0:
                    continue
                e = np.exp(self.x)
                total = np.sum(e)
                dx = -e[i] * e / total ** 2
                dx[i] = e[i] * (total - e[i]) / total ** 2
                return gradient * dx
    """
"""Right where one entry of what arrives is not zero, which is all that a cross-entropy gives."""


def _analysed(source: str) -> tuple[set[str], list[str]]:
    found = analyse(textwrap.dedent(source), "paths.py")
    assert not found.error
    return {c.verdict for c in found.claims if c.role == "result"}, [d.message for d in found.diagnostics]


@pytest.mark.parametrize("source", [FLAG.format(size="self.shape[1]"), MODE.format(scale="/ len(self.x)"), UNTESTED,
                                    BUILT.format(slip=""), WINDOW.format(size="size"),
                                    ASKED.format(tail=TRAINED), ASKED.format(tail=BOTH.format(test="dc")),
                                    NAMED.format(size="x.shape[1]"), OTHERS.format(factor=2)])
def test_right_on_every_path(source: str) -> None:
    verdicts, messages = _analysed(source)
    assert not messages
    assert verdicts and verdicts <= {"proved", "verified"}


@pytest.mark.parametrize("source", [
    NAMED.format(size="x.shape[0]"), OTHERS.format(factor="-2"),
    FLAG.format(size="self.shape[0]"), MODE.format(scale="* len(self.x)"), BUILT.format(slip=" ** 2"),
    WINDOW.format(size="step"),
    ASKED.format(tail=TRAINED.replace("-", "+")), ASKED.format(tail=BOTH.format(test="-dc")),
    FLAG.format(size="self.shape[1]").replace("dout = dout[:, None]", "dout = dout[:, None]\n            else:\n"
                                                                      "                dout = -dout"),
])
def test_wrong_on_one_path(source: str) -> None:
    messages = _analysed(source)[1]
    assert messages


def test_what_goes_by_the_values_of_a_cotangent_is_judged_for_such_a_one() -> None:
    assert _analysed(SPARSE) == ({"verified"}, [])
    verdicts, messages = _analysed(SPARSE.replace("total - e[i]", "total + e[i]"))
    assert verdicts == {"wrong"}
    assert messages == ["`dx` makes the gradient of `x` wrong: a sign is wrong"]
