"""
column_network.py
~~~~~~~~~~~~~~~~~
Fully connected network for the 20x20 digit crops, trained with SGD + momentum.
Inputs and activations are column vectors. Only numpy, nothing fancy.

usage:
    python column_network.py --data digits.npz --hidden 30 --epochs 30 --eta 0.5
"""

import argparse
import gzip
import json
import pickle
import random
import sys
import time

import numpy as np


#### cost functions

class QuadraticCost(object):

    @staticmethod
    def fn(a, y):
        """a: what came out, y: what should have, both columns"""
        return 0.5*np.linalg.norm(a-y)**2

    @staticmethod
    def delta(z, a, y):
        return (a-y) * sigmoid_prime(z)


class CrossEntropyCost(object):

    @staticmethod
    def fn(a, y):
        # saturated units give 0*log(0)
        return np.sum(np.nan_to_num(-y*np.log(a)-(1-y)*np.log(1-a)))

    @staticmethod
    def delta(z, a, y):
        # z only to have the same arguments everywhere
        return (a-y)


class MeanCrossEntropyCost(object):
    """averaged over the output units, as the old matlab code had it"""

    @staticmethod
    def fn(a, y):
        k = a.shape[0]
        return -np.sum(y*np.log(a) + (1-y)*np.log(1-a)) / k

    @staticmethod
    def delta(z, a, y):
        return (a-y) / a.shape[0]


#### the network

class Network(object):

    def __init__(self, sizes, cost=CrossEntropyCost, momentum=0.0):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.cost = cost
        self.momentum = momentum
        self.init_weights()
        # self.large_init()
        self.velocity_b = [np.zeros(b.shape) for b in self.biases]
        self.velocity_w = [np.zeros(w.shape) for w in self.weights]

    def init_weights(self):
        self.biases = [np.random.randn(y, 1) for y in self.sizes[1:]]
        self.weights = [np.random.randn(y, x)/np.sqrt(x)
                        for x, y in zip(self.sizes[:-1], self.sizes[1:])]

    def large_init(self):
        self.biases = [np.random.randn(y, 1) for y in self.sizes[1:]]
        self.weights = [np.random.randn(y, x)
                        for x, y in zip(self.sizes[:-1], self.sizes[1:])]

    def feedforward(self, a):
        # a: column, or several columns side by side
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a)+b)
        return a

    def fit(self, training_data, epochs, mini_batch_size, eta,
            lmbda=0.0, evaluation_data=None, min_delta=0.0, patience=0):
        """training_data: list of (x, y) pairs. Stops early when patience is given."""
        n = len(training_data)
        best, waited = 0.0, 0
        history = []
        for j in range(epochs):
            start = time.time()
            random.shuffle(training_data)
            mini_batches = [training_data[k:k+mini_batch_size]
                            for k in range(0, n, mini_batch_size)]
            for mini_batch in mini_batches:
                self.learn_from(mini_batch, eta, lmbda, n)
            took = time.time() - start
            if evaluation_data:
                acc = self.accuracy(evaluation_data)
                history.append(acc)
                print("Epoch %s: %d / %d  (%.1fs)" % (j, acc, len(evaluation_data), took))
                delta = acc - best
                if delta > min_delta:
                    best, waited = acc, 0
                else:
                    waited += 1
                    if patience and waited >= patience:
                        print("no improvement for %d epochs, stopping" % waited)
                        break
            else:
                print("Epoch {0} complete".format(j))
        return history

    def learn_from(self, mini_batch, eta, lmbda, n):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb+dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
            nabla_w = [nw+dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]
        m = len(mini_batch)
        self.velocity_w = [self.momentum*v - (eta/m)*nw
                           for v, nw in zip(self.velocity_w, nabla_w)]
        self.velocity_b = [self.momentum*v - (eta/m)*nb
                           for v, nb in zip(self.velocity_b, nabla_b)]
        self.weights = [(1-eta*(lmbda/n))*w + v
                        for w, v in zip(self.weights, self.velocity_w)]
        self.biases = [b + v for b, v in zip(self.biases, self.velocity_b)]

    def backprop(self, x, y):
        """one example forth and back; two lists, shaped like self.biases and self.weights"""
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x
        activations = [x]
        zs = []             # before the squashing
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation)+b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        # print([a.shape for a in activations])
        # and now from the end
        delta = self.cost.delta(zs[-1], activations[-1], y)
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        # -l counts layers from the output
        for l in range(2, self.num_layers):
            z = zs[-l]
            sp = sigmoid_prime(z)
            delta = np.dot(self.weights[-l+1].transpose(), delta) * sp
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l-1].transpose())
        return (nabla_b, nabla_w)

    def backprop_matrix(self, X, Y):
        """The whole mini-batch at once: X is (inputs, batch), Y is (outputs, batch)."""
        zs, acts = [], [X]
        for b, w in zip(self.biases, self.weights):
            zs.append(w.dot(acts[-1]) + b)
            acts.append(sigmoid(zs[-1]))
        nabla_b = [None] * len(self.biases)
        nabla_w = [None] * len(self.weights)
        delta = (acts[-1] - Y) * sigmoid_prime_from_output(acts[-1])
        for l in range(len(self.weights) - 1, -1, -1):
            nabla_b[l] = delta.sum(axis=1, keepdims=True)
            nabla_w[l] = delta.dot(acts[l].T)
            if l > 0:
                delta = self.weights[l].T.dot(delta) * sigmoid_prime(zs[l-1])
        return nabla_b, nabla_w

    def matrix_cost(self, X, Y):
        A = self.feedforward(X)
        return 0.5 * np.sum((A - Y)**2)

    def check_backprop(self, x, y, eps=1e-5):
        """Slow! compares one layer with finite differences, call it from the shell only"""
        nabla_b, nabla_w = self.backprop(x, y)
        w = self.weights[0]
        dw = np.zeros(w.shape)
        for i in range(w.shape[0]):
            for j in range(w.shape[1]):
                old = w[i, j]
                w[i, j] = old + eps
                up = self.cost.fn(self.feedforward(x), y)
                w[i, j] = old - eps
                down = self.cost.fn(self.feedforward(x), y)
                w[i, j] = old
                dw[i, j] = (up - down) / (2*eps)
        diff = np.abs(dw - nabla_w[0]).max()
        print("max difference in layer 0: %g" % diff)
        return diff

    def accuracy(self, data, convert=False):
        if convert:
            results = [(np.argmax(self.feedforward(x)), np.argmax(y)) for (x, y) in data]
        else:
            results = [(np.argmax(self.feedforward(x)), y) for (x, y) in data]
        return sum(int(x == y) for (x, y) in results)

    def total_cost(self, data, lmbda, convert=False):
        cost = 0.0
        for x, y in data:
            a = self.feedforward(x)
            if convert:
                y = vectorized_result(y, self.sizes[-1])
            cost += self.cost.fn(a, y)/len(data)
        cost += 0.5*(lmbda/len(data))*sum(np.linalg.norm(w)**2 for w in self.weights)
        return cost

    def save(self, filename):
        data = {"sizes": self.sizes,
                "weights": [w.tolist() for w in self.weights],
                "biases": [b.tolist() for b in self.biases],
                "cost": str(self.cost.__name__)}
        f = open(filename, "w")
        json.dump(data, f)
        f.close()


