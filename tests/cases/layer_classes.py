# -*- coding: utf-8 -*-
# Layer classes in plain numpy, for the spiral / moons toy data.
# Every layer keeps what it needs in forward and fills self.d* in backward.
import numpy as np

try:
    import matplotlib.pyplot as plt
except ImportError:
    plt = None

rng = np.random.default_rng(7)


class Layer:
    """Base class. params() yields (value, gradient) pairs."""

    training = True

    def forward(self, x):
        raise NotImplementedError

    def backward(self, dout):
        raise NotImplementedError

    def params(self):
        return []


class Linear(Layer):
    def __init__(self, n_in, n_out, weight_decay=0.0):
        self.W = rng.normal(0, np.sqrt(2.0 / n_in), size=(n_in, n_out))
        self.b = np.zeros(n_out)
        self.weight_decay = weight_decay
        self.x = None
        self.dW = None
        self.db = None

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        dx = np.dot(dout, self.W.T)
        return dx

    def params(self):
        return [(self.W, self.dW), (self.b, self.db)]


class Scale(Layer):
    """y = x * g + h, one gain and one offset per feature, kept as (1, D)"""

    def __init__(self, dim):
        self.g = np.ones((1, dim))
        self.h = np.zeros((1, dim))

    def forward(self, x):
        self.inputs = x
        return x * self.g + self.h

    def backward(self, dvalues):
        self.dg = (dvalues * self.inputs).sum(axis=0, keepdims=True)
        self.dh = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues * self.g
        return self.dinputs

    def params(self):
        return [(self.g, self.dg), (self.h, self.dh)]


class ReLU(Layer):
    def forward(self, x):
        self.mask = (x <= 0)
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout = dout.copy()
        dout[self.mask] = 0
        dx = dout
        return dx


class LeakyReLU(Layer):
    def __init__(self, slope=0.1):
        self.slope = slope

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.slope * x)

    def backward(self, dout):
        dx = np.ones_like(self.x)
        dx[self.x < 0] = self.slope
        return dx * dout


class Sigmoid(Layer):
    def forward(self, x):
        out = 1 / (1 + np.exp(-x))
        self.out = out
        return out

    def backward(self, dout):
        dx = dout * (1.0 - self.out) * self.out
        return dx


class Tanh(Layer):
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        return dout * (1 - self.out ** 2)


class Flatten(Layer):
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(x.shape[0], -1)

    def backward(self, d):
        return d.reshape(self.shape)


class MeanOver(Layer):
    """mean over one axis (pooling over time)"""

    def __init__(self, axis=1):
        self.axis = axis

    def forward(self, x):
        self.n = x.shape[self.axis]
        return x.mean(axis=self.axis)

    def backward(self, d):
        return np.repeat(np.expand_dims(d, self.axis), self.n, axis=self.axis) / self.n


class Dropout(Layer):
    def __init__(self, keep=0.8):
        self.keep = keep

    def forward(self, x):
        if not self.training:
            return x
        self.mask = (rng.random(x.shape) < self.keep) / self.keep
        return x * self.mask

    def backward(self, dout):
        if not self.training:
            return dout
        return dout * self.mask


class BatchNorm(Layer):
    def __init__(self, dim, eps=1e-5, momentum=0.9):
        self.gamma = np.ones(dim)
        self.beta = np.zeros(dim)
        self.eps = eps
        self.momentum = momentum
        self.running_mean = np.zeros(dim)
        self.running_var = np.ones(dim)
        self.dgamma = None
        self.dbeta = None

    def forward(self, x):
        if not self.training:
            xn = (x - self.running_mean) / np.sqrt(self.running_var + self.eps)
            return self.gamma * xn + self.beta
        mu = x.mean(axis=0)
        xc = x - mu
        var = np.mean(xc ** 2, axis=0)
        std = np.sqrt(var + self.eps)
        xn = xc / std
        self.batch_size = x.shape[0]
        self.xc = xc
        self.xn = xn
        self.std = std
        self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * mu
        self.running_var = self.momentum * self.running_var + (1 - self.momentum) * var
        return self.gamma * xn + self.beta

    def backward(self, dout):
        dbeta = dout.sum(axis=0)
        dgamma = np.sum(self.xn * dout, axis=0)
        dxn = self.gamma * dout
        dxc = dxn / self.std
        dstd = -np.sum((dxn * self.xc) / (self.std * self.std), axis=0)
        dvar = 0.5 * dstd / self.std
        dxc += (2.0 / self.batch_size) * self.xc * dvar
        dmu = np.sum(dxc, axis=0)
        dx = dxc - dmu / self.batch_size

        self.dgamma = dgamma
        self.dbeta = dbeta
        return dx

    def params(self):
        return [(self.gamma, self.dgamma), (self.beta, self.dbeta)]


