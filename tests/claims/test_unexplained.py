"""What no small edit explains is reported where names and arguments leave no doubt what was meant, and nowhere else."""

from __future__ import annotations

import textwrap

import pytest
from nablint.analysis import analyse
from nablint.checks import reportable

REPORTED = {
    "a derivative by its name": ("""
        import numpy as np

        def bent(z):
            return 0.5 / (1 + np.abs(z)) + 0.5

        def bent_prime(z):
            return 0.5 / (1 + np.abs(z)) ** 2
        """, 8),
    "the one gradient of a layer, by name and by argument": ("""
        class Stretch:
            def __init__(self, rows, cols):
                self.rows, self.cols = rows, cols

            def forward(self, x):
                return x.repeat(self.rows, axis=1).repeat(self.cols, axis=2)

            def backward(self, dout):
                dx = dout[:, ::self.rows, ::self.cols]
                return dx
        """, 10),
    "one gradient of several, by its name": ("""
        import numpy as np

        def unroll_forward(x, params):
            h = np.zeros((x.shape[0], params["Wh"].shape[0]))
            for t in range(x.shape[0]):
                before = h[t - 1] if t > 0 else np.zeros(h.shape[1])
                h[t] = np.tanh(x[t] + before @ params["Wh"])
            kept = h * np.exp(params["gain"])
            return kept @ params["Wy"], (kept, h, params["Wh"], params["Wy"])

        def unroll_backward(dout, cache):
            kept, h, Wh, Wy = cache
            dWy = kept.T @ dout
            dkept = dout @ Wy.T
            dgain = np.sum(dkept * kept, axis=0)
            dh = dkept * kept / h
            dx, dWh = np.zeros(h.shape), np.zeros(Wh.shape)
            for t in reversed(range(h.shape[0])):
                dz = (1 - h[t] ** 2) * dh[t]
                dx[t] = dz
                if t > 0:
                    dh[t - 1] += dz @ Wh.T
                    dWh += np.outer(kept[t - 1] - h[t - 1] ** 3, dz)
            return dx, {"Wh": dWh, "Wy": dWy, "gain": dgain}
        """, 24),
}
"""A source, and the line that is reported."""


@pytest.mark.parametrize("name", REPORTED)
def test_it_is_reported(name: str) -> None:
    source, row = REPORTED[name]
    (found,) = analyse(textwrap.dedent(source), "case.py").diagnostics
    assert found.location.row == row
    assert found.code.startswith("NAB3")


QUIET = {
    "a derivative that is near enough": """
        import numpy as np

        def gate(z):
            return 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z ** 3)))

        def gate_prime(z):
            t = np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z ** 3))
            return 0.5 + 0.5 * t + z * np.exp(-z ** 2 / 2) / np.sqrt(2 * np.pi)
        """,
    "a derivative without the bounds that keep its function finite": """
        import numpy as np

        class Spread:
            def __init__(self, alpha=1.0):
                self.alpha = alpha

            def clean(self, p):
                return np.clip(p, 1e-10, np.inf)

            def __call__(self, mu):
                p = self.clean(mu)
                return p + self.alpha * p ** 2

            def deriv(self, mu):
                return 1 + 2 * self.alpha * self.clean(mu)
        """,
    "a factor of all that whoever calls it may have applied": """
        import numpy as np

        class Mix:
            def forward(self, q, k):
                self.q, self.k = q, k
                strength = np.log(1.5)
                return strength * q * np.exp(k)

            def backward(self, dout):
                dq, dk = np.zeros(dout.shape), np.zeros(dout.shape)
                for i in range(dout.shape[0]):
                    dq[i] = dout[i] * np.exp(self.k[i])
                    dk[i] = dout[i] * self.q[i] * np.exp(self.k[i])
                return dq, dk
        """,
    "what goes by no gradient's name": """
        import numpy as np

        class Clock:
            def forward(self, steps):
                seconds = steps * 2.5 + 1.0
                return seconds

            def backward(self, dout):
                seconds = np.zeros(dout.shape)
                for phase in range(3):
                    seconds += np.cos(phase * dout)
                return seconds
        """,
}


@pytest.mark.parametrize("name", QUIET)
def test_it_is_not(name: str) -> None:
    result = analyse(textwrap.dedent(QUIET[name]), "case.py")
    assert not result.diagnostics
    assert any(c.verdict == "wrong" for c in result.claims)  # what differs is listed, and no more


@pytest.mark.parametrize(("message", "another_size_may_fit"), [
    ("(8, 5) @ (n_a, m): inner sizes 5 and n_a differ", True),
    ("(a, b) @ (3, m): inner sizes b and 3 differ", True),
    ("(N, D) with (3, 4) cannot broadcast: D against 4", True),
    ("(a, b) @ (c, m): inner sizes b and c differ", False),
    ("(N, D) with (M, D) cannot broadcast: N against M", False),
    ("(2, 3) @ (4, 5): inner sizes 3 and 4 differ", False),
])
def test_a_number_that_meets_a_dimension_may_be_that_dimension(message: str, another_size_may_fit: bool) -> None:
    assert bool(reportable.SIZED.search(message)) is another_size_may_fit
