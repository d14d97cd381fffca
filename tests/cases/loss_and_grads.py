"""
Linear classifiers, a two-layer net and a vanilla RNN for the CIFAR exercises.
Each thing returns its loss together with the gradient(s).
"""
from __future__ import print_function

import os
import pickle
from random import shuffle, randrange

import numpy as np


def softmax_loss_naive(W, X, y, reg):
    """
    Two loops, slow, to compare with.

    - W: weights (D, C)
    - X: examples (N, D)
    - y: class numbers (N,)
    - reg: strength of the weight decay
    """
    loss = 0.0
    dW = np.zeros_like(W)
    num_train = X.shape[0]
    num_classes = W.shape[1]
    for i in range(num_train):
        scores = X[i].dot(W)
        scores -= np.max(scores)
        sum_exp = np.sum(np.exp(scores))
        loss += -scores[y[i]] + np.log(sum_exp)
        for j in range(num_classes):
            p = np.exp(scores[j]) / sum_exp
            if j == y[i]:
                dW[:, j] += (p - 1) * X[i]
            else:
                dW[:, j] += p * X[i]
    loss /= num_train
    dW /= num_train
    loss += reg * np.sum(W * W)
    dW += 2 * reg * W
    return loss, dW


def softmax_loss_vectorized(W, X, y, reg):
    num_train = X.shape[0]
    scores = X.dot(W)
    scores -= np.max(scores, axis=1, keepdims=True)
    exp_scores = np.exp(scores)
    probs = exp_scores / np.sum(exp_scores, axis=1, keepdims=True)
    loss = -np.mean(np.log(probs[range(num_train), y]))
    loss += reg * np.sum(W * W)

    dscores = probs
    dscores[range(num_train), y] -= 1
    dscores /= num_train
    dW = X.T.dot(dscores)
    dW += 2 * reg * W
    return loss, dW


def svm_loss_naive(W, X, y, reg):
    dW = np.zeros(W.shape)
    num_classes = W.shape[1]
    num_train = X.shape[0]
    loss = 0.0
    for i in range(num_train):
        scores = X[i].dot(W)
        correct_class_score = scores[y[i]]
        for j in range(num_classes):
            if j == y[i]:
                continue
            margin = scores[j] - correct_class_score + 1
            if margin > 0:
                loss += margin
                dW[:, j] += X[i, :]
                dW[:, y[i]] -= X[i, :]

    loss /= num_train
    dW /= num_train
    loss += 0.5 * reg * np.sum(W * W)
    dW += reg * W
    return loss, dW


def svm_loss_vectorized(W, X, y, reg, delta=1.0):
    num_train = X.shape[0]
    scores = X.dot(W)
    correct = scores[np.arange(num_train), y].reshape(-1, 1)
    margins = np.maximum(0, scores - correct + delta)
    margins[np.arange(num_train), y] = 0
    loss = margins.sum() / num_train + 0.5 * reg * np.sum(W ** 2)

    binary = margins
    binary[margins > 0] = 1
    row_sum = np.sum(binary, axis=1)
    binary[np.arange(num_train), y] = -row_sum
    dW = np.dot(X.T, binary) / num_train + reg * W
    return loss, dW


def ridge(theta, X, y, lam):
    """least squares, y and theta are flat. Used with scipy.optimize.minimize(..., jac=True)"""
    m = len(y)
    error = X.dot(theta) - y
    J = np.sum(error ** 2) / (2 * m) + lam / (2 * m) * np.sum(theta[1:] ** 2)
    grad = X.T.dot(error) / m
    grad[1:] += lam / m * theta[1:]
    return J, grad


