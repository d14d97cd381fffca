"""Runs without guesses: what is known is what the code says, and nothing else."""

from __future__ import annotations

import libcst as cst
import pytest
from nablint.analysis import analyse
from nablint.claims.evidence import parameter_evidence
from nablint.claims.program import Program
from nablint.claims.sure.runs import run_sure
from nablint.claims.sure.units import sure_units
from nablint.reading.source import blocks

HEAD = "import numpy as np\n\n"
KNOWN = {
    "what a docstring says": ('def f(x):\n    """x: (N, D)"""\n    y = x.T\n', "(D, N)"),
    "unpacking": ("def f(x):\n    n, d = x.shape\n    y = np.zeros((d, n)) + 1\n", "(d, n)"),
    "one size": ("def f(x):\n    y = np.zeros((x.shape[0], 3)) * 2\n", "(N, 3)"),
    "an assertion": ("def f(x, w):\n    n, d = x.shape\n    m, k = w.shape\n    assert m == d\n"
                     "    y = x @ w\n", "(n, k)"),
    "a guard": ("def f(x, w):\n    n, d = x.shape\n    m, k = w.shape\n    if m != d:\n        raise ValueError\n"
                "    y = x @ w\n", "(n, k)"),
    "a default number": ("def f(k=3):\n    y = np.ones((2, 5)) * k\n", "(2, 5)"),
    "a branch of equal shapes": ("def f(c):\n    if c.ready():\n        a = np.zeros((2, 3))\n    else:\n"
                                 "        a = np.ones((2, 3))\n    y = a.T\n", "(3, 2)"),
    "a branch that leaves": ("def f(c):\n    a = np.zeros((2, 3))\n    if c.ready():\n        a = np.zeros(4)\n"
                             "        return a\n    y = a.T\n", "(3, 2)"),
    "a parameter of a constructor": ("class F:\n    def __init__(self, n):\n        self.w = np.zeros((n, 2))\n\n"
                                     "    def f(self):\n        y = self.w.T\n", "(2, n)"),
}
FITTED = "class F:\n    def fit(self, X):\n        \"\"\"X: (N, D)\"\"\"\n        self.w = X.mean(axis=0)\n\n"
KNOWN |= {
    "what another method leaves": (FITTED + "    def f(self):\n        y = self.w * 2\n", "(D,)"),
    "what two methods leave alike": (
        FITTED + "    def load(self, Z):\n        \"\"\"Z: (N, D)\"\"\"\n        self.w = Z.sum(axis=0)\n\n"
        "    def f(self):\n        y = self.w * 2\n", "(D,)"),
    "sizes of another call that code makes meet": (
        FITTED + "    def f(self, X):\n        \"\"\"X: (M, K)\"\"\"\n        y = X @ self.w\n", "(M,)"),
    "a number for a documented size": (
        'def f(x):\n    """x: (N, D)"""\n    y = x @ np.zeros((3, 4))\n', "(N, 4)"),
    "heads of a width": (
        "def f(x, n_heads):\n    n, d = x.shape\n    y = x.reshape(n, n_heads, d // n_heads).sum(axis=0)\n",
        "(n_heads, d//n_heads)"),
    "a mask that is cut to length": (
        "def f(x, m):\n    t, d = x.shape\n    a, b = m.shape\n    y = m[:t, :t] * 2\n", "(t, t)"),
    "arrays that scikit-learn checks": (
        "from sklearn.utils.validation import check_X_y, check_array\n\n"
        'def f(X, t):\n    """X: (N, D)\n    t: (N,)"""\n    X, t = check_X_y(X, t)\n'
        "    X = check_array(X, dtype=float)\n    y = X.T @ t\n", "(D,)"),
    "functions of an array namespace": (
        "from scipy._lib._array_api import array_namespace\n\n"
        'def f(x):\n    """x: (N, D)"""\n    xp = array_namespace(x)\n    y = xp.concat([x, x], axis=1)\n', "(N, 2*D)"),
    "a namespace that is passed": ('def f(x, xp):\n    """x: (N, D)"""\n    y = xp.stack([x, x])\n', "(2, N, D)"),
    "a small number": ('def f(x, eps):\n    """x: (N, D)"""\n    y = x / (x + eps)\n', "(N, D)"),
    "a generator of random numbers": (
        "from sklearn.utils import check_random_state\n\ndef f(seed):\n    rng = check_random_state(seed)\n"
        "    y = rng.standard_normal((2, 3)) @ np.ones(3)\n", "(2,)"),
    "a generator's items": ("def g():\n    yield np.zeros(3)\n    yield np.ones(3)\n\ndef f():\n"
                            "    y = np.stack(list(g())) + np.zeros(3)\n", "(2, 3)"),
}
DOCUMENTED = ("def g(c, x):\n    \"\"\"x: (N, D)\n\n    Returns:\n        array of shape (N, K)\n    \"\"\"\n"
              "    return c.of(x)\n\n")
