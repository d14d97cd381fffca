"""Code that only runs when it is asked to: flags, penalties, closures, losses of a batch; right, and with a slip."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from verified import assert_verified

DENSE = '''
import numpy as np

class Dense:
    def __init__(self, n_in, n_out, l1=0, l2=0):
        self.weights = 0.1 * np.random.randn(n_in, n_out)
        self.l1, self.l2 = l1, l2

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights)

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        if self.l1 > 0:
            slope = np.ones_like(self.weights)
            slope[self.weights < 0] = -1
            self.dweights += self.l1 * slope
        if self.l2 > 0:
            self.dweights += 2 * self.l2 * self.weights
        self.dinputs = np.dot(dvalues, self.weights.T)

class Loss:
    def regularization_loss(self, layer):
        total = 0
        if layer.l1 > 0:
            total += layer.l1 * np.sum(np.abs(layer.weights))
        if layer.l2 > 0:
            total += layer.l2 * np.sum(layer.weights * layer.weights)
        return total
'''

RIGHT = {
    "a penalty behind flags": DENSE,
    "an average that the base class shows": '''
import numpy as np

class Loss:
    def calculate(self, output, y):
        sample_losses = self.forward(output, y)
        return np.mean(sample_losses)

class Loss_Absolute(Loss):
    def forward(self, y_pred, y_true):
        return np.mean(np.abs(y_true - y_pred), axis=-1)

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        outputs = len(dvalues[0])
        self.dinputs = np.sign(dvalues - y_true) / outputs
        self.dinputs = self.dinputs / samples
''',
    "a loss with its activation, whose backward method is given the output": '''
import numpy as np

class Activation_Softmax:
    def forward(self, inputs):
        exps = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exps / np.sum(exps, axis=1, keepdims=True)

class Activation_Softmax_Loss:
    def __init__(self):
        self.activation = Activation_Softmax()

    def forward(self, inputs, y_true):
        self.activation.forward(inputs)
        self.output = self.activation.output
        return np.mean(-np.log(self.output[range(len(inputs)), y_true]))

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        self.dinputs = dvalues.copy()
        self.dinputs[range(samples), y_true] -= 1
        self.dinputs = self.dinputs / samples
''',
    "an engine of closures for numbers": '''
import math

class Value:
    def __init__(self, data, _children=()):
        self.data = data
        self.grad = 0
        self._backward = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data + other.data, (self, other))

        def _backward():
            self.grad += out.grad
            other.grad += out.grad
        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        out = Value(self.data * other.data, (self, other))

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out._backward = _backward
        return out

    def relu(self):
        out = Value(0 if self.data < 0 else self.data, (self,))

        def _backward():
            self.grad += (out.data > 0) * out.grad
        out._backward = _backward
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Value(t, (self,))

        def _backward():
            self.grad += (1 - t ** 2) * out.grad
        out._backward = _backward
        return out
''',
    "a logarithm that keeps clear of zero": '''
import numpy as np

class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t = t
        e = np.exp(x - np.max(x, axis=-1, keepdims=True))
        self.y = e / np.sum(e, axis=-1, keepdims=True)
        rows = self.y.shape[0]
        self.loss = -np.sum(np.log(self.y[np.arange(rows), t] + 1e-7)) / rows
        return self.loss

    def backward(self, dout=1):
        rows = self.t.shape[0]
        dx = self.y.copy()
        dx[np.arange(rows), self.t] -= 1
        dx = dx / rows
        return dx
''',
    "a clip in code for arrays": '''
import numpy as np

class Clip:
    def __init__(self, low, high):
        self.low, self.high = low, high

    def forward(self, x):
        self.x = x
        return np.clip(x, self.low, self.high)

    def backward(self, dout):
        mask = (self.x >= self.low) * (self.x <= self.high)
        dx = dout * mask
        return dx
''',
    "a loss that is not written down, and 1/m": '''
import numpy as np

def forward_propagation(X, W1, b1, W2, b2):
    A1 = np.tanh(np.dot(W1, X) + b1)
    A2 = 1 / (1 + np.exp(-(np.dot(W2, A1) + b2)))
    return A2, (A1, A2, W2)

def backward_propagation(X, Y, cache):
    A1, A2, W2 = cache
    m = X.shape[1]
    dZ2 = A2 - Y
    dW2 = np.dot(dZ2, A1.T) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = np.dot(W2.T, dZ2) * (1 - A1 ** 2)
    dW1 = np.dot(dZ1, X.T) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    return dW1, db1, dW2, db2
''',
    "a layer that reshapes what it has summed": '''
import numpy as np

class Columns:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        F, C, H, K = self.W.shape
        self.col = x.reshape(x.shape[0], -1)
        self.col_W = self.W.reshape(F, -1).T
        return np.dot(self.col, self.col_W) + self.b

    def backward(self, dout):
        F, C, H, K = self.W.shape
        self.db = np.sum(dout, axis=0)
        dW = np.dot(self.col.T, dout)
        self.dW = dW.transpose(1, 0).reshape(F, C, H, K)
        return np.dot(dout, self.col_W.T)
''',
    "operands of two shapes": '''
import numpy as np

def add_forward(a, b):
    return a + b, (a, b)

def add_backward(dout, cache):
    a, b = cache
    da, db = dout, dout
    if b.shape != a.shape:
        db = np.sum(dout, axis=0)
    return da, db
''',
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_is_verified(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(RIGHT[name], monkeypatch)


SLIPS = [
    ("a penalty behind flags", "2 * self.l2 * self.weights", "self.l2 * self.weights"),
    ("a penalty behind flags", "self.dweights += self.l1 * slope", "self.dweights -= self.l1 * slope"),
    ("an average that the base class shows", "self.dinputs = self.dinputs / samples", "self.dinputs = self.dinputs"),
    ("an average that the base class shows", "np.sign(dvalues - y_true)", "np.sign(y_true - dvalues)"),
    ("a loss with its activation, whose backward method is given the output", "y_true] -= 1", "y_true] += 1"),
    ("an engine of closures for numbers", "(out.data > 0) * out.grad", "out.grad"),
    ("an engine of closures for numbers", "other.grad += self.data * out.grad", "other.grad += out.data * out.grad"),
    ("an engine of closures for numbers", "(1 - t ** 2) * out.grad", "(1 - t) * out.grad"),
    ("a logarithm that keeps clear of zero", "dx = dx / rows", "dx = dx"),
    ("a clip in code for arrays", "dout * mask", "dout"),
    ("a loss that is not written down, and 1/m", "np.dot(dZ2, A1.T) / m", "np.dot(dZ2, A1.T)"),
    ("a loss that is not written down, and 1/m", "(1 - A1 ** 2)", "(1 - A1)"),
    ("a layer that reshapes what it has summed", "np.dot(self.col.T, dout)", "np.dot(self.col.T, dout.T)"),
    ("operands of two shapes", "np.sum(dout, axis=0)", "np.sum(dout, axis=1)"),
]


@pytest.mark.parametrize(("name", "before", "after"), SLIPS)
def test_a_slip_is_found(name: str, before: str, after: str) -> None:
    source = RIGHT[name].replace(before, after, 1)
    assert source != RIGHT[name]
    assert analyse(source, "code.py").diagnostics


def test_the_sum_of_predictions_and_targets_is_no_cotangent() -> None:
    source = RIGHT["a loss that is not written down, and 1/m"].replace("A2 - Y", "A2 + Y")
    assert not {c.verdict for c in analyse(source, "code.py").claims} & {"proved", "verified"}


def test_a_penalty_whose_loss_is_nowhere_is_not_a_finding() -> None:
    alone = DENSE[:DENSE.index("class Loss")]
    found = analyse(alone, "code.py")
    assert not found.diagnostics
    assert "wrong" not in {c.verdict for c in found.claims}


def test_a_flag_that_no_gradient_stands_behind_keeps_its_default() -> None:
    source = '''
import numpy as np

def scale_forward(x, w, inverse=False):
    return (x / w if inverse else x * w), (x, w)

def scale_backward(dout, cache):
    x, w = cache
    return dout * w, dout * x
'''
    assert not analyse(source, "code.py").diagnostics
