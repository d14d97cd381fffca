"""Right code that a wrong guess about its inputs would make wrong, and slips in it that are found all the same."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

RIGHT = {
    "an operation that takes lists, numbers and arrays": """
        class Node:
            def __init__(self, data, requires_grad=False, parents=()):
                if isinstance(data, (int, float)):
                    data = np.array([data])
                elif isinstance(data, list):
                    data = np.array(data)
                self.data = data
                self.requires_grad = requires_grad
                self.grad = np.zeros_like(data) if requires_grad else None
                self.parents = parents

            def square(self):
                out = Node(self.data ** 2, self.requires_grad, (self,))

                def _backward():
                    if self.requires_grad:
                        self.grad += 2 * self.data * out.grad

                out._backward = _backward
                return out
        """,
    "a scale that one number was spread out to": """
        class Scale:
            def __init__(self, first=1.0):
                self.first = first

            def init_params(self, count):
                self.params = {"s": np.full((count,), self.first)}
                self.grads = {"s": np.zeros_like(self.params["s"])}

            def forward(self, inputs):
                self.inputs = inputs
                return inputs * self.params["s"]

            def backward(self, grad):
                self.grads["s"] = np.sum(grad * self.inputs, axis=0)
                return grad * self.params["s"]
        """,
    "a vector that loops run along": """
        class Rows:
            def __init__(self, count, width):
                self.W = np.random.randn(count, width)

            def forward(self, x):
                self.x = x
                out = np.zeros(self.W.shape[1])
                for j in range(self.W.shape[1]):
                    total = 0.0
                    for i in range(self.W.shape[0]):
                        total += x[i] * self.W[i, j]
                    out[j] = total
                return out

            def backward(self, grad):
                dx = np.zeros_like(self.x)
                for i in range(len(self.x)):
                    total = 0.0
                    for j in range(len(grad)):
                        total += self.W[i, j] * grad[j]
                    dx[i] = total
                return dx
        """,
    "probabilities, entry by entry": """
        class Loss:
            def forward(self, y_pred, y_true):
                self.y_pred, self.y_true = y_pred, y_true
                total = 0.0
                for i in range(y_pred.size):
                    p = max(min(y_pred.flat[i], 1 - 1e-15), 1e-15)
                    total -= y_true.flat[i] * np.log(p)
                return total / y_pred.size

            def backward(self):
                grad = np.zeros_like(self.y_pred)
                for i in range(self.y_pred.size):
                    p = max(min(self.y_pred.flat[i], 1 - 1e-15), 1e-15)
                    grad.flat[i] = -self.y_true.flat[i] / p / self.y_pred.size
                return grad
        """,
    "probabilities that are first met where they are clipped": """
        class Entropy:
            def forward(self, probs, y_true):
                self.probs, self.y_true = probs, y_true
                eps = 1e-15
                probs = np.clip(probs, eps, 1 - eps)
                return -np.sum(y_true * np.log(probs)) / len(y_true)

            def backward(self):
                return -self.y_true / (self.probs + 1e-15) / len(self.y_true)
        """,
    "what is asserted to be positive": """
        class Log:
            def forward(self, x):
                assert np.all(x > 0), "no logarithm"
                self.x = np.clip(x, 1e-7, None)
                return np.log(self.x)

            def backward(self, grad):
                return grad / self.x
        """,
    "parameters with an axis for the samples, and gradients for each of them": """
        class Columns:
            def __init__(self, n, out):
                self.weights = {"W": np.random.randn(1, out, n), "b": np.random.randn(1, out, 1)}

            def forward(self, inputs):
                return np.matmul(self.weights["W"], inputs) + self.weights["b"]

            def backward(self, inputs, delta):
                \"\"\"Gradients for each sample.

                Args:
                    inputs: [batch_size, n, 1]
                    delta: [batch_size, out, 1]
                \"\"\"
                dx = np.matmul(np.transpose(self.weights["W"], [0, 2, 1]), delta)
                dw = np.matmul(delta, np.transpose(inputs, [0, 2, 1]))
                db = 1 * delta
                return {"W": dw, "b": db, "x": dx}
        """,
    "sizes that a guard compares": """
        class Dense:
            def __init__(self, n, m):
                self.W = np.random.randn(n, m)

            def forward(self, x):
                if x.ndim != 2:
                    raise ValueError("rows are wanted")
                if x.shape[1] != self.W.shape[0]:
                    raise ValueError(f"{x.shape[1]} features")
                self.x = x
                return x @ self.W

            def backward(self, grad):
                self.dW = self.x.T @ grad
                return grad @ self.W.T
        """,
    "a place that is annotated as a whole number": """
        def init_vectors(count, width):
            V, u = np.random.randn(count, width), np.random.randn(width)
            return V, u

        def score_forward(center_idx: int, V, u):
            v = V[center_idx]
            loss = -np.log(1 / (1 + np.exp(-np.dot(v, u))))
            return loss, {"v": v, "u": u}

        def score_backward(cache: dict):
            v, u = cache["v"], cache["u"]
            slope = 1 / (1 + np.exp(-np.dot(v, u))) - 1
            return {"grad_v": slope * u, "grad_u": slope * v}
        """,
    "axes that are picked out of a count": """
        class Norm:
            def forward(self, x, axis=1):
                self.axes = list(np.arange(len(x.shape)))
                self.axes.pop(axis)
                self.axes = tuple(self.axes)
                self.x = x
                return x - np.mean(x, axis=self.axes, keepdims=True)

            def backward(self, grad):
                return grad - np.mean(grad, axis=self.axes, keepdims=True)
        """,
    "a border that is taken off again": """
        class Blur:
            def __init__(self, k, pad):
                self.k, self.pad = k, pad

            def forward(self, x):
                p = self.pad
                self.wide = np.pad(x, ((p, p), (p, p)))
                out = np.zeros(x.shape)
                for i in range(x.shape[0]):
                    for j in range(x.shape[1]):
                        out[i, j] = self.wide[i + p, j + p] ** 2
                return out

            def backward(self, grad):
                p = self.pad
                dwide = np.zeros(self.wide.shape)
                for i in range(grad.shape[0]):
                    for j in range(grad.shape[1]):
                        dwide[i + p, j + p] += 2 * self.wide[i + p, j + p] * grad[i, j]
                dx = dwide[p:-p, p:-p]
                return dx
        """,
    "borders of a list of widths, one for each axis": """
        class Frame:
            def __init__(self, widths):
                self.widths = widths
                if not isinstance(widths[0], tuple):
                    self.widths = (widths[0], widths[0]), (widths[1], widths[1])

            def forward(self, x):
                self.shape = x.shape
                return np.pad(x, pad_width=((0, 0), (0, 0), self.widths[0], self.widths[1]), mode="constant")

            def backward(self, grad):
                top, left = self.widths[0][0], self.widths[1][0]
                rows, columns = self.shape[2], self.shape[3]
                return grad[:, :, top:top + rows, left:left + columns]
        """,
    "groups of channels, of which a guard wants whole ones": """
        class Grouped:
            def __init__(self, groups):
                self.groups = groups

            def forward(self, x, gamma):
                if gamma.ndim != 1 or gamma.shape[0] != x.shape[1]:
                    raise ValueError("a factor for each channel")
                if x.shape[1] % self.groups != 0:
                    raise ValueError("as many channels in each group")
                n, channels = x.shape[:2]
                self.x, self.gamma = x, gamma
                parts = x.reshape(n, self.groups, channels // self.groups)
                self.centred = (parts - parts.mean(axis=2, keepdims=True)).reshape(n, channels)
                return self.centred * gamma

            def backward(self, grad):
                n, channels = self.x.shape[:2]
                self.dgamma = (grad * self.centred).sum(axis=0)
                parts = (grad * self.gamma).reshape(n, self.groups, channels // self.groups)
                return (parts - parts.mean(axis=2, keepdims=True)).reshape(n, channels)
        """,
    "a prediction of one number, which backward code is given beside its target": """
        class Neuron:
            def __init__(self, count: int):
                self.w = np.random.randn(count)
                self.b = 0.0
                self.dw = np.zeros(count)

            def forward(self, x: np.ndarray):
                \"\"\"One number.

                Args:
                    x: Input vector of shape (count,)
                \"\"\"
                z = 0.0
                for i in range(len(x)):
                    z += self.w[i] * x[i]
                y_pred = 1 / (1 + np.exp(-(z + self.b)))
                return y_pred

            def compute_loss(self, y_pred: float, y_true: float):
                return -(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))

            def backward(self, x, y_true: float, y_pred: float):
                error = y_pred - y_true
                for i in range(len(x)):
                    self.dw[i] = error * x[i]
                self.db = error
        """,
    "windows of images whose last axis are the channels": """
        def patches(x, k, m):
            N, H, W, C = x.shape
            rows = np.zeros((N, H - k + 1, W - m + 1, k, m, C))
            for i in range(k):
                for j in range(m):
                    rows[:, :, :, i, j, :] = x[:, i:i + H - k + 1, j:j + W - m + 1, :]
            return rows.reshape(-1, k * m * C)

        class Windows:
            def __init__(self, k, m, channels, count):
                self.k, self.m = k, m
                self.W = np.random.randn(k * m * channels, count)

            def forward(self, x):
                self.rows = patches(x, self.k, self.m)
                return self.rows @ self.W

            def backward(self, grad):
                dW = self.rows.T @ grad
                return dW
        """,
    "a state whose first value backward code takes to be zero": """
        def roll_forward(x, W, U):
            h = np.zeros((x.shape[0], U.shape[0]))
            for t in range(x.shape[1]):
                h = np.tanh(x[:, t, :] @ W + h @ U)
            return h

        def roll_backward(x, W, U, grad):
            N, T, D = x.shape
            h = np.zeros((N, U.shape[0]))
            states = np.empty((N, T, U.shape[0]))
            for t in range(T):
                h = np.tanh(x[:, t, :] @ W + h @ U)
                states[:, t, :] = h
            dx, dW, dU, dh = np.zeros_like(x), np.zeros_like(W), np.zeros_like(U), grad
            for t in reversed(range(T)):
                before = np.zeros((N, U.shape[0])) if t == 0 else states[:, t - 1, :]
                da = dh * (1 - states[:, t, :] ** 2)
                dW += x[:, t, :].T @ da
                dU += before.T @ da
                dx[:, t, :] = da @ W.T
                dh = da @ U.T
            return dx, dW, dU
        """,
    "a state that is only joined to an input, whose size backward code takes": """
        def cell_forward(xt, state, kept, W, U, b):
            joined = np.concatenate((state, xt), axis=0)
            new = np.tanh(W @ joined + b)
            gate = 1 / (1 + np.exp(-(U @ joined)))
            kept = gate * kept + new
            return kept, (joined, kept, state, xt, new, gate, W, U)

        def cell_backward(dout, cache):
            joined, kept, state, xt, new, gate, W, U = cache
            units = dout.shape[0]
            dnew = dout * (1 - new ** 2)
            dkept = dout * gate
            before = (kept - new) / gate
            dgate = dout * before * gate * (1 - gate)
            dW = dnew @ joined.T
            dU = dgate @ joined.T
            db = np.sum(dnew, axis=1, keepdims=True)
            djoined = W.T @ dnew + U.T @ dgate
            dstate = djoined[:units, :]
            dxt = djoined[units:, :]
            return dxt, dstate, dkept, dW, dU, db
        """,
    "a single column, of whose entries masks may choose none": """
        def squash(z):
            out = np.zeros_like(z)
            out[z >= 3] = 1 / (1 + np.exp(-z[z >= 3]))
            out[z < 3] = np.exp(z[z < 3]) / (1 + np.exp(z[z < 3]))
            return out

        class Network:
            def __init__(self, sizes):
                self.count = len(sizes)
                self.weights = [np.random.randn(b, a) for a, b in zip(sizes[:-1], sizes[1:])]
                self.biases = [np.random.randn(b, 1) for b in sizes[1:]]

            def backprop(self, x, y):
                nabla_b = [np.zeros(b.shape) for b in self.biases]
                nabla_w = [np.zeros(w.shape) for w in self.weights]
                values = [x]
                for b, w in zip(self.biases, self.weights):
                    values.append(squash(np.dot(w, values[-1]) + b))
                delta = (values[-1] - y) * values[-1] * (1 - values[-1])
                nabla_b[-1] = delta
                nabla_w[-1] = np.dot(delta, values[-2].T)
                for l in range(2, self.count):
                    delta = np.dot(self.weights[-l + 1].T, delta) * values[-l] * (1 - values[-l])
                    nabla_b[-l] = delta
                    nabla_w[-l] = np.dot(delta, values[-l - 1].T)
                return nabla_b, nabla_w
        """,
}

SLIPS = [
    ("windows of images whose last axis are the channels", "self.rows.T @ grad", "np.abs(self.rows.T @ grad)"),
    ("a place that is annotated as a whole number", '"grad_u": slope * v', '"grad_u": slope * u'),
    ("axes that are picked out of a count", "grad - np.mean(grad,", "grad + np.mean(grad,"),
    ("borders of a list of widths, one for each axis", "return grad[:, :, top", "return -grad[:, :, top"),
    ("groups of channels, of which a guard wants whole ones", "(grad * self.gamma).reshape", "grad.reshape"),
    ("a border that is taken off again", "dwide[i + p, j + p] += 2 *", "dwide[i + p, j] += 2 *"),
    ("sizes that a guard compares", "grad @ self.W.T", "grad @ self.W"),
    ("an operation that takes lists, numbers and arrays", "2 * self.data * out.grad", "2 * out.grad"),
    ("a scale that one number was spread out to", "np.sum(grad * self.inputs, axis=0)", "np.sum(grad, axis=0)"),
    ("a vector that loops run along", "total += self.W[i, j] * grad[j]", "total += grad[j]"),
    ("probabilities, entry by entry", "/ p / self.y_pred.size", "/ self.y_pred.size"),
    ("probabilities that are first met where they are clipped", "(self.probs + 1e-15)", "(1 - self.probs)"),
    ("what is asserted to be positive", "grad / self.x", "grad * self.x"),
    ("parameters with an axis for the samples, and gradients for each of them", "db = 1 * delta",
     "db = np.sum(delta ** 2, axis=0, keepdims=True)"),
    ("a state whose first value backward code takes to be zero", "da = dh * (1 - states[:, t, :] ** 2)",
     "da = dh * (1 - before ** 2)"),
    ("a state whose first value backward code takes to be zero", "dh = da @ U.T", "dh = da @ U"),
    ("a state that is only joined to an input, whose size backward code takes", "djoined[:units, :]", "djoined[1:, :]"),
    ("a state that is only joined to an input, whose size backward code takes", "W.T @ dnew", "W.T @ dout"),
    ("a single column, of whose entries masks may choose none", "delta) * values[-l] *", "delta) *"),
]


def _analysed(name: str, old: str = "", new: str = "") -> tuple[set[str], list[str]]:
    source = "import numpy as np\n" + textwrap.dedent(RIGHT[name])
    assert old in source
    found = analyse(source.replace(old, new) if old else source, "guessed.py")
    assert not found.error
    return {c.verdict for c in found.claims if c.role == "result"}, [d.message for d in found.diagnostics]


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_is_judged_and_nothing_is_found(name: str) -> None:
    verdicts, messages = _analysed(name)
    assert not messages
    assert verdicts and verdicts <= {"proved", "verified"}


@pytest.mark.parametrize(("name", "old", "new"), SLIPS)
def test_slips_in_it_are_found(name: str, old: str, new: str) -> None:
    assert _analysed(name, old, new)[1]


def test_one_gradient_without_the_sum_over_samples_is_no_convention() -> None:
    assert _analysed("parameters with an axis for the samples, and gradients for each of them",
                     "dw = np.matmul(delta, np.transpose(inputs, [0, 2, 1]))",
                     "dw = np.sum(np.matmul(delta, np.transpose(inputs, [0, 2, 1])), axis=0, keepdims=True)")[1]


GUARDED = """
    import numpy as np

    class Scale:
        def __init__(self, size):
            self.size = size
            self.s = np.random.randn(size)

        def forward(self, x):
            if x.shape[1] < 1000:
                raise ValueError("no stand-in is as large")
            self.x = x
            return x * self.s

        def backward(self, grad):
            self.ds = np.sum(grad * self.x, axis=0)
            return FACTOR * self.s
    """


@pytest.mark.parametrize(("factor", "verdict"), [("grad", {"verified", "proved"}), ("grad ** 2", {"unchecked"})])
def test_behind_a_guard_that_is_passed_over_nothing_is_called_wrong(factor: str, verdict: set[str]) -> None:
    found = analyse(textwrap.dedent(GUARDED).replace("FACTOR", factor), "guarded.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims if c.wrt == "x"} <= verdict
    assert [c for c in found.claims if c.wrt == "x"]
