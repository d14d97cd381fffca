"""What a run records of the statements that it executed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.reading.source import Block
from nablint.tracing.values import Scope


@dataclass(eq=False, slots=True)
class Step:
    """One execution of one simple statement (or of a loop's or branch's head).

    values: by identity of the libcst node, the value that it had: terms for arrays, other values as they are; None
            where the node was evaluated more than once (in a comprehension).
    names:  the names of the frame before the statement.
    """

    number: int
    node: cst.CSTNode
    block: Block
    scope: Scope
    function: str
    values: dict[int, Any] = field(default_factory=lambda: {})
    names: dict[str, Any] = field(default_factory=lambda: {})
    event: Event | None = None
    caller: Step | None = None


@dataclass(eq=False, slots=True)
class Event:
    """An assignment that the claim finder wants to see.

    name:    the last plain name of the target: `dW`, for `self.dW`, `grads['dW1']` the key.
    holder:  the name of the container or object it is stored in, "" for a local.
    owner:   the object or container itself.
    key:     the subscript, where there is one.
    value:   the term that was stored (the whole array after an in-place update).
    """

    step: Step
    name: str
    holder: str
    owner: Any
    key: Any
    value: Term | None
    target: cst.CSTNode
    augmented: str = ""
    cell: Any = None
