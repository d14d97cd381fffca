"""Layers as people write them: sizes joined from a list, windows that divide the image, biases that cancel, parameters
that a list keeps or that another class makes.
"""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse
from undone import assert_undone
from verified import assert_verified

NETWORK = """
    import numpy as np

    class Net:
        def __init__(self, hidden, n_in=10, n_out=4):
            self.depth = 1 + len(hidden)
            dims = {dims}
            self.params = {{}}
            for i in range(self.depth):
                self.params["W%d" % i] = 0.1 * np.random.randn(dims[i], dims[i + 1])
                self.params["b%d" % i] = np.zeros(dims[i + 1])

        def loss(self, X, y):
            kept = [X]
            for i in range(self.depth):
                X = X.dot(self.params["W%d" % i]) + self.params["b%d" % i]
                kept.append(X)
            loss = 0.5 * np.sum((X - y) ** 2)
            grads = {{}}
            d = X - y
            for i in range(self.depth - 1, -1, -1):
                grads["W%d" % i] = {dW}
                grads["b%d" % i] = d.sum(axis=0)
                d = d.dot(self.params["W%d" % i].T)
            return loss, grads
    """
POOL = """
    import numpy as np

    def pool_forward(x, pool_param):
        N, C, H, W = x.shape
        HH = pool_param.get("pool_height", 2)
        WW = pool_param.get("pool_width", 2)
        stride = pool_param.get("stride", 2)
        assert (H - HH) % stride == 0, "height"
        assert (W - WW) % stride == 0, "width"
        rows, columns = 1 + (H - HH) // stride, 1 + (W - WW) // stride
        out = np.zeros((N, C, rows, columns))
        for n in range(N):
            for j in range(rows):
                for i in range(columns):
                    window = x[n, :, j * stride:j * stride + HH, i * stride:i * stride + WW]
                    out[n, :, j, i] = np.amax(window, axis=(-1, -2))
        return out, (x, pool_param)

    def pool_backward(dout, cache):
        x, pool_param = cache
        N, C, rows, columns = dout.shape
        stride = pool_param.get("stride", 2)
        HH, WW = pool_param.get("pool_height", 2), pool_param.get("pool_width", 2)
        dx = np.zeros_like(x)
        for n in range(N):
            for c in range(C):
                for j in range(rows):
                    for i in range(columns):
                        window = x[n, c, j * stride:j * stride + HH, i * stride:i * stride + WW]
                        at = np.unravel_index(np.argmax(window), (HH, WW))
                        dx[n, c, j * stride:j * stride + HH, i * stride:i * stride + WW][at] = {gradient}
        return dx
    """
NORMALISED = """
    import numpy as np

    def affine_norm_forward(x, w, b, gamma):
        a = x.dot(w) + b
        var = a.var(axis=0)
        h = (a - a.mean(axis=0)) / np.sqrt(var + 1e-5)
        return gamma * h, (x, w, h, gamma, var)

    def affine_norm_backward(dout, cache):
        x, w, h, gamma, var = cache
        dgamma = np.sum(dout * h, axis=0)
        dh = dout * gamma
        da = (dh - dh.mean(axis=0) - h * np.mean(dh * h, axis=0)) / np.sqrt(var + 1e-5)
        dx = da.dot(w.T)
        dw = x.T.dot({da})
        db = {db}
        return dx, dw, db, dgamma
    """
"""The gradient of the bias cancels to zero, in the derivation as in the code."""
MADE_ELSEWHERE = """
    import numpy as np

    class Constant:
        def __init__(self, value):
            self.value = value

        def __call__(self, shape):
            return self.init(shape).astype(np.float32)

        def init(self, shape):
            return np.full(shape=shape, fill_value=self.value)

    class Dense:
        def __init__(self, units, b_init=Constant(0.0)):
            self.b_init, self.units, self.built = b_init, units, False
            self.params, self.grads = {{}}, {{}}

        def build(self, n):
            self.params["w"] = 0.1 * np.random.randn(n, self.units)
            self.params["b"] = self.b_init([self.units])
            self.built = True

        def forward(self, inputs):
            if not self.built:
                self.build(inputs.shape[1])
            self.kept = inputs
            return inputs @ self.params["w"] + self.params["b"]

        def backward(self, grad):
            self.grads["w"] = self.kept.T @ grad
            self.grads["b"] = {db}
            return grad @ self.params["w"].T
    """
