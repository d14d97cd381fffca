"""Operations that make their own backward function: closures over operands, and lists of operands with functions."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

SCALARS = """
    import math

    class Num:
        def __init__(self, data, parents=(), label=""):
            self.data, self.grad = data, 0.0
            self.parents, self.label = set(parents), label
            self._back = lambda: None

        def __add__(self, other):
            other = other if isinstance(other, Num) else Num(other)
            out = Num(self.data + other.data, (self, other))
            def _back():
                self.grad += out.grad
                other.grad += out.grad
            out._back = _back
            return out

        def __mul__(self, other):
            other = other if isinstance(other, Num) else Num(other)
            out = Num(self.data * other.data, (self, other))
            def _back():
                self.grad += other.data * out.grad
                other.grad += self.data * out.grad
            out._back = _back
            return out

        def ramp(self):
            out = Num(self.data if self.data > 0 else 0.1 * self.data, (self,))
            def _back():
                self.grad += (1.0 if self.data > 0 else 0.1) * out.grad
            out._back = _back
            return out

        def log(self):
            out = Num(math.log(self.data), (self,))
            def _back():
                self.grad += out.grad / self.data
            out._back = _back
            return out
    """
ARRAYS = """
    import numpy as np

    class Tensor:
        def __init__(self, data, requires_grad=False):
            self.data = np.asarray(data)
            self.requires_grad = requires_grad
            self.grad = np.zeros_like(self.data)
            self.backward_fn = None

        def __matmul__(self, other):
            out = Tensor(self.data @ other.data, requires_grad=self.requires_grad or other.requires_grad)
            def backward_fn():
                if self.requires_grad:
                    self.grad += out.grad @ other.data.T
                if other.requires_grad:
                    other.grad += self.data.T @ out.grad
            out.backward_fn = backward_fn
            return out

    def exp(a):
        out = Tensor(np.exp(a.data))
        def backward_fn(g):
            a.grad += g * out.data
        out.backward_fn = backward_fn
        return out
    """
PAIRS = """
    import numpy as np

    class Var:
        def __init__(self, value, parents=()):
            self.value, self.parents = value, parents

        def __truediv__(self, other):
            return Var(self.value / other.value, (
                (self, lambda g: g / other.value),
                (other, lambda g: -g * self.value / other.value ** 2)))

    def sine(a):
        return Var(np.sin(a.value), [(a, lambda g: g * np.cos(a.value))])
    """


def _analysed(source: str) -> tuple[set[str], list[str]]:
    found = analyse(textwrap.dedent(source), "tape.py")
    assert not found.error
    return {c.verdict for c in found.claims if c.role == "result"}, [d.message for d in found.diagnostics]


@pytest.mark.parametrize(("source", "results"), [(SCALARS, 6), (ARRAYS, 3), (PAIRS, 2)])
def test_closures_are_judged(source: str, results: int) -> None:
    found = analyse(textwrap.dedent(source), "tape.py")
    judged = [c for c in found.claims if c.role == "result"]
    assert not found.diagnostics
    assert len({c.row for c in judged}) >= results
    assert {c.verdict for c in judged} <= {"proved", "verified"}


@pytest.mark.parametrize(("source", "old", "new"), [
    (SCALARS, "self.grad += other.data * out.grad", "self.grad += self.data * out.grad"),
    (SCALARS, "other.grad += out.grad", "other.grad -= out.grad"),
    (SCALARS, "out.grad / self.data", "out.grad / out.data"),
    (ARRAYS, "self.data.T @ out.grad", "out.grad.T @ self.data"),
    (ARRAYS, "out.grad @ other.data.T", "other.data.T @ out.grad"),
    (PAIRS, "lambda g: -g * self.value", "lambda g: g * self.value"),
])
def test_slips_in_closures_are_found(source: str, old: str, new: str) -> None:
    assert old in source
    assert _analysed(source.replace(old, new))[1]


def test_an_operation_that_stops_gradients_is_no_mistake() -> None:
    source = """
        class Num:
            def __init__(self, data):
                self.data, self.grad = data, 0.0

            def detached(self):
                out = Num(self.data)
                def _back():
                    pass
                out._back = _back
                return out

            def zero(self):
                def reset():
                    self.grad = 0.0
                reset()
                return self
        """
    assert not _analysed(source)[1]
