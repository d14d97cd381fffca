"""Probes of the case files that hold whole networks and losses: calls and the scalars that they differentiate."""
# ruff: noqa: B023, E731 - every lambda here is called before the next turn of its loop

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from truth.oracle import Oracle, module


def column_network(m: Any, check: Oracle) -> None:
    """backprop against each cost, the matrix form, and one update."""
    for cost in (m.QuadraticCost, m.CrossEntropyCost, m.MeanCrossEntropyCost):
        np.random.seed(3)
        net = m.Network([3, 5, 4, 2], cost=cost)
        x, y = np.random.randn(3, 1), np.array([[0.3], [0.8]])
        nabla_b, nabla_w = net.backprop(x, y)
        loss = lambda: cost.fn(net.feedforward(x), y)
        for i in range(3):
            check(f"{cost.__name__} w{i}", nabla_w[i], loss, net.weights[i])
            check(f"{cost.__name__} b{i}", nabla_b[i], loss, net.biases[i])
    X, Y = np.random.randn(3, 7), np.random.rand(2, 7)
    nabla_b, nabla_w = net.backprop_matrix(X, Y)
    for i in range(3):
        check(f"matrix w{i}", nabla_w[i], lambda: net.matrix_cost(X, Y), net.weights[i])
        check(f"matrix b{i}", nabla_b[i], lambda: net.matrix_cost(X, Y), net.biases[i])
    batch = [(np.random.randn(3, 1), np.random.rand(2, 1)) for _ in range(3)]
    weights, biases = [w.copy() for w in net.weights], [b.copy() for b in net.biases]
    net.learn_from(batch, 0.5, 0.0, 3)
    after_w, after_b = net.weights, net.biases
    net.weights, net.biases = weights, biases
    total = lambda: sum(net.cost.fn(net.feedforward(x), y) for x, y in batch)
    for i in range(3):
        check(f"update w{i}", (weights[i] - after_w[i]) * 3 / 0.5, total, weights[i])
        check(f"update b{i}", (biases[i] - after_b[i]) * 3 / 0.5, total, biases[i])


def features_first(m: Any, check: Oracle) -> None:
    """Logistic regression, the L-layer model, the two-layer model, and three layers with weight decay."""
    rng = np.random.default_rng(2)
    X, Y = rng.normal(size=(4, 7)), (rng.random((1, 7)) > 0.5).astype(int)
    w, b = rng.normal(size=(4, 1)), np.array(0.3)
    grads, _ = m.propagate(w, b, X, Y)
    check("propagate w", grads["dw"], lambda: m.propagate(w, b, X, Y)[1], w)
    check("propagate b", grads["db"], lambda: m.propagate(w, b, X, Y)[1], b)

    def all_of(name: str, params: Any, grads: Any, loss: Callable[[], Any]) -> None:
        for key, value in params.items():
            check(f"{name} {key}", grads[f"d{key}"], loss, value)

    def model(*sizes: int) -> Any:
        params = m.initialize_parameters_deep(sizes)
        for value in params.values():
            value[...] = rng.normal(size=value.shape)
        return params

    deep = model(4, 5, 3, 1)
    AL, caches = m.L_model_forward(X, deep)
    deep_loss = lambda: m.compute_cost(m.L_model_forward(X, deep)[0], Y)
    all_of("deep", deep, m.L_model_backward(AL, Y, caches), deep_loss)
    two = model(4, 5, 1)
    _, cache = m.nn_forward(X, two)
    all_of("two", two, m.nn_backward(two, cache, X, Y), lambda: m.compute_cost(m.nn_forward(X, two)[0], Y))
    three = model(4, 5, 3, 1)
    _, cache = m.forward_three_layers(X, three)
    three_loss = lambda: m.cost_with_regularization(m.forward_three_layers(X, three)[0], Y, three, 0.7)
    all_of("three", three, m.backward_propagation_with_regularization(X, Y, cache, 0.7), three_loss)


