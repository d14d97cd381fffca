import numpy as np


class TwoLayerNet:
    def __init__(self, inputs, hidden, classes):
        self.W1 = 0.1 * np.random.randn(inputs, hidden)
        self.b1 = np.zeros(hidden)
        self.W2 = 0.1 * np.random.randn(hidden, classes)
        self.b2 = np.zeros(classes)

    def loss(self, X, y):
        n = X.shape[0]
        hidden = np.maximum(0, X @ self.W1 + self.b1)
        scores = hidden @ self.W2 + self.b2
        scores -= scores.max(axis=1, keepdims=True)
        probs = np.exp(scores)
        probs /= probs.sum(axis=1, keepdims=True)
        loss = -np.log(probs[np.arange(n), y]).mean()

        dscores = probs.copy()
        dscores[np.arange(n), y] -= 1
        dscores /= n
        dhidden = dscores @ self.W2.T
        dhidden[dhidden <= 0] = 0
        grads = {
            "W1": X.T @ dhidden,
            "b1": dhidden.sum(axis=0),
            "W2": hidden.T @ dscores,
            "b2": dscores.sum(axis=0),
        }
        return loss, grads
