"""Arrays for a card's examples: sizes by name, values in the domain that the example asks for."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from nablint.ops import Card
from nablint.ops.card import Example
from nablint.shapes import Polynomial, Shape, Size

FIXED = ("mask", "index", "integer")
"""Domains of arguments that have no derivative."""


@dataclass(frozen=True)
class Draw:
    """One example with its sizes drawn: arrays, their symbolic shapes, parameters, which may move, in which domain."""

    arrays: list[Any]
    shapes: list[Shape]
    params: dict[str, Any]
    moves: list[bool]
    domains: list[str]


def draw(card: Card, example: Example, trial: int) -> Draw:
    """Draw sizes and values; the same card, example and trial give the same draw."""
    rng = np.random.default_rng(zlib.crc32(f"{card.name} {example.args} {sorted(example.params)} {trial}".encode()))
    names = sorted({word for arg in example.args for word in arg.partition(":")[0].split() if not word.isdigit()})
    sizes = dict(zip(names, (Size(int(v), Polynomial.symbol(n)) for n, v in
                             zip(names, rng.permutation(np.arange(2, 3 + len(names))), strict=False)), strict=True))
    arrays, shapes, moves, domains = [], [], [], []
    for arg in example.args:
        axes, _, domain = (part.strip() for part in arg.partition(":"))
        shape = tuple(sizes[w] if w in sizes else Size(int(w)) for w in axes.split())
        word, *limit = (domain or "real").split()
        bound = (sizes.get(limit[0]) or int(limit[0])) if word == "index" else 0
        arrays.append(np.asarray(_values(rng, tuple(map(int, shape)), domain or "real", int(bound))))
        shapes.append(shape)
        moves.append(word not in FIXED)
        domains.append(word)
    params = {k: v(sizes) if callable(v) else v for k, v in example.params.items()}
    return Draw(arrays, shapes, params, moves, domains)


def _values(rng: np.random.Generator, shape: tuple[int, ...], domain: str, bound: int) -> Any:
    """Values away from zero, from each other and from the ends of the domain."""
    count = int(np.prod(shape))
    spread = (rng.permutation(count) + 0.5 + rng.uniform(-0.3, 0.3, count)).reshape(shape) / max(count, 1)
    signed = np.where(rng.random(shape) < 0.5, -1.0, 1.0)
    match domain.split()[0]:
        case "real":
            return signed * (0.1 + 1.9 * spread)
        case "positive":
            return 0.2 + 2 * spread
        case "unit":
            return signed * (0.05 + 0.85 * spread)
        case "probability":
            return 0.05 + 0.9 * spread
        case "above":
            return 1.2 + 2 * spread
        case "distribution":
            return (0.1 + spread) / (0.1 + spread).sum(-1, keepdims=True)
        case "mask":
            return rng.random(shape) < 0.5
        case "index":
            return rng.integers(0, bound, shape)
        case "integer":
            return rng.integers(-3, 4, shape)
    matrix = rng.normal(size=shape)
    eye = np.eye(shape[-1])
    match domain:
        case "square":
            return matrix + 3 * eye
        case "symmetric":
            return (matrix + np.swapaxes(matrix, -1, -2)) / 2 + np.diag(np.arange(shape[-1]) * 2.0)
        case "definite":
            return matrix @ np.swapaxes(matrix, -1, -2) + np.diag(1.0 + np.arange(shape[-1]))
        case "lower":
            return np.tril(matrix, -1) + eye * (1.5 + np.abs(matrix))
        case "upper":
            return np.triu(matrix, 1) + eye * (1.5 + np.abs(matrix))
    raise ValueError(f"an example asks for values of an unknown kind: {domain}")
