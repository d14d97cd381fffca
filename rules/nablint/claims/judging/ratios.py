"""Ratios: how many times a value is another, where that is one number for all entries."""

from __future__ import annotations

import numpy as np

TOLERANCE = 1e-9
"""Of the largest entry: samples that differ by less are equal."""


def constant_ratio(claimed: np.ndarray, expected: np.ndarray) -> float | None:
    """Claimed over expected, where that is one number for all entries."""
    total = float(np.sum(expected * expected))
    if total <= 0:
        return None
    ratio = float(np.sum(claimed * expected)) / total
    scale = float(np.max(np.abs(claimed), initial=0.0))
    return ratio if ratio and np.max(np.abs(claimed - ratio * expected), initial=0.0) <= TOLERANCE * scale else None
