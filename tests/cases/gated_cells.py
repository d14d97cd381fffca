"""LSTM / GRU cells and attention for the translation toy, with the layer base class of the lab.

Layers collect their gradients in self.gradients until flush_gradients() is called, so that a layer may be
used several times before one update.
"""
from abc import ABC, abstractmethod
import logging
import time

import numpy as np

log = logging.getLogger("gated")


# ------------------------------------------------------------------ activations

class ActivationBase(ABC):
    def __call__(self, z):
        if z.ndim == 1:
            z = z.reshape(1, -1)
        return self.fn(z)

    @abstractmethod
    def fn(self, z):
        raise NotImplementedError

    @abstractmethod
    def grad(self, x):
        """derivative at x, x is what went in"""
        raise NotImplementedError


class Identity(ActivationBase):
    def fn(self, z):
        return z

    def grad(self, x):
        return np.ones_like(x)


class Sigmoid(ActivationBase):
    def fn(self, z):
        return 1 / (1 + np.exp(-z))

    def grad(self, x):
        fn_x = self.fn(x)
        return fn_x * (1 - fn_x)


class Tanh(ActivationBase):
    def fn(self, z):
        return np.tanh(z)

    def grad(self, x):
        return 1 - np.tanh(x) ** 2


class ELU(ActivationBase):
    def __init__(self, alpha=1.0):
        self.alpha = alpha

    def fn(self, z):
        return np.where(z > 0, z, self.alpha * (np.exp(z) - 1))

    def grad(self, x):
        return np.where(x > 0, np.ones_like(x), self.alpha * np.exp(x))


class SoftPlus(ActivationBase):
    def fn(self, z):
        return np.log(np.exp(z) + 1)

    def grad(self, x):
        exp_x = np.exp(x)
        return exp_x / (exp_x + 1)


def make_activation(name):
    table = {"identity": Identity, "sigmoid": Sigmoid, "tanh": Tanh, "elu": ELU, "softplus": SoftPlus}
    if isinstance(name, ActivationBase):
        return name
    if name is None:
        return Identity()
    if name.lower() not in table:
        raise ValueError("no such activation: {}".format(name))
    return table[name.lower()]()


# ------------------------------------------------------------------ layers

class LayerBase(ABC):
    def __init__(self):
        self.X = []
        self.trainable = True
        self.parameters = {}
        self.gradients = {}

    def flush_gradients(self):
        assert self.trainable, "layer is frozen"
        self.X = []
        for k, v in self.gradients.items():
            self.gradients[k] = np.zeros_like(v)

    def update(self, lr):
        for k, v in self.gradients.items():
            self.parameters[k] -= lr * v
        self.flush_gradients()


class FullyConnected(LayerBase):
    def __init__(self, n_in, n_out, act_fn=None):
        super().__init__()
        self.act_fn = make_activation(act_fn)
        self.n_in, self.n_out = n_in, n_out
        W = np.random.uniform(-1, 1, size=(n_in, n_out)) / np.sqrt(n_in)
        b = np.zeros((1, n_out))
        self.parameters = {"W": W, "b": b}
        self.gradients = {"W": np.zeros_like(W), "b": np.zeros_like(b)}

    def forward(self, X, retain_derived=True):
        Y, Z = self._fwd(X)
        if retain_derived:
            self.X.append(X)
        return Y

    def _fwd(self, X):
        W = self.parameters["W"]
        b = self.parameters["b"]
        Z = X @ W + b
        Y = self.act_fn(Z)
        return Y, Z

    def backward(self, dLdy, retain_grads=True):
        assert self.trainable, "layer is frozen"
        if not isinstance(dLdy, list):
            dLdy = [dLdy]
        dX = []
        X = self.X
        for dy, x in zip(dLdy, X):
            dx, dw, db = self._bwd(dy, x)
            dX.append(dx)
            if retain_grads:
                self.gradients["W"] += dw
                self.gradients["b"] += db
        return dX[0] if len(X) == 1 else dX

    def _bwd(self, dLdy, X):
        W = self.parameters["W"]
        b = self.parameters["b"]
        Z = X @ W + b
        dZ = dLdy * self.act_fn.grad(Z)
        dX = dZ @ W.T
        dW = X.T @ dZ
        dB = dZ.sum(axis=0, keepdims=True)
        return dX, dW, dB


