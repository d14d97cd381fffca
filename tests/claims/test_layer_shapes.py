"""Layers that are told the shape of their input, that name further axes use by use, or regroup axes with a -1."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse
from nablint.claims import memory
from nablint.claims.judging import readings, search
from nablint.shapes import Polynomial
from nablint.tracing import refine
from nablint.tracing.world import Choice, Hypothesis, World

LAYERS = {
    "a bias with an entry for each row of a weight": """
        class Unit:
            def __init__(self, n_in, n_out):
                self.W, self.U = np.random.randn(n_out, n_in), np.random.randn(n_out, n_out)
                self.b = np.zeros(n_out)

            def forward(self, x, h):
                self.x, self.h = x, h
                self.out = np.tanh(self.W @ x + self.U @ h + self.b)
                return self.out

            def backward(self, dout):
                dz = dout * (1 - self.out ** 2)
                self.dW, self.dU, self.db = np.outer(dz, self.x), np.outer(dz, self.h), dz
                return self.W.T @ dz, self.U.T @ dz
        """,
    "the shape of the input, told apart from it": """
        class Scale:
            def __init__(self, input_shape=None):
                self.input_shape = input_shape

            def initialize(self):
                channels, height, width = self.input_shape
                self.W = np.random.randn(channels)

            def output_shape(self):
                channels, height, width = self.input_shape
                return channels, int(height / 1), int(width / 1)

            def forward(self, X):
                n, channels, height, width = X.shape
                self.X = X
                out = X * self.W[:, None, None]
                return out.reshape((n,) + self.output_shape())

            def backward(self, grad):
                self.dW = (grad * self.X).sum(axis=(0, 2, 3))
                dX = grad * self.W[:, None, None]
                return dX
        """,
    "one axis after another": """
        class Enlarge:
            def __init__(self, size=(2, 2)):
                self.size = size

            def forward(self, X):
                self.shape = X.shape
                return X.repeat(self.size[0], axis=2).repeat(self.size[1], axis=3)

            def backward(self, grad):
                n, c, h, w = self.shape
                dX = grad.reshape(n, c, h, self.size[0], w, self.size[1]).sum(axis=(3, 5))
                return dX
        """,
    "groups of channels": """
        def group_forward(x, G):
            N, C, H, W = x.shape
            rows = x.reshape(N * G, -1)
            mean = rows.mean(axis=1, keepdims=True)
            out = (rows - mean).reshape(N, C, H, W)
            return out, (G, x.shape)

        def group_backward(dout, cache):
            G, (N, C, H, W) = cache
            drows = dout.reshape(N * G, -1)
            dx = (drows - drows.mean(axis=1, keepdims=True)).reshape(N, C, H, W)
            return dx
        """,
    "heads": """
        def split_forward(x, scale, heads):
            B, T, D = x.shape
            parts = x.reshape(B, T, heads, D // heads) * scale
            return parts.transpose(0, 2, 1, 3), (scale, heads, x.shape)

        def split_backward(dout, cache):
            scale, heads, (B, T, D) = cache
            dx = dout.transpose(0, 2, 1, 3).reshape(B, T, D) * scale
            return dx
        """,
}


@pytest.mark.parametrize("name", LAYERS)
def test_right_layers_are_judged(name: str) -> None:
    found = analyse("import numpy as np\n\n" + textwrap.dedent(LAYERS[name]), "layers.py")
    assert found.diagnostics == []
    verdicts = [(c.gradient, c.verdict, c.reason) for c in found.claims if c.role == "result"]
    assert verdicts and all(v in ("proved", "verified") for _, v, _ in verdicts), verdicts


def test_an_enlargement_that_takes_single_entries_is_wrong() -> None:
    body = LAYERS["one axis after another"].replace(
        "grad.reshape(n, c, h, self.size[0], w, self.size[1]).sum(axis=(3, 5))",
        "grad[:, :, ::self.size[0], ::self.size[1]]")
    found = analyse("import numpy as np\n\n" + textwrap.dedent(body), "layers.py")
    assert "wrong" in {c.verdict for c in found.claims}


CELL = textwrap.dedent("""
    import numpy as np

    class Cell:
        def __init__(self, n_in, n_h):
            self.Wz, self.Wh = np.random.randn(n_h, n_in), np.random.randn(n_h, n_in)
            self.Uz, self.Uh = np.random.randn(n_h, n_h), np.random.randn(n_h, n_h)
            self.bz, self.bh = np.zeros(n_h), np.zeros(n_h)

        def forward(self, x, h):
            self.x, self.h = x, h
            self.z = 1 / (1 + np.exp(-(self.Wz @ x + self.Uz @ h + self.bz)))
            self.hh = np.tanh(self.Wh @ x + self.Uh @ h + self.bh)
            return (1 - self.z) * h + self.z * self.hh

        def backward(self, dout):
            dhh = dout * self.z * (1 - self.hh ** 2)
            dz = dout * (self.hh - self.h) * self.z * (1 - self.z)
            self.dWz, self.dWh = np.outer(dz, self.x), np.outer(dhh, self.x)
            self.dUz, self.dUh = np.outer(dz, self.h), np.outer(dhh, self.h)
            self.dbz, self.dbh = dz, dhh
            dx = self.Wz.T @ dz + self.Wh.T @ dhh
            dh = dout * (1 - self.z) + self.Uz.T @ dz + self.Uh.T @ dhh
            return dx, dh
    """)


def test_what_a_chance_square_makes_wrong_is_not_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the clue that x and h are vectors they are read as square matrices, whose outer products do not fit."""
    monkeypatch.setattr(refine, "vectors_wanted", lambda *clash: None)
    memory.OUTCOMES.clear()
    assert not analyse(CELL, "cell.py").diagnostics
    monkeypatch.setattr(search, "square_by_chance", lambda world: False)
    memory.OUTCOMES.clear()
    assert analyse(CELL, "cell.py").diagnostics
    memory.OUTCOMES.clear()


MASKED = textwrap.dedent("""
    import torch

    class Masked(torch.autograd.Function):
        @staticmethod
        def forward(ctx, scores, allowed):
            {said}
            kept = scores * allowed
            ctx.save_for_backward(kept, allowed)
            return kept ** 2

        @staticmethod
        def backward(ctx, g):
            kept, allowed = ctx.saved_tensors
            return 4 * g * kept * allowed, None
    """)


@pytest.mark.parametrize(("said", "found"), [
    ("assert allowed.size(0) == allowed.size(1)", ["wrong"]),
    ("torch.matmul(allowed.T, allowed.T)", ["unchecked"]),
])
def test_a_square_that_an_assertion_tells_is_no_chance(
        said: str, found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the bound on readings ends the search, only what a chance square may make wrong is left unchecked."""
    monkeypatch.setattr(search, "MAX_RUNS", 5)
    memory.OUTCOMES.clear()
    result = analyse(MASKED.format(said=said), "masked.py")
    memory.OUTCOMES.clear()
    assert [c.verdict for c in result.claims if c.role == "result"] == found


def test_a_single_row_is_meant_where_an_assertion_says_so() -> None:
    """Otherwise nobody who reads how many rows there are means a single one."""
    world = World(Hypothesis())
    world.choices["y:rank"] = Choice("y:rank", (2, "row"), 1)
    world.singular = True
    assert not readings.plausible(world)
    world.insisted.add(Polynomial.constant(1))
    assert readings.plausible(world)
