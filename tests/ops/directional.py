"""Directional derivatives of a card's evaluation, without its calculus: complex step, else central differences.

The complex step (Squire and Trapp, "Using complex variables to estimate derivatives of real functions", 1998) is exact
to rounding where the evaluation is analytic; a fourth-order difference serves where it is not.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from nablint.ops import Card

STEP = 1e-30


def by_difference(card: Card, arrays: list[Any], params: dict[str, Any], directions: list[Any]) -> Any:
    """dout/dt along the directions by a fourth-order difference, good to about 1e-7."""

    def at(t: float) -> Any:
        moved = (a if d is None else a + t * d for a, d in zip(arrays, directions, strict=True))
        return np.asarray(card.evaluate(*moved, **params), float)

    h = 1e-4
    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)


def directional(card: Card, arrays: list[Any], params: dict[str, Any], directions: list[Any]) -> tuple[Any, float]:
    """dout/dt along the directions (None keeps an argument still), and the relative accuracy of the estimate."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            moved = (a if d is None else a + 1j * STEP * d for a, d in zip(arrays, directions, strict=True))
            out = card.evaluate(*moved, **params)
        if np.iscomplexobj(out):
            return np.imag(out) / STEP, 1e-9
    except (TypeError, np.exceptions.ComplexWarning):
        pass

    return by_difference(card, arrays, params, directions), 1e-7