def load(filename):
    f = open(filename, "r")
    data = json.load(f)
    f.close()
    cost = getattr(sys.modules[__name__], data["cost"])
    net = Network(data["sizes"], cost=cost)
    net.weights = [np.array(w) for w in data["weights"]]
    net.biases = [np.array(b) for b in data["biases"]]
    return net


#### odds and ends

def vectorized_result(j, n=10):
    """column of zeros with a one at j"""
    e = np.zeros((n, 1))
    e[j] = 1.0
    return e


def sigmoid(z):
    return 1.0/(1.0+np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z)*(1-sigmoid(z))


def sigmoid_prime_from_output(a):
    # when the activation is there already
    return a*(1-a)


def load_digits(path):
    if path.endswith(".gz"):
        with gzip.open(path, "rb") as f:
            xs, ys = pickle.load(f, encoding="latin1")
    else:
        blob = np.load(path)
        xs, ys = blob["x"], blob["y"]
    xs = [np.reshape(x, (-1, 1)) / 255.0 for x in xs]
    return xs, list(ys)


def shift_image(x, dx, dy, side=20):
    """move the picture by dx, dy pixels (for the expanded training set)"""
    img = x.reshape(side, side)
    img = np.roll(np.roll(img, dx, axis=1), dy, axis=0)
    return img.reshape(-1, 1)


def plot_weights(net, columns=6):
    import matplotlib.pyplot as plt
    fig = plt.figure(figsize=(6, 5))
    for i, row in enumerate(net.weights[0]):
        ax = fig.add_subplot(len(net.weights[0]) // columns + 1, columns, i + 1)
        ax.matshow(row.reshape(20, 20), cmap=plt.cm.binary)
        plt.xticks(np.array([]))
        plt.yticks(np.array([]))
    plt.show()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="digits.npz")
    parser.add_argument("--hidden", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--eta", type=float, default=0.5)
    parser.add_argument("--lmbda", type=float, default=5.0)
    args = parser.parse_args()

    xs, ys = load_digits(args.data)
    cut = int(0.9 * len(xs))
    train = [(x, vectorized_result(y)) for x, y in zip(xs[:cut], ys[:cut])]
    for dx, dy in [(1, 0), (-1, 0), (0, 1), (0, -1)]:
        train += [(shift_image(x, dx, dy), vectorized_result(y)) for x, y in zip(xs[:cut], ys[:cut])]
    test = list(zip(xs[cut:], ys[cut:]))

    # net = Network([400, 30, 10], cost=QuadraticCost)
    net = Network([400, args.hidden, 10], cost=CrossEntropyCost, momentum=0.5)
    net.fit(train, args.epochs, 10, args.eta, lmbda=args.lmbda, evaluation_data=test, patience=5)
    net.save("net.json")
    plot_weights(net)
