"""Rule selection, names of gradients, and the screen before parsing."""

import pytest
from nablint.reading.screen import may_hold_matrix_code
from nablint.settings import Settings


@pytest.mark.parametrize(("select", "ignore", "enabled"), [
    (("ALL",), (), True),
    ((), (), False),
    (("NAB",), (), True),
    (("NAB3",), ("NAB30",), False),
    (("NAB301",), ("NAB3",), True),
    (("NAB301",), ("NAB301",), False),
    (("nab301",), (), True),
    (("wrong-gradient-axis",), ("NAB301",), True),
    (("ALL",), ("wrong-gradient-axis",), False),
    (("NAB5",), (), False),
    (("",), (), False),
    (("DEFAULT",), (), True),
    (("DEFAULT",), ("ALL",), False),
])  # fmt: skip
def test_enabled(select, ignore, enabled):
    assert Settings(select, ignore).enabled("NAB301", "wrong-gradient-axis") == enabled


@pytest.mark.parametrize(("select", "enabled"), [
    (("DEFAULT",), False), (("ALL",), True), (("DEFAULT", "NAB4"), True), (("inverted-system",), True),
])  # fmt: skip
def test_what_is_right_on_paper_is_selected_only_by_name(select, enabled):
    assert Settings(select).enabled("NAB401", "inverted-system") == enabled


@pytest.mark.parametrize(("pattern", "name", "variable"), [
    ("g_*", "g_w", "w"), ("*_bar", "x_bar", "x"), ("adj*", "adjW1", "W1"), ("g_*", "g_", None), ("g_*", "ag_w", None),
])  # fmt: skip
def test_own_names(pattern, name, variable):
    assert Settings(claim_patterns=(pattern,)).variable_named_by(name) == variable


@pytest.mark.parametrize("text", [
    "import numpy as np", "from torch import nn", "x = np.dot(a, b)", "y = W@x", "y = (W ) @ x", "y @= W",
    "def backward(self, out):", "def sigmoid_prime(z):", "self.dW = 1", "nabla_w = 0", "z = w.T", "a.dot(b)",
    "y = f(a)@-b", "# nablint: ignore", "def relu_grad(z):", "def d_grad(x):", "xp.exp(x)", "lr * w_grad", "dout = 1",
    "W@x.net(1)\nimport jax",
])  # fmt: skip
def test_let_through(text):
    assert may_hold_matrix_code(text)


@pytest.mark.parametrize("text", [
    "", "x = 1\n", "@decorator\ndef f():\n    pass\n", "class A:\n    @property\n    def f(self): ...\n",
    '"""Written by someone@mail.example.com"""', "upgrade = 1", "import os\nos.path.join('a', 'b')\n", "x.Type()",
    "db = connect()", "dx = x.next()", "exp.run()", "def downgrade():", "def is_prime_number(n):", "backwards = True",
])  # fmt: skip
def test_held_back(text):
    assert not may_hold_matrix_code(text)


def test_the_screen_is_linear():
    assert not may_hold_matrix_code("x " * 500_000)
    assert not may_hold_matrix_code(" " * 500_000 + "a" * 500_000)
