"""Spellings of Python's `random`: numbers and choices, the same in every run."""

from __future__ import annotations

from typing import Any

from nablint.calculus.terms import Term
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_int, current_random
from nablint.tracing.dialects.randomness import np_choice


@spelled("random.random", "random.uniform", "random.gauss", "random.betavariate", "random.normalvariate")
def py_random(*args: Any) -> float:
    """A number."""
    low, high = args if len(args) == 2 and all(isinstance(a, int | float) for a in args) else (0.0, 1.0)
    return float(low + (high - low) * current_random().uniform(0.15, 0.85))


@spelled("random.randint", "random.randrange")
def py_randint(low: Any, high: Any = None, *args: Any) -> int:
    """A whole number."""
    low, high = (0, as_int(low)) if high is None else (as_int(low), as_int(high))
    return int(current_random().integers(low, max(high, low + 1)))


@spelled("random.choice")
def py_choice(seq: Any) -> Any:
    """One of a sequence."""
    return np_choice(seq if isinstance(seq, Term) else list(seq))


@spelled("random.sample", "random.choices")
def py_sample(population: Any, k: Any = 1, **_: Any) -> Any:
    """Some of a sequence."""
    return [py_choice(population) for _ in range(as_int(k))]
