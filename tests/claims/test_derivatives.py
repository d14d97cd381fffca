"""Functions of one variable beside their derivatives: right ones are right under one reading, slips are mended."""

from __future__ import annotations

import pytest
from nablint.analysis import analyse

HEAD = "import numpy as np\n\n\ndef sigmoid(x):\n    return 1/(1+np.exp(-x))\n\n\n"
RIGHT: dict[str, str] = {
    "of the input": "def sigmoid_prime(z):\n    return sigmoid(z)*(1-sigmoid(z))\n",
    "of the output": "def dsigmoid(y):\n    return y*(1-y)\n",
    "of the output that its name calls the input": "def sigmoid_prime(x):\n    return x*(1 - x)\n",
    "of the output, by its name": "def sigmoid_prime_from_output(a):\n    return a*(1-a)\n",
    "by a flag": "def f(x, deriv=False):\n    if deriv:\n        return x*(1-x)\n    return 1/(1+np.exp(-x))\n",
    "by a flag, of the output that stands beside": "def f(z, a=None, derivative=False):\n    if derivative:\n"
                                                   "        return a*(1 - a)\n    return 1/(1+np.exp(-z))\n",
    "by a flag, of an input that is written into": "def relu(z, derivative=False):\n    if derivative:\n"
                                                   "        return z > 0\n    z[z < 0] = 0\n    return z\n",
    "an object's that both shift their argument in place": (
        "class Bell:\n    def __init__(self, shift=0.0):\n        self.shift = shift\n\n    def pdf(self, x):\n"
        "        x -= self.shift\n        return np.exp(-0.5*x*x)\n\n    def dpdf(self, x):\n        x -= self.shift\n"
        "        return -x*np.exp(-0.5*x*x)\n"),
    "of a function that is not there": "def tanh2deriv(output):\n    return 1 - output**2\n",
    "truth values": "def relu(x):\n    return (x > 0)*x\n\n\ndef relu2deriv(output):\n    return output > 0\n",
    "written in place": "def leaky(x):\n    return np.where(x > 0, x, 0.01*x)\n\n\ndef d_leaky(x):\n"
                        "    dx = np.ones_like(x)\n    dx[x < 0] = 0.01\n    return dx\n",
    "of an objective": "def bowl(x):\n    return np.sum(x**2)\n\n\ndef grad_bowl(x):\n    return 2*x\n",
    "a line's": "def identity(x):\n    return x*1.0\n\n\ndef identity_prime(x):\n    return 1\n",
    "for one number": "def relu(z):\n    return max(0, z)\n\n\ndef relu_prime(z):\n    return 1 if z > 0 else 0\n",
    "an object's": "class Elu:\n    def __init__(self, alpha=1.0):\n        self.alpha = alpha\n\n"
                   "    def fn(self, z):\n        return np.where(z > 0, z, self.alpha*(np.exp(z) - 1))\n\n"
                   "    def grad(self, x):\n        return np.where(x > 0, np.ones_like(x), self.alpha*np.exp(x))\n",
}
NONE: dict[str, str] = {
    "the norm of a gradient": "def norm(x):\n    return np.sqrt(np.sum(x**2))\n\n\ndef grad_norm(x):\n"
                              "    return np.max(x)\n",
    "a Jacobian": "def softmax(x):\n    return np.exp(x)/np.sum(np.exp(x), axis=1, keepdims=True)\n\n\n"
                  "def softmax_grad(s):\n    return s*(1 - s)\n",
    "a branch for one number": "def elu(z):\n    if z > 0:\n        return z\n    return np.exp(z) - 1\n\n\n"
                               "def elu_prime(z):\n    if z > 0:\n        return 1\n    return np.exp(z)\n",
    "an estimate": "def step(x):\n    return np.sign(x)\n\n\ndef step_grad(x):\n    return np.exp(-x**2)\n",
}
SLIPS = [
    ("of the input", "(1-sigmoid(z))", "(1+sigmoid(z))", "(1-sigmoid(z))"),
    ("of the output", "y*(1-y)", "y*(1+y)", "(1-y)"),
    ("for one number", "z > 0", "z < 0", "z > 0"),
    ("by a flag", "x*(1-x)", "x*(1+x)", ""),
    ("by a flag, of the output that stands beside", "a*(1 - a)", "a*(1 + a)", ""),
    ("of a function that is not there", "1 - output**2", "1 - output", ""),
    ("truth values", "output > 0", "output < 0", "output > 0"),
    ("an object's", "np.ones_like(x)", "x", "np.ones_like(x)"),
]


@pytest.mark.parametrize("name", RIGHT)
def test_right_derivatives_are_right(name: str) -> None:
    found = analyse(HEAD + RIGHT[name], "code.py")
    assert not found.diagnostics
    assert any(c.role == "result" and c.verdict in ("proved", "verified") for c in found.claims)


@pytest.mark.parametrize("name", NONE)
def test_what_is_no_derivative_is_not_judged(name: str) -> None:
    assert not analyse(HEAD + NONE[name], "code.py").diagnostics


@pytest.mark.parametrize(("name", "before", "after", "mended"), SLIPS)
def test_a_slip_is_found_on_its_line(name: str, before: str, after: str, mended: str) -> None:
    right = HEAD + RIGHT[name]
    source = right.replace(before, after, 1)
    found = analyse(source, "code.py").diagnostics
    row = right[: right.index(before)].count("\n") + 1
    assert [d.location.row for d in found] == [row]
    assert found[0].fix is not None
    assert mended in found[0].fix.edits[0].content + found[0].fix.message