GATES = """
    import numpy as np

    class Mul:
        def forward(self, W, X):
            return np.dot(X, W)

        def backward(self, W, X, dZ):
            return np.dot(X.T, dZ), np.dot(dZ, W.T)

    class Add:
        def forward(self, X, b):
            return X + b

        def backward(self, X, b, dZ):
            return np.dot(np.ones((1, dZ.shape[0])), dZ), dZ * np.ones_like(X)

    class Model:
        def __init__(self, dims):
            self.b, self.W = [], []
            for i in range(len(dims) - 1):
                self.W.append(np.random.randn(dims[i], dims[i + 1]) / np.sqrt(dims[i]))
                self.b.append({bias})

        def train(self, X, y, passes=200, epsilon=0.01):
            mul, add = Mul(), Add()
            for epoch in range(passes):
                out = X
                kept = [(None, out)]
                for i in range(len(self.W)):
                    product = mul.forward(self.W[i], out)
                    out = add.forward(product, self.b[i])
                    kept.append((product, out))
                loss = 0.5 * np.sum((out - y) ** 2)
                dout = out - y
                for i in range(len(kept) - 1, 0, -1):
                    db, dmul = add.backward(kept[i][0], self.b[i - 1], dout)
                    dW, dout = mul.backward(self.W[i - 1], kept[{layer}][1], dmul)
                    self.b[i - 1] += -epsilon * db
                    self.W[i - 1] += -epsilon * dW
    """
"""Parameters that a list keeps, drawn or of zeros."""
JOINED = """
    import numpy as np

    class Cell:
        def __init__(self, n, m):
            self.W = np.random.randn(n + m, m)

        def forward(self, x, h):
            self.z = np.concatenate([x, h], axis=1)
            return np.tanh(self.z @ self.W)

        def backward(self, dout):
            d = dout * (1 - np.tanh(self.z @ self.W) ** 2)
            self.dW = self.z.T @ d
            return {dz}
    """
"""The gradient of two inputs is returned in one."""

LISTED = """
    import numpy as np

    class Cell:
        def __init__(self, Wx, Wh):
            self.params = [Wx, Wh]
            self.grads = [np.zeros_like(Wx), np.zeros_like(Wh)]

        def forward(self, x, h_prev, c_prev):
            Wx, Wh = self.params
            g = np.tanh(x @ Wx + h_prev @ Wh)
            c_next = c_prev * g
            self.kept = x, h_prev, c_prev, g, c_next
            return np.tanh(c_next), c_next

        def backward(self, dh_next, dc_next):
            Wx, Wh = self.params
            x, h_prev, c_prev, g, c_next = self.kept
            ds = dc_next + dh_next * (1 - np.tanh(c_next) ** 2)
            dc_prev = ds * g
            da = ds * c_prev * (1 - g ** 2)
            self.grads[0][...] = x.T @ da
            self.grads[1][...] = {dWh}
            return da @ Wx.T, da @ Wh.T, dc_prev
    """
CHAINED = """
    import numpy as np

    class Affine:
        def __init__(self, W):
            self.params, self.grads = [W], [np.zeros_like(W)]

        def forward(self, x):
            W, = self.params
            out = np.dot(x, W)
            self.x = x
            return out

        def backward(self, dout):
            W, = self.params
            self.grads[0][...] = np.dot(self.x.T, dout)
            return np.dot(dout, W.T)

    class Net:
        def __init__(self, n_in, n_hidden, n_out):
            self.layers = [Affine(np.random.randn(n_in, n_hidden)), Affine(np.random.randn(n_hidden, n_out))]

        def forward(self, x):
            for layer in self.layers:
                x = layer.forward(x)
            return x

        def backward(self, dout):
            for layer in reversed(self.layers):
                dout = {passed}
            return dout
    """
BIASES = ["np.zeros((1, dims[i + 1]))", "np.random.randn(dims[i + 1]).reshape(1, dims[i + 1])"]
SIZES = ["np.hstack((n_in, hidden, n_out))", "np.concatenate(([n_in], hidden, [n_out]))", "[n_in] + hidden + [n_out]"]
RIGHT = [
    *(NETWORK.format(dims=dims, dW="kept[i].T.dot(d)") for dims in SIZES),
    POOL.format(gradient="dout[n, c, j, i]"),
    NORMALISED.format(da="da", db="da.sum(axis=0)"),
    MADE_ELSEWHERE.format(db="np.sum(grad, axis=0)"), JOINED.format(dz="d @ self.W.T"),
    *(GATES.format(bias=bias, layer="i - 1") for bias in BIASES),
    LISTED.format(dWh="h_prev.T @ da"), CHAINED.format(passed="layer.backward(dout)"),
]
WRONG = [
    *(NETWORK.format(dims=dims, dW="kept[i + 1].T.dot(d)") for dims in SIZES),
    POOL.format(gradient="2 * dout[n, c, j, i]"),
    NORMALISED.format(da="dh", db="da.sum(axis=0)"),
    NORMALISED.format(da="da", db="dout.sum(axis=0)"),
    MADE_ELSEWHERE.format(db="np.mean(grad, axis=0)"), JOINED.format(dz="-d @ self.W.T"),
    *(GATES.format(bias=bias, layer="i") for bias in BIASES),
    LISTED.format(dWh="h_prev.T @ ds"), CHAINED.format(passed="-layer.backward(dout)"),
]


