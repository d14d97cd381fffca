"""Each example has the one mistake that it is there to show, and is right when that is mended: by numbers."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from truth.oracle import Oracle, Wrong, module

EXAMPLES = Path(__file__).parents[1] / "examples"
RNG = np.random.default_rng(1)
X, DOUT, LABELS = RNG.normal(size=(7, 4)), RNG.normal(size=(7, 3)), np.array([0, 2, 1, 1, 0, 2, 2])
W, B = RNG.normal(size=(4, 3)), RNG.normal(size=3)


def linear_layer(m: Any, check: Oracle) -> None:
    layer = m.Linear(4, 3)
    layer.forward(X)
    dx = layer.backward(DOUT)
    for name, gradient, variable in (("x", dx, X), ("W", layer.dW, layer.W), ("b", layer.db, layer.b)):
        check(name, gradient, lambda: np.sum(DOUT * layer.forward(X)), variable)


def two_layer_net(m: Any, check: Oracle) -> None:
    np.random.seed(0)
    net = m.TwoLayerNet(4, 5, 3)
    for name, gradient in net.loss(X, LABELS)[1].items():
        check(name, gradient, lambda: net.loss(X, LABELS)[0], getattr(net, name))


def batchnorm(m: Any, check: Oracle) -> None:
    args = RNG.normal(size=(7, 3)), RNG.normal(size=3), RNG.normal(size=3)
    gradients = m.batchnorm_backward(DOUT, m.batchnorm_forward(*args)[1])
    for i, gradient in enumerate(gradients):
        check(str(i), gradient, lambda: np.sum(DOUT * m.batchnorm_forward(*args)[0]), args[i])


def column_network(m: Any, check: Oracle) -> None:
    np.random.seed(0)
    net, x, y = m.Network([4, 5, 3, 2]), X[:1].T.copy(), np.array([[0.2], [0.7]])

    def loss() -> Any:
        a = x
        for b, w in zip(net.biases, net.weights, strict=True):
            a = m.sigmoid(w @ a + b)
        return 0.5 * np.sum((a - y) ** 2)

    nabla_b, nabla_w = net.backprop(x, y)
    for i in range(3):
        check(f"w{i}", nabla_w[i], loss, net.weights[i])
        check(f"b{i}", nabla_b[i], loss, net.biases[i])


def features_first(m: Any, check: Oracle) -> None:
    A, w, b, dZ = X.T.copy(), W.T.copy(), B[:, None].copy(), DOUT.T

    def loss() -> Any:
        return np.sum(dZ * m.linear_forward(A, w, b)[0])

    dA, dW, db = m.linear_backward(dZ, m.linear_forward(A, w, b)[1])
    check("A", dA, loss, A)
    check("W", dW, lambda: loss() / 7, w)
    check("b", db, lambda: loss() / 7, b)


def softmax_regression(m: Any, check: Oracle) -> None:
    _, dW, db = m.softmax_loss(W, B, X, LABELS, 0.1)
    check("W", dW, lambda: m.softmax_loss(W, B, X, LABELS, 0.1)[0], W)
    check("b", db, lambda: m.softmax_loss(W, B, X, LABELS, 0.1)[0], B)


def torch_function(function: str, *args: Any) -> Callable[[Any, Oracle], None]:
    def probe(m: Any, check: Oracle) -> None:
        torch = pytest.importorskip("torch")
        kind = getattr(m, function)
        tensors = [torch.from_numpy(a).requires_grad_() if isinstance(a, np.ndarray) else a for a in args]
        out = kind.apply(*tensors)
        dout = torch.ones_like(out) * torch.arange(1.0, out.shape[1] + 1)
        arrays = [a for a in args if isinstance(a, np.ndarray)]
        found = torch.autograd.grad((out * dout).sum(), [t for t in tensors if isinstance(t, torch.Tensor)])
        with torch.no_grad():
            for i, (gradient, array) in enumerate(zip(found, arrays, strict=True)):
                check(str(i), gradient.numpy(), lambda: (kind.apply(*tensors) * dout).sum(), array)

    return probe


MISTAKES: dict[str, tuple[Callable[[Any, Oracle], None], str, str]] = {
    "numpy_batchnorm": (batchnorm, "2.0 * xc * dvar", "2.0 / N * xc * dvar"),
    "numpy_column_network": (column_network, "self.weights[-l + 1], delta", "self.weights[-l + 1].T, delta"),
    "numpy_features_first": (features_first, "db = np.sum", "db = 1 / m * np.sum"),
    "numpy_linear_layer": (linear_layer, "dout.T @ self.x", "self.x.T @ dout"),
    "numpy_softmax_regression": (softmax_regression, "X.T.dot(dscores) +", "X.T.dot(dscores) / N +"),
    "numpy_two_layer_net": (two_layer_net, "dhidden[dhidden <= 0] = 0", "dhidden[hidden <= 0] = 0"),
    "torch_function": (torch_function("LinearFunction", X, W.T.copy(), B), "grad_out.sum(1)", "grad_out.sum(0)"),
    "torch_swish": (torch_function("Swish", X, 1.7), "x * s * (1 - s)", "ctx.beta * x * s * (1 - s)"),
}
"""example -> its probe, the wrong text, the right text."""



def test_every_example_is_known() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(MISTAKES)


@pytest.mark.parametrize("name", MISTAKES)
def test_its_mistake_is_one_and_the_only_one(name: str) -> None:
    if name.startswith("torch") and importlib.util.find_spec("torch") is None:
        pytest.skip("torch is missing")
    probe, wrong, right = MISTAKES[name]
    text = (EXAMPLES / f"{name}.py").read_text(encoding="utf-8")
    assert text.count(wrong) == 1
    probe(module(name, text.replace(wrong, right)), Oracle(whole=True))
    with pytest.raises((Wrong, ValueError, RuntimeError)):
        probe(module(name, text), Oracle(whole=True))
