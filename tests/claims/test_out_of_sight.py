"""Code around functions that nobody can see: taken for what their names say it is verified, and never called wrong."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from verified import assert_verified

RIGHT = {
    "a function and its derivative": '''
class Activation:
    def __init__(self, f, f_prime):
        self.f, self.f_prime = f, f_prime

    def forward(self, inputs):
        self.inputs = inputs
        return self.f(inputs)

    def backward(self, grad):
        return self.f_prime(self.inputs) * grad
''',
    "a derivative of the output": '''
class Dense:
    def __init__(self, W, activation, activation_derivative):
        self.W = W
        self.activation, self.activation_derivative = activation, activation_derivative

    def forward(self, x):
        self.x = x
        self.out = self.activation(x.dot(self.W))
        return self.out

    def backward(self, dout):
        dz = dout * self.activation_derivative(self.out)
        self.dW = self.x.T.dot(dz)
        return dz.dot(self.W.T)
''',
    "an object with a function and its derivative": '''
class Dense:
    def __init__(self, W, activation):
        self.W = W
        self.activation = activation

    def forward(self, x):
        self.x = x
        self.out = self.activation.forward(x.dot(self.W))
        return self.out

    def backward(self, dout):
        dz = dout * self.activation.derivative(self.out)
        self.dW = self.x.T.dot(dz)
        return dz.dot(self.W.T)
''',
    "an object that is called, and goes back by itself": '''
class Dense:
    def __init__(self, W, activation):
        self.W = W
        self.activation = activation

    def forward(self, x):
        self.x = x
        return self.activation(x.dot(self.W))

    def backward(self, dout):
        dz = self.activation.backward(dout)
        self.dW = self.x.T.dot(dz)
        return dz.dot(self.W.T)
''',
    "a function that is its derivative when it is asked to be": '''
class Dense:
    def __init__(self, W, act):
        self.W, self.act = W, act

    def forward(self, x):
        self.x = x
        self.z = x.dot(self.W)
        return self.act(self.z)

    def backward(self, dout):
        dz = dout * self.act(self.z, deriv=True)
        self.dW = self.x.T.dot(dz)
        return dz.dot(self.W.T)
''',
    "layers": '''
class Network:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad, rate):
        for layer in reversed(self.layers):
            grad = layer.backward(grad, rate)
        return grad
''',
    "layers that are called": '''
class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def backward(self, grad):
        for layer in self.layers[::-1]:
            grad = layer.backward(grad)
        return grad
''',
    "layers that are added": '''
class Network:
    def __init__(self):
        self.layers = []

    def add(self, layer):
        self.layers.append(layer)

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad
''',
    "the function that filled the cache, beside a penalty": '''
import numpy as np

def backward_propagation_with_penalty(X, Y, cache, lambd):
    m = X.shape[1]
    (Z1, A1, W1, b1, Z2, A2, W2, b2) = cache
    dZ2 = A2 - Y
    dW2 = 1. / m * np.dot(dZ2, A1.T) + lambd / m * W2
    db2 = 1. / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.multiply(np.dot(W2.T, dZ2), np.int64(A1 > 0))
    dW1 = 1. / m * np.dot(dZ1, X.T) + lambd / m * W1
    db1 = 1. / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW2": dW2, "db2": db2, "dW1": dW1, "db1": db1}
''',
    "the function that filled the cache, of samples as rows": '''
import numpy as np

def backward(X, Y, cache):
    W1, b1, Z1, A1, W2, b2, Z2, A2 = cache
    dZ2 = A2 - Y
    dW2, db2 = A1.T @ dZ2, dZ2.sum(axis=0, keepdims=True)
    dZ1 = (dZ2 @ W2.T) * (1 - A1 ** 2)
    dW1, db1 = X.T @ dZ1, dZ1.sum(axis=0, keepdims=True)
    return dW1, db1, dW2, db2
''',
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_is_verified(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(RIGHT[name], monkeypatch)
    assert all(c.reason for c in analyse(RIGHT[name], "code.py").claims if c.role == "result")


SLIPS = [
    ("a function and its derivative", "self.f_prime(self.inputs) * grad", "self.f_prime(self.inputs) + grad"),
    ("a derivative of the output", "self.x.T.dot(dz)", "self.x.T.dot(dout)"),
    ("an object with a function and its derivative", "dout * ", "dout + "),
    ("an object that is called, and goes back by itself", "self.x.T.dot(dz)", "self.x.T.dot(dout)"),
    ("a function that is its derivative when it is asked to be", "deriv=True", "deriv=False"),
    ("layers", "reversed(self.layers)", "self.layers"),
    ("layers that are called", "self.layers[::-1]", "self.layers"),
    ("layers that are added", "reversed(self.layers)", "self.layers"),
    ("the function that filled the cache, beside a penalty", "(A1 > 0)", "(A1 < 0)"),
]


@pytest.mark.parametrize(("name", "before", "after"), SLIPS)
def test_nothing_is_called_wrong(name: str, before: str, after: str) -> None:
    source = RIGHT[name].replace(before, after)
    assert source != RIGHT[name]
    found = analyse(source, "code.py")
    assert not found.diagnostics
    assert "unchecked" in {c.verdict for c in found.claims}
    assert "wrong" not in {c.verdict for c in found.claims}


UNTOLD = [
    ("a function and its derivative", "self.f_prime(self.inputs)", "self.update(self.inputs)"),
    ("a function and its derivative", "self.f(inputs)", "self.f(inputs, 2)"),
    ("an object with a function and its derivative", ".derivative(", ".update("),
    ("a function that is its derivative when it is asked to be", "deriv=True", "scale=True"),
    ("layers", "layer.forward(x)", "layer.process(x)"),
    ("the function that filled the cache, of samples as rows", "W2, b2, Z2, A2", "W2, b2, M2, A2"),
]


@pytest.mark.parametrize(("name", "before", "after"), UNTOLD)
def test_what_stands_for_nothing(name: str, before: str, after: str) -> None:
    source = RIGHT[name].replace(before, after)
    assert source != RIGHT[name]
    assert {c.verdict for c in analyse(source, "code.py").claims} == {"unchecked"}


FILLED = '''
import numpy as np

def forward_with_dropout(X, W1, b1, W2, b2):
    Z1 = np.dot(W1, X) + b1
    A1 = np.maximum(0, Z1)
    D1 = np.random.rand(*A1.shape) < 0.5
    A1 = A1 * D1 / 0.5
    Z2 = np.dot(W2, A1) + b2
    A2 = 1 / (1 + np.exp(-Z2))
    cache = (Z1, D1, A1, W1, b1, Z2, A2, W2, b2)
    return A2, cache
'''


TABLE = '''
import numpy as np

ACTIVATIONS = {
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: np.where(z > 0, 1.0, 0.0)),
}

class Dense:
    def __init__(self, n, m, activation):
        self.W = np.random.randn(n, m)
        self.f, self.slope = ACTIVATIONS[activation]

    def forward(self, x):
        self.x = x
        self.z = x.dot(self.W)
        return self.f(self.z)

    def backward(self, dout):
        dz = dout * self.slope(self.z)
        self.dW = self.x.T.dot(dz)
        return dz.dot(self.W.T)
'''


def test_a_key_that_nobody_can_see_is_one_of_its_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(TABLE, monkeypatch)
    assert analyse(TABLE.replace("self.x.T.dot(dz)", "dz.T.dot(self.x)"), "table.py").diagnostics


def test_a_function_that_fills_another_cache_is_no_partner(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(FILLED + RIGHT["the function that filled the cache, beside a penalty"], monkeypatch)