@pytest.mark.parametrize("source", RIGHT)
def test_right_code_is_verified(source: str) -> None:
    found = analyse(textwrap.dedent(source), "layers.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims if c.role == "result"} <= {"proved", "verified"}
    assert found.claims


@pytest.mark.parametrize("source", WRONG)
def test_a_slip_is_seen(source: str) -> None:
    assert "wrong" in {c.verdict for c in analyse(textwrap.dedent(source), "layers.py").claims}


JOINED = """
    import numpy as np

    class Cell:
        def __init__(self, n_in, n_hidden):
            self.n_in, self.n_hidden = n_in, n_hidden
            self.W = np.random.randn(n_in + 3 * n_hidden, n_hidden)

        def forward(self, index, left, middle, right):
            x = np.zeros(self.n_in)
            x[index] = 1.0
            self.joined = np.column_stack((left, middle, right, x.reshape(1, -1)))
            self.out = np.tanh(self.joined @ self.W)
            return self.out

        def backward(self, dout):
            dz = dout * (1 - self.out ** 2)
            self.dW = self.joined.T @ dz
            dh = (dz @ self.W.T)[:, :self.n_hidden]
            return dh
    """


def test_what_is_joined_with_a_row_is_a_row() -> None:
    found = analyse(textwrap.dedent(JOINED), "code.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims if c.gradient == "self.dW"} <= {"proved", "verified"}
    assert [c for c in found.claims if c.gradient == "self.dW"]


def test_a_buffer_in_a_list_of_gradients_belongs_to_the_parameter_at_its_place() -> None:
    row = LISTED[:LISTED.index("self.grads[1][")].count("\n") + 1
    for dWh, verdict, rows in (("h_prev.T @ da", "proved", []), ("h_prev.T @ ds", "wrong", [row])):
        found = analyse(textwrap.dedent(LISTED.format(dWh=dWh)), "code.py")
        assert {c.verdict for c in found.claims if c.gradient == "grads[1]"} == {verdict}
        assert [d.location.row for d in found.diagnostics] == rows


BEHIND = """
    import numpy as np

    class Sigmoid:
        def forward(self, X):
            return 1.0 / (1.0 + np.exp(-X))

        def backward(self, X, {name}):
            output = self.forward(X)
            return (1.0 - output) * output * {name}
    """


def test_what_arrives_behind_the_arguments_of_forward_is_the_cotangent() -> None:
    found = analyse(textwrap.dedent(BEHIND.format(name="top_diff")), "code.py")
    assert {c.verdict for c in found.claims if c.role == "result"} == {"proved"}


@pytest.mark.parametrize("name", ["learning_rate", "n_samples", "stride"])
def test_a_number_behind_them_is_none(name: str) -> None:
    found = analyse(textwrap.dedent(BEHIND.format(name=name)), "code.py")
    assert not found.diagnostics
    assert not {c.verdict for c in found.claims} & {"proved", "verified", "wrong"}


def test_an_empty_place_beside_the_gradient_holds_none() -> None:
    source = """
        class Flatten:
            def forward(self, X):
                self.shape = X.shape
                return X.reshape(X.shape[0], -1)

            def backward(self, dout):
                out = dout.reshape(self.shape)
                return out, ()
        """
    found = analyse(textwrap.dedent(source), "code.py")
    assert {c.verdict for c in found.claims if c.role == "result"} == {"proved"}


GRAPH = '''
import numpy as np

class GraphLayer:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_in, n_out) * np.sqrt(2.0 / n_in)

    def forward(self, A, X):
        self.A, self.X = A, X
        return A @ X @ self.W

    def backward(self, dY):
        self.dW = self.X.T @ self.A.T @ dY
        return SLOT
'''


def test_what_is_returned_alone_is_the_gradient_of_the_input_of_its_shape(monkeypatch):
    assert_verified(GRAPH.replace("SLOT", "self.A.T @ dY @ self.W.T"), monkeypatch)
    assert_undone(GRAPH, "self.A.T @ dY @ self.W.T", "self.A @ dY @ self.W.T")


CAUSAL = '''
import numpy as np

class Scores:
    def __init__(self, d):
        self.Wq, self.Wk = np.random.randn(d, d) * 0.1, np.random.randn(d, d) * 0.1

    def forward(self, x):
        T, C = x.shape
        self.x, self.q, self.k = x, x @ self.Wq, x @ self.Wk
        s = self.q @ self.k.T / np.sqrt(C)
        s[np.triu_indices(T, 1)] = -1e10
        e = np.exp(s - s.max(-1, keepdims=True))
        self.w = e / e.sum(-1, keepdims=True)
        return self.w

    def backward(self, dw):
        ds = self.w * (dw - (dw * self.w).sum(-1, keepdims=True)) / np.sqrt(self.x.shape[1])
        dq = ds @ self.k
        dk = SLOT
        self.dWq, self.dWk = self.x.T @ dq, self.x.T @ dk
        return dq @ self.Wq.T + dk @ self.Wk.T
'''


def test_entries_that_pairs_of_indices_choose_are_chosen_once(monkeypatch):
    assert_verified(CAUSAL.replace("SLOT", "ds.T @ self.q"), monkeypatch)
    assert_undone(CAUSAL, "ds.T @ self.q", "ds @ self.q")
