"""How inputs are read that nothing is said of: what right code does with them tells it."""

from __future__ import annotations

import pytest
from undone import assert_undone
from verified import assert_verified

STEPS = '''
import numpy as np


def gru_step(x, h, P):
    z = 1 / (1 + np.exp(-(x @ P["Wz"] + h @ P["Uz"] + P["bz"])))
    r = 1 / (1 + np.exp(-(x @ P["Wr"] + h @ P["Ur"] + P["br"])))
    hh = np.tanh(x @ P["Wh"] + (r * h) @ P["Uh"] + P["bh"])
    return (1 - z) * h + z * hh, (x, h, z, r, hh)


def gru_step_backward(dh, cache, P, grads):
    x, h, z, r, hh = cache
    dz = dh * (hh - h) * z * (1 - z)
    dhh = dh * z * (1 - hh ** 2)
    drh = dhh @ P["Uh"].T
    dr = drh * h * r * (1 - r)
    for name, d, inp in (("z", dz, h), ("r", dr, h), ("h", dhh, r * h)):
        SLOT
        grads["U" + name] += inp.T @ d
        grads["b" + name] += d.sum(axis=0)
    dx = dz @ P["Wz"].T + dr @ P["Wr"].T + dhh @ P["Wh"].T
    dh_prev = dh * (1 - z) + drh * r + dz @ P["Uz"].T + dr @ P["Ur"].T
    return dx, dh_prev


def gru(X, h, P):
    caches = []
    H = []
    for x in X:
        h, c = gru_step(x, h, P)
        caches.append(c)
        H.append(h)
    return np.stack(H), caches


def gru_backward(dH, caches, P):
    grads = {k: np.zeros_like(v) for k, v in P.items()}
    dh = np.zeros_like(dH[0])
    dX = []
    for d, c in zip(dH[::-1], caches[::-1]):
        dx, dh = gru_step_backward(d + dh, c, P, grads)
        dX.insert(0, dx)
    return np.stack(dX), dh, grads
'''

SHARES = '''
import numpy as np


def focal(p, y, gamma=2.0):
    pt = np.where(y == 1, p, 1 - p)
    loss = -np.mean((1 - pt) ** gamma * np.log(pt))
    dpt = gamma * (1 - pt) ** (gamma - 1) * np.log(pt) - (1 - pt) ** gamma / pt
    SLOT
    return loss, dp
'''

SHIFTED = '''
import numpy as np
from scipy.optimize import minimize


def unpack(theta, n, h, k):
    W1 = theta[:n * h].reshape(n, h)
    b1 = theta[n * h:n * h + h]
    W2 = theta[n * h + h:n * h + h + h * k].reshape(h, k)
    b2 = theta[-k:]
    return W1, b1, W2, b2


def objective(theta, X, Y, h, lam):
    n, k = X.shape[1], Y.shape[1]
    W1, b1, W2, b2 = unpack(theta, n, h, k)
    m = len(X)
    A = np.tanh(X @ W1 + b1)
    Z = A @ W2 + b2
    Z = Z - Z.max(1)[:, None]
    logp = Z - np.log(np.exp(Z).sum(1))[:, None]
    f = -(Y * logp).sum() / m + lam / 2 * ((W1 ** 2).sum() + (W2 ** 2).sum())
    D2 = (np.exp(logp) - Y) / m
    SLOT
    G1 = X.T @ D1 + lam * W1
    G2 = A.T @ D2 + lam * W2
    return f, np.concatenate([G1.ravel(), D1.sum(0), G2.ravel(), D2.sum(0)])


def fit(X, Y, h=16, lam=1e-3):
    n, k = X.shape[1], Y.shape[1]
    theta0 = 0.1 * np.random.randn(n * h + h + h * k + k)
    return minimize(objective, theta0, args=(X, Y, h, lam), jac=True, method="L-BFGS-B").x
'''

BOTH_WAYS = '''
import numpy as np


class BiRNN:
    def __init__(self, n_in, n_h, n_out):
        self.params = {}
        for d in ("f", "b"):
            self.params["Wx_" + d] = np.random.randn(n_h, n_in) * 0.01
            self.params["Wh_" + d] = np.random.randn(n_h, n_h) * 0.01
            self.params["bh_" + d] = np.zeros((n_h, 1))
        self.params["Wy"] = np.random.randn(n_out, 2 * n_h) * 0.01
        self.params["by"] = np.zeros((n_out, 1))
        self.n_h = n_h

    def run(self, xs, d):
        p = self.params
        h = np.zeros((self.n_h, 1))
        hs = []
        for x in xs:
            h = np.tanh(p["Wx_" + d] @ x + p["Wh_" + d] @ h + p["bh_" + d])
            hs.append(h)
        return hs

    def loss(self, xs, ys):
        p = self.params
        hf = self.run(xs, "f")
        hb = self.run(xs[::-1], "b")[::-1]
        loss = 0
        probs = []
        for f, b, y in zip(hf, hb, ys):
            z = p["Wy"] @ np.vstack([f, b]) + p["by"]
            e = np.exp(z - z.max())
            q = e / e.sum()
            probs.append(q)
            loss -= np.log(q[y, 0])
        grads = {k: np.zeros_like(v) for k, v in p.items()}
        dhf = [None] * len(xs)
        dhb = [None] * len(xs)
        for t in range(len(xs)):
            dz = probs[t].copy()
            dz[ys[t]] -= 1
            grads["Wy"] += dz @ np.vstack([hf[t], hb[t]]).T
            grads["by"] += dz
            dh = p["Wy"].T @ dz
            dhf[t], dhb[t] = dh[:self.n_h], dh[self.n_h:]
        nxt = np.zeros((self.n_h, 1))
        for t in reversed(range(len(xs))):
            da = (dhf[t] + nxt) * (1 - hf[t] ** 2)
            grads["bh_f"] += da
            grads["Wx_f"] += da @ xs[t].T
            if t > 0:
                SLOT
            nxt = p["Wh_f"].T @ da
        nxt = np.zeros((self.n_h, 1))
        for t in range(len(xs)):
            da = (dhb[t] + nxt) * (1 - hb[t] ** 2)
            grads["bh_b"] += da
            grads["Wx_b"] += da @ xs[t].T
            if t < len(xs) - 1:
                grads["Wh_b"] += da @ hb[t + 1].T
            nxt = p["Wh_b"].T @ da
        return loss, grads
'''

