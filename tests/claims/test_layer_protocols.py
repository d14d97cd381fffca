"""Classes whose forward and backward code stand in hooks, and what belongs to them: losses, labels, parameters."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

HOOKS = """
    import numpy as np

    class Layer:
        def __init__(self):
            self.x = self.out = self.passed = None

        def forward(self, x):
            self.x = x
            self._forward(x)
            return self.out

        def backward(self, upstream):
            self._backward(upstream)
            return self.passed

        def _forward(self, x):
            raise NotImplementedError

        def _backward(self, upstream):
            raise NotImplementedError

    class Tanh(Layer):
        def _forward(self, x):
            self.out = np.tanh(x)

        def _backward(self, upstream):
            self.passed = SLOT
    """
"""The base's methods call the class's own, and hand on what these leave in the object."""

WRAPPED = """
    import numpy as np

    class Node:
        def __init__(self, value, parent):
            self.value, self.parent = value, parent

        def take(self, grad):
            self.grad = grad

    class Function:
        def forward(self, *args):
            self.args = args
            return Node(self._forward(*[a.value for a in args]), self)

        def backward(self, delta):
            for arg, d in zip(self.args, self._backward(delta, *[a.value for a in self.args])):
                arg.take(d)

        def _forward(self, *args):
            raise NotImplementedError

        def _backward(self, delta, *args):
            raise NotImplementedError

    class Product(Function):
        @staticmethod
        def _forward(x, y):
            return x @ y

        @staticmethod
        def _backward(delta, x, y):
            dx = delta @ y.T
            dy = SLOT
            return dx, dy
    """
"""The base's methods deal with nodes around arrays, the class's own with the arrays."""

OWN_LOSS = """
    import numpy as np

    class Net:
        def __init__(self, n_in, n_hidden, n_out):
            self.W1 = np.random.randn(n_in, n_hidden)
            self.W2 = np.random.randn(n_hidden, n_out)

        def forward(self, X):
            self.h = np.tanh(X @ self.W1)
            return self.h @ self.W2

        def compute_loss(self, y_hat, y):
            return np.mean((y_hat - y) ** 2)

        def backward(self, X, y, y_hat):
            dy = 2 * (y_hat - y) / y.size
            dW2 = self.h.T @ dy
            dh = SLOT
            dW1 = X.T @ dh
            return dW1, dW2
    """

TWO_CLASSES = """
    import numpy as np

    class SigmoidWithLoss:
        def forward(self, x, t):
            self.t = t
            self.y = 1 / (1 + np.exp(-x))
            pairs = np.c_[1 - self.y, self.y]
            return -np.sum(np.log(pairs[np.arange(t.shape[0]), t])) / t.shape[0]

        def backward(self, dout=1):
            dx = SLOT
            return dx
    """

IN_A_DICT = """
    import numpy as np

    class Linear:
        def __init__(self, n_in, n_out):
            self.params = {"w": np.random.randn(n_in, n_out), "b": np.random.randn(n_out)}
            self.grads = {}

        def forward(self, inputs):
            self.inputs = inputs
            return inputs @ self.params["w"] + self.params["b"]

        def backward(self, grad):
            self.grads["b"] = np.sum(grad, axis=0)
            self.grads["w"] = SLOT
            return grad @ self.params["w"].T
    """

CODE = {
    "hooks of a base": (HOOKS, "upstream * (1 - self.out ** 2)", "upstream * (1 + self.out ** 2)"),
    "hooks behind nodes": (WRAPPED, "x.T @ delta", "-x.T @ delta"),
    "a loss that is a method": (OWN_LOSS, "dy @ self.W2.T * (1 - self.h ** 2)", "dy @ self.W2.T"),
    "labels of two classes": (TWO_CLASSES, "(self.y - self.t) * dout / self.t.shape[0]",
                              "self.y * dout / self.t.shape[0]"),
    "parameters in a dict": (IN_A_DICT, "self.inputs.T @ grad", "grad @ self.inputs.T"),
}
"""A source, what stands in its slot, and a slip; the shapes of the last one's operands clash."""


def code(source: str, expression: str) -> str:
    return textwrap.dedent(source.replace("SLOT", expression))


@pytest.mark.parametrize(("source", "right", "slip"), CODE.values(), ids=list(CODE))
def test_right_code_is_verified(source: str, right: str, slip: str) -> None:
    found = analyse(code(source, right), "layers.py")
    row = source[:source.index("SLOT")].count("\n") + 1
    assert not found.diagnostics
    assert {c.verdict for c in found.claims if c.row == row} <= {"proved", "verified"}
    assert [c for c in found.claims if c.row == row]


@pytest.mark.parametrize(("source", "right", "slip"), CODE.values(), ids=list(CODE))
def test_a_slip_is_found_on_its_line(source: str, right: str, slip: str) -> None:
    row = source[:source.index("SLOT")].count("\n") + 1
    assert [d.location.row for d in analyse(code(source, slip), "layers.py").diagnostics] == [row]
