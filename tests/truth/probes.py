"""For each case file, the calls that make it compute its gradients, and the scalars that they are gradients of."""

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


def layer_classes(m: Any, check: Oracle) -> None:
    """Each layer alone under a random cotangent, the losses, and a whole model."""
    rng = np.random.default_rng(5)
    x, dout = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    wide = rng.normal(size=(6, 3))
    linear = m.Linear(4, 3)
    norm = m.BatchNorm(4)
    norm.gamma[:], norm.beta[:] = rng.normal(size=4), rng.normal(size=4)
    scale = m.Scale(4)
    scale.g[:], scale.h[:] = rng.normal(size=(1, 4)), rng.normal(size=(1, 4))
    for layer, arriving, own in (
        (linear, wide, [("W", "dW"), ("b", "db")]),
        (scale, dout, [("g", "dg"), ("h", "dh")]),
        (norm, dout, [("gamma", "dgamma"), ("beta", "dbeta")]),
        (m.ReLU(), dout, []), (m.LeakyReLU(), dout, []), (m.Sigmoid(), dout, []), (m.Tanh(), dout, []),
    ):  # fmt: skip
        layer.forward(x)
        dx = layer.backward(arriving.copy())
        loss = lambda: np.sum(arriving * layer.forward(x))
        check(f"{type(layer).__name__} x", dx, loss, x)
        for name, gradient in own:
            check(f"{type(layer).__name__} {name}", getattr(layer, gradient), loss, getattr(layer, name))
    flatten, picture = m.Flatten(), rng.normal(size=(2, 3, 4))
    out = flatten.forward(picture)
    arriving = rng.normal(size=out.shape)
    check("Flatten x", flatten.backward(arriving), lambda: np.sum(arriving * flatten.forward(picture)), picture)
    mean, arriving = m.MeanOver(1), rng.normal(size=(2, 4))
    mean.forward(picture)
    check("MeanOver x", mean.backward(arriving), lambda: np.sum(arriving * mean.forward(picture)), picture)
    dropout = m.Dropout(0.6)
    dropout.forward(x)
    check("Dropout x", dropout.backward(dout), lambda: np.sum(dout * x * dropout.mask), x)
    labels, target = np.array([0, 2, 1, 1, 0, 3]), rng.normal(size=(6, 4))
    softmax, squares = m.SoftmaxLoss(), m.MSELoss()
    softmax.forward(x, labels)
    check("SoftmaxLoss x", softmax.backward(), lambda: softmax.forward(x, labels), x)
    squares.forward(x, target)
    check("MSELoss x", squares.backward(), lambda: squares.forward(x, target), x)
    model = m.Sequential([m.Linear(4, 5), m.BatchNorm(5), m.ReLU(), m.Linear(5, 4)], softmax)
    model.forward(x, labels)
    model.backward()
    for i, (value, gradient) in enumerate(zip(model.parameters(), model.gradients(), strict=True)):
        check(f"model {i}", gradient.copy(), lambda: model.forward(x, labels), value)


