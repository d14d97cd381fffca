"""An outside oracle for the case files: central differences of what the file's own forward code computes."""

from __future__ import annotations

import contextlib
import io
import types
from collections.abc import Callable
from typing import Any

import numpy as np


class Wrong(AssertionError):
    """A gradient that the oracle contradicts."""


def module(name: str, source: str) -> types.ModuleType:
    """Run our own case file's text (perhaps with a slip in it) as a fresh module, which keeps it as `__source__`."""
    made = types.ModuleType(f"case_{name}")
    made.__dict__["__source__"] = source
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, f"{name}.py", "exec"), made.__dict__)  # noqa: S102 - our own file
    return made


class Oracle:
    """Compares claimed gradients with central differences.

    whole: difference every entry of the variable (a proof by numbers); else along two random directions only, which
           a wrong gradient survives with probability zero.
    seen:  name -> claimed gradient, for comparing a run with another.
    """

    def __init__(self, *, whole: bool, seed: int = 0) -> None:
        self.whole = whole
        self.rng = np.random.default_rng(seed)
        self.seen: dict[str, Any] = {}

    def __call__(self, name: str, claimed: Any, f: Callable[[], Any], variable: Any, step: float = 1e-5) -> None:
        """Check that `claimed` is the gradient of the scalar f() by `variable`, an array that f reads in place.

        Raises `Wrong` when shape or value differ.
        """
        if claimed is None:
            raise Wrong(f"{name}: no gradient at all")
        claimed = np.asarray(claimed, dtype=float)
        self.seen[name] = claimed.copy()
        if claimed.shape != variable.shape:
            raise Wrong(f"{name}: gradient has shape {claimed.shape}, variable {variable.shape}")
        if not np.all(np.isfinite(claimed)):
            raise Wrong(f"{name}: not finite")
        start = variable.copy()
        if self.whole:
            directions = [one.reshape(start.shape) for one in np.eye(start.size)]
        else:
            directions = [self.rng.normal(size=start.shape) for _ in range(2)]
        for direction in directions:
            values: list[float] = []
            for sign in (1, -1):
                variable[...] = start + sign * step * direction
                values.append(float(f()))
            variable[...] = start
            numeric = (values[0] - values[1]) / (2 * step)
            here = float(np.sum(claimed * direction))
            scale = 1.0 + abs(numeric) + float(np.abs(claimed).max(initial=0.0))
            if not abs(here - numeric) <= 2e-6 * scale:
                raise Wrong(f"{name}: claimed {here:.8g}, differences give {numeric:.8g}")

    def same(self, name: str, claimed: Any, wanted: Any) -> None:
        """Check a value that is no array's gradient by differences: two arrays must be equal.  Raises `Wrong`."""
        claimed, wanted = np.asarray(claimed, dtype=float), np.asarray(wanted, dtype=float)
        self.seen[name] = claimed.copy()
        if claimed.shape != wanted.shape or not np.allclose(claimed, wanted, rtol=1e-6, atol=1e-7):
            raise Wrong(f"{name}: not as wanted")
