"""Gradients that are made without the cotangent that arrives, and layers whose middle ones are fed with the last's."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

POOLING = """
    import numpy as np

    def pool_forward(x, f, stride):
        N, H, W = x.shape
        rows, cols = 1 + (H - f) // stride, 1 + (W - f) // stride
        out = np.zeros((N, rows, cols))
        for n in range(N):
            for i in range({bounds}):
                for j in range({others}):
                    out[n, i, j] = np.max(x[n, i * stride:i * stride + f, j * stride:j * stride + f])
        return out, (x, f, stride)

    def pool_backward(dout, cache):
        x, f, stride = cache
        N, rows, cols = dout.shape
        dx = np.zeros(x.shape)
        for n in range(N):
            for i in range(rows):
                for j in range(cols):
                    window = x[n, i * stride:i * stride + f, j * stride:j * stride + f]
                    mask = window == np.max(window)
                    dx[n, i * stride:i * stride + f, j * stride:j * stride + f] += mask * {factor}
        return dx
    """


def pooling(factor: str, *, turned: bool) -> str:
    """A pooling layer; `turned` loops over its rows as if they were columns, which only square images allow."""
    bounds, others = ("cols", "rows") if turned else ("rows", "cols")
    return textwrap.dedent(POOLING).format(bounds=bounds, others=others, factor=factor)


@pytest.mark.parametrize("turned", [False, True])
def test_a_window_that_is_passed_on_instead_of_the_cotangent(turned: bool) -> None:
    (found,) = analyse(pooling("window", turned=turned), "pool.py").diagnostics
    assert found.message.endswith("it does not depend on `dout`")
    assert found.location.row == 23


@pytest.mark.parametrize("turned", [False, True])
def test_the_cotangent_that_is_passed_on_to_where_the_window_is_largest(turned: bool) -> None:
    result = analyse(pooling("dout[n, i, j]", turned=turned), "pool.py")
    assert not result.diagnostics
    assert {c.verdict for c in result.claims if c.role == "result"} <= {"proved", "verified"}


NETWORK = """
    import numpy as np

    def relu_backward(dA, Z):
        return dA * (Z > 0)

    def initialise(layer_dims):
        parameters = {}
        for l in range(1, len(layer_dims)):
            parameters["W" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1])
            parameters["b" + str(l)] = np.zeros((layer_dims[l], 1))
        return parameters

    def initialise_two(n_x, n_h, n_y):
        return {"W1": np.random.randn(n_h, n_x), "b1": np.zeros((n_h, 1)),
                "W2": np.random.randn(n_y, n_h), "b2": np.zeros((n_y, 1))}

    def layer_forward(A_prev, W, b):
        Z = np.dot(W, A_prev) + b
        return np.maximum(0, Z), (A_prev, W, Z)

    def layer_backward(dA, cache):
        A_prev, W, Z = cache
        dZ = relu_backward(dA, Z)
        dW = np.dot(dZ, A_prev.T) / dZ.shape[1]
        db = np.sum(dZ, axis=1, keepdims=True) / dZ.shape[1]
        dA_prev = np.dot(W.T, dZ)
        return dA_prev, dW, db

    def model_forward(X, parameters):
        AL, caches = X, []
        L = len(parameters) // 2
        for l in range(1, L + 1):
            AL, cache = layer_forward(AL, parameters["W" + str(l)], parameters["b" + str(l)])
            caches.append(cache)
        return AL, caches

    def compute_cost(AL, Y):
        cost = np.sum((AL - Y) ** 2) / (2 * Y.shape[1])
        cost = np.squeeze(cost)
        assert cost.shape == ()
        return cost

    def model_backward(AL, Y, caches):
        grads = {}
        L = len(caches)
        Y = Y.reshape(AL.shape)
        grads["dA" + str(L)] = AL - Y
        for l in reversed(range(L)):
            dA_prev, dW, db = layer_backward(grads["dA" + str(@)], caches[l])
            grads["dA" + str(l)] = dA_prev
            grads["dW" + str(l + 1)] = dW
            grads["db" + str(l + 1)] = db
        return grads
    """


def test_the_last_layers_cotangent_for_every_layer() -> None:
    source = textwrap.dedent(NETWORK)
    (found,) = analyse(source.replace("@", "L"), "network.py").diagnostics
    assert "layer_backward(grads" in source.splitlines()[found.location.row - 1]
    assert not analyse(source.replace("@", "l + 1"), "network.py").diagnostics


WINDOWS = """
    import numpy as np

    class Average:
        def __init__(self, window=(2, 2)):
            self.window = window

        def _pool_forward(self, columns):
            return np.mean(columns, axis=0)

        def _pool_backward(self, grad):
            grad_columns = np.zeros((np.prod(self.window), grad.size))
            grad_columns[:, range(grad.size)] = 1.0 / grad_columns.shape[0] * grad
            return grad_columns
    """


def test_a_size_that_only_backward_code_is_told_is_not_called_wrong() -> None:
    result = analyse(textwrap.dedent(WINDOWS), "windows.py")
    assert not result.diagnostics
    assert {c.verdict for c in result.claims} == {"unchecked"}


SHARED_BIAS = """
    import numpy as np

    def step_forward(x, W, b):
        return np.sum(x * W + b)

    def layer_forward(x, W, b):
        \"\"\"x: (N, D), W: (1, D, M), b: (1, 1, M)\"\"\"
        out = np.zeros((x.shape[0], W.shape[2]))
        for n in range(x.shape[0]):
            for m in range(W.shape[2]):
                out[n, m] = step_forward(x[n], W[0, :, m], b[0, 0, m])
        return out, (x, W, b)

    def layer_backward(dout, cache):
        x, W, b = cache
        dW, db = np.zeros(W.shape), np.zeros(b.shape)
        for n in range(x.shape[0]):
            for m in range(W.shape[2]):
                dW[0, :, m] += x[n] * dout[n, m]
                db[:, :, m] += dout[n, m]
        return dW, db
    """


def test_a_bias_that_forward_adds_once_for_each_entry() -> None:
    (found,) = analyse(textwrap.dedent(SHARED_BIAS), "layer.py").diagnostics
    assert "db[:, :, m]" in textwrap.dedent(SHARED_BIAS).splitlines()[found.location.row - 1]


def test_a_network_tells_the_shapes_that_a_layer_alone_leaves_open() -> None:
    source = textwrap.dedent(NETWORK).replace("@", "l + 1")
    (found,) = analyse(source.replace("np.sum(dZ, axis=1, keepdims=True)", "np.sum(dZ)"), "network.py").diagnostics
    assert "db = np.sum" in source.splitlines()[found.location.row - 1]
    assert found.message.startswith("`db` makes `db3` differ from the gradient of `b3`")


def test_a_slip_in_what_is_called_does_not_hide_the_callers_own() -> None:
    source = textwrap.dedent(NETWORK).replace("dA_prev = np.dot(W.T, dZ)", "dA_prev = np.dot(W.T, dA)")
    lines = source.splitlines()
    (within,) = analyse(source.replace("@", "l + 1"), "network.py").diagnostics
    assert "dA_prev = np.dot(W.T, dA)" in lines[within.location.row - 1]
    found = analyse(source.replace("@", "L"), "network.py").diagnostics
    assert [lines[d.location.row - 1].split(" = ")[0].strip() for d in found] == ["dA_prev", "dA_prev, dW, db"]