KNOWN |= {
    "a comment behind what is not followed": ("def f(c):\n    z = c.run()  # (B, T)\n    y = z.T\n", "(T, B)"),
    "a comment above what is not followed": ("def f(c):\n    # (B, T)\n    z = c.run()\n    y = z.T\n", "(T, B)"),
    "a comment in the frame's own sizes": (
        "def f(c, x):\n    n, d = x.shape\n    z = c.run()  # (d, n)\n    y = z.T\n", "(n, d)"),
    "a documented result in the sizes of a call": (
        DOCUMENTED + "def f(c):\n    z = g(c, np.ones((7, 2)))\n    y = z.T\n", "(K, 7)"),
    "a documented attribute": ("class F:\n    \"\"\"A model.\n\n    Attributes\n    ----------\n"
                               "    w : ndarray of shape (n_in, n_out)\n    \"\"\"\n\n    def fit(self, c):\n"
                               "        self.w = c.solve()\n\n    def f(self):\n        y = self.w.T\n",
                               "(n_out, n_in)"),
    "a comment behind what is forgotten": (
        "def f(c):\n    z = np.ones((3, 4)) if c.ready() else np.ones((4, 3))  # (N, D)\n    y = z.T\n", "(D, N)"),
    "decorators that do not matter": (
        "import functools\nimport numba\n\n@numba.jit\n@functools.lru_cache\n@torch.no_grad()\ndef g(x):\n"
        "    return x.T\n\ndef f():\n    with torch.no_grad():\n        y = g(np.ones((2, 3)))\n", "(3, 2)"),
    "an attribute that a setter replaces": (
        "class F:\n    def __init__(self):\n        self.w = np.zeros((3, 2))\n\n    def set_w(self, new) -> None:\n"
        "        self.w = new\n\n    def f(self):\n        y = self.w.T\n", "(2, 3)"),
    "behind a call that raises on samples": (
        "def check(x):\n    if x.sum() != 0:\n        raise ValueError\n    raise TypeError\n\n"
        "def f():\n    x = np.ones((2, 3))\n    check(x)\n    y = x.T\n", "(3, 2)"),
    "behind a call that is too long": (
        "def busy():\n    n = 0\n    for i in range(50):\n        for j in range(50):\n            n = n + 1\n"
        "    return n\n\ndef f():\n    x = np.ones((2, 3))\n    busy()\n    y = x.T\n", "(3, 2)"),
    "behind a guard on the order of sizes": (
        "def f(x, k):\n    n, d = x.shape\n    if n < k:\n        raise ValueError\n    y = x.T\n", "(d, n)"),
    "a size that is passed by name": ("class F:\n    def __init__(self, *, n=1):\n        self.w = np.zeros((n, 2))\n\n"
                                      "    def f(self):\n        y = self.w.T\n", "(2, n)"),
}
UNKNOWN = {
    "what two methods leave otherwise": FITTED + "    def load(self, Z):\n        \"\"\"Z: (N, D)\"\"\"\n"
                                        "        self.w = Z.sum(axis=1)\n\n    def f(self):\n        y = self.w * 2\n",
    "a list that grows by nobody knows what": "def f(c):\n    a = [np.zeros(3)]\n    a.extend(c.more())\n"
                                              "    y = np.stack(a)\n",
    "words about two cases": 'def f(x):\n    """x: shape (N, D). For images, shape (N, C, H, W)."""\n    y = x * 2\n',
    "a condition on entries": "def f():\n    a = np.random.rand(3)\n    if a.sum() > 1:\n        a = np.zeros(4)\n"
                              "    y = a * 2\n",
    "up to a computed number": "def f():\n    n = np.random.rand(3).sum() * np.nan\n    y = np.ones(9)[:n] * 2\n",
    "an endless iterator": "import itertools\n\ndef f(c):\n    for i, b in zip(itertools.count(), c.items()):\n"
                           "        y = b * np.ones(3)\n",
    "an input by its name alone": "def f(X):\n    y = X.T + np.zeros(3)\n",
    "a factor": "def f(X):\n    y = X @ np.zeros((3, 4))\n",
    "a scalar by its name alone": "def f(alpha):\n    y = alpha * np.ones((2, 3))\n",
    "a size that may be a shape": "def f(shape):\n    y = np.ones(shape) * 2\n",
    "a comparison of something unknown": "def f(a):\n    y = np.ones(3) * (a == 0)\n",
    "branches that differ": "def f(c):\n    a = np.zeros(3)\n    if c.ready():\n        a = np.zeros(4)\n"
                            "    y = a * 2\n",
    "an input's rank that one branch tells": "def f(a):\n    if a.ndim == 2:\n        rows, cols = a.shape\n"
                                             "    else:\n        count, rows, cols = a.shape\n    y = a * 2\n",
    "correlated branches": "def f(c):\n    if c.ready():\n        w = np.zeros((2, 3))\n    else:\n"
                           "        w = np.zeros((3, 2))\n    y = w @ np.zeros(3)\n",
    "after a long loop": "def f():\n    a = []\n    for i in range(1000):\n        a.append(np.zeros(3))\n"
                         "    y = np.stack(a)\n",
    "a long comprehension": "def f():\n    y = np.array([i for i in range(1000)]) * 2\n",
    "after a loop over something unknown": "def f(loader):\n    a = np.zeros(3)\n    for b in loader:\n"
                                           "        a = np.concatenate([a, a])\n    y = a * 2\n",
    "a computed number": "def f():\n    n = int(np.sqrt(np.zeros(3).sum() + 9))\n    y = np.zeros((n, n)) * 2\n",
    "words about a column that may be a vector": 'def f(x):\n    """x: size N x 1"""\n    y = x * 2\n',
    "where an exception is expected": "import pytest\n\ndef f():\n    with pytest.raises(ValueError):\n"
                                      "        y = np.zeros(3) @ np.zeros(4)\n",
    "an attribute that another method sets": "class F:\n    def __init__(self):\n        self.w = np.zeros((3, 2))\n\n"
                                             "    def load(self, w):\n        self.w = w\n\n    def f(self):\n"
                                             "        y = self.w.T\n",
    "a document about what the code asks for": 'def f(x):\n    """x (array): of shape (M, N, D)"""\n'
                                               "    x = [x] if isinstance(x, np.ndarray) else x\n"
                                               "    y = np.concatenate(x, 1) * 2\n",
    "a number that no machine holds": "def f():\n    y = np.ones(3) * 10**30\n",
    "a comment whose word is an array": "def f(c, B):\n    B = np.ones(3)\n    z = c.run()  # (B, T)\n    y = z.T\n",
    "a comment about another name": "def f(c):\n    z = c.run()  # x: (B, T)\n    y = z.T\n",
    "a suffix without a key": "def f(c):\n    y_BT = c.run()\n    y = y_BT.T\n",
    "documented results of which some calls give fewer": (
        "def g(c, x):\n    \"\"\"Two.\n\n    Returns:\n        a: array of shape (N, K)\n"
        "        b: array of shape (K,)\n"
        "    \"\"\"\n    if c.one():\n        return c.a(x)\n    return c.a(x), c.b(x)\n\n"
        "def f(c, x):\n    z = g(c, x)\n    y = z[0] + np.ones(1)\n"),
    "which of two sizes is the larger": "def f(x):\n    n, d = x.shape\n    y = np.ones(n)\n    if n > d:\n"
                                        "        y = np.ones(d)\n    y = y * 2\n",
    "what a call changed that raises": "def change(a):\n    a.append(np.ones(3))\n    raise ValueError\n\n"
                                       "def f():\n    a = [np.ones(3)]\n    change(a)\n    y = a[1] * 2\n",
    "a global array of something unknown": (
        "import data\n\nw = data.w[0]\n\ndef f():\n    x = np.ones(3)\n    y = w.T\n"),
    "a global name that is set twice": "w = np.zeros(3)\nw = np.zeros(4)\n\ndef f():\n    y = w * np.ones(1)\n",
}


