"""Scripts that learn from a file: its vocabulary, its examples and the sizes of both are inputs like others."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from undone import assert_undone
from verified import assert_verified

SCRIPT = """
import torch

lines = open('towns.txt').read().splitlines()
letters = sorted(list(set(''.join(lines))))
number_of = {s: i + 1 for i, s in enumerate(letters)}
number_of['.'] = 0
kinds = len(number_of)
context = 4


def examples(lines):
    before, after = [], []
    for line in lines:
        seen = [0] * context
        for letter in line + '.':
            k = number_of[letter]
            before.append(seen)
            after.append(k)
            seen = seen[1:] + [k]
    return torch.tensor(before), torch.tensor(after)


inputs, targets = examples(lines)
g = torch.Generator().manual_seed(1)
C = torch.randn((kinds, 6), generator=g)
W1 = torch.randn((6 * context, 20), generator=g) * 0.2
b1 = torch.randn(20, generator=g) * 0.1
gain = torch.ones((1, 20))
W2 = torch.randn((20, kinds), generator=g) * 0.1
n = 8
chosen = torch.randint(0, inputs.shape[0], (n,), generator=g)
X, Y = inputs[chosen], targets[chosen]

emb = C[X]
flat = emb.view(emb.shape[0], -1)
z = flat @ W1 + b1
centred = z - z.mean(0, keepdim=True)
h = torch.tanh(gain * centred)
logits = h @ W2
counts = (logits - logits.max(1, keepdim=True).values).exp()
probs = counts / counts.sum(1, keepdim=True)
loss = -probs[range(n), Y].log().mean()

dlogits = probs.clone()
dlogits[range(n), Y] -= 1
dlogits /= n
dW2 = h.T @ dlogits
dh = dlogits @ W2.T
dpre = (1.0 - h ** 2) * dh
dgain = (centred * dpre).sum(0, keepdim=True)
dcentred = gain * dpre
dz = dcentred - dcentred.mean(0, keepdim=True)
dW1 = flat.T @ dz
db1 = dz.sum(0)
demb = (dz @ W1.T).view(emb.shape)
dC = torch.zeros_like(C)
for i in range(X.shape[0]):
    for j in range(X.shape[1]):
        dC[X[i, j]] += demb[i, j]
