"""Where several edits mend as much, the statement that holds the slip is blamed, and its repair restores it."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from nablint.claims import memory
from nablint.claims.repairing import trial
from undone import assert_undone

HEAD = "import numpy as np\n\n\n"

RECURRENT = HEAD + '''def step_forward(x, h, Wx, Wh, b):
    """x: (N, D), h: (N, H), Wx: (D, H), Wh: (H, H), b: (H,)"""
    out = np.tanh(x @ Wx + h @ Wh + b)
    return out, (x, h, Wx, Wh, out)


def step_backward(dout, cache):
    x, h, Wx, Wh, out = cache
    dz = dout * (1 - out ** 2)
    return dz @ Wx.T, dz @ Wh.T, x.T @ dz, h.T @ dz, dz.sum(axis=0)


def unrolled_forward(x, h0, Wx, Wh, b):
    """x: (N, T, D), h0: (N, H), Wx: (D, H), Wh: (H, H), b: (H,)"""
    N, T, D = x.shape
    h, cache = np.zeros((N, T, h0.shape[1])), []
    for t in range(T):
        h0, kept = step_forward(x[:, t], h0, Wx, Wh, b)
        h[:, t] = h0
        cache.append(kept)
    return h, cache


def unrolled_backward(dh, cache):
    N, T, H = dh.shape
    D = cache[0][0].shape[1]
    dx, dh0 = np.zeros((N, T, D)), np.zeros((N, H))
    dWx, dWh, db = np.zeros((D, H)), np.zeros((H, H)), np.zeros(H)
    for t in reversed(range(T)):
        SLOT
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    return dx, dh0, dWx, dWh, db
'''

PENALISED = HEAD + '''class Dense:
    def __init__(self, n_in, n_out, decay=0.0):
        self.W = np.random.randn(n_in, n_out)
        self.decay = decay

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, dout):
        self.dW = self.x.T @ dout
        if self.decay > 0:
            sign = np.ones_like(self.W)
            sign[self.W < 0] = -1
            SLOT
        return dout @ self.W.T


class Penalty:
    def regularization_loss(self, layer):
        total = 0
        if layer.decay > 0:
            total += layer.decay * np.sum(np.abs(layer.W))
        return total
'''

ENGINE = HEAD + '''class Scalar:
    def __init__(self, data, children=()):
        self.data = data
        self.grad = 0
        self._backward = lambda: None
        self._prev = set(children)

    def __mul__(self, other):
        out = Scalar(self.data * other.data, (self, other))

        def _backward():
            SLOT
            other.grad += self.data * out.grad
        out._backward = _backward
        return out
'''

SQUARE = HEAD + '''class Square:
    def forward(self, x):
        self.x = x
        return x ** 2

    def backward(self, gy):
        x = self.x
        SLOT
        return gx
'''

CENTRED = HEAD + '''class Norm:
    def __init__(self, gamma, beta):
        self.gamma, self.beta = gamma, beta

    def forward(self, x):
        """x: (N, D)"""
        self.n = x.shape[0]
        mean = x.mean(axis=0)
        self.centred = x - mean
        self.std = np.sqrt(np.mean(self.centred ** 2, axis=0) + 1e-7)
        self.hat = self.centred / self.std
        return self.gamma * self.hat + self.beta

    def backward(self, dout):
        self.dbeta = dout.sum(axis=0)
        self.dgamma = np.sum(self.hat * dout, axis=0)
        dhat = self.gamma * dout
        dcentred = dhat / self.std
        dstd = -np.sum(dhat * self.centred / self.std ** 2, axis=0)
        dcentred += self.centred * dstd / self.std / self.n
        SLOT
        return dcentred - dmean / self.n
'''

STAGED = HEAD + '''def whiten_forward(x, scale, shift):
    """x: (N, D), scale: (D,), shift: (D,)"""
    mean = x.mean(axis=0)
    var = np.mean((x - mean) ** 2, axis=0)
    hat = (x - mean) / np.sqrt(var + 1e-5)
    return scale * hat + shift, (x, mean, var, hat, scale)


def whiten_backward(dout, cache):
    x, mean, var, hat, scale = cache
    N = x.shape[0]
    dscale = np.sum(hat * dout, axis=0)
    dshift = np.sum(dout, axis=0)
    g1 = scale * dout
    g2 = np.sum((x - mean) * g1, axis=0)
    g3 = -0.5 * (var + 1e-5) ** -1.5 * g2
    SLOT
    dlocal = 2 * (x - mean) * g4 + g1 / np.sqrt(var + 1e-5)
    g5 = -np.sum(dlocal, axis=0)
    g6 = np.ones_like(x) / N * g5
    return dlocal + g6, dscale, dshift
'''

CLASSIFIER = HEAD + '''def forward(X, params):
    """X: (n_x, m)"""
    Z1 = np.dot(params["W1"], X) + params["b1"]
    A1 = np.tanh(Z1)
    Z2 = np.dot(params["W2"], A1) + params["b2"]
    A2 = 1 / (1 + np.exp(-Z2))
    return A2, {"A1": A1, "A2": A2}


def backward(params, cache, X, Y):
    """X: (n_x, m), Y: (n_y, m)"""
    m = X.shape[1]
    A1, A2 = cache["A1"], cache["A2"]
    SLOT
    dW2 = np.dot(dZ2, A1.T) / m
    db2 = np.sum(dZ2, axis=1, keepdims=True) / m
    dZ1 = np.dot(params["W2"].T, dZ2) * (1 - A1 ** 2)
    dW1 = np.dot(dZ1, X.T) / m
    db1 = np.sum(dZ1, axis=1, keepdims=True) / m
    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}
'''

FLAT = HEAD + '''def rows_forward(x, w, b):
    """
    - x: input, of shape (N, d_1, ..., d_k)
    - w: weights, of shape (D, M)
    - b: biases, of shape (M,)
    """
    X = x.reshape(x.shape[0], np.prod(x[0].shape))
    return X.dot(w) + b, (x, w, b)


def rows_backward(dout, cache):
    x, w, b = cache
    X = x.reshape(x.shape[0], np.prod(x[0].shape))
    dx = dout.dot(w.T).reshape(x.shape)
    SLOT
    db = dout.sum(axis=0)
    return dx, dw, db
'''

NORMALISED = HEAD + '''def layer_forward(x, gain):
    """x: (N, D), gain: (D,)"""
    mean = x.mean(axis=-1, keepdims=True)
    rstd = 1 / np.sqrt(np.mean((x - mean) ** 2, axis=-1, keepdims=True) + 1e-5)
    hat = (x - mean) * rstd
    return hat * gain, (hat, rstd, gain)


def layer_backward(dout, cache):
    hat, rstd, gain = cache
    dgain = (dout * hat).sum(axis=0)
    dhat = dout * gain
    SLOT
    dx *= rstd
    return dx, dgain
'''

NETWORK = HEAD + '''def squash(z):
    return 1 / (1 + np.exp(-z))


def squash_prime(z):
    return squash(z) * (1 - squash(z))


class Network:
    def __init__(self, sizes):
        self.biases = [np.random.randn(n, 1) for n in sizes[1:]]
        self.weights = [np.random.randn(n, m) for m, n in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = squash(np.dot(w, a) + b)
        return a

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activations, zs = [x], []
        for b, w in zip(self.biases, self.weights):
            zs.append(np.dot(w, activations[-1]) + b)
            activations.append(squash(zs[-1]))
        SLOT
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].T)
        for l in range(2, len(self.weights) + 1):
            delta = np.dot(self.weights[-l + 1].T, delta) * squash_prime(zs[-l])
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l - 1].T)
        return nabla_b, nabla_w

    def cost_derivative(self, output, y):
        return output - y
'''

BATCHED = HEAD + '''def patches_backward(dout, w, x):
    """dout: (N, F, P), w: (F, K), x: (N, K, P)"""
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for n in range(x.shape[0]):
        dx[n] = w.T.dot(dout[n])
        SLOT
    return dx, dw


def patches_forward(x, w):
    """x: (N, K, P), w: (F, K)"""
    out = np.zeros((x.shape[0], w.shape[0], x.shape[2]))
    for n in range(x.shape[0]):
        out[n] = w.dot(x[n])
    return out
'''

GATES = HEAD + '''def gates_forward(x, W, b, c):
    """x: (N, D), W: (D, 3H), b: (3H,), c: (N, H)"""
    H = c.shape[1]
    a = x.dot(W) + b
    i, f, g = np.tanh(a[:, :H]), np.exp(a[:, H:2 * H]), a[:, 2 * H:] ** 2
    return f * c + i * g, (x, W, i, f, g, c, a)


def gates_backward(dout, cache):
    x, W, i, f, g, c, a = cache
    H = c.shape[1]
    da_i = dout * g * (1 - i ** 2)
    da_f = dout * c * f
    da_g = dout * i * 2 * a[:, 2 * H:]
    SLOT
    return da.dot(W.T), x.T.dot(da), da.sum(axis=0), dout * f
'''

CHANNELS = HEAD + '''def shift_forward(x, b):
    """x: (N, C, H, W), b: (C,)"""
    return x + b[None, :, None, None], b


def shift_backward(dout, cache):
    SLOT
    return dout, db
'''

LAYERS = HEAD + '''def stack_forward(X, W1, W2, W3):
    """X: (N, D), W1: (D, H), W2: (H, K), W3: (K, M)"""
    A1 = np.tanh(X @ W1)
    A2 = np.tanh(A1 @ W2)
    return A2 @ W3, (X, A1, A2, W1, W2, W3)


def stack_backward(dout, cache):
    X, A1, A2, W1, W2, W3 = cache
    dW3 = A2.T @ dout
    dZ2 = (dout @ W3.T) * (1 - A2 ** 2)
    dW2 = A1.T @ dZ2
    SLOT
    dZ1 = dA1 * (1 - A1 ** 2)
    return dZ1 @ W1.T, X.T @ dZ1, dW2, dW3
'''

REGULARISED = HEAD + '''def loss(X, y, W, b, reg):
    """X: (N, D), y: (N,), W: (D, C), b: (C,)"""
    N = X.shape[0]
    scores = X @ W + b
    probs = np.exp(scores - scores.max(axis=1, keepdims=True))
    probs /= probs.sum(axis=1, keepdims=True)
    data_loss = -np.log(probs[np.arange(N), y]).sum() / N
    loss = data_loss + 0.5 * reg * np.sum(W * W)
    dscores = probs.copy()
    dscores[np.arange(N), y] -= 1
    SLOT
    dW = X.T @ dscores + reg * W
    db = dscores.sum(axis=0)
    return loss, {"W": dW, "b": db}
'''

UPDATED = HEAD + '''def affine_forward(x, w, b):
    """x: (N, D), w: (D, M), b: (M,)"""
    return x @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    SLOT
    return dout @ w.T, dw, dout.sum(axis=0)


def train(x, w, b, rate):
    """x: (N, D), w: (D, M), b: (M,)"""
    out, cache = affine_forward(x, w, b)
    dx, dw, db = affine_backward(out, cache)
    w -= rate * dw
    return w
'''

ACTIVATION = HEAD + '''class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        SLOT
'''

AFFINE = HEAD + '''def affine_forward(x, w, b):
    """x: (N, D), w: (D, M), b: (M,)"""
    return x @ w + b, (x, w, b)


def affine_backward(dout, cache):
    x, w, b = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=0)
    SLOT
'''

STEPS = HEAD + '''def walk_forward(x, w):
    """x: (N, T, D), w: (D,)"""
    kept = {"x": x, "s": np.tanh(x * w), "w": w}
    out = np.zeros(x.shape)
    for t in range(x.shape[1]):
        out[:, t] = kept["s"][:, t] * kept["x"][:, t]
    return out, kept


def walk_backward(dout, kept):
    dx, dw = np.zeros(dout.shape), np.zeros(dout.shape[2])
    for t in reversed(range(dout.shape[1])):
        SLOT
        da = ds * (1 - kept["s"][:, t] ** 2)
        dx[:, t] = dout[:, t] * kept["s"][:, t] + da * kept["w"]
        dw += np.sum(da * kept["x"][:, t], axis=0)
    return dx, dw
'''

REFILLED = HEAD + '''class TwoLayers:
    def __init__(self, n_in, n_hidden, n_out):
        self.W1 = np.random.randn(n_in, n_hidden)
        self.W2 = np.random.randn(n_hidden, n_out)

    def squash(self, z):
        return 1 / (1 + np.exp(-z))

    def squash_prime(self, z):
        return np.exp(-z) / (1 + np.exp(-z)) ** 2

    def predict(self, X):
        self.z1 = X @ self.W1
        self.a1 = self.squash(self.z1)
        return self.squash(self.a1 @ self.W2)

    def cost_prime(self, X, y):
        out = self.predict(X)
        delta2 = (out - y) * out * (1 - out)
        dJdW2 = self.a1.T @ delta2
        SLOT
        dJdW1 = X.T @ delta1
        return dJdW1, dJdW2

    def flat_prime(self, X, y):
        return np.concatenate([d.ravel() for d in self.cost_prime(X, y)])
'''

BIASED = HEAD + '''class Layer:
    def __init__(self, n_in, n_out):
        self.w = np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, dout):
        self.dw = self.x.T @ dout
        SLOT
        return dout @ self.w.T


def train(steps=100):
    x, y = np.random.randn(32, 5), np.random.randn(32, 3)
    layer = Layer(5, 3)
    for _ in range(steps):
        out = layer.forward(x)
        layer.backward(2 * (out - y) / len(x))
        for p, g in zip([layer.w, layer.b], [layer.dw, layer.db]):
            p -= 0.1 * g
'''

GAINED = HEAD + '''class Gain:
    def __init__(self, n):
        self.g = np.ones((1, n))

    def forward(self, x):
        self.x = x
        return x * self.g

    def backward(self, dout):
        self.dg = (dout * self.x).sum(axis=0, keepdims=True)
        SLOT
        return self.dx
'''

AVERAGED = HEAD + '''def linear_forward(A, W, b):
    return np.dot(W, A) + b, (A, W, b)


def linear_backward(dZ, cache):
    A, W, b = cache
    m = A.shape[1]
    SLOT
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA = np.dot(W.T, dZ)
    return dA, dW, db
'''

UNFOLDED = HEAD + '''class Speller:
    def __init__(self, vocab, hidden):
        self.vocab, self.hidden = vocab, hidden
        self.U = np.random.randn(hidden, vocab)
        self.W = np.random.randn(hidden, hidden)
        self.V = np.random.randn(vocab, hidden)

    def bptt(self, x, y):
        T = len(y)
        s, o = np.zeros((T + 1, self.hidden)), np.zeros((T, self.vocab))
        for t in range(T):
            s[t] = np.tanh(self.U[:, x[t]] + self.W.dot(s[t-1]))
            z = self.V.dot(s[t])
            o[t] = np.exp(z) / np.sum(np.exp(z))
        loss = -np.sum(np.log(o[np.arange(T), y]))
        dU, dV, dW = np.zeros(self.U.shape), np.zeros(self.V.shape), np.zeros(self.W.shape)
        delta = o.copy()
        delta[np.arange(T), y] -= 1.0
        ds_next = np.zeros(self.hidden)
        for t in np.arange(T)[::-1]:
            dV += np.outer(delta[t], s[t])
            SLOT
            delta_t = ds * (1 - s[t] ** 2)
            dW += np.outer(delta_t, s[t-1])
            dU[:, x[t]] += delta_t
            ds_next = self.W.T.dot(delta_t)
        return loss, [dU, dV, dW]
'''

ATTENTION = HEAD + '''def scores_forward(Q, K):
    """Q: (B, T, D), K: (B, T, D)"""
    return np.matmul(Q, K.transpose(0, 2, 1)), (Q, K)


def scores_backward(dscores, cache):
    Q, K = cache
    dQ = np.matmul(dscores, K)
    SLOT
    return dQ, dK
'''

SHIFTED = HEAD + '''class Centre:
    def __init__(self, n):
        self.beta = np.zeros(n)

    def forward(self, x):
        self.x = x
        return x - x.mean(axis=0) + self.beta

    def backward(self, dout):
        n = self.x.shape[0]
        self.dbeta = dout.sum(axis=0)
        dcentred = dout * 1.0
        dmean = np.sum(dcentred, axis=0)
        SLOT
        return dx
'''

CALL = "dx[:, t], dh0, dWx_t, dWh_t, db_t = step_backward({}, cache[t])"

SLIPS: dict[str, tuple[str, str, str]] = {
    "a term of a call's argument": (RECURRENT, CALL.format("dh[:, t] + dh0"), CALL.format("dh[:, t]")),
    "a factor of an argument": (RECURRENT, CALL.format("dh[:, t] + dh0"), CALL.format("2 * dh[:, t] + dh0")),
    "an array that a number is written for": (PENALISED, "self.dW += self.decay * sign", "self.dW += self.decay"),
    "the cotangent in a closure over numbers": (ENGINE, "self.grad += other.data * out.grad",
                                                "self.grad += other.data"),
    "before the name is returned": (SQUARE, "gx = 2 * x * gy", "gx = 2 * x"),
    "what is only handed on by another name": (SQUARE, "gx = gy * 2 * x", "gx = gy"),
    "a sum without which the shape is larger": (CENTRED, "dmean = np.sum(dcentred, axis=0)", "dmean = dcentred"),
    "one line of two that are alike": (STAGED, "g4 = np.ones_like(x) / N * g3", "g4 = np.ones_like(x) * g3"),
    "the sum of an output and its target": (CLASSIFIER, "dZ2 = A2 - Y", "dZ2 = A2 + Y"),
    "a sum of products along an axis": (NORMALISED, "dx = dhat - dhat.mean(-1, keepdims=True) - hat * (dhat * hat)"
                                        ".mean(-1, keepdims=True)", "dx = dhat - dhat.mean(-1, keepdims=True) - hat"),
    "a cost's derivative as the delta": (NETWORK, "delta = self.cost_derivative(activations[-1], y) * squash_prime("
                                         "zs[-1])", "delta = self.cost_derivative(activations[-1], y)"),
    "a clash in a sum over a loop": (BATCHED, "dw += dout[n].dot(x[n].T)", "dw += dout[n].dot(x[n])"),
    "two pieces in each other's place": (GATES, "da = np.hstack((da_i, da_f, da_g))",
                                         "da = np.hstack((da_f, da_i, da_g))"),
    "all axes for all but one": (CHANNELS, "db = np.sum(dout, axis=(0, 2, 3))", "db = np.sum(dout)"),
    "axes that leave another one": (CHANNELS, "db = np.sum(dout, axis=(0, 2, 3))", "db = np.sum(dout, axis=(0, 1, 3))"),
    "another layer's weights, whose shape clashes": (LAYERS, "dA1 = dZ2 @ W2.T", "dA1 = dZ2 @ W3.T"),
    "a scale beside a penalty": (REGULARISED, "dscores = dscores / N", "dscores = dscores * 1.0"),
    "the cotangent, where nothing has a name": (ACTIVATION, "return (1 - self.out ** 2) * dout",
                                                "return 1 - self.out ** 2"),
    "a gradient that is returned twice, the last": (AFFINE, "return dx, dw, db", "return dx, dw, dw"),
    "a gradient that is returned twice, the first": (AFFINE, "return dx, dw, db", "return dx, db, db"),
    "what a dict holds of one step": (STEPS, 'ds = dout[:, t] * kept["x"][:, t]', "ds = dout[:, t]"),
    "what an object keeps, whose methods run forward again": (
        REFILLED, "delta1 = delta2 @ self.W2.T * self.squash_prime(self.z1)",
        "delta1 = delta2 @ self.W2.T * self.squash_prime(self.a1)"),
    "a shape that clashes where it is used": (UPDATED, "dw = x.T @ dout", "dw = dout.T @ x"),
    "a number that was worked out from one draw's sizes": (FLAT, "dw = X.T.dot(dout)", "dw = X.dot(dout)"),
    "a sum whose loss an update in place cannot hold": (BIASED, "self.db = np.sum(dout, axis=0)", "self.db = dout"),
    "what an attribute hands on": (GAINED, "self.dx = dout * self.g", "self.dx = dout"),
    "a clash beside a mean": (AVERAGED, "dW = np.dot(dZ, A.T) / m", "dW = np.dot(dZ, A) / m"),
    "a transposed mean": (AVERAGED, "dW = np.dot(dZ, A.T) / m", "dW = np.dot(A, dZ.T) / m"),
    "a clash that spoils what comes after": (UNFOLDED, "ds = self.V.T.dot(delta[t]) + ds_next",
                                             "ds = self.V.dot(delta[t]) + ds_next"),
    "the last two axes of a batch": (ATTENTION, "dK = np.matmul(dscores.transpose(0, 2, 1), Q)",
                                     "dK = np.matmul(dscores, Q)"),
    "a term that is taken away": (SHIFTED, "dx = dcentred - dmean / n", "dx = dcentred"),
}
"""A source, its line as it should be, and with a slip."""


@pytest.mark.parametrize("name", SLIPS)
def test_the_slip_is_found_on_its_line_and_undone(name: str) -> None:
    assert_undone(*SLIPS[name])


def test_what_is_tried_does_not_depend_on_what_was_judged_before(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, str]] = []
    once = trial.Trial.tried

    def noted(self: trial.Trial, candidate: trial.Candidate) -> bool | None:
        tried.append((candidate.steps[-1].function, candidate.edit.kind))
        return once(self, candidate)

    monkeypatch.setattr(trial.Trial, "tried", noted)
    found: list[list[tuple[str, str]]] = []
    for before in ("", NORMALISED.replace("SLOT", "dx = dhat"), NETWORK.replace("SLOT", "delta = activations[-1] - y")):
        memory.OUTCOMES.clear()
        analyse(before, "before.py")
        tried.clear()
        analyse(RECURRENT.replace("SLOT", CALL.format("dh[:, t]")), "case.py")
        found.append([*tried])
    assert found[0]
    assert found.count(found[0]) == len(found)
    assert "step_backward" not in {function for function, _ in found[0]}  # it is right by itself


NO_SLIPS = {
    "a shift that is no target": CLASSIFIER.replace("SLOT", "dZ2 = A2 + shift").replace("X, Y)", "X, shift)"),
    "a sum that a later line sets right": CLASSIFIER.replace(
        "SLOT", "both = A2 + Y\n    dZ2 = both - 2 * Y"),
}
"""Sums beside an output that are none with its target, or do not stay."""


@pytest.mark.parametrize("name", NO_SLIPS)
def test_other_sums_are_no_findings(name: str) -> None:
    assert not analyse(NO_SLIPS[name], "case.py").diagnostics


CELL = HEAD + '''class Cell:
    def __init__(self, n_in, n_hidden):
        n = n_in + n_hidden
        self.W = np.random.randn(n, n_hidden)

    def forward(self, x, h):
        self.xh = JOINED
        self.n_in = x.shape[1]
        return self.xh @ self.W

    def backward(self, dout):
        self.dW = self.xh.T @ dout
        dxh = dout @ self.W.T
        return dxh[:, : self.n_in], dxh[:, self.n_in :]
'''


@pytest.mark.parametrize("joined", ["np.concatenate([x, h], axis=1)", "np.hstack((x, h))"])
def test_a_hidden_state_is_no_height(joined: str) -> None:
    claims = analyse(CELL.replace("JOINED", joined), "case.py").claims
    assert {c.verdict for c in claims if c.gradient == "self.dW"} <= {"proved", "verified"}
    assert any(c.gradient == "self.dW" for c in claims)


CARRIED = """
import numpy as np


