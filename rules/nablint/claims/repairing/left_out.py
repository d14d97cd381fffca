"""Left out: live factors and terms by which a statement's value differs from what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.repairing.forms import repeats
from nablint.claims.repairing.live import derivative_functions, live_values
from nablint.tracing.step import Step
from nablint.tracing.values import Array, Instance, Pending

_FORMS = ("{0}", "({0} > 0)", "{0} * (1 - {0})", "(1 - {0} ** 2)", "(1 - {0})", "1 / {0}")


def factors(step: Step, value: Term, known: Term | None) -> Iterator[str]:
    """Live values, and the derivatives that are made of them, as factors."""
    shape = np.shape(value.sample)
    whole = _filled(step, shape)
    ratio = None
    if known is not None and np.shape(known.sample) == whole:
        with np.errstate(all="ignore"):
            ratio = np.asarray(known.sample) / np.asarray(value.sample)
    for text, term in list(live_values(step))[:24]:
        if np.shape(term.sample) not in (shape, whole) and not (term.ndim
                                                                and shape[-term.ndim:] == np.shape(term.sample)):
            continue
        sample = np.asarray(term.sample, dtype=float) if term.sample.dtype.kind in "iuf" else None
        if sample is None:
            if term.sample.dtype.kind == "b" and (ratio is None or np.allclose(np.nan_to_num(ratio), term.sample)):
                yield text
            continue
        for form in _FORMS:
            if ratio is None or _matches(form, sample, ratio):
                yield form.format(text)
        for name in derivative_functions(step):
            yield f"{name}({text})"


def _filled(step: Step, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the array that a step adds its value to, which fills it: it may lack a factor with all its axes."""
    event = step.event
    if event is None or not event.augmented or event.value is None or not repeats(shape, np.shape(event.value.sample)):
        return shape
    return np.shape(event.value.sample)


def _matches(form: str, x: Any, ratio: Any) -> bool:
    with np.errstate(all="ignore"):
        made = {"{0}": x, "({0} > 0)": x > 0, "{0} * (1 - {0})": x * (1 - x), "(1 - {0} ** 2)": 1 - x**2,
                "(1 - {0})": 1 - x, "1 / {0}": 1 / x}[form]
    return bool(np.all(np.abs(np.where(np.isfinite(ratio), ratio, 0) - np.broadcast_to(made, ratio.shape)) < 1e-8))


def terms(step: Step, value: Term, known: Term | None) -> Iterator[str]:
    """Live terms that make up what is missing: a value, or a number times a value."""
    if known is None or np.shape(known.sample) != np.shape(value.sample):
        return
    residual = np.asarray(known.sample) - np.asarray(value.sample)
    if not np.all(np.isfinite(residual)):
        return
    scalars = [(n, float(v.term.sample)) for n, v in _scalars(step)]
    for text, term in list(live_values(step))[:24]:
        sample = np.asarray(term.sample)
        if sample.shape != residual.shape or sample.dtype.kind not in "iuf" or not np.all(np.isfinite(sample)):
            continue
        total = float(np.sum(sample * sample))
        if not total:
            continue
        c = float(np.sum(residual * sample)) / total
        if np.max(np.abs(residual - c * sample)) > 1e-9 * max(1e-30, np.max(np.abs(residual))):
            continue
        if abs(c - 1) < 1e-9:
            yield text
        for factor in (1, 2, 0.5):
            for name, number in scalars:
                if abs(c - factor * number) < 1e-9:
                    yield f"{name} * {text}" if factor == 1 else f"{factor:g} * {name} * {text}"
                if number and abs(c - factor / number) < 1e-9:
                    yield f"{text} / {name}" if factor == 1 else f"{factor:g} * {text} / {name}"
            if factor != 1 and abs(c - factor) < 1e-9:
                yield f"{factor:g} * {text}"


def _scalars(step: Step) -> Iterator[tuple[str, Array]]:
    for name, value in step.names.items():
        value = value.value if isinstance(value, Pending) else value
        if isinstance(value, Array) and value.term.ndim == 0 and name.isidentifier():
            yield name, value
        elif isinstance(value, Instance) and name == "self":
            for attribute, held in value.names.items():
                held = held.value if isinstance(held, Pending) else held
                if isinstance(held, Array) and held.term.ndim == 0:
                    yield f"self.{attribute}", held
