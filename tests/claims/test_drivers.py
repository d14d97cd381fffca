"""A backward method that no cotangent arrives at is judged as the class itself calls it: `train_step` and its like."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from verified import assert_verified

SOURCE = '''
import numpy as np


def fc_forward(X, W, b):
    return X @ W + b, (W, X)


def fc_backward(dout, cache):
    W, h = cache
    return dout @ W.T, h.T @ dout, np.sum(dout, axis=0)


class Net:
    def __init__(self, D, H, C, lam=1e-3):
        self.lam = lam
        self._init_model(D, H, C)

    def train_step(self, X_train, y_train):
        y_pred, cache = self.forward(X_train, train=True)
        loss = self.loss(y_pred, y_train)
        grad = self.backward(y_pred, y_train, cache)
        return grad, loss

    def loss(self, y_pred, y_train):
        penalty = sum(0.5 * self.lam * np.sum(W * W) for k, W in self.model.items() if k[0] == "W")
        return 0.5 * np.sum((y_pred - y_train) ** 2) / y_pred.shape[0] + penalty

    def forward(self, X, train=False):
        raise NotImplementedError

    def backward(self, y_pred, y_train, cache):
        raise NotImplementedError


class Feed(Net):
    def forward(self, X, train=False):
        h, h_cache = fc_forward(X, self.model["W1"], self.model["b1"])
        mask = None
        r = np.maximum(h, 0)
        if train:
            mask = np.random.binomial(1, 0.8, size=r.shape) / 0.8
            r = r * mask
        score, s_cache = fc_forward(r, self.model["W2"], self.model["b2"])
        return score, (h, h_cache, mask, s_cache)

    def backward(self, y_pred, y_train, cache):
        h, h_cache, mask, s_cache = cache
        grad_y = (y_pred - y_train) / y_pred.shape[0]
        dr, dW2, db2 = fc_backward(grad_y, s_cache)
        dW2 += self.lam * self.model["W2"]
        dr = dr * mask
        dr[h <= 0] = 0
        dX, dW1, db1 = fc_backward(dr, h_cache)
        dW1 += self.lam * self.model["W1"]
        return dict(W1=dW1, W2=dW2, b1=db1, b2=db2)

    def _init_model(self, D, H, C):
        self.model = dict(W1=np.random.randn(D, H) / np.sqrt(D / 2.0), W2=np.random.randn(H, C) / np.sqrt(H / 2.0),
                          b1=np.zeros((1, H)), b2=np.zeros((1, C)))
'''


def test_right_code_is_right_as_it_is_called() -> None:
    found = analyse(SOURCE, "net.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims if c.function == "Feed.backward"} <= {"proved", "verified"}


@pytest.mark.parametrize(("right", "slip"), [
    ("dr = dr * mask", "dr = dr * 1.0"),
    ("dW2 += self.lam * self.model", "dW2 += 2 * self.lam * self.model"),
    ("grad_y = (y_pred - y_train) /", "grad_y = (y_train - y_pred) /"),
    ("fc_backward(dr, h_cache)", "fc_backward(-dr, h_cache)"),
])
def test_a_slip_is_found_on_its_line(right: str, slip: str) -> None:
    source = SOURCE.replace(right, slip)
    row = SOURCE[: SOURCE.index(right)].count("\n") + 1
    assert [d.location.row for d in analyse(source, "net.py").diagnostics] == [row]


STEPS = '''
import numpy as np


class Recurrent:
    def __init__(self, D, H):
        self.D, self.H = D, H
        self.W, self.V = np.random.randn(D + H, H), np.random.randn(H, D)

    def forward(self, index, h):
        x = np.zeros(self.D)
        x[index] = 1.0
        joined = np.column_stack((h, x.reshape(1, -1)))
        h = np.tanh(joined @ self.W)
        return h @ self.V, h, (joined, h)

    def backward(self, y_pred, y_true, dh_next, cache):
        joined, h = cache
        dy = np.exp(y_pred) / np.sum(np.exp(y_pred))
        dy[0, y_true] -= 1
        dh = dy @ self.V.T + dh_next
        dz = dh * (1 - h ** 2)
        grad = dict(W=joined.T @ dz, V=h.T @ dy)
        return grad, (dz @ self.W.T)[:, :self.H]

    def train_step(self, X_train, y_train, h):
        outputs, caches = [], []
        loss = 0.0
        for x, y in zip(X_train, y_train):
            y_pred, h, cache = self.forward(x, h)
            loss += -np.log(np.exp(y_pred) / np.sum(np.exp(y_pred)))[0, y]
            outputs.append(y_pred)
            caches.append(cache)
        loss /= X_train.shape[0]
        dh_next = np.zeros((1, self.H))
        grads = dict(W=np.zeros_like(self.W), V=np.zeros_like(self.V))
        for t in reversed(range(len(X_train))):
            grad, dh_next = self.backward(outputs[t], y_train[t], dh_next, caches[t])
            for k in grads:
                grads[k] += grad[k]
        return grads, loss, h
'''


def test_a_step_that_differentiates_the_loss_itself_is_judged_as_it_is_called() -> None:
    found = analyse(STEPS, "net.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims if c.function == "Recurrent.backward" and c.role == "result"} <= {
        "proved", "verified"}
    assert [c for c in found.claims if c.gradient == "W" and c.verdict in ("proved", "verified")]


def test_a_loss_that_is_averaged_where_gradients_are_summed_blames_no_scale() -> None:
    """The slip is in one parameter's gradient; the factor that all have in common is none."""
    found = analyse(STEPS.replace("dz = dh * (1 - h ** 2)", "dz = dh * (1 - h)"), "net.py")
    assert [d for d in found.diagnostics if d.name == "wrong-scale"] == []
    assert "wrong" in {c.verdict for c in found.claims if c.gradient == "W"}


