"""Forms of live values that match a target: a value, its reductions, and products of two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np

from nablint.claims.repairing.live import LiveValue

CLOSE = 1e-8

MAX_FORMS = 90
MAX_FACTORS = 3
"""Factors of each kind whose products are reduced."""


@dataclass(slots=True)
class Form:
    """A factor that code can write: its text, its values, how far-fetched it is."""

    text: str
    sample: Any
    cost: float
    atom: bool = True


_FUNCTIONS: tuple[tuple[str, Any], ...] = (("exp", np.exp), ("log", np.log), ("sqrt", np.sqrt),
                                           ("sign", np.sign))
"""Functions that stand in derivatives, and are forgotten there."""

_DERIVED: tuple[tuple[str, float, Any], ...] = (
    ("{0} * (1 - {0})", 0.1, lambda x: x * (1 - x)),
    ("(1 - {0} ** 2)", 0.1, lambda x: 1 - x * x),
    ("({0} > 0)", 0.1, lambda x: (x > 0).astype(float)),
    ("(1 - {0})", 0.1, lambda x: 1 - x),
    ("{0} ** 2", 0.2, lambda x: x * x),
    ("1 / {0}", 0.15, lambda x: 1 / x),
)


def quotient(a: Any, b: Any) -> Any:
    """The one x with `a x = b`; None where there is none or more than one."""
    try:
        x, _, rank, _ = np.linalg.lstsq(a, b, rcond=1e-10)
    except np.linalg.LinAlgError:
        return None
    if rank < a.shape[1] or not close(a @ x, b):
        return None
    return x


def fitted_to(target: Any, shape: tuple[int, ...]) -> Any:
    """What an operand that is broadcast should be: the same along the axes along which it is repeated."""
    if target.shape == shape:
        return target
    extra = target.ndim - len(shape)
    if extra < 0:
        return None
    repeated = (extra + i for i, n in enumerate(shape) if n == 1 and target.shape[extra + i] != 1)
    axes = (*range(extra), *repeated)
    if any(n not in (1, target.shape[extra + i]) for i, n in enumerate(shape)):
        return None
    known = np.isfinite(target)
    mean = np.sum(np.where(known, target, 0.0), axis=axes, keepdims=True) / np.sum(known, axis=axes, keepdims=True)
    return mean.reshape(shape) if close(np.broadcast_to(mean, target.shape), target) else None


def close(a: Any, b: Any) -> bool:
    """Equal wherever the second is known; at least one entry must be."""
    known = np.isfinite(b)
    if not known.any():
        return False
    scale = max(float(np.max(np.abs(b[known]))), 1e-12)
    return bool(np.all(np.abs(np.broadcast_to(a, b.shape)[known] - b[known]) <= CLOSE * scale))


def constant(values: Any) -> float | None:
    """The one number that all known entries are."""
    known = values[np.isfinite(values)]
    if not known.size:
        return None
    c = float(np.median(known))
    return c if np.all(np.abs(known - c) <= CLOSE * max(abs(c), 1e-12)) else None


PLAIN = {-1.0: "-1", 2.0: "2", 0.5: "0.5", 3.0: "3", 4.0: "4", 0.25: "0.25", -2.0: "-2", -0.5: "-0.5"}


def named_numbers(c: float, numbers: list[tuple[str, float]]) -> Iterator[tuple[str, str, float]]:
    """How a number can be written: as it is, by a size or another live number, or by two that have names."""
    for value, word in PLAIN.items():
        if abs(c - value) < CLOSE * abs(value):
            yield word, "scale", 1.2
    named = [(word, value) for word, value in numbers if value and abs(abs(value) - 1) >= 1e-9]
    for word, value in named:
        if abs(c - value) < CLOSE * abs(value):
            yield word, "scale", 1.2 + 0.002 * len(word)
        elif abs(c - 1 / value) < CLOSE / abs(value):
            yield f"1 / {word}", "scale", 1.15 + 0.002 * len(word)
        elif abs(c - 2 / value) < CLOSE / abs(value):
            yield f"2 / {word}", "scale", 1.3
        elif abs(c - 2 * value) < CLOSE * abs(value):
            yield f"2 * {word}", "scale", 1.3
    own = [(word, value) for word, value in named if word.replace(".", "").isidentifier()]
    for (over, first), (under, second) in permutations(own, 2):
        if abs(c - first / second) < CLOSE * abs(c):
            yield f"{over} / {under}", "scale", 1.35 + 0.002 * len(over + under)


def products(wanted: Any, live: list[LiveValue], numbers: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Products of up to three live factors, and a number, that make up an array; with what each costs."""
    known = np.isfinite(wanted)
    if not known.any() or not np.any(np.abs(wanted[known]) > 1e-12):
        return []
    forms = _forms(live, wanted.shape)
    if not forms:
        return []
    found: list[tuple[str, float]] = []
    flat = wanted[known]
    matrix = np.stack([np.broadcast_to(f.sample, wanted.shape)[known] for f in forms])
    for chosen in _combinations(matrix, flat):
        made = np.prod(matrix[list(chosen)], axis=0)
        at = int(np.argmax(np.abs(made)))
        if not abs(made[at]) > 1e-12:
            continue
        c = float(flat[at] / made[at])
        if not np.isfinite(c) or np.max(np.abs(c * made - flat)) > CLOSE * float(np.max(np.abs(flat))):
            continue
        words = [forms[i].text for i in chosen]
        if any(f"1 / {w}" in words or (w == f"{v} ** 2" and f"1 / {v}" in words) for w in words for v in words):
            continue
        text = " * ".join(words)
        cost = sum(forms[i].cost for i in chosen) + 0.1 * (len(chosen) - 1) + 0.002 * len(text)
        if abs(c - 1) < CLOSE:
            found.append((text, cost))
        elif abs(c + 1) < CLOSE:
            found.append((f"-{text}", cost + 0.05))
        elif len(chosen) < 3 or abs(c) in (2.0, 0.5):
            sign = "-" if c < 0 else ""
            for word, _, extra in named_numbers(abs(c), [n for n in numbers if n[0] not in words]):
                made = f"{text} / {word[4:]}" if word.startswith("1 / ") else f"{word} * {text}"
                found.append((f"{sign}{made}", cost + extra - 1 + 0.05 * bool(sign)))
    return sorted(found, key=lambda f: f[1])[:6]


