import numpy as np


def softmax_loss(W, b, X, y, reg):
    """X: (N, D) examples, y: (N,) class numbers.  Returns the mean loss and its gradients."""
    N = X.shape[0]
    scores = X.dot(W) + b
    scores -= np.max(scores, axis=1, keepdims=True)
    P = np.exp(scores) / np.sum(np.exp(scores), axis=1, keepdims=True)
    loss = -np.sum(np.log(P[np.arange(N), y])) / N + reg * np.sum(W * W)

    dscores = P
    dscores[np.arange(N), y] -= 1
    dW = X.T.dot(dscores) + 2 * reg * W
    db = np.sum(dscores, axis=0) / N
    return loss, dW, db


def train(X, y, classes, steps=200, lr=0.5, reg=1e-3):
    W = 0.01 * np.random.randn(X.shape[1], classes)
    b = np.zeros(classes)
    for step in range(steps):
        loss, dW, db = softmax_loss(W, b, X, y, reg)
        W -= lr * dW
        b -= lr * db
        if step % 50 == 0:
            print(step, loss)
    return W, b