ROWS = '''
import numpy as np


def fc_forward(x, W, b):
    return x @ W + b, (x, W)


def fc_backward(dout, cache):
    x, W = cache
    return dout @ W.T, x.T @ dout, np.sum(dout, axis=0)


class Recurrent:
    def __init__(self, D, H):
        self.D, self.H = D, H
        self.W, self.U, self.V = np.random.randn(D, H), np.random.randn(H, H), np.random.randn(H, D)
        self.b = np.zeros((1, D))

    def forward(self, index, h):
        x = np.zeros(self.D)
        x[index] = 1.0
        x, old = x.reshape(1, -1), h.copy()
        h = np.tanh(x @ self.W + old @ self.U)
        y, y_cache = fc_forward(h, self.V, self.b)
        return y, h, (x, old, h, y_cache)

    def backward(self, y_pred, y_true, dh_next, cache):
        x, old, h, y_cache = cache
        dy = np.exp(y_pred) / np.sum(np.exp(y_pred))
        dy[0, y_true] -= 1
        dh, dV, db = fc_backward(dy, y_cache)
        dz = (dh + dh_next) * (1 - h ** 2)
        grad = dict(W=x.T @ dz, U=old.T @ dz, V=dV, b=db.reshape((1, -1)))
        return grad, dz @ self.U.T

    def train_step(self, X_train, y_train, h):
        outputs, caches = [], []
        loss = 0.0
        for x, y in zip(X_train, y_train):
            y_pred, h, cache = self.forward(x, h)
            loss += -np.log(np.exp(y_pred) / np.sum(np.exp(y_pred)))[0, y]
            outputs.append(y_pred)
            caches.append(cache)
        dh_next = np.zeros((1, self.H))
        grads = {k: np.zeros_like(v) for k, v in dict(W=self.W, U=self.U, V=self.V, b=self.b).items()}
        for t in reversed(range(len(X_train))):
            grad, dh_next = self.backward(outputs[t], y_train[t], dh_next, caches[t])
            for k in grads:
                grads[k] += grad[k]
        return grads, loss, h
'''


def test_a_state_that_meets_a_row_that_forward_made_is_a_row() -> None:
    """The helper sums over the samples of a batch, of which there is one here: that speaks against no row."""
    found = analyse(ROWS, "net.py")
    assert not found.diagnostics
    assert {c.verdict for c in found.claims if c.gradient == "W" and c.role == "result"} <= {"proved", "verified"}
    slip = analyse(ROWS.replace("U=old.T @ dz", "U=h.T @ dz"), "net.py")
    assert "wrong" in {c.verdict for c in slip.claims}


KEPT_BY_LOSS = """
import numpy as np


class Net:
    def __init__(self, sizes):
        self.params = []
        for a, b in zip(sizes[:-1], sizes[1:]):
            self.params.append({'W': np.random.randn(a, b) / np.sqrt(a), 'b': np.zeros(b)})

    def forward(self, X):
        self.acts = [X]
        for i, p in enumerate(self.params):
            z = self.acts[-1] @ p['W'] + p['b']
            self.acts.append(np.maximum(z, 0) if i < len(self.params) - 1 else z)
        return self.acts[-1]

    def loss(self, X, y):
        logits = self.forward(X)
        e = np.exp(logits - logits.max(1, keepdims=True))
        self.probs = e / e.sum(1, keepdims=True)
        return -np.log(self.probs[np.arange(len(y)), y]).mean()

    def backward(self, y):
        grads = [None] * len(self.params)
        d = self.probs.copy()
        d[np.arange(len(y)), y] -= 1
        d /= len(y)
        for i in reversed(range(len(self.params))):
            a = self.acts[i]
            grads[i] = {'W': a.T @ d, 'b': d.sum(0)}
            if i > 0:
                d = (d @ self.params[i]['W'].T) * (a > 0)
        return grads
"""


def test_a_method_that_runs_forward_and_keeps_what_backward_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss is such a method; the gradients are dicts in a list, as the parameters are."""
    assert_verified(KEPT_BY_LOSS, monkeypatch)


@pytest.mark.parametrize("slip", ["{'W': -a.T @ d, 'b': d.sum(0)}", "{'W': a.T @ d, 'b': d.sum(1)}"])
def test_a_slip_in_a_list_of_dicts(slip: str) -> None:
    source = KEPT_BY_LOSS.replace("{'W': a.T @ d, 'b': d.sum(0)}", slip)
    (found,) = analyse(source, "net.py").diagnostics
    assert slip in source.splitlines()[found.location.row - 1]
