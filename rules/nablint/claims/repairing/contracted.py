"""Contracted: products of two live matrices that make up what is missing, or what an expression should be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import numpy as np

from nablint.claims.repairing.forms import close
from nablint.claims.repairing.live import LiveValue

MAX_FACTORS = 24
MAX_ENTRIES = 4096
"""Entries of a factor up to which products of it are tried."""


def contractions(wanted: Any, live: list[LiveValue], *, dot: bool) -> Iterator[tuple[str, float]]:
    """Products of two live arrays that are an array, or its negative; with what each costs.

    dot: how products are written, else by `@`.
    """
    if wanted.ndim != 2 or not np.all(np.isfinite(wanted)) or not np.any(np.abs(wanted) > 1e-12):
        return
    for text, made in products_of_shape(wanted.shape, live, dot=dot):
        cost = 0.1 + 0.002 * len(text)
        if close(made, wanted):
            yield text, cost
        elif close(-made, wanted):
            yield f"-{text}", cost + 0.05


def products_of_shape(shape: tuple[int, ...], live: list[LiveValue], *, dot: bool) -> Iterator[tuple[str, Any]]:
    """Products of two live arrays that have a shape, as they are written and with their values."""
    factors = [v for v in live if v.sample.ndim in (1, 2) and v.sample.dtype.kind == "f"
               and v.sample.size <= MAX_ENTRIES][:MAX_FACTORS]
    squares = [(v, v) for v in factors]
    for first, second in (*permutations(factors, 2), *squares):
        for left, a in _ways(first):
            for right, b in _ways(second):
                if a.ndim == b.ndim == 2 and a.shape[1] == b.shape[0] and (a.shape[0], b.shape[1]) == shape:
                    yield _written(left, right, first.module, dot), a @ b
                elif a.ndim == b.ndim == 1 and (a.size, b.size) == shape:
                    yield f"{first.module}.outer({left}, {right})", np.outer(a, b)


def _ways(value: LiveValue) -> Iterator[tuple[str, Any]]:
    yield value.text, value.sample
    if value.sample.ndim == 2:
        yield f"{value.text}.T", value.sample.T


def _written(left: str, right: str, module: str, dot: bool) -> str:
    return f"{module}.dot({left}, {right})" if dot else f"({left} @ {right})"