def _forms(live: list[LiveValue], shape: tuple[int, ...]) -> list[Form]:
    plain: list[Form] = []
    derived: list[Form] = []
    for value in live:
        sample = value.sample
        if sample.dtype.kind not in "fiub" or sample.size < 1 or not repeats(sample.shape, shape):
            continue
        if sample.ndim == 0 and len(shape):
            plain.append(Form(value.text, sample.astype(float), 0.05))
            continue
        plain.append(Form(value.text, sample.astype(float), 0.0))
        if value.tainted and sample.dtype.kind == "f":
            derived += _reduced(value, value.torch)
        if sample.dtype.kind == "f" and not value.tainted:
            derived += [Form(f"{value.module}.{word}({value.text})", made, 0.2) for word, make in _FUNCTIONS
                        if np.all(np.isfinite(made := make(sample)))]
            derived += [Form(text.format(value.text), made, cost) for text, cost, make in _DERIVED
                        if np.all(np.isfinite(made := make(sample))) and np.ptp(made) > 1e-12]
    derived += _reduced_products(live, shape)
    out: list[Form] = []
    for form in (*plain, *derived):
        if len(out) < MAX_FORMS and not (form.sample.ndim == 0 and abs(float(form.sample) - 1.0) < 1e-12):
            out.append(form)
    return out


def _reduced(value: LiveValue, torch: bool) -> Iterator[Form]:
    """Means and sums of a live array along an axis."""
    axis, keep = ("dim", "keepdim") if torch else ("axis", "keepdims")
    for k in range(value.sample.ndim if value.sample.ndim > 1 else 0):
        for word in ("mean", "sum"):
            made = getattr(value.sample, word)(axis=k, keepdims=True)
            yield Form(f"{value.text}.{word}({axis}={k}, {keep}=True)", made, 0.2)


def _reduced_products(live: list[LiveValue], shape: tuple[int, ...]) -> Iterator[Form]:
    """Sums and means along an axis of a cotangent times a forward value, as in the backward pass of a normalisation."""
    alike = [v for v in live if v.sample.shape == shape and v.sample.dtype.kind == "f"]
    carried, plain = [v for v in alike if v.tainted][-MAX_FACTORS:], [v for v in alike if not v.tainted][-MAX_FACTORS:]
    for first in carried if len(shape) > 1 else ():
        for second in plain:
            made = LiveValue(f"({first.text} * {second.text})", first.sample * second.sample, True)
            yield from (Form(f.text, f.sample, f.cost + 0.1) for f in _reduced(made, first.torch))


def repeats(small: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Is a value of one shape repeated to fill another, or of the same?"""
    return len(small) <= len(shape) and all(a in (1, b) for a, b in zip(small[::-1], shape[::-1], strict=False))


def _combinations(matrix: Any, flat: Any) -> Iterator[tuple[int, ...]]:
    """Rows whose product is proportional to the array, by the logarithms of their moduli along one direction."""
    if flat.size < 2:
        return
    size = np.abs(matrix)
    weights = np.random.default_rng(3).uniform(0.5, 1.5, flat.size)
    usable = (np.abs(flat) > 1e-12) if np.any(np.abs(flat) <= 1e-12) else np.ones(flat.size, bool)
    zeros = ~usable
    if zeros.any():  # what is zero must have a factor that is zero there: masks are tried one by one
        masks = [i for i in range(len(matrix)) if np.all(size[i][zeros] < 1e-12) and np.all(size[i][usable] > 1e-12)]
        for i in masks:
            yield (i,)
        for i in masks:
            for k in range(len(matrix)):
                if k != i:
                    yield (i, k)
        return
    if usable.sum() < 2:
        return
    weights = weights - weights.mean()  # a constant factor drops out
    good = np.all(size > 1e-12, axis=1)
    logs = np.where(good, np.log(np.where(size > 1e-12, size, 1.0)) @ weights, np.inf)
    aim = float(np.log(np.abs(flat)) @ weights)
    order = np.argsort(logs)
    values = logs[order]

    def completed(chosen: list[tuple[int, ...]], sums: Any) -> Iterator[tuple[int, ...]]:
        """The rows that these lack to reach the aim, each time with a row that is not before their last."""
        low, high = (np.searchsorted(values, aim - sums + off) for off in (-1e-7, 1e-7))
        for place in np.flatnonzero(high > low):
            for k in order[low[place]:high[place]]:
                if not chosen[place] or k >= chosen[place][-1]:
                    yield (*chosen[place], int(k))

    yield from completed([()], np.zeros(1))
    rows = np.flatnonzero(good)
    yield from completed([(int(i),) for i in rows], logs[rows])
    if len(rows) <= 60:
        first, second = np.triu_indices(len(rows))
        pairs = list(zip(rows[first].tolist(), rows[second].tolist(), strict=True))
        yield from completed(pairs, logs[rows[first]] + logs[rows[second]])