class GRUCell(LayerBase):
    """h = (1 - u) * h_prev + u * c,  gates from [x, h_prev]"""

    def __init__(self, n_in, n_hidden):
        super().__init__()
        n = n_in + n_hidden
        self.n_in = n_in
        self.parameters = {
            "Wu": np.random.randn(n, n_hidden) / np.sqrt(n), "bu": np.zeros(n_hidden),
            "Wr": np.random.randn(n, n_hidden) / np.sqrt(n), "br": np.zeros(n_hidden),
            "Wc": np.random.randn(n, n_hidden) / np.sqrt(n), "bc": np.zeros(n_hidden),
        }
        self.gradients = {k: np.zeros_like(v) for k, v in self.parameters.items()}
        self.gate_fn = Sigmoid()

    def forward(self, x, h_prev):
        P = self.parameters
        xh = np.concatenate([x, h_prev], axis=1)
        u = self.gate_fn(xh @ P["Wu"] + P["bu"])
        r = self.gate_fn(xh @ P["Wr"] + P["br"])
        xrh = np.concatenate([x, r * h_prev], axis=1)
        c = np.tanh(xrh @ P["Wc"] + P["bc"])
        h = (1 - u) * h_prev + u * c
        self.cache = (h_prev, xh, xrh, u, r, c)
        return h

    def backward(self, dh):
        P = self.parameters
        h_prev, xh, xrh, u, r, c = self.cache
        D = self.n_in

        dc = dh * u
        du = dh * (c - h_prev)
        dh_prev = dh * (1 - u)

        dzc = dc * (1 - c ** 2)
        dxrh = dzc @ P["Wc"].T
        dr = dxrh[:, D:] * h_prev
        dh_prev = dh_prev + dxrh[:, D:] * r
        dx = dxrh[:, :D]

        dzr = dr * r * (1 - r)
        dzu = du * u * (1 - u)
        dxh = dzr @ P["Wr"].T + dzu @ P["Wu"].T
        dx = dx + dxh[:, :D]
        dh_prev += dxh[:, D:]

        self.gradients["Wc"] = xrh.T @ dzc
        self.gradients["bc"] = dzc.sum(axis=0)
        self.gradients["Wr"] = xh.T @ dzr
        self.gradients["br"] = dzr.sum(axis=0)
        self.gradients["Wu"] = xh.T @ dzu
        self.gradients["bu"] = dzu.sum(axis=0)
        return dx, dh_prev


# ------------------------------------------------------------------ lstm, functions

def sigmoid(x):
    """does not overflow on either side"""
    pos_mask = x >= 0
    neg_mask = x < 0
    z = np.zeros_like(x)
    z[pos_mask] = np.exp(-x[pos_mask])
    z[neg_mask] = np.exp(x[neg_mask])
    top = np.ones_like(x)
    top[neg_mask] = z[neg_mask]
    return top / (1 + z)


def lstm_step_forward(x, prev_h, prev_c, Wx, Wh, b):
    """
    x: (N, D), prev_h and prev_c: (N, H), Wx: (D, 4H), Wh: (H, 4H), b: (4H,)
    gates stand side by side: input, forget, output, candidate
    """
    H = prev_h.shape[1]
    a = x.dot(Wx) + prev_h.dot(Wh) + b
    i = sigmoid(a[:, :H])
    f = sigmoid(a[:, H:2*H])
    o = sigmoid(a[:, 2*H:3*H])
    g = np.tanh(a[:, 3*H:])
    next_c = f * prev_c + i * g
    next_h = o * np.tanh(next_c)
    cache = (x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c)
    return next_h, next_c, cache


def lstm_step_backward(dnext_h, dnext_c, cache):
    x, prev_h, prev_c, Wx, Wh, i, f, o, g, next_c = cache
    tanh_c = np.tanh(next_c)
    do = dnext_h * tanh_c
    dc = dnext_c + dnext_h * o * (1 - tanh_c ** 2)
    df = dc * prev_c
    dprev_c = dc * f
    di = dc * g
    dg = dc * i

    da_i = di * i * (1 - i)
    da_f = df * f * (1 - f)
    da_o = do * o * (1 - o)
    da_g = dg * (1 - g ** 2)
    da = np.hstack((da_i, da_f, da_o, da_g))

    dx = da.dot(Wx.T)
    dprev_h = da.dot(Wh.T)
    dWx = x.T.dot(da)
    dWh = prev_h.T.dot(da)
    db = da.sum(axis=0)
    return dx, dprev_h, dprev_c, dWx, dWh, db


def lstm_forward(x, h0, Wx, Wh, b):
    """x: (N, T, D), h0: (N, H). Gives all hidden states, (N, T, H)."""
    N, T, D = x.shape
    H = h0.shape[1]
    h = np.zeros((N, T, H))
    cache = []
    prev_h, prev_c = h0, np.zeros_like(h0)
    for t in range(T):
        prev_h, prev_c, step_cache = lstm_step_forward(x[:, t, :], prev_h, prev_c, Wx, Wh, b)
        h[:, t, :] = prev_h
        cache.append(step_cache)
    return h, cache


def lstm_backward(dh, cache):
    N, T, H = dh.shape
    D = cache[0][0].shape[1]
    dx = np.zeros((N, T, D))
    dWx, dWh, db = np.zeros((D, 4*H)), np.zeros((H, 4*H)), np.zeros(4*H)
    dprev_h, dprev_c = np.zeros((N, H)), np.zeros((N, H))
    for t in reversed(range(T)):
        dcur = dh[:, t, :] + dprev_h
        dx_t, dprev_h, dprev_c, dWx_t, dWh_t, db_t = lstm_step_backward(dcur, dprev_c, cache[t])
        dx[:, t, :] = dx_t
        dWx += dWx_t
        dWh += dWh_t
        db += db_t
    dh0 = dprev_h
    return dx, dh0, dWx, dWh, db


