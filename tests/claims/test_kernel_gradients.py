"""Kernels that return their gradient by the logarithms of their hyperparameters with their value."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

HEAD = """
import numpy as np
from scipy.spatial.distance import cdist, pdist, squareform
from sklearn.gaussian_process.kernels import Hyperparameter, Kernel
"""

FALLING = """
    class Falling(Kernel):
        def __init__(self, length_scale=1.0, bounds=(1e-5, 1e5), order=1.5):
            self.length_scale = length_scale
            self.bounds = bounds
            self.order = order

        @property
        def anisotropic(self):
            return np.iterable(self.length_scale) and len(self.length_scale) > 1

        @property
        def hyperparameter_length_scale(self):
            if self.anisotropic:
                return Hyperparameter("length_scale", "numeric", self.bounds, len(self.length_scale))
            return Hyperparameter("length_scale", "numeric", self.bounds)

        def __call__(self, X, Y=None, eval_gradient=False):
            X = np.atleast_2d(X)
            if Y is None:
                dists = pdist(X / self.length_scale)
            elif eval_gradient:
                raise ValueError("one set of points only")
            else:
                dists = cdist(X / self.length_scale, Y / self.length_scale)
            if self.order == 0.5:
                K = np.exp(-dists)
            else:
                K = (1 + np.sqrt(3) * dists) * np.exp(-np.sqrt(3) * dists)
            if Y is None:
                K = squareform(K)
                np.fill_diagonal(K, 1)
            if not eval_gradient:
                return K
            if self.hyperparameter_length_scale.fixed:
                return K, np.empty((X.shape[0], X.shape[0], 0))
            D = (X[:, np.newaxis, :] - X[np.newaxis, :, :]) ** 2 / self.length_scale ** 2
            if self.order == 0.5:
                r = np.sqrt(D.sum(-1)) + np.eye(len(X))
                K_gradient = D * (K / r)[..., np.newaxis]
            else:
                K_gradient = 3 * D * np.exp(-np.sqrt(3 * D.sum(-1)))[..., np.newaxis]
            if not self.anisotropic:
                return K, K_gradient.sum(-1)[:, :, np.newaxis]
            return K, K_gradient
    """

TILT = """
    class Tilt(Kernel):
        def __init__(self, slope=1.0, level=1.0):
            self.slope = slope
            self.level = level

        @property
        def hyperparameter_slope(self):
            return Hyperparameter("slope", "numeric", (0.1, 10.0))

        @property
        def hyperparameter_level(self):
            return Hyperparameter("level", "numeric", (0.1, 10.0))

        def __call__(self, X, Y=None, eval_gradient=False):
            inner = X.dot(X.T if Y is None else Y.T)
            K = (self.level + self.slope * inner) ** 2
            if not eval_gradient:
                return K
            twice = 2 * (self.level + self.slope * inner)
            by_level = self.level * twice
            by_slope = self.slope * inner * twice
            return K, np.dstack((by_level, by_slope))
    """


def verdicts(source: str, *edits: tuple[str, str]) -> tuple[list[str], set[str]]:
    """The lines of findings, and the verdicts of results."""
    text = HEAD + textwrap.dedent(source)
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    result = analyse(text, "kernels.py")
    rows = text.splitlines()
    return ([rows[d.location.row - 1].strip() for d in result.diagnostics if d.code.startswith("NAB3")],
            {c.verdict for c in result.claims if c.role == "result"})


@pytest.mark.parametrize("source", [FALLING, TILT])
def test_right_kernels_are_right(source: str) -> None:
    wrong, found = verdicts(source)
    assert not wrong
    assert found & {"proved", "verified"}


@pytest.mark.parametrize(("source", "slip"), [
    (FALLING, ("K_gradient = 3 * D", "K_gradient = 2 * D")),
    (FALLING, ("D * (K / r)", "D * (K * r)")),
    (FALLING, ("K_gradient.sum(-1)", "K_gradient.mean(-1)")),
    (TILT, ("by_slope = self.slope * inner", "by_slope = self.level * inner")),
    (TILT, ("((by_level, by_slope))", "((by_slope, by_level))")),
])
def test_slips_are_found(source: str, slip: tuple[str, str]) -> None:
    wrong, _ = verdicts(source, slip)
    assert any(slip[1] in line or "np.dstack" in line for line in wrong), wrong


@pytest.mark.parametrize("edits", [
    pytest.param((("by_level = self.level * twice", "by_level = twice"),
                  ("by_slope = self.slope * inner * twice", "by_slope = inner * twice")), id="the plain scale"),
    pytest.param((("inner = X.dot(X.T if Y is None else Y.T)", "inner = self.base(X, Y)"),
                  ("by_slope = self.slope", "by_slope = 7 * self.slope")), id="a kernel that nobody knows"),
    pytest.param((("        def __call__", "        theta = None\n\n        def __call__"),
                  ("((by_level, by_slope))", "((by_slope, by_level))")), id="an order of its own"),
])
def test_what_is_left_alone(edits: tuple[tuple[str, str], ...]) -> None:
    edits = tuple((textwrap.dedent(a) if a.startswith(" ") else a, textwrap.dedent(b) if b.startswith(" ") else b)
                  for a, b in edits)
    assert not verdicts(TILT, *edits)[0]