def cell_forward(x, h, parameters):
    W, U, b = parameters["W"], parameters["U"], parameters["b"]
    h_next = np.tanh(W @ x + U @ h + b)
    return h_next, (h_next, h, x, parameters)


def forward(x, h0, parameters):
    n_x, m, T = x.shape
    h = np.zeros((h0.shape[0], m, T))
    caches, h_next = [], h0
    for t in range(T):
        h_next, cache = cell_forward(x[:, :, t], h_next, parameters)
        h[:, :, t] = h_next
        caches.append(cache)
    return h, caches


def cell_backward(dh_next, cache):
    h_next, h, x, parameters = cache
    dz = dh_next * (1 - h_next ** 2)
    return {"dh": parameters["U"].T @ dz, "dW": dz @ x.T, "dU": dz @ h.T, "db": dz.sum(axis=1, keepdims=True)}


def backward(dh, caches):
    n_h, m, T = dh.shape
    h_next, h, x, parameters = caches[0]
    dW, dU, db = np.zeros((n_h, x.shape[0])), np.zeros((n_h, n_h)), np.zeros((n_h, 1))
    dh_prev = np.zeros((n_h, m))
    for t in reversed(range(T)):
        gradients = cell_backward(dh[:, :, t] + dh_prev, caches[t])
        dh_prev = gradients["dh"]
        dW += gradients["dW"]
        dU += gradients["dU"]
        db += gradients["db"]
    return {"dW": dW, "dU": dU, "db": db}
"""


def test_what_a_callee_was_given_wrong_is_blamed_on_the_call() -> None:
    assert not analyse(CARRIED, "rnn.py").diagnostics
    source = CARRIED.replace('        dh_prev = gradients["dh"]\n', "")
    (found,) = analyse(source, "rnn.py").diagnostics
    line = source.splitlines()[found.location.row - 1]
    assert "gradients = cell_backward(" in line
    assert {"dW", "dU"} <= {word for related in found.related for word in related.message.split()}