def forward_backward_pairs(m: Any, check: Oracle) -> None:
    """Each pair under a random cotangent, and the losses."""
    rng = np.random.default_rng(11)

    def pair(name: str, forward: Callable[..., Any], backward: Callable[..., Any], *args: Any, wrt: int) -> None:
        out, cache = forward(*args)
        dout = rng.normal(size=out.shape)
        gradients = backward(dout.copy(), cache)
        gradients = gradients if isinstance(gradients, tuple) else (gradients,)
        for i in range(wrt):
            check(f"{name} {i}", gradients[i], lambda: np.sum(dout * forward(*args)[0]), args[i])

    x3, w, b = rng.normal(size=(5, 2, 3)), rng.normal(size=(6, 4)), rng.normal(size=4)
    pair("affine", m.affine_forward, m.affine_backward, x3, w, b, wrt=3)
    pair("affine_relu", m.affine_relu_forward, m.affine_relu_backward, x3, w, b, wrt=3)
    x, gamma, beta = rng.normal(size=(5, 4)), rng.normal(size=4), rng.normal(size=4)
    pair("relu", m.relu_forward, m.relu_backward, x, wrt=1)
    for name in ("batchnorm_backward", "batchnorm_backward_alt"):
        pair(name, m.batchnorm_forward, getattr(m, name), x, gamma, beta, {"mode": "train"}, wrt=3)
    pair("layernorm", m.layernorm_forward, m.layernorm_backward, x, gamma, beta, {}, wrt=3)
    pair("dropout", m.dropout_forward, m.dropout_backward, x, {"p": 0.6, "mode": "train", "seed": 3}, wrt=1)
    image, kernels, offsets = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(2, 3, 3, 2)), rng.normal(size=2)
    stride = {"stride": 2, "pad": 1}
    pair("conv", m.conv_forward_naive, m.conv_backward_naive, image, kernels, offsets, stride, wrt=3)
    pool = {"pool_height": 2, "pool_width": 3, "stride": 1}
    pair("max_pool", m.max_pool_forward_naive, m.max_pool_backward_naive, image, pool, wrt=1)
    labels = np.array([0, 2, 1, 3, 3])
    for name in ("svm_loss", "softmax_loss"):
        loss = getattr(m, name)
        check(f"{name} x", loss(x, labels)[1], lambda: loss(x, labels)[0], x)


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


def autograd_functions(m: Any, check: Oracle) -> None:
    """Each Function's backward, as torch calls it, against differences of its forward."""
    import torch

    rng = np.random.default_rng(6)

    def function(kind: Any, *args: Any) -> None:
        arrays = [a if isinstance(a, np.ndarray) and a.dtype == float else None for a in args]
        tensors = [torch.from_numpy(a) if isinstance(a, np.ndarray) else a for a in args]
        for tensor, array in zip(tensors, arrays, strict=True):
            if array is not None:
                tensor.requires_grad_()
        out = kind.apply(*tensors)
        dout = torch.from_numpy(np.asarray(rng.normal(size=tuple(out.shape))))
        wanted = [t for t, a in zip(tensors, arrays, strict=True) if a is not None]
        found = torch.autograd.grad((out * dout).sum(), wanted)
        with torch.no_grad():
            loss = lambda: (kind.apply(*tensors) * dout).sum()
            for i, (g, a) in enumerate(zip(found, [a for a in arrays if a is not None], strict=True)):
                check(f"{kind.__name__} {i}", g.numpy(), loss, a)

    x, same, w, b = rng.normal(size=(7, 4)), rng.normal(size=(7, 4)), rng.normal(size=4), rng.normal(size=4)
    function(m.LinearFunction, x, rng.normal(size=(3, 4)), rng.normal(size=3))
    for kind in (m.ExpFunction, m.SiLUFunction, m.TanhGELU, m.SoftmaxFunction):
        function(kind, x)
    function(m.GatedSigmoid, x, same)
    function(m.LeakyReLUFunction, x, 0.2)
    function(m.HuberLoss, x, same, 0.7)
    function(m.LayerNormFunction, x, w, b, 1e-5)
    function(m.RMSNormFunction, x, w)
    function(m.SoftmaxCrossEntropy, x, np.array([0, 3, 1, 2, 2, 0, 1]))
    function(m.CrossFunction, x, same, w, b)
    function(m.CenteredScale, x, w)
    leaf = torch.from_numpy(x).requires_grad_()
    for name, out, factor in (
        ("round", m.StraightThroughRound.apply(leaf), 1.0),
        ("reversal", m.GradientReversal.apply(leaf, 0.3), -0.3),
    ):
        check.same(name, torch.autograd.grad(out, leaf, torch.from_numpy(same))[0].numpy(), factor * same)


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


PROBES: dict[str, Callable[[Any, Oracle], None]] = {
    probe.__name__: probe
    for probe in (
        column_network,
        layer_classes,
        forward_backward_pairs,
        features_first,
        loss_and_grads,
        autograd_functions,
        training_script,
        char_rnn_script,
    )
}

NEEDS_TORCH = {"autograd_functions"}
