"""Scripts that learn from a file: its vocabulary, its examples and the sizes of both are inputs like others."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
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
