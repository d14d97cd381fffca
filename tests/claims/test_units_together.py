"""Which code is judged together, and on what inputs: every source here is right, so its gradients are judged right."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from verified import assert_verified

RIGHT = {
    "partner by the names that a cache is unpacked into": '''
import numpy as np

def three_layers(X, W1, b1):
    Z1 = np.dot(W1, X) + b1
    A1 = np.tanh(Z1)
    cache = (Z1, A1, W1, b1)
    return A1, cache

def backward_with_penalty(dA, X, cache, lambd):
    (Z1, A1, W1, b1) = cache
    dZ1 = dA * (1 - A1 ** 2)
    dW1 = np.dot(dZ1, X.T)
    db1 = np.sum(dZ1, axis=1, keepdims=True)
    return dW1, db1
''',
    "parameters from the function that makes them, loss from the function that goes by its name": '''
import numpy as np

def initialize_parameters(n_x, n_h, n_y):
    parameters = {"W1": np.random.randn(n_h, n_x) * 0.01, "b1": np.zeros((n_h, 1)),
                  "W2": np.random.randn(n_y, n_h) * 0.01, "b2": np.zeros((n_y, 1))}
    return parameters

def forward_propagation(X, parameters):
    A1 = np.tanh(np.dot(parameters["W1"], X) + parameters["b1"])
    A2 = 1 / (1 + np.exp(-(np.dot(parameters["W2"], A1) + parameters["b2"])))
    cache = {"A1": A1, "A2": A2}
    return A2, cache

def compute_cost(A2, Y):
    m = Y.shape[1]
    return -1 / m * np.sum(Y * np.log(A2) + (1 - Y) * np.log(1 - A2))

def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]
    A1, A2 = cache["A1"], cache["A2"]
    dZ2 = A2 - Y
    dW2 = 1 / m * np.dot(dZ2, A1.T)
    db2 = 1 / m * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.dot(parameters["W2"].T, dZ2) * (1 - A1 ** 2)
    dW1 = 1 / m * np.dot(dZ1, X.T)
    db1 = 1 / m * np.sum(dZ1, axis=1, keepdims=True)
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
''',
    "a layer with one parameter for each column of its input": '''
import numpy as np

class Scale:
    def __init__(self, n):
        self.gain = np.random.randn(n)

    def forward(self, x):
        self.x = x
        return x * self.gain

    def backward(self, dout):
        self.dgain = np.sum(self.x * dout, axis=0)
        return dout * self.gain
''',
    "a forward method that keeps its output instead of returning it": '''
import numpy as np

class Dense:
    def __init__(self, n_in, n_out):
        self.weights = 0.1 * np.random.randn(n_in, n_out)
        self.biases = np.zeros((1, n_out))

    def forward(self, inputs):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)
        self.dinputs = np.dot(dvalues, self.weights.T)
''',
    "a loss whose backward method is given the prediction": '''
import numpy as np

class Loss_Square:
    def forward(self, y_pred, y_true):
        return np.mean((y_true - y_pred) ** 2, axis=-1)

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        outputs = len(dvalues[0])
        self.dinputs = -2 * (y_true - dvalues) / outputs
        self.dinputs = self.dinputs / samples
''',
    "gates side by side": '''
import numpy as np

def gates_forward(x, Wx, b, prev):
    H = prev.shape[1]
    a = x.dot(Wx) + b
    f = np.tanh(a[:, :H])
    g = np.tanh(a[:, H:])
    out = f * prev + g
    return out, (x, Wx, f, g, prev)

def gates_backward(dout, cache):
    x, Wx, f, g, prev = cache
    da = np.hstack((dout * prev * (1 - f ** 2), dout * (1 - g ** 2)))
    dx = da.dot(Wx.T)
    dWx = x.T.dot(da)
    db = da.sum(axis=0)
    return dx, dWx, db
''',
    "a function object of a base class that keeps inputs": '''
import numpy as np

class Function:
    def __call__(self, *inputs):
        self.inputs = inputs
        return self.forward(*inputs)

class Sin(Function):
    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        x, = self.inputs
        gx = gy * np.cos(x)
        return gx
''',
    "parameters that a method of their own makes": '''
import math
import numpy as np

class Layer:
    def __init__(self, n_units, input_shape=None):
        self.n_units, self.input_shape = n_units, input_shape
        self.W = None

    def initialize(self):
        limit = 1 / math.sqrt(self.input_shape[0])
        self.W = np.random.uniform(-limit, limit, (self.input_shape[0], self.n_units))

    def forward_pass(self, X):
        self.layer_input = X
        return X.dot(self.W)

    def backward_pass(self, accum_grad):
        grad_w = self.layer_input.T.dot(accum_grad)
        self.grad_w = grad_w
        return accum_grad.dot(self.W.T)
''',
    "several training loops in one script": '''
import numpy as np

X = np.random.randn(6, 3)
y = np.random.randn(6, 1)
w = 2 * np.random.random((3, 1)) - 1
c = np.zeros((1, 1))
for i in range(10):
    p = 1 / (1 + np.exp(-(X.dot(w) + c)))
    delta = (p - y) * p * (1 - p)
    w -= X.T.dot(delta)
    c -= delta.sum(axis=0, keepdims=True)

v = 2 * np.random.random((3, 4)) - 1
u = 2 * np.random.random((4, 1)) - 1
for i in range(10):
    h = np.tanh(X.dot(v))
    o = h.dot(u)
    o_delta = o - y
    h_delta = o_delta.dot(u.T) * (1 - h ** 2)
    u -= 0.1 * h.T.dot(o_delta)
    v -= 0.1 * X.T.dot(h_delta)
''',
}


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_is_verified(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(RIGHT[name], monkeypatch)


ROOM = '''
import numpy as np

def affine(x, w):
    return x.dot(w), (x, w)

def affine_backward(dout, cache):
    x, w = cache
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    dt = 0.01
    for i in range(x.shape[0]):
        dw += np.outer(x[i], dout[i])
    dx += dout.dot(w.T)
    return dx, dw
'''


def test_what_only_makes_room_is_no_gradient() -> None:
    found = {(c.row, c.verdict) for c in analyse(ROOM.replace("def affine(", "def affine_forward("), "code.py").claims}
    assert not {v for _, v in found} & {"wrong"}
    assert (13, "proved") in found or (13, "verified") in found