def loss_and_grads(m: Any, check: Oracle) -> None:
    """Every function that returns a loss with its gradient."""
    rng = np.random.default_rng(4)
    X, y, W = rng.normal(size=(7, 4)), np.array([0, 2, 1, 1, 0, 2, 2]), rng.normal(size=(4, 3))
    for name in ("softmax_loss_naive", "softmax_loss_vectorized", "svm_loss_naive", "svm_loss_vectorized"):
        f = getattr(m, name)
        check(name, f(W, X, y, 0.3)[1], lambda: f(W, X, y, 0.3)[0], W)
    theta, target = rng.normal(size=4), rng.normal(size=7)
    check("ridge", m.ridge(theta, X, target, 0.6)[1], lambda: m.ridge(theta, X, target, 0.6)[0], theta)
    np.random.seed(8)
    net = m.TwoLayerNet(4, 6, 3, std=0.8)
    _, grads = net.loss(X, y, 0.2)
    for key, value in net.params.items():
        check(f"net {key}", grads[key], lambda: net.loss(X, y, 0.2)[0], value)
    rnn = m.CharRNN(4, 5)
    x, y = [0, 2, 1, 3, 1, 2], [2, 1, 3, 1, 2, 0]
    for key, gradient in zip("UVWbc", rnn.bptt(x, y)[1], strict=True):
        check(f"rnn {key}", gradient, lambda: rnn.bptt(x, y)[0], getattr(rnn, key))
    mu, log_sigma = rng.normal(size=4), rng.normal(size=4)
    _, (dmu, dlog_sigma) = m.gaussian_nll(X, mu, np.exp(log_sigma))
    check("mu", dmu, lambda: m.gaussian_nll(X, mu, np.exp(log_sigma))[0], mu)
    check("log sigma", dlog_sigma, lambda: m.gaussian_nll(X, mu, np.exp(log_sigma))[0], log_sigma)
    labels = (rng.random(7) > 0.5).astype(int)
    w, b = m.perceptron_like(X, labels, epochs=1, lr=-1.0)  # the descent of minus the log likelihood at 0
    check.same("unit", np.append(w, b), -np.append(X.T @ (labels - 0.5), np.sum(labels - 0.5)))


def training_script(m: Any, check: Oracle) -> None:
    """The script's updates: what one more turn of each loop changes is the step times the gradient."""

    def after(iterations: int, epochs: int) -> Any:
        text = m.__source__.replace("iterations = 20", f"iterations = {iterations}")
        text = text.replace("epochs = 2\n", f"epochs = {epochs}\n").replace("batch_size = 5", "batch_size = 30")
        return module("training_script", text)

    old, new = after(2, 0), after(3, 1)

    def step(name: str, rate: float, loss: Callable[[], Any]) -> None:
        before = old.__dict__[name] = np.array(old.__dict__[name], dtype=float)
        check(name, (before - new.__dict__[name]) / rate, loss, before)

    one = lambda: 0.5 * np.sum((m.y - old.nonlin(old.nonlin(m.X @ old.syn0) @ old.syn1)) ** 2)
    step("syn1", m.alpha, one)
    step("syn0", m.alpha, one)
    step("syn", 1.0, lambda: 0.5 * np.sum((m.y - old.nonlin(m.X @ old.syn)) ** 2))
    line = lambda: np.mean((old.slope * m.grid + old.offset - m.t) ** 2)
    step("slope", m.lr, line)
    step("offset", m.lr, line)

    def batch() -> Any:
        layer = old.relu(new.images @ old.weights_0_1) * new.dropout_mask * 2
        layer = np.tanh(layer @ old.weights_1_2)
        return -np.mean(np.sum(new.labels * np.log(old.softmax(layer @ old.weights_2_3 + old.bias_3)), axis=1))

    for name in ("weights_2_3", "bias_3", "weights_1_2", "weights_0_1"):
        step(name, m.rate, batch)


def char_rnn_script(m: Any, check: Oracle) -> None:
    """The script's one function over globals."""
    rng = np.random.default_rng(9)
    params = {name: getattr(m, name) for name in ("Wxh", "Whh", "Why", "bh", "by")}
    for value in params.values():
        value[...] = 0.5 * rng.normal(size=value.shape)
    start, inputs, targets = rng.normal(size=(m.H, 1)), [0, 3, 1, 3, 5, 2], [3, 1, 3, 5, 2, 0]
    gradients = m.lossFun(inputs, targets, start)[1:6]
    for (name, value), gradient in zip(params.items(), gradients, strict=True):
        check(name, gradient, lambda: m.lossFun(inputs, targets, start)[0], value)
