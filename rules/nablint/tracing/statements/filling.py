"""Lists that a loop over something outside fills: the lines of a file, the rows of a table.

The one turn that such a loop takes says nothing of how long they are or what they hold; they are data, and inputs.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from nablint.tracing.values import Array, Instance, Pending, Scope


@contextmanager
def filled_from_outside(scope: Scope) -> Generator[None]:
    """Lists that are empty before the loop, and hold data after it, are inputs by their names from then on."""
    empty = {name: held for name, held in scope.names.items() if type(held) is list and not held}
    yield
    for name, held in empty.items():
        if held and scope.names.get(name) is held and _is_data(held):
            scope.names[name] = Pending(name, name)


def _is_data(value: Any) -> bool:
    """Is it made of nothing that was computed, and of no parts of a program?"""
    if isinstance(value, list | tuple):
        return all(map(_is_data, value))
    return not isinstance(value, Array | Instance | dict) and not callable(value)