"""

SLIPS = [
    ("dpre = (1.0 - h ** 2) * dh", "dpre = (1.0 - h) * dh"),
    ("dz = dcentred - dcentred.mean(0, keepdim=True)", "dz = dcentred + dcentred.mean(0, keepdim=True)"),
    ("dW2 = h.T @ dlogits", "dW2 = centred.T @ dlogits"),
    ("demb = (dz @ W1.T).view(emb.shape)", "demb = (dpre @ W1.T).view(emb.shape)"),
]

COLUMNS = '''
import numpy as np
import pandas as pd

df = pd.read_csv("houses.csv")
X = df[["size", "rooms"]].values
y = df["price"].to_numpy()
X = (X - X.mean(axis=0)) / X.std(axis=0)
m = len(y)
w = np.zeros(2)
b = 0
for epoch in range(100):
    pred = X.dot(w) + b
    SLOT
    db = (1 / m) * np.sum(pred - y)
    w = w - 0.1 * dw
    b = b - 0.1 * db
'''

SPLIT = '''
import numpy as np
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler, OneHotEncoder

data = load_iris()
X, y = data.data, data.target.reshape(-1, 1)
X = StandardScaler().fit_transform(X)
Y = OneHotEncoder(sparse=False).fit_transform(y)
X_train, X_test, y_train, y_test = train_test_split(X, Y, test_size=0.2)
W1 = np.random.randn(4, 10) * 0.01
b1 = np.zeros((1, 10))
W2 = np.random.randn(10, 3) * 0.01
b2 = np.zeros((1, 3))
for i in range(1000):
    A1 = np.tanh(X_train @ W1 + b1)
    Z = A1 @ W2 + b2
    E = np.exp(Z - Z.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    dZ = (P - y_train) / len(X_train)
    dW2 = A1.T @ dZ
    db2 = dZ.sum(axis=0, keepdims=True)
    SLOT
    dW1 = X_train.T @ dZ1
    db1 = dZ1.sum(axis=0, keepdims=True)
    W1 -= 0.5 * dW1
    b1 -= 0.5 * db1
    W2 -= 0.5 * dW2
    b2 -= 0.5 * db2
'''

TWO_MODELS = '''
import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

df = pd.read_csv("heart.csv").dropna()
X = df.drop("target", axis=1).values
y = df["target"].values.reshape(-1, 1)
X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=0)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)


class LogisticRegression:
    def __init__(self, lr=0.1, epochs=100):
        self.lr, self.epochs = lr, epochs

    def fit(self, X, y):
        m, n = X.shape
        self.w = np.zeros((n, 1))
        self.b = 0
        for _ in range(self.epochs):
            p = 1 / (1 + np.exp(-(X @ self.w + self.b)))
            loss = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
            dw = X.T @ (p - y) / m
            db = np.sum(p - y) / m
            self.w -= self.lr * dw
            self.b -= self.lr * db


model = LogisticRegression()
model.fit(X_train, y_train)
w = np.zeros((X_train.shape[1], 1))
for i in range(100):
    a = 1 / (1 + np.exp(-X_train @ w))
    dw = X_train.T @ (a - y_train) / len(y_train)
    w -= 0.1 * dw
'''

ROWS = '''
import numpy as np

X = np.loadtxt("data.csv", delimiter=",")
y, X = X[:, -1], X[:, :-1]
X = (X - X.mean(0)) / X.std(0)
n, d = X.shape
W1 = np.random.randn(d, 20) * 0.1
b1 = np.zeros(20)
w2 = np.random.randn(20) * 0.1
b2 = 0.0
vW1 = vb1 = vw2 = vb2 = 0
mom, lr = 0.9, 1e-2

for epoch in range(100):
    order = np.random.permutation(n)
    sse = 0
    for s in range(0, n, 32):
        rows = order[s:s + 32]
        xb, yb = X[rows], y[rows]
        a1 = np.tanh(xb @ W1 + b1)
        out = a1 @ w2 + b2
        err = out - yb
        sse += err @ err
        m = len(rows)
        gw2 = a1.T @ err / m
        gb2 = err.mean()
        SLOT
        gW1 = xb.T @ back / m
        gb1 = back.mean(axis=0)
        vW1 = mom * vW1 - lr * gW1
        vb1 = mom * vb1 - lr * gb1
        vw2 = mom * vw2 - lr * gw2
        vb2 = mom * vb2 - lr * gb2
        W1 += vW1
        b1 += vb1
        w2 += vw2
        b2 += vb2
    print(epoch, sse / n)
'''

DATA = [
    # columns of a table, whose length is the number of samples
    (COLUMNS, "dw = (1 / m) * X.T.dot(pred - y)", "dw = (1 / m) * X.dot(pred - y)"),
    # what is encoded, scaled and split goes by the names that it is given
    (SPLIT, "dZ1 = dZ @ W2.T * (1 - A1 ** 2)", "dZ1 = dZ @ W2.T * (1 - A1)"),
    (ROWS, "back = np.outer(err, w2) * (1 - a1 * a1)", "back = np.outer(err, w2) * (1 - a1)"),
]



def test_a_vocabulary_and_examples_from_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bias before the centring has a gradient of zero, which is right as well."""
    assert_verified(SCRIPT, monkeypatch)


@pytest.mark.parametrize(("right", "slip"), SLIPS)
def test_a_slip_in_such_a_script(right: str, slip: str) -> None:
    source = SCRIPT.replace(f"{right}\n", f"{slip}\n")
    (found,) = analyse(source, "script.py").diagnostics
    assert source.splitlines()[found.location.row - 1] == slip
    assert found.fix is not None


def test_what_a_loop_computes_is_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of values that depend on a parameter stays what it is: as data it would hide a part of the gradient."""
    source = """
import numpy as np

def run(path, w):
    parts = []
    for row in open(path).read().splitlines():
        parts.append(w * 2.0)
    loss = (w * w).sum() + np.mean(np.array(parts))
    dw = 2.0 * w + 2.0 * np.ones_like(w) / w.size
    return loss, dw
"""
    assert_verified(source, monkeypatch)


@pytest.mark.parametrize(("source", "right", "wrong"), DATA)
def test_data_are_inputs_whoever_reads_them(source, right, wrong):
    assert_undone(source, right, wrong)


def test_the_gradient_of_a_script_is_not_that_of_a_model_by_the_same_name():
    found = analyse(TWO_MODELS, "script.py")
    assert not found.diagnostics
    told = {(c.function, c.gradient): c.verdict for c in found.claims if c.role == "result"}
    assert told["LogisticRegression.fit", "dw"] == "verified"
    assert told["<module>", "dw"] == "unchecked"
