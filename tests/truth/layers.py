"""Probes of the case files that hold layers, one under a random cotangent at a time."""
# ruff: noqa: B023, E731 - every lambda here is called before the next turn of its loop

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from truth.oracle import Oracle


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


def book_layers(m: Any, check: Oracle) -> None:
    """Every layer alone under a random cotangent, every loss, and the small net."""
    rng = np.random.default_rng(12)
    x, y = rng.normal(size=(7, 4)), rng.random(size=(7, 3))

    dense = m.Layer_Dense(4, 3, 0.1, 0.2, 0.3, 0.4)
    dense.weights, dense.biases = rng.normal(size=(4, 3)), rng.normal(size=(1, 3))

    def through(layer: Any, inputs: Any, arriving: Any) -> Any:
        layer.forward(inputs, training=True)
        return np.sum(arriving * layer.output)

    for layer, arriving in (
        (dense, y),
        (m.Activation_ReLU(), x[::-1].copy()),
        (m.Activation_Softmax(), x[::-1].copy()),
        (m.Activation_Sigmoid(), x[::-1].copy()),
    ):
        through(layer, x, arriving)
        layer.backward(arriving.copy())
        check(f"{type(layer).__name__} x", layer.dinputs, lambda: through(layer, x, arriving), x)
    for name, gradient in (("weights", dense.dweights), ("biases", dense.dbiases)):
        check(name, gradient, lambda: through(dense, x, y) + dense.penalty(), getattr(dense, name))
    P, labels = 0.1 + 0.8 * rng.random(size=(7, 3)), np.array([0, 2, 1, 1, 0, 2, 2])
    for kind, target in (
        (m.Loss_CategoricalCrossentropy, labels),
        (m.Loss_CategoricalCrossentropy, np.eye(3)[labels]),
        (m.Loss_BinaryCrossentropy, y),
        (m.Loss_MeanAbsoluteError, y),
    ):
        loss = kind()
        loss.backward(P, target)
        check(f"{kind.__name__} {target.ndim}", loss.dinputs, lambda: loss.forward(P, target), P)

    def layer(name: str, made: Any, forward: Callable[[], Any], **variables: Any) -> None:
        arriving = rng.normal(size=forward().shape)
        below = made.backward(arriving.copy())
        for key, variable in variables.items():
            gradient = {"x": below, "p": made.grads[0] if hasattr(made, "grads") else None}.get(key)
            gradient = getattr(made, f"d{key}") if gradient is None else gradient.copy()
            check(f"{name} {key}", gradient, lambda: np.sum(arriving * forward()), variable)

    image, W, b = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, 3, 2)), rng.normal(size=4)
    convolution, pooling = m.Convolution(W, b, 2, 1), m.Pooling(2, 3, 1)
    layer("conv", convolution, lambda: convolution.forward(image), x=image, W=W, b=b)
    layer("pool", pooling, lambda: pooling.forward(image), x=image)
    words, idx, h = rng.normal(size=(6, 4)), np.array([1, 4, 1, 0, 5]), rng.normal(size=(5, 4))
    matmul, dot, product = m.Embedding(words), m.EmbeddingDot(words), m.MatMul(W[0, 0].T.copy())
    layer("embedding", matmul, lambda: matmul.forward(idx), p=words)
    layer("dot", dot, lambda: dot.forward(h, idx), x=h, p=words)
    three = rng.normal(size=(5, 2))
    layer("matmul", product, lambda: product.forward(three), x=three, p=product.params[0])
    np.random.seed(1)
    net, pictures = m.SimpleConvNet(), rng.normal(size=(3, 1, 8, 8))
    grads = net.gradient(pictures, labels[:3])
    for key, variable in {**net.params, "W2": net.dense.weights, "b2": net.dense.biases}.items():
        if variable.size < 40:
            check(f"net {key}", grads[key], lambda: net.loss(pictures, labels[:3]), variable)


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


