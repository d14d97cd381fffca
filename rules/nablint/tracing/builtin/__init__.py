"""Python's own functions and container methods over stand-ins, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nablint.tracing.builtin.numbers import REDUCING
from nablint.tracing.builtin.objects import ASKING
from nablint.tracing.builtin.sequences import SEQUENCES
from nablint.tracing.builtin.tape import TAPE
from nablint.tracing.standard import STANDARD
from nablint.tracing.texts import TEXTS

BUILTINS: dict[str, Callable[..., Any]] = {**SEQUENCES, **REDUCING, **ASKING, **TAPE, **STANDARD, **TEXTS}
"""Python's own functions by name, and those of the standard library."""