def temporal_softmax_loss(x, y, mask):
    """x: (N, T, V) scores, y: (N, T) words, mask: (N, T) False where there is padding"""
    N, T, V = x.shape
    x_flat = x.reshape(N * T, V)
    y_flat = y.reshape(N * T)
    mask_flat = mask.reshape(N * T)
    probs = np.exp(x_flat - np.max(x_flat, axis=1, keepdims=True))
    probs /= np.sum(probs, axis=1, keepdims=True)
    loss = -np.sum(mask_flat * np.log(probs[np.arange(N * T), y_flat])) / N
    dx_flat = probs.copy()
    dx_flat[np.arange(N * T), y_flat] -= 1
    dx_flat /= N
    dx_flat *= mask_flat[:, None]
    dx = dx_flat.reshape(N, T, V)
    return loss, dx


# ------------------------------------------------------------------ attention

def attention_forward(Q, K, V):
    """Q: (B, T, D), K: (B, S, D), V: (B, S, E)"""
    scale = 1 / np.sqrt(Q.shape[-1])
    scores = np.matmul(Q, K.transpose(0, 2, 1)) * scale
    scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights = weights / weights.sum(axis=-1, keepdims=True)
    out = np.matmul(weights, V)
    return out, (Q, K, V, weights, scale)


def attention_backward(dout, cache):
    Q, K, V, weights, scale = cache
    dV = np.matmul(weights.transpose(0, 2, 1), dout)
    dweights = np.matmul(dout, V.transpose(0, 2, 1))
    dscores = weights * (dweights - np.sum(dweights * weights, axis=-1, keepdims=True))
    dscores = dscores * scale
    dQ = np.matmul(dscores, K)
    dK = np.matmul(dscores.transpose(0, 2, 1), Q)
    return dQ, dK, dV


def split_heads(x, heads):
    """(B, T, D) -> (B*heads, T, D/heads)"""
    B, T, D = x.shape
    return x.reshape(B, T, heads, D // heads).transpose(0, 2, 1, 3).reshape(B * heads, T, D // heads)


def join_heads(x, heads):
    n, T, d = x.shape
    return x.reshape(n // heads, heads, T, d).transpose(0, 2, 1, 3).reshape(n // heads, T, heads * d)


class SelfAttention:
    def __init__(self, dim, heads):
        self.heads = heads
        self.Wqkv = np.random.randn(dim, 3 * dim) / np.sqrt(dim)
        self.Wo = np.random.randn(dim, dim) / np.sqrt(dim)

    def forward(self, x):
        q, k, v = np.split(x @ self.Wqkv, 3, axis=-1)
        out, self.cache = attention_forward(*(split_heads(part, self.heads) for part in (q, k, v)))
        self.x = x
        self.joined = join_heads(out, self.heads)
        return self.joined @ self.Wo

    def backward(self, dout):
        B, T, D = dout.shape
        self.dWo = self.joined.reshape(-1, D).T @ dout.reshape(-1, D)
        djoined = dout @ self.Wo.T
        dq, dk, dv = attention_backward(split_heads(djoined, self.heads), self.cache)
        dqkv = np.concatenate([join_heads(part, self.heads) for part in (dq, dk, dv)], axis=-1)
        self.dWqkv = np.einsum("btd,bte->de", self.x, dqkv)
        dx = dqkv @ self.Wqkv.T
        return dx


def toy_pairs(n, length, words, seed=0):
    rng = np.random.RandomState(seed)
    source = rng.randint(words, size=(n, length))
    return source, source[:, ::-1].copy()


def train(steps=300, lr=0.5, words=7, hidden=16):
    source, target = toy_pairs(64, 5, words)
    onehot = np.eye(words)[source]
    Wx = np.random.randn(words, 4 * hidden) / np.sqrt(words)
    Wh = np.random.randn(hidden, 4 * hidden) / np.sqrt(hidden)
    b = np.zeros(4 * hidden)
    b[hidden:2*hidden] = 1  # remember at the start
    head = FullyConnected(hidden, words)
    mask = np.ones(target.shape, dtype=bool)
    start = time.time()
    for step in range(steps):
        h, cache = lstm_forward(onehot, np.zeros((64, hidden)), Wx, Wh, b)
        scores = head.forward(h.reshape(-1, hidden)).reshape(64, 5, words)
        loss, dscores = temporal_softmax_loss(scores, target, mask)
        dh = head.backward(dscores.reshape(-1, words)).reshape(h.shape)
        _, _, dWx, dWh, db = lstm_backward(dh, cache)
        norm = np.sqrt(np.sum(dWx ** 2) + np.sum(dWh ** 2) + np.sum(db ** 2))
        if norm > 5:
            dWx, dWh, db = dWx * 5 / norm, dWh * 5 / norm, db * 5 / norm
        Wx -= lr * dWx
        Wh -= lr * dWh
        b -= lr * db
        head.update(lr)
        if step % 50 == 0:
            log.info("step %d  loss %.3f  %.1fs", step, loss, time.time() - start)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    train()
