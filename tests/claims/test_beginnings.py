"""What forward code begins with: numbers that become parameters, containers of the module, a first difference."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from nablint.claims import memory
from verified import assert_verified

HEAD = "import numpy as np\n\n"
FIT = """\
class Line:
    def fit(self, X, y):
        n, d = X.shape
        self.w = np.zeros(d)
        self.b = 0
        for _ in range(100):
            p = X @ self.w + self.b
            {loss}
            dw = 2 * X.T @ (p - y) / n
            db = {db}
            self.w -= 0.1 * dw
            self.b = self.b - 0.1 * db
"""
LOSS = "loss = ((p - y) ** 2).mean()"
SCRIPT = """\
w, b = np.zeros(3), 0.5
b = 0.0
X, y = np.random.randn(7, 3), np.random.randn(7)
for _ in range(10):
    p = X @ w + b
    grad_w = X.T @ (p - y)
    grad_b = {grad_b}
    w -= 0.1 * grad_w
    b -= 0.1 * grad_b
"""
SLOPE = """\
n = 20
grid = np.arange(n) * 0.1 - 1.0
t = 3 * grid + 0.5 + 0.1 * np.random.randn(n)
slope, offset = 0.0, 0.0
rate = 0.1

for epoch in range(1000):
    pred = slope * grid + offset
    loss = ((pred - t) ** 2).mean()
    d_pred = 2 * (pred - t) / n
    d_slope = {d_slope}
    d_offset = d_pred.sum()
    slope -= rate * d_slope
    offset -= rate * d_offset
"""
LABELS = """\
class Softmax:
    def __init__(self, n_features, n_classes):
        self.W = np.zeros((n_features, n_classes))

    def step(self, X, y):
        Y = np.eye(self.W.shape[1])[y]
        scores = X @ self.W
        scores -= scores.max(axis=1, keepdims=True)
        probs = np.exp(scores)
        probs /= probs.sum(axis=1, keepdims=True)
        loss = -np.mean(np.log(probs[range(len(y)), y]))
        dW = X.T @ (%s) / len(X)
        return loss, dW
"""
STEPS = """\
class Line:
    def fit(self, X, y):
        self.w = np.zeros(X.shape[1])
        self.b = 0.0
        for _ in range(100):
            errors = y - (X.dot(self.w) + self.b)
            self.w += self.eta * %sX.T.dot(errors) / X.shape[0]
            self.b += self.eta * errors.mean()
"""
MODULE = """\
H, D = 4, 3
model = {}
model["W1"] = np.random.randn(H, D)
model["W2"] = np.random.randn(H)

def policy_forward(x):
    h = np.dot(model["W1"], x)
    h[h < 0] = 0
    return np.dot(model["W2"], h), h

def policy_backward(x, h, dp):
    dW2 = %s
    dh = dp * model["W2"]
    dh[h <= 0] = 0
    dW1 = np.outer(dh, x)
    return {"W1": dW1, "W2": dW2}
"""
CENTRED = """\
N, D = 4, 5

def center_forward(x):
    {count}
    return x - x.sum(axis=0) / n, n

def center_backward(dout, cache):
    return dout - dout.sum(axis=0) / {divisor}
"""
SOURCES = {
    "a bias that begins as a number": (FIT.format(loss=LOSS, db="2 * (p - y).mean()"),
                                       FIT.format(loss=LOSS, db="2 * (p - y).sum()")),
    "a difference inside a product": (FIT.format(loss="", db="2 * (p - y).sum() / n"),
                                      FIT.format(loss="", db="2 * (y - p).sum() / n")),
    "labels counted by range": (LABELS % "probs - Y", LABELS % "(probs - Y) * probs"),
    "steps of any size": (STEPS % "2 * ", STEPS % "-"),
    "a script's number": (SCRIPT.format(grad_b="np.sum(p - y)"), SCRIPT.format(grad_b="np.sum(p)")),
    "a script of numbers alone": (SLOPE.format(d_slope="(d_pred * grid).sum()"),
                                  SLOPE.format(d_slope="(d_pred * t).sum()")),
    "a dict of the module that calls fill": (MODULE % "dp * h", MODULE % "dp"),
    "a number of the module that forward knows": (CENTRED.format(count="n = N", divisor="N"),
                                                  CENTRED.format(count="n = N", divisor="(N - 1)")),
}


@pytest.mark.parametrize("name", SOURCES)
def test_right_code_is_verified(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(HEAD + SOURCES[name][0], monkeypatch)


def findings(source: str) -> list[str]:
    memory.OUTCOMES.clear()
    return [d.code for d in analyse(HEAD + source, "code.py").diagnostics]


@pytest.mark.parametrize("name", SOURCES)
def test_a_slip_is_found(name: str) -> None:
    assert len(findings(SOURCES[name][1])) == 1


def test_a_number_of_the_module_that_only_backward_code_takes_is_no_mistake() -> None:
    assert not findings(CENTRED.format(count="n = x.shape[0]", divisor="N"))


def test_a_count_stays_a_number() -> None:
    source = FIT.format(loss=LOSS, db="2 * (p - y).sum() / count").replace("range(100)", "range(1)")
    counted = source.replace("n, d =", "count = 0\n        n, d =").replace("p = X", "count += n\n            p = X")
    assert not findings(counted)


MOCKED = """
import numpy as np

class Parameter:
    def __init__(self, data):
        self.data = data
        self.grad = None

def simulate(optimizer):
    weight = Parameter(np.random.randn(4, 3))
    for turn in range(10):
        weight.grad = GRADIENT
        optimizer.step()
        loss = np.sum(weight.data ** 2)
    return loss
"""


@pytest.mark.parametrize(("gradient", "verdict"), [
    ("np.random.randn(4, 3).astype(np.float32) * 0.1", "not-a-gradient"),
    ("3 * weight.data + np.random.randn(4, 3)", "wrong"),
    ("2 * weight.data", "proved"),
])
def test_random_numbers_stand_for_a_gradient_only_where_there_is_nothing_else(gradient: str, verdict: str) -> None:
    found = analyse(MOCKED.replace("GRADIENT", gradient), "mocked.py")
    assert (12, verdict) in {(c.row, c.verdict) for c in found.claims}


MASK = """
import numpy as np

def dropout_forward(x, param):
    p, mode = param["p"], param["mode"]
    mask = None
    if mode == "train":
        mask = (np.random.rand(*x.shape) > p) / p
    elif mode == "test":
        mask = np.ones(x.shape)
    return x * mask, (param, mask)

def dropout_backward(dout, cache):
    param, mask = cache
    if param["mode"] == "train":
        dx = mask * dout
    elif param["mode"] == "test":
        dx = dout
    return dx
"""


def test_a_mask_of_ones_is_no_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    assert_verified(MASK, monkeypatch)
    found = analyse(MASK.replace("dx = mask * dout", "dx = dout"), "dropout.py")
    assert [d.location.row for d in found.diagnostics] == [16]