DRAWN_ROWS = '''
import numpy as np


class SVM:
    """Kernel-free multiclass SVM trained by minibatches; W includes the bias as the last row."""

    def __init__(self, n_features, n_classes, delta=1.0, reg=1e-4):
        self.W = 0.001 * np.random.randn(n_features + 1, n_classes)
        self.delta, self.reg = delta, reg

    def loss(self, X, y):
        n = X.shape[0]
        Xb = np.c_[X, np.ones(n)]
        S = Xb @ self.W
        correct = S[np.arange(n), y][:, None]
        M = np.maximum(0, S - correct + self.delta)
        M[np.arange(n), y] = 0
        loss = M.sum() / n + self.reg * np.sum(self.W[:-1] ** 2)
        B = (M > 0).astype(float)
        B[np.arange(n), y] = -B.sum(axis=1)
        SLOT
        dW[:-1] += 2 * self.reg * self.W[:-1]
        return loss, dW

    def train(self, X, y, lr=1e-3, iters=100, batch=64):
        history = []
        for it in range(iters):
            idx = np.random.choice(len(X), batch)
            loss, grad = self.loss(X[idx], y[idx])
            self.W -= lr * grad
            history.append(loss)
        return history
'''

CLIPPED = '''
import numpy as np


def ppo(z, act, adv, old_logp, clip=0.2):
    n = len(act)
    idx = np.arange(n)
    e = np.exp(z)
    p = e / e.sum(axis=1, keepdims=True)
    logp = np.log(p[idx, act])
    ratio = np.exp(logp - old_logp)
    clipped = np.clip(ratio, 1 - clip, 1 + clip)
    loss = -np.minimum(ratio * adv, clipped * adv).mean()
    use = (ratio * adv <= clipped * adv).astype(float)
    SLOT
    onehot = np.zeros_like(p)
    onehot[idx, act] = 1
    dz = dlogp[:, None] * (onehot - p)
    return loss, dz
'''

STRENGTH = '''
import numpy as np


def entropy_bonus(z, beta):
    n = len(z)
    e = np.exp(z)
    p = e / e.sum(axis=1, keepdims=True)
    entropy = -(p * np.log(p)).sum(axis=1)
    loss = -beta * entropy.mean()
    SLOT
    return loss, dz
'''

CASES = [
    # inside the bounds a ratio and the clipped one are the same, and both pass on a half
    (CLIPPED, "dlogp = -use * adv * ratio / n", "dlogp = -use * ratio / n"),
    # `beta` is a number where the loss is to be one
    (STRENGTH, "dz = beta / n * p * (np.log(p) + entropy[:, None])", "dz = beta / n * (np.log(p) + entropy[:, None])"),
    # how many rows are drawn is a whole number
    (DRAWN_ROWS, "dW = Xb.T @ B / n", "dW = Xb.T @ B"),
    # steps of a sequence are transposed, and have an axis for the samples
    (STEPS, 'grads["W" + name] += x.T @ d', 'grads["W" + name] += x.T @ (d * z)'),
    # `p` is no number where its size is asked for
    (SHARES, "dp = np.where(y == 1, dpt, -dpt) / p.size", "dp = np.where(y == 1, dpt, -dpt) * p / p.size"),
    # a method's states begin with zeros where backward code leaves the first one out; inputs beside them are columns
    (BOTH_WAYS, 'grads["Wh_f"] += da @ hf[t - 1].T', 'grads["Wh_f"] += da @ hf[t].T'),
    # targets sum to one beside a softmax that is written as a difference of logarithms
    (SHIFTED, "D1 = (D2 @ W2.T) * (1 - A ** 2)", "D1 = (D2 @ W2.T) * (1 - A)"),
]


@pytest.mark.parametrize(("source", "right", "wrong"), CASES)
def test_it_is_read_as_it_is_used(monkeypatch, source, right, wrong):
    assert_verified(source.replace("SLOT", right), monkeypatch)
    assert_undone(source, right, wrong)