def shape_of_y(source: str) -> str:
    """The shape that the last assignment to y has in the run of f."""
    program = Program(blocks(HEAD + source), evidence=parameter_evidence)
    unit = next(u for u in sure_units(program) if u.name.rpartition(".")[2] == "f")
    run = run_sure(program, unit, 0)
    assert run is not None
    shape = "unknown"
    for seen in run.expressions():
        if isinstance(seen.node, cst.Assign) and seen.node.targets[0].target.deep_equals(cst.Name("y")):
            value = seen.of(seen.node.value)
            shape = run.naming.shape(value.shape) if run.known(value) else "unknown"
    return shape


@pytest.mark.parametrize("name", KNOWN)
def test_known(name: str) -> None:
    source, shape = KNOWN[name]
    assert shape_of_y(source) == shape


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown(name: str) -> None:
    assert shape_of_y(UNKNOWN[name]) == "unknown"


@pytest.mark.parametrize(("between", "found"), [
    ("", 1), ("w = make(1\n", 0), ("v, w = make 1\n", 0), ("v = make 1\n", 1)])
def test_what_an_unreadable_statement_gives_is_not_known(between: str, found: int) -> None:
    source = HEAD + "w = np.zeros((3, 4))\n" + between + "y = w.reshape(5, 7)\n"
    assert [d.code for d in analyse(source, "a.py").diagnostics] == ["NAB108"] * found