def gated_cells(m: Any, check: Oracle) -> None:
    """Activations, the layer with each of them, cells, sequences and attention, under random cotangents."""
    rng = np.random.default_rng(13)
    x, dout = rng.normal(size=(7, 4)), rng.normal(size=(7, 3))
    np.random.seed(2)
    for name in ("identity", "sigmoid", "tanh", "elu", "softplus"):
        act = m.make_activation(name)
        check(f"{name} grad", act.grad(x), lambda: np.sum(act.fn(x)), x)
        layer = m.FullyConnected(4, 3, name)
        layer.forward(x)
        dx = layer.backward(dout)
        loss = lambda: np.sum(dout * layer.forward(x, retain_derived=False))
        check(f"{name} x", dx, loss, x)
        for key, variable in layer.parameters.items():
            check(f"{name} {key}", layer.gradients[key], loss, variable)
    gru, h = m.GRUCell(4, 3), rng.normal(size=(7, 3))
    gru.forward(x, h)
    below = gru.backward(dout)
    gradients = {k: v.copy() for k, v in gru.gradients.items()}
    gru_loss = lambda: np.sum(dout * gru.forward(x, h))
    check("gru x", below[0], gru_loss, x)
    check("gru h", below[1], gru_loss, h)
    for key, variable in gru.parameters.items():
        check(f"gru {key}", gradients[key], gru_loss, variable)

    H = 3
    words, start, c0 = rng.normal(size=(2, 4, 5)), rng.normal(size=(2, H)), rng.normal(size=(2, H))
    Wx, Wh, b = rng.normal(size=(5, 4 * H)), rng.normal(size=(H, 4 * H)), rng.normal(size=4 * H)
    dh, dc = rng.normal(size=(2, H)), rng.normal(size=(2, H))
    first = words[:, 0, :].copy()

    def step() -> Any:
        next_h, next_c, _ = m.lstm_step_forward(first, start, c0, Wx, Wh, b)
        return np.sum(dh * next_h) + np.sum(dc * next_c)

    found = m.lstm_step_backward(dh, dc, m.lstm_step_forward(first, start, c0, Wx, Wh, b)[2])
    for i, variable in enumerate((first, start, c0, Wx, Wh, b)):
        check(f"lstm step {i}", found[i], step, variable)
    arriving = rng.normal(size=(2, 4, H))
    found = m.lstm_backward(arriving, m.lstm_forward(words, start, Wx, Wh, b)[1])
    for i, variable in enumerate((words, start, Wx, Wh, b)):
        check(f"lstm {i}", found[i], lambda: np.sum(arriving * m.lstm_forward(words, start, Wx, Wh, b)[0]), variable)
    target, mask = rng.integers(5, size=(2, 4)), rng.random((2, 4)) < 0.7
    loss = m.temporal_softmax_loss
    check("words", loss(words, target, mask)[1], lambda: loss(words, target, mask)[0], words)

    Q, K, V = rng.normal(size=(2, 3, 4)), rng.normal(size=(2, 5, 4)), rng.normal(size=(2, 5, 6))
    arriving = rng.normal(size=(2, 3, 6))
    found = m.attention_backward(arriving, m.attention_forward(Q, K, V)[1])
    for i, variable in enumerate((Q, K, V)):
        check(f"attention {i}", found[i], lambda: np.sum(arriving * m.attention_forward(Q, K, V)[0]), variable)
    heads, x = m.SelfAttention(6, 2), rng.normal(size=(2, 3, 6))
    heads.forward(x)
    dx = heads.backward(arriving)
    for name, gradient, variable in (("x", dx, x), ("Wo", heads.dWo, heads.Wo), ("Wqkv", heads.dWqkv, heads.Wqkv)):
        check(f"heads {name}", gradient, lambda: np.sum(arriving * heads.forward(x)), variable)


def attention_blocks(m: Any, check: Oracle) -> None:
    """A whole small model: every parameter of its layers and both embeddings, under its own loss."""
    rng = np.random.default_rng(17)
    model = m.Model(5, d_model=4, n_heads=2, n_layers=1, max_len=6)
    block = model.blocks[0]
    attention = [block.attn.Wq, block.attn.Wk, block.attn.Wv, block.attn.Wo]
    layers = [model.head, block.ln1, block.ln2, block.ff.l1, block.ff.l2, *attention]
    for layer in layers:
        for name in ("W", "b", "gamma", "beta"):
            if hasattr(layer, name):
                getattr(layer, name)[...] = 0.5 * rng.normal(size=getattr(layer, name).shape)
    model.emb[...], model.pos[...] = rng.normal(size=model.emb.shape), rng.normal(size=model.pos.shape)
    words, wanted = rng.integers(5, size=(2, 3)), rng.integers(5, size=(2, 3))
    loss = lambda: model.loss(words, wanted)[0]
    model.backward(model.loss(words, wanted)[1])
    check("embeddings", model.demb, loss, model.emb)
    check("positions", model.dpos, loss, model.pos)
    for i, layer in enumerate(layers):
        for j, (variable, gradient) in enumerate(layer.params()):
            check(f"layer {i} {j}", gradient, loss, variable)
