"""A small transformer that learns to say the next token, in plain numpy."""
import math
import numpy as np

rng = np.random.default_rng(0)


def softmax(z, axis=-1):
    z = z - z.max(axis=axis, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=axis, keepdims=True)


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def gelu_backward(dout, x):
    c = math.sqrt(2 / math.pi)
    t = np.tanh(c * (x + 0.044715 * x ** 3))
    dt = (1 - t ** 2) * c * (1 + 3 * 0.044715 * x ** 2)
    return dout * (0.5 * (1 + t) + 0.5 * x * dt)


class Linear:
    def __init__(self, n_in, n_out):
        self.W = rng.normal(0, 1 / np.sqrt(n_in), (n_in, n_out))
        self.b = np.zeros(n_out)
        self.grads = {}

    def __call__(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        x2 = self.x.reshape(-1, self.x.shape[-1])
        d2 = dout.reshape(-1, dout.shape[-1])
        self.grads["W"] = x2.T @ d2
        self.grads["b"] = d2.sum(axis=0)
        return dout @ self.W.T

    def params(self):
        return [(self.W, self.grads["W"]), (self.b, self.grads["b"])]


class LayerNorm:
    def __init__(self, dim, eps=1e-5):
        self.gamma = np.ones(dim)
        self.beta = np.zeros(dim)
        self.eps = eps
        self.grads = {}

    def __call__(self, x):
        mu = x.mean(-1, keepdims=True)
        var = x.var(-1, keepdims=True)
        self.inv_std = 1.0 / np.sqrt(var + self.eps)
        self.xhat = (x - mu) * self.inv_std
        return self.gamma * self.xhat + self.beta

    def backward(self, dout):
        axes = tuple(range(dout.ndim - 1))
        self.grads["gamma"] = (dout * self.xhat).sum(axis=axes)
        self.grads["beta"] = dout.sum(axis=axes)
        dxhat = dout * self.gamma
        return self.inv_std * (dxhat - dxhat.mean(-1, keepdims=True)
                               - self.xhat * (dxhat * self.xhat).mean(-1, keepdims=True))

    def params(self):
        return [(self.gamma, self.grads["gamma"]), (self.beta, self.grads["beta"])]


class MultiHeadAttention:
    def __init__(self, d_model, n_heads):
        assert d_model % n_heads == 0
        self.h = n_heads
        self.dk = d_model // n_heads
        self.Wq = Linear(d_model, d_model)
        self.Wk = Linear(d_model, d_model)
        self.Wv = Linear(d_model, d_model)
        self.Wo = Linear(d_model, d_model)

    def split(self, x):
        B, T, D = x.shape
        return x.reshape(B, T, self.h, self.dk).transpose(0, 2, 1, 3)

    def merge(self, x):
        B, H, T, dk = x.shape
        return x.transpose(0, 2, 1, 3).reshape(B, T, H * dk)

    def __call__(self, x):
        self.q = self.split(self.Wq(x))
        self.k = self.split(self.Wk(x))
        self.v = self.split(self.Wv(x))
        scores = self.q @ self.k.transpose(0, 1, 3, 2) / np.sqrt(self.dk)
        T = x.shape[1]
        mask = np.triu(np.ones((T, T), dtype=bool), k=1)
        scores = np.where(mask, -1e9, scores)
        self.att = softmax(scores)
        return self.Wo(self.merge(self.att @ self.v))

    def backward(self, dout):
        d = self.split(self.Wo.backward(dout))
        datt = d @ self.v.transpose(0, 1, 3, 2)
        dv = self.att.transpose(0, 1, 3, 2) @ d
        dscores = self.att * (datt - (datt * self.att).sum(-1, keepdims=True))
        dscores = dscores / np.sqrt(self.dk)
        dq = dscores @ self.k
        dk = dscores.transpose(0, 1, 3, 2) @ self.q
        dx = self.Wq.backward(self.merge(dq))
        dx = dx + self.Wk.backward(self.merge(dk))
        dx = dx + self.Wv.backward(self.merge(dv))
        return dx


class FeedForward:
    def __init__(self, d_model, d_ff):
        self.l1 = Linear(d_model, d_ff)
        self.l2 = Linear(d_ff, d_model)

    def __call__(self, x):
        self.z = self.l1(x)
        return self.l2(gelu(self.z))

    def backward(self, dout):
        da = self.l2.backward(dout)
        dz = gelu_backward(da, self.z)
        return self.l1.backward(dz)


class Block:
    def __init__(self, d_model, n_heads, d_ff):
        self.ln1 = LayerNorm(d_model)
        self.attn = MultiHeadAttention(d_model, n_heads)
        self.ln2 = LayerNorm(d_model)
        self.ff = FeedForward(d_model, d_ff)

    def __call__(self, x):
        x = x + self.attn(self.ln1(x))
        return x + self.ff(self.ln2(x))

    def backward(self, dout):
        dx = dout + self.ln2.backward(self.ff.backward(dout))
        return dx + self.ln1.backward(self.attn.backward(dx))


class Model:
    def __init__(self, vocab, d_model=32, n_heads=4, n_layers=2, max_len=64):
        self.emb = rng.normal(0, 0.02, (vocab, d_model))
        self.pos = rng.normal(0, 0.02, (max_len, d_model))
        self.blocks = [Block(d_model, n_heads, 4 * d_model) for _ in range(n_layers)]
        self.head = Linear(d_model, vocab)

    def forward(self, idx):
        self.idx = idx
        B, T = idx.shape
        x = self.emb[idx] + self.pos[:T]
        for block in self.blocks:
            x = block(x)
        return self.head(x)

    def loss(self, idx, targets):
        logits = self.forward(idx)
        B, T, V = logits.shape
        p = softmax(logits)
        flat = p.reshape(-1, V)
        loss = -np.log(flat[np.arange(B * T), targets.reshape(-1)] + 1e-12).mean()
        dlogits = flat.copy()
        dlogits[np.arange(B * T), targets.reshape(-1)] -= 1
        dlogits = (dlogits / (B * T)).reshape(B, T, V)
        return loss, dlogits

    def backward(self, dlogits):
        dx = self.head.backward(dlogits)
        for block in reversed(self.blocks):
            dx = block.backward(dx)
        self.demb = np.zeros_like(self.emb)
        np.add.at(self.demb, self.idx, dx)
        self.dpos = np.zeros_like(self.pos)
        self.dpos[: dx.shape[1]] = dx.sum(axis=0)


def train(steps=200):
    model = Model(20)
    for step in range(steps):
        data = rng.integers(0, 20, (8, 17))
        loss, dlogits = model.loss(data[:, :-1], data[:, 1:])
        model.backward(dlogits)
        model.emb -= 0.1 * model.demb
        model.pos -= 0.1 * model.dpos
        for p, g in model.head.params():
            p -= 0.1 * g
        if step % 50 == 0:
            print(step, loss)


if __name__ == "__main__":
    train()
