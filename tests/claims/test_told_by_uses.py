"""Without a loss in sight, a clash with a variable whose axes only uses tell is no finding: another reading may fit."""

from __future__ import annotations

from nablint.analysis import analyse

SINGLE_SAMPLE = '''
import numpy as np

def step(x, y, w, lr):
    p = 1 / (1 + np.exp(-np.dot(x, w)))
    dz = (p - y) * p * (1 - p)
    dw = dz * x
    w -= lr * dw
    return w
'''

BATCH = SINGLE_SAMPLE.replace("dw = dz * x", "dw = WRONG").replace(
    "def step(x, y, w, lr):", 'def step(x, y, w, lr):\n    """x: (N, D), y: (N,), w: (D,)"""')


def test_a_single_sample_is_not_called_wrong_as_a_batch():
    assert not analyse(SINGLE_SAMPLE, "step.py").diagnostics


def test_a_clash_is_found_where_words_tell_the_axes():
    (found,) = analyse(BATCH.replace("WRONG", "np.dot(x, dz)"), "step.py").diagnostics
    assert found.fix is not None
