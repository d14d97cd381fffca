"""Forward code that keeps what backward reads only while it trains: backward is judged after such a run."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse

SOURCES = {
    "an argument, and an attribute that begins as None": ("""
        import numpy as np

        class Tanh:
            def __init__(self):
                self.out = None

            def forward(self, x, training=False):
                out = np.tanh(x)
                if training:
                    self.out = out
                return out

            def backward(self, dout):
                dx = dout * (1 - self.out ** 2)
                return dx
        """, "self.out ** 2", "self.out"),
    "an early return": ("""
        import numpy as np

        class Drop:
            def __init__(self, rate):
                self.rate = rate

            def forward(self, x, train=False):
                if not train:
                    return x
                self.mask = (np.random.rand(*x.shape) > self.rate) / (1 - self.rate)
                return x * self.mask

            def backward(self, dout):
                dx = dout * self.mask
                return dx
        """, "dout * self.mask", "dout * self.mask * (1 - self.rate)"),
    "an attribute that a method sets": ("""
        import numpy as np

        class Dense:
            def __init__(self, n, m):
                self.w = np.random.randn(n, m)
                self.training = False

            def train(self):
                self.training = True

            def forward(self, x):
                if self.training:
                    self.x = x
                return x @ self.w

            def backward(self, dout):
                self.dw = self.x.T @ dout
                return dout @ self.w.T
        """, "self.x.T @ dout", "dout.T @ self.x"),
    "a dict of caches that a decorator fills": ("""
        def kept(f):
            def forward(self, x, training=False):
                out = f(self, x, training=training)
                if training:
                    self.cache["x"] = x
                return out
            return forward

        class Cube:
            def __init__(self):
                self.cache = {"x": None}

            @kept
            def forward(self, x, training=False):
                return x ** 3

            def backward(self, dout):
                x = self.cache["x"]
                dx = dout * 3 * x ** 2
                return dx
        """, "3 * x ** 2", "2 * x ** 2"),
    "layers of a network": ("""
        import numpy as np

        class Square:
            def forward(self, x, training=False):
                if training:
                    self.x = x
                return x ** 2

            def backward(self, dout):
                return 2 * self.x * dout

        class Net:
            def __init__(self, n, m):
                self.w = np.random.randn(n, m)
                self.square = Square()

            def forward(self, x, training=False):
                if training:
                    self.x = x
                return self.square.forward(x @ self.w, training)

            def backward(self, dout):
                dz = self.square.backward(dout)
                self.dw = self.x.T @ dz
                return dz @ self.w.T
        """, "self.x.T @ dz", "dz.T @ self.x"),
}


def _analysed(source: str) -> tuple[set[str], int]:
    found = analyse(textwrap.dedent(source), "switches.py")
    assert not found.error
    return {c.verdict for c in found.claims if c.role == "result"}, len(found.diagnostics)


@pytest.mark.parametrize(("source", "right", "wrong"), SOURCES.values(), ids=list(SOURCES))
def test_what_training_keeps_is_there_in_backward(source: str, right: str, wrong: str) -> None:
    verdicts, messages = _analysed(source)
    assert verdicts and verdicts <= {"proved", "verified"} and not messages
    assert right in source
    verdicts, messages = _analysed(source.replace(right, wrong))
    assert "wrong" in verdicts and messages == 1


def test_a_flag_that_backward_code_has_an_answer_to_keeps_its_default() -> None:
    source = SOURCES["an argument, and an attribute that begins as None"][0]
    asked = source.replace("dx = dout * (1 - self.out ** 2)", "dx = -dout if self.out is None else dout")
    assert _analysed(asked.replace("return out\n", "return out if training else -x\n")) == ({"proved"}, 0)