class SoftmaxLoss:
    """softmax and cross-entropy in one. t: class numbers"""

    def forward(self, x, t):
        shifted = x - np.max(x, axis=1, keepdims=True)
        e = np.exp(shifted)
        self.y = e / np.sum(e, axis=1, keepdims=True)
        self.t = t
        n = x.shape[0]
        self.loss = -np.sum(np.log(self.y[np.arange(n), t])) / n
        return self.loss

    def backward(self, dout=1):
        n = self.t.shape[0]
        dx = self.y.copy()
        dx[np.arange(n), self.t] -= 1
        dx *= dout
        dx = dx / n
        return dx


class MSELoss:
    def forward(self, pred, target):
        self.diff = pred - target
        return np.mean(self.diff ** 2)

    def backward(self):
        return 2 * self.diff / self.diff.size


class Sequential:
    def __init__(self, layers, loss):
        self.layers = layers
        self.loss = loss

    def predict(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def forward(self, x, t):
        out = self.predict(x)
        # decay = sum(0.5 * l.weight_decay * np.sum(l.W ** 2) for l in self.layers if isinstance(l, Linear))
        return self.loss.forward(out, t)

    def backward(self):
        dout = self.loss.backward()
        for layer in reversed(self.layers):
            dout = layer.backward(dout)
        return dout

    def gradients(self):
        grads = []
        for layer in self.layers:
            for _, g in layer.params():
                grads.append(g)
        return grads

    def parameters(self):
        return [p for layer in self.layers for p, _ in layer.params()]

    def train(self, mode=True):
        for layer in self.layers:
            layer.training = mode


class SGD:
    def __init__(self, lr=0.1, clip=5.0):
        self.lr = lr
        self.clip = clip

    def step(self, model):
        for p, dp in zip(model.parameters(), model.gradients()):
            # exploding gradients, seen once with batch size 4
            dp = np.clip(dp, -self.clip, self.clip)
            p -= self.lr * dp


class Adam:
    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999):
        self.lr, self.beta1, self.beta2 = lr, beta1, beta2
        self.t = 0
        self.dm, self.dv = None, None

    def step(self, model):
        params, grads = model.parameters(), model.gradients()
        if self.dm is None:
            self.dm = [np.zeros_like(p) for p in params]
            self.dv = [np.zeros_like(p) for p in params]
        self.t += 1
        for i, (p, g) in enumerate(zip(params, grads)):
            self.dm[i] = self.beta1 * self.dm[i] + (1 - self.beta1) * g
            self.dv[i] = self.beta2 * self.dv[i] + (1 - self.beta2) * g ** 2
            m_hat = self.dm[i] / (1 - self.beta1 ** self.t)
            v_hat = self.dv[i] / (1 - self.beta2 ** self.t)
            p -= self.lr * m_hat / (np.sqrt(v_hat) + 1e-8)


def spiral(points=100, classes=3, noise=0.2):
    X = np.zeros((points * classes, 2))
    y = np.zeros(points * classes, dtype=int)
    for j in range(classes):
        ix = range(points * j, points * (j + 1))
        r = np.linspace(0.0, 1, points)
        t = np.linspace(j * 4, (j + 1) * 4, points) + rng.normal(size=points) * noise
        X[ix] = np.c_[r * np.sin(t), r * np.cos(t)]
        y[ix] = j
    return X, y


def plot_boundary(model, X, y, dx=0.02, dy=0.02):
    xx, yy = np.meshgrid(np.arange(X[:, 0].min() - .5, X[:, 0].max() + .5, dx),
                         np.arange(X[:, 1].min() - .5, X[:, 1].max() + .5, dy))
    Z = np.argmax(model.predict(np.c_[xx.ravel(), yy.ravel()]), axis=1).reshape(xx.shape)
    plt.contourf(xx, yy, Z, cmap=plt.cm.Spectral, alpha=0.8)
    plt.scatter(X[:, 0], X[:, 1], c=y, s=40, cmap=plt.cm.Spectral)
    plt.show()


def main():
    X, y = spiral()
    model = Sequential([Linear(2, 64), BatchNorm(64), ReLU(), Dropout(0.9),
                        Linear(64, 32), Scale(32), LeakyReLU(),
                        Linear(32, 3)], SoftmaxLoss())
    opt = Adam(lr=0.01)
    # opt = SGD(0.5)
    losses = []
    for epoch in range(200):
        order = rng.permutation(len(X))
        for i in range(0, len(X), 32):
            batch = order[i:i + 32]
            loss = model.forward(X[batch], y[batch])
            model.backward()
            opt.step(model)
        losses.append(loss)
        if epoch % 20 == 0:
            model.train(False)
            acc = (np.argmax(model.predict(X), axis=1) == y).mean()
            model.train(True)
            print("epoch %3d  loss %.4f  acc %.3f" % (epoch, loss, acc))
    if plt is not None:
        plt.plot(losses)
        plt.show()
        plot_boundary(model, X, y)


if __name__ == '__main__':
    main()
