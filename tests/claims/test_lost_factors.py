"""A factor that is lost changes the shape of what is left, or leaves no cotangent in it: found on its line, undone."""

from __future__ import annotations

import pytest
from undone import assert_undone

NORMALISED = '''
import numpy as np

def norm_forward(x, gamma, beta):
    """x: (N, D), gamma: (D,), beta: (D,)"""
    centred = x - x.mean(axis=0)
    std = np.sqrt(np.mean(centred ** 2, axis=0) + 1e-5)
    hat = centred / std
    out = gamma * hat + beta
    return out, (gamma, centred, std, hat)

def norm_backward(dout, cache):
    gamma, centred, std, hat = cache
    N = dout.shape[0]
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * hat, axis=0)
    dhat = gamma * dout
    dcentred = dhat / std
    dstd = -np.sum(dhat * centred, axis=0) / std ** 2
    dcentred += centred * dstd / (std * N)
    dx = dcentred - dcentred.mean(axis=0)
    return dx, dgamma, dbeta
'''

CHANNELS = '''
import numpy as np

def scale_forward(x, gamma, beta):
    """x: (N, C, H, W), gamma: (1, C, 1, 1), beta: (1, C, 1, 1)"""
    kept = np.tanh(x)
    return gamma * kept + beta, (kept, gamma)

def scale_backward(dout, cache):
    kept, gamma = cache
    dbeta = np.sum(dout, axis=(0, 2, 3), keepdims=True)
    dgamma = np.sum(dout * kept, axis=(0, 2, 3), keepdims=True)
    dx = dout * gamma * (1 - kept ** 2)
    return dx, dgamma, dbeta
'''

SOFTMAX = '''
import numpy as np

class Softmax:
    def forward(self, x):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y

    def backward(self, gy):
        y = self.y
        gx = y * gy
        total = gx.sum(axis=1, keepdims=True)
        gx -= y * total
        return gx
'''

GATE = '''
import numpy as np

def gate_forward(x, h, Wz, Wh):
    """x: (N, D), h: (N, H), Wz: (D, H), Wh: (D, H)"""
    z = 1 / (1 + np.exp(-(x @ Wz)))
    c = np.tanh(x @ Wh)
    out = (1 - z) * h + z * c
    return out, (x, h, Wz, Wh, z, c)

def gate_backward(dout, cache):
    x, h, Wz, Wh, z, c = cache
    dh = (1 - z) * dout
    dc = z * dout
    dz = (c - h) * dout
    dc_in = dc * (1 - c ** 2)
    dz_in = dz * z * (1 - z)
    dx = dc_in @ Wh.T + dz_in @ Wz.T
    return dx, dh, x.T @ dz_in, x.T @ dc_in
'''

ACTIVATED = '''
import numpy as np

class Activation:
    def fn(self, z):
        raise NotImplementedError

    def grad(self, z):
        raise NotImplementedError

class Straight(Activation):
    def fn(self, z):
        return z

    def grad(self, z):
        return np.ones_like(z)

class Tanh(Activation):
    def fn(self, z):
        return np.tanh(z)

    def grad(self, z):
        return 1 - np.tanh(z) ** 2

def activation(given):
    if given is None:
        return Straight()
    if isinstance(given, Activation):
        return given
    raise ValueError(given)

class Dense:
    def __init__(self, n_in, n_out, act_fn=None):
        self.W = np.random.randn(n_in, n_out)
        self.act_fn = activation(act_fn)

    def forward(self, x):
        self.x, self.z = x, x @ self.W
        return self.act_fn.fn(self.z)

    def backward(self, dout):
        dz = dout * self.act_fn.grad(self.z)
        self.dW = self.x.T @ dz
        return dz @ self.W.T
'''

WEIGHTED = '''
import numpy as np

class Weighted:
    def forward(self, q, k, v):
        """q: (T, D), k: (S, D), v: (S, E)"""
        self.q, self.k, self.v = q, k, v
        scores = q @ k.T / np.sqrt(q.shape[1])
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        self.share = e / e.sum(axis=1, keepdims=True)
        return self.share @ v

    def backward(self, dout):
        q, k, v, share = self.q, self.k, self.v, self.share
        dv = share.T @ dout
        dshare = dout @ v.T
        dscores = share * (dshare - (dshare * share).sum(axis=1, keepdims=True))
        dscores = dscores / np.sqrt(q.shape[1])
        return dscores @ k, dscores.T @ q, dv
'''

SLIPS = {
    "a number, which leaves a statement that does nothing": (WEIGHTED, "dscores = dscores / np.sqrt(q.shape[1])",
                                                             "dscores = dscores"),
    "the derivative of an activation that is none by default": (ACTIVATED, "dz = dout * self.act_fn.grad(self.z)",
                                                                "dz = dout"),
    "of a summand, with all the axes of the sum": (NORMALISED, "dcentred += centred * dstd / (std * N)",
                                                   "dcentred += dstd / (std * N)"),
    "of a summand, without the axis that is summed": (NORMALISED, "dcentred += centred * dstd / (std * N)",
                                                      "dcentred += centred / (std * N)"),
    "the cotangent, of which nothing else keeps the shape": (NORMALISED, "dhat = gamma * dout", "dhat = gamma"),
    "below a sum that another statement has, too": (CHANNELS, "dgamma = np.sum(dout * kept, axis=(0, 2, 3), "
                                                    "keepdims=True)", "dgamma = np.sum(dout, axis=(0, 2, 3), "
                                                    "keepdims=True)"),
    "the cotangent, of what is changed in place later": (SOFTMAX, "gx = y * gy", "gx = y"),
    "the cotangent, beside the value that is left": (GATE, "dc = z * dout", "dc = z"),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_lost_factor_is_found_on_its_line(name: str) -> None:
    source, right, wrong = SLIPS[name]
    assert_undone(source.replace(right, "SLOT"), right, wrong)
