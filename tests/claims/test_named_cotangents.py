"""Methods that are given the cotangent of what a sibling computes: kernels, mappings, mean functions."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

HEAD = """
import numpy as np
from .parts import Kernel, Mapping, Param, Positive, cached
"""

GAUSSIAN = """
    class Gaussian(Kernel):
        def __init__(self, size, variance=1.0, scale=None, separate=False):
            super().__init__(size)
            self.separate = separate
            if scale is None:
                scale = np.ones(size) if separate else np.ones(1)
            self.variance = Param("variance", variance, Positive())
            self.scale = Param("scale", scale, Positive())

        def _squares(self, X, X2):
            A = X / self.scale
            B = A if X2 is None else X2 / self.scale
            return np.square(A).sum(1)[:, None] - 2 * A.dot(B.T) + np.square(B).sum(1)[None, :]

        @cached(limit=3)
        def K(self, X, X2=None):
            return self.variance * np.exp(-0.5 * self._squares(X, X2))

        def Kdiag(self, X):
            out = np.empty(X.shape[0])
            out[:] = self.variance
            return out

        def update_gradients_full(self, dL_dK, X, X2=None):
            weighted = dL_dK * self.K(X, X2)
            self.variance.gradient = weighted.sum() / self.variance
            if self.separate:
                other = X if X2 is None else X2
                gaps = (X[:, None, :] - other[None, :, :]) ** 2
                self.scale.gradient = (weighted[:, :, None] * gaps).sum(0).sum(0) / self.scale ** 3
            else:
                self.scale.gradient = (weighted * self._squares(X, X2)).sum() / self.scale

        def update_gradients_diag(self, dL_dKdiag, X):
            self.variance.gradient = dL_dKdiag.sum()
            self.scale.gradient = 0.

        def gradients_X(self, dL_dK, X, X2=None):
            weighted = dL_dK * self.K(X, X2)
            if X2 is None:
                weighted = weighted + weighted.T
                X2 = X
            return -(weighted[:, :, None] * (X[:, None, :] - X2[None, :, :])).sum(1) / self.scale ** 2

        def gradients_X_diag(self, dL_dKdiag, X):
            return np.zeros(X.shape)
    """

SHIFT = """
    class Shift(Mapping):
        def __init__(self, inputs, outputs, value=0.0):
            super().__init__(inputs, outputs)
            self.c = Param("c", np.ones(self.n_outputs) * value)

        def f(self, X):
            return np.tile(self.c.values[None, :], (X.shape[0], 1))

        def update_gradients(self, dL_dF, X):
            self.c.gradient = dL_dF.sum(0)

        def gradients_X(self, dL_dF, X):
            return np.zeros_like(X)
    """

INDUCED = """
    class Product(Kernel):
        def __init__(self, weights):
            self.weights = Param("weights", weights)

        def K(self, X, X2=None):
            return (X * self.weights).dot(X.T if X2 is None else X2.T)

        def gradients_Z(self, dL_dKzz, dL_dKxz, X, Z):
            both = dL_dKzz + dL_dKzz.T
            return both.dot(Z) * self.weights + dL_dKxz.T.dot(X) * self.weights
    """

FACTORS = """
    class Factors(Kernel):
        def __init__(self, size, rank, W=None):
            self.W = Param("W", np.ones((size, rank)) if W is None else W)

        def K(self, X, X2=None):
            return X.dot(self.W.dot(self.W.T)).dot(X.T if X2 is None else X2.T)

        def update_gradients(self, dL_dK, X, X2=None):
            other = X if X2 is None else X2
            self.W.gradient = X.T.dot(dL_dK).dot(other).dot(self.W)
            self.W.gradient += other.T.dot(dL_dK.T).dot(X).dot(self.W)
    """

INDEXED = """
    class Table(Kernel):
        def __init__(self, size, rank):
            self.size = size
            self.W = Param("W", np.ones((size, rank)))

        def parameters_changed(self):
            self.B = self.W.dot(self.W.T)

        def Kdiag(self, X):
            return np.diag(self.B)[np.asarray(X, dtype=int).flatten()]

        def update_gradients_diag(self, dL_dKdiag, X):
            index = np.asarray(X, dtype=int).flatten()
            held = np.array([dL_dKdiag[index == i].sum() for i in range(self.size)])
            self.W.gradient = 2 * self.W * held[:, None]
    """

STEPS = """
    class Steps(Mapping):
        def __init__(self, values, breaks):
            values, breaks = np.array(values).flatten(), np.array(breaks).flatten()
            assert values.size == breaks.size
            self.values = Param("values", values)
            self.breaks = Param("breaks", breaks)

        def f(self, X):
            return X.dot(self.values * self.breaks)

        def update_gradients(self, dL_dF, X):
            out = np.zeros(self.breaks.size)
            out += X.T.dot(dL_dF) * self.breaks
            self.values.gradient = out
    """

FAMILY = """
    class Radial(Kernel):
        def __init__(self, scale=1.0):
            self.scale = Param("scale", scale, Positive())

        def of_distance(self, r):
            raise NotImplementedError("say how it falls off")

        def slope(self, r):
            raise NotImplementedError("say how steeply")

        def _distance(self, X, X2):
            return np.sqrt(((X[:, None, :] - X2[None, :, :]) ** 2).sum(-1)) / self.scale

        def K(self, X, X2):
            return self.of_distance(self._distance(X, X2))

        def update_gradients_full(self, dL_dK, X, X2):
            r = self._distance(X, X2)
            self.scale.gradient = -(dL_dK * self.slope(r) * r).sum() / self.scale


    class Decay(Radial):
        def of_distance(self, r):
            return np.exp(-r)

        def slope(self, r):
            return -np.exp(-r)
    """


def lines(source: str, slip: tuple[str, str] | None) -> tuple[list[str], list[str], str]:
    """The wrong lines, the lines of right results, and the source."""
    text = HEAD + textwrap.dedent(source)
    if slip is not None:
        assert text.count(slip[0]) == 1, slip
        text = text.replace(*slip)
    result = analyse(text, "kernel.py")
    said = text.splitlines()
    return ([said[d.location.row - 1].strip() for d in result.diagnostics if d.code.startswith(("NAB2", "NAB3"))],
            [said[c.row - 1].strip() for c in result.claims if c.verdict in ("proved", "verified")], text)


@pytest.mark.parametrize(("source", "count"), [
    (GAUSSIAN, 7), (SHIFT, 1), (INDUCED, 2), (FACTORS, 2), (INDEXED, 1), (STEPS, 1), (FAMILY, 1)])
def test_right_ones_are_judged_right(source: str, count: int) -> None:
    wrong, right, _ = lines(source, None)
    assert not wrong
    assert len(right) >= count, right


@pytest.mark.parametrize(
    ("source", "slip"),
    [
        (GAUSSIAN, ("weighted.sum() / self.variance", "weighted.sum()")),
        (GAUSSIAN, ("/ self.scale ** 3", "/ self.scale ** 2")),
        (GAUSSIAN, ("self._squares(X, X2)).sum() / self.scale", "self._squares(X, X2)).sum() * self.scale")),
        (GAUSSIAN, ("dL_dKdiag.sum()", "0.")),
        (GAUSSIAN, ("return -(weighted", "return (weighted")),
        (SHIFT, ("self.c.gradient = dL_dF.sum(0)", "self.c.gradient = 0.")),
        (SHIFT, ("np.zeros_like(X)", "dL_dF.sum(0)")),
        (INDUCED, ("dL_dKxz.T.dot(X)", "2 * dL_dKxz.T.dot(X)")),
        (INDUCED, ("both = dL_dKzz + dL_dKzz.T", "both = dL_dKzz")),
        (FACTORS, ("+= other.T.dot(dL_dK.T)", "-= other.T.dot(dL_dK.T)")),
        (INDEXED, ("2 * self.W * held", "self.W * held")),
        (FAMILY, ("= -(dL_dK", "= (dL_dK")),
    ],
)
def test_slips_are_found_on_their_line(source: str, slip: tuple[str, str]) -> None:
    wrong, _, text = lines(source, slip)
    assert len(wrong) == 1
    assert slip[1] in wrong[0] or "both." in wrong[0], (wrong, text)  # a name for something else stands by its use


@pytest.mark.parametrize(
    ("source", "form"),
    [
        (GAUSSIAN, ("weighted = weighted + weighted.T", "weighted = 2 * weighted")),
        (INDUCED, ("both = dL_dKzz + dL_dKzz.T", "both = 2 * dL_dKzz")),
    ],
)
def test_the_cotangent_of_a_symmetric_value_may_be_symmetric(source: str, form: tuple[str, str]) -> None:
    wrong, right, _ = lines(source, form)
    assert not wrong
    assert len(right) == len(lines(source, None)[1])


def test_a_cotangent_of_what_nobody_computes_says_nothing() -> None:
    wrong, right, _ = lines(SHIFT.replace("dL_dF", "dL_dG"), None)
    assert not wrong
    assert not right


def test_a_number_may_be_the_gradient_of_a_parameter_of_one_entry() -> None:
    source = """
        class First(Kernel):
            def __init__(self, size, variances=None):
                self.variances = Param("variances", variances)

            def K(self, X):
                return X.dot(X.T) * self.variances[0]

            def update_gradients_full(self, dL_dK, X):
                self.variances.gradient = (dL_dK * X.dot(X.T)).sum()
        """
    assert not lines(source, None)[0]


def test_code_in_another_language_writes_into_what_it_is_told_by_name() -> None:
    source = """
        class Compiled(Kernel):
            def __init__(self, size):
                self.w = Param("w", np.ones(size))

            def K(self, X):
                return (X * self.w).dot(X.T)

            def update_gradients_full(self, dL_dK, X):
                target = np.zeros(X.shape[1])
                compiler.inline("target(q) += X(i, q) * X(j, q) * dL_dK(i, j);", arg_names=["X", "dL_dK", "target"])
                self.w.gradient = target
        """
    assert not lines("import compiler\n" + textwrap.dedent(source), None)[0]


def test_how_often_a_loop_runs_may_be_told_by_whoever_makes_the_object() -> None:
    made = ('rank):\n            self.size = size\n            self.W = Param("W", np.ones((size, rank)))',
            'rank, W=None):\n            self.size = size\n'
            '            self.W = Param("W", np.ones((size, rank)) if W is None else W)')
    assert made[0] in INDEXED
    assert not lines(INDEXED.replace(*made), None)[0]


def test_values_that_were_kept_by_another_method_are_no_forward_code() -> None:
    source = """
        class Kept(Kernel):
            def __init__(self, variance=1.0):
                self.variance = Param("variance", variance)

            def prepare(self, X):
                self._shape = np.exp(-X.dot(X.T))

            def K(self, X):
                return self.variance * self._shape

            def update_gradients_full(self, dL_dK, X):
                self.variance.gradient = (dL_dK * np.exp(-X.dot(X.T))).sum()
        """
    wrong, right, _ = lines(source, None)
    assert not wrong
    assert not right
