"""Several inputs, and several readings of names and shapes: right code of which one reading would say otherwise."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

RIGHT = {
    "an image that is laid out in one row, of however many axes": """
        class Flatten:
            def forward(self, x):
                self.shape = x.shape
                return x.reshape(x.shape[0], -1)

            def backward(self, grad):
                return grad.reshape(self.shape)


        class Dense:
            def __init__(self, n_in, n_out):
                self.W = np.random.randn(n_in, n_out) * 0.1
                self.b = np.zeros(n_out)

            def forward(self, x):
                self.shape = x.shape
                self.x = x.reshape(x.shape[0], -1)
                return self.x @ self.W + self.b

            def backward(self, grad):
                self.dW = self.x.T @ grad
                self.db = grad.sum(axis=0)
                return (grad @ self.W.T).reshape(self.shape)


        class Mean:
            def forward(self, image):
                self.image = image
                flat = image.reshape(-1)
                self.n = flat.shape[0]
                return np.sum(flat ** 2) / self.n

            def backward(self, grad):
                h, w = self.image.shape
                return grad * 2 * self.image / (h * w)
        """,
    "names of products beside names of inputs": """
        def scores_forward(x_q, x_k, w_q, w_k):
            q = x_q @ w_q
            k = x_k @ w_k
            s = q @ k.T
            return s, (x_q, x_k, q, k, w_q, w_k)


        def scores_backward(grad_s, cache):
            x_q, x_k, q, k, w_q, w_k = cache
            grad_q = grad_s @ k
            grad_k = grad_s.T @ q
            grad_w_q = x_q.T @ grad_q
            grad_w_k = x_k.T @ grad_k
            grad_x_q = grad_q @ w_q.T
            grad_x_k = grad_k @ w_k.T
            return grad_x_q, grad_x_k, grad_w_q, grad_w_k
        """,
    "products of inputs whose names end as theirs": """
        def mix_forward(x_q, x_k):
            q = np.tanh(x_q)
            k = np.tanh(x_k)
            return q * k, (q, k)


        def mix_backward(grad_out, cache):
            q, k = cache
            grad_q = grad_out * k
            grad_k = grad_out * q
            return grad_q, grad_k
        """,
    "a state before and after a step, and a cotangent by the name of the later one": """
        def cell_forward(xt, a_prev, Wax, Waa, ba):
            a_next = np.tanh(Waa @ a_prev + Wax @ xt + ba)
            return a_next, (a_next, a_prev, xt, Wax, Waa)


        def cell_backward(da_next, cache):
            a_next, a_prev, xt, Wax, Waa = cache
            dz = da_next * (1 - a_next ** 2)
            dxt = Wax.T @ dz
            dWax = dz @ xt.T
            da_prev = Waa.T @ dz
            dWaa = dz @ a_prev.T
            dba = dz.sum(axis=1, keepdims=True)
            return {"dxt": dxt, "da_prev": da_prev, "dWax": dWax, "dWaa": dWaa, "dba": dba}
        """,
    "a gradient that is handed on under the name that it came by": """
        class Cell:
            def __init__(self, n, m):
                self.Wx = np.random.randn(n, m)
                self.Wa = np.random.randn(n, n)
                self.b = np.zeros((n, 1))

            def forward(self, x, a_prev):
                self.x, self.a_prev = x, a_prev
                self.a = np.tanh(self.Wx @ x + self.Wa @ a_prev + self.b)
                return self.a

            def backward(self, da_next):
                dz = da_next * (1 - self.a ** 2)
                self.dWx = dz @ self.x.T
                self.dWa = dz @ self.a_prev.T
                self.db = dz.sum(axis=1, keepdims=True)
                dx = self.Wx.T @ dz
                da_next = self.Wa.T @ dz
                return dx, da_next
        """,
    "a gradient of the state before, by the name of the one that forward made": """
        class Cell2:
            def __init__(self, n, m):
                self.Wx = np.random.randn(n, m)
                self.Wa = np.random.randn(n, n)
                self.b = np.zeros((n, 1))

            def forward(self, x, a_prev):
                self.x, self.a_prev = x, a_prev
                self.a_next = np.tanh(self.Wx @ x + self.Wa @ a_prev + self.b)
                return self.a_next

            def backward(self, da):
                dz = da * (1 - self.a_next ** 2)
                self.dWx = dz @ self.x.T
                self.dWa = dz @ self.a_prev.T
                self.db = dz.sum(axis=1, keepdims=True)
                da_next = self.Wa.T @ dz
                return da_next
        """,
    "fewer gradients than inputs": """
        class Bilinear:
            def forward(self, a, w, b):
                self.a, self.w, self.b = a, w, b
                return a @ w @ b

            def backward(self, grad):
                return self.a.T @ grad @ self.b.T, self.w.T @ self.a.T @ grad


        class Mul:
            def forward(self, t, x, y):
                self.t, self.x, self.y = t, x, y
                return t * x * y

            def backward(self, grad):
                return grad * self.t * self.y, grad * self.t * self.x


        class Pair:
            def forward(self, table, x, y):
                self.x, self.y, self.table = x, y, table
                return table + x * y

            def backward(self, grad):
                return grad * self.y, grad * self.x
        """,
    "a mask that comes first": """
        class CrossAttention:
            def __init__(self, d):
                self.wq = np.random.randn(d, d)
                self.wk = np.random.randn(d, d)

            def forward(self, mask, x, memory):
                self.mask, self.x, self.memory = mask, x, memory
                self.q = x @ self.wq
                self.k = memory @ self.wk
                return (self.q @ self.k.T) * mask

            def backward(self, grad):
                g = grad * self.mask
                self.dwq = self.x.T @ (g @ self.k)
                self.dwk = self.memory.T @ (g.T @ self.q)
                return (g @ self.k) @ self.wq.T, (g.T @ self.q) @ self.wk.T
        """,
}

SLIPS = [
    ("an image that is laid out in one row, of however many axes", "grad @ self.W.T", "-grad @ self.W.T"),
    ("an image that is laid out in one row, of however many axes", "grad * 2 * self.image", "grad * self.image"),
    ("names of products beside names of inputs", "grad_x_q = grad_q @ w_q.T", "grad_x_q = grad_q @ w_q"),
    ("names of products beside names of inputs", "grad_k = grad_s.T @ q", "grad_k = -grad_s.T @ q"),
    ("a state before and after a step, and a cotangent by the name of the later one", "Waa.T @ dz", "Waa @ dz"),
    ("a gradient that is handed on under the name that it came by", "dx = self.Wx.T @ dz", "dx = self.Wx.T @ da_next"),
    ("fewer gradients than inputs", "grad * self.y, grad * self.x", "grad * self.y, -grad * self.x"),
    ("a mask that comes first", "self.x.T @ (g @ self.k)", "self.x.T @ (grad @ self.k)"),
]


def _analysed(name: str, old: str = "", new: str = "") -> tuple[set[str], list[str]]:
    source = "import numpy as np\n" + textwrap.dedent(RIGHT[name])
    assert old in source
    found = analyse(source.replace(old, new) if old else source, "inputs.py")
    assert not found.error
    return {c.verdict for c in found.claims}, [d.message for d in found.diagnostics]


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_is_judged_and_nothing_is_found(name: str) -> None:
    verdicts, messages = _analysed(name)
    assert not messages
    assert verdicts & {"proved", "verified"}
    assert "wrong" not in verdicts


@pytest.mark.parametrize(("name", "old", "new"), SLIPS)
def test_slips_in_it_are_found(name: str, old: str, new: str) -> None:
    assert _analysed(name, old, new)[1]
