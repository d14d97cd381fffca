"""The share of known shapes is one of matrix expressions: what else a program computes is not counted."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse
from nablint.settings import Settings

HEAD = "import numpy as np\nimport matplotlib.pyplot as plt\n\n"
COUNTED = {
    "products and transposes of known shape": (
        'def f(x):\n    """x: (N, D)"""\n    return np.exp(x @ x.T)\n', 2, 0),
    "sizes, text and containers are none": (
        'def f(x):\n    """x: (N, D)"""\n    n, d = x.shape\n    k = n * d + 1\n    t = "a" + str(k)\n'
        "    u = len(t.split())\n    return x + 1, u\n", 1, 0),
    "text of something unknown is none": (
        "def f(name):\n    t = name.strip() + name\n    return np.ones(3) * 2, t\n", 2, 0),
    "a plot is none": ("def f(c):\n    x = np.ones(3) * 2\n    plt.plot(x)\n    c.show(x)\n    return x\n", 2, 0),
    "numbers are none": ("def f(lr=0.1):\n    s = lr * 2 + 1\n    return np.ones(3) * s\n", 2, 0),
    "a product of something unknown": ("def f(X):\n    return X @ np.ones((3, 4))\n", 1, 1),
    "arithmetic on what is an array elsewhere": (
        "def f(X, c):\n    y = c.run(X)\n    z = y - 1\n    return np.zeros((2, 3)) * 2, np.exp(y)\n", 2, 2),
    "arithmetic on what may be anything": (
        "def f(a, b):\n    c = a.run() + b.run()\n    return np.zeros((2, 3)) * 2, c\n", 2, 0),
    "a function of the source that gets an array": (
        "def g(c, x):\n    return c.of(x)\n\ndef f(c):\n    y = g(c, np.ones((2, 3)) * 2)\n    return y\n", 2, 2),
    "how many axes nobody knows": ("def f(X):\n    return X.sum(axis=1) * 2\n", 0, 2),
}
"""Functions, with how many matrix expressions of known shape they have, and of unknown shape."""


@pytest.mark.parametrize("what", COUNTED)
def test_what_is_counted(what: str) -> None:
    source, known, unknown = COUNTED[what]
    found = analyse(HEAD + source, "counted.py").coverage
    assert (found.known, sum(found.unknown.values())) == (known, unknown), found


LAYER = '''
class Dense:
    def __init__(self):
        self.W = np.ones((3, 4))

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, d_out):
        self.dW = self.x.T @ d_out
        return d_out @ self.W.T
'''


def test_readings_of_right_gradients_tell_shapes_too() -> None:
    found = analyse(HEAD + LAYER, "layer.py").coverage
    asked = analyse(HEAD + LAYER, "layer.py", Settings(list_claims=False)).coverage
    assert (asked.read, found.read) == (0, sum(asked.unknown.values())), "only who lists claims asks for readings"
    assert found.read and not found.unknown
    wrong = LAYER.replace("self.x.T @ d_out", "self.x.T @ d_out * 2").replace("@ self.W.T", "@ self.W.T * 3")
    assert not analyse(HEAD + wrong, "layer.py").coverage.read