class TwoLayerNet(object):
    """dense, relu, dense, softmax"""

    def __init__(self, input_size, hidden_size, output_size, std=1e-4):
        self.params = {}
        self.params['W1'] = std * np.random.randn(input_size, hidden_size)
        self.params['b1'] = np.zeros(hidden_size)
        self.params['W2'] = std * np.random.randn(hidden_size, output_size)
        self.params['b2'] = np.zeros(output_size)

    def loss(self, X, y=None, reg=0.0):
        """
        X is (N, D). Without y you get the scores, with y the loss and a dictionary of gradients.
        """
        W1, b1 = self.params['W1'], self.params['b1']
        W2, b2 = self.params['W2'], self.params['b2']
        N, D = X.shape

        h = X.dot(W1) + b1
        h = np.maximum(h, 0)
        scores = h.dot(W2) + b2
        if y is None:
            return scores

        scores = scores - scores.max(axis=1)[:, None]
        probs = np.exp(scores)
        probs = probs / probs.sum(axis=1)[:, None]
        data_loss = -np.log(probs[np.arange(N), y]).sum() / N
        loss = data_loss + 0.5 * reg * (np.sum(W1 * W1) + np.sum(W2 * W2))

        grads = {}
        dscores = probs.copy()
        dscores[np.arange(N), y] -= 1
        dscores = dscores / N
        grads['W2'] = h.T.dot(dscores) + reg * W2
        grads['b2'] = dscores.sum(axis=0)
        dh = dscores.dot(W2.T)
        dh[h == 0] = 0
        grads['W1'] = X.T.dot(dh) + reg * W1
        grads['b1'] = dh.sum(axis=0)
        return loss, grads

    def train(self, X, y, X_val, y_val, learning_rate=1e-3, learning_rate_decay=0.95,
              reg=5e-6, num_iters=100, batch_size=200, verbose=False):
        num_train = X.shape[0]
        iterations_per_epoch = max(num_train // batch_size, 1)
        history = {'loss': [], 'train_acc': [], 'val_acc': []}
        for it in range(num_iters):
            idx = np.random.choice(num_train, batch_size)
            X_batch, y_batch = X[idx], y[idx]
            loss, grads = self.loss(X_batch, y=y_batch, reg=reg)
            history['loss'].append(loss)
            for key in self.params:
                self.params[key] -= learning_rate * grads[key]
            if verbose and it % 100 == 0:
                print('%5d/%d  %f' % (it, num_iters, loss))
            if it % iterations_per_epoch == 0:
                history['train_acc'].append((self.predict(X_batch) == y_batch).mean())
                history['val_acc'].append((self.predict(X_val) == y_val).mean())
                learning_rate *= learning_rate_decay
        return history

    def predict(self, X):
        return np.argmax(self.loss(X), axis=1)


class CharRNN:
    """tanh rnn, one step = one column vector; loss over a whole sequence"""

    def __init__(self, vocab, hidden):
        self.vocab, self.hidden = vocab, hidden
        self.U = np.random.uniform(-1, 1, (hidden, vocab)) / np.sqrt(vocab)
        self.W = np.random.uniform(-1, 1, (hidden, hidden)) / np.sqrt(hidden)
        self.V = np.random.uniform(-1, 1, (vocab, hidden)) / np.sqrt(hidden)
        self.b = np.zeros(hidden)
        self.c = np.zeros(vocab)

    def forward(self, x):
        T = len(x)
        s = np.zeros((T + 1, self.hidden))   # s[-1] is the start state
        o = np.zeros((T, self.vocab))
        for t in range(T):
            s[t] = np.tanh(self.U[:, x[t]] + self.W.dot(s[t-1]) + self.b)
            z = self.V.dot(s[t]) + self.c
            e = np.exp(z - np.max(z))
            o[t] = e / e.sum()
        return o, s

    def bptt(self, x, y):
        T = len(y)
        o, s = self.forward(x)
        loss = -np.sum(np.log(o[np.arange(T), y]))
        dLdU = np.zeros(self.U.shape)
        dLdV = np.zeros(self.V.shape)
        dLdW = np.zeros(self.W.shape)
        dLdb = np.zeros_like(self.b)
        dLdc = np.zeros_like(self.c)
        delta_o = o.copy()
        delta_o[np.arange(T), y] -= 1.
        ds_next = np.zeros(self.hidden)
        for t in np.arange(T)[::-1]:
            dLdV += np.outer(delta_o[t], s[t])
            dLdc += delta_o[t]
            ds = self.V.T.dot(delta_o[t]) + ds_next
            delta_t = ds * (1 - s[t] ** 2)
            dLdW += np.outer(delta_t, s[t-1])
            dLdU[:, x[t]] += delta_t
            dLdb += delta_t
            ds_next = self.W.T.dot(delta_t)
        return loss, [dLdU, dLdV, dLdW, dLdb, dLdc]

    def sgd_step(self, x, y, learning_rate, clip=5):
        loss, (dLdU, dLdV, dLdW, dLdb, dLdc) = self.bptt(x, y)
        for dparam in (dLdU, dLdV, dLdW, dLdb, dLdc):
            np.clip(dparam, -clip, clip, out=dparam)
        self.U -= learning_rate * dLdU
        self.V -= learning_rate * dLdV
        self.W -= learning_rate * dLdW
        self.b -= learning_rate * dLdb
        self.c -= learning_rate * dLdc
        return loss


def gaussian_nll(x, mu, sigma):
    """x (N, D), mu (D,), sigma (D,). Steps are taken in log(sigma), so that is what the second gradient is for."""
    z = (x - mu) / sigma
    nll = 0.5 * np.sum(z ** 2) + x.shape[0] * np.sum(np.log(sigma))
    dmu = -np.sum(z, axis=0) / sigma
    dlog_sigma = x.shape[0] - np.sum(z ** 2, axis=0)
    return nll, (dmu, dlog_sigma)


def perceptron_like(X, y, epochs=5, lr=0.1):
    """logistic unit trained on the log likelihood, so we go up"""
    w, b = np.zeros(X.shape[1]), 0.0
    for _ in range(epochs):
        pred = 1 / (1 + np.exp(-(X.dot(w) + b)))
        error = y - pred
        w += lr * X.T.dot(error)
        b += lr * error.sum()
    return w, b


def spot_check(f, x, analytic_grad, num_checks=10, h=1e-5):
    for i in range(num_checks):
        ix = tuple([randrange(m) for m in x.shape])
        oldval = x[ix]
        x[ix] = oldval + h
        fxph = f(x)
        x[ix] = oldval - h
        fxmh = f(x)
        x[ix] = oldval
        grad_numerical = (fxph - fxmh) / (2 * h)
        grad_analytic = analytic_grad[ix]
        rel_error = abs(grad_numerical - grad_analytic) / (abs(grad_numerical) + abs(grad_analytic))
        print('%f  %f  %e' % (grad_numerical, grad_analytic, rel_error))


def load_batch(filename):
    with open(filename, 'rb') as f:
        d = pickle.load(f, encoding='latin1')
    X = d['data'].reshape(10000, 3, 32, 32).transpose(0, 2, 3, 1).astype('float')
    return X, np.array(d['labels'])


def main():
    xs, ys = [], []
    for b in range(1, 6):
        X, Y = load_batch(os.path.join('cifar-10-batches-py', 'data_batch_%d' % b))
        xs.append(X)
        ys.append(Y)
    X, y = np.concatenate(xs), np.concatenate(ys)
    order = list(range(len(X)))
    shuffle(order)
    X, y = X[order].reshape(len(X), -1), y[order]
    mean_image = np.mean(X, axis=0)
    X -= mean_image
    X = np.hstack([X, np.ones((X.shape[0], 1))])

    W = np.random.randn(3073, 10) * 0.0001
    loss, grad = softmax_loss_vectorized(W, X[:500], y[:500], 0.0)
    print('loss at the start %f, expected about %f' % (loss, np.log(10)))
    spot_check(lambda w: softmax_loss_naive(w, X[:500], y[:500], 0.0)[0], W, grad)

    net = TwoLayerNet(3073, 50, 10)
    history = net.train(X[:49000], y[:49000], X[49000:], y[49000:], num_iters=1000, reg=0.25, verbose=True)
    print('final validation accuracy', history['val_acc'][-1])


if __name__ == '__main__':
    main()
