"""Single rows and columns: what code reads the size of, or keeps apart from another axis, is none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def note_single(it: Interpreter, single: bool) -> None:
    """Note whether a size of 1 was read or kept apart, by code of the file itself.

    What another file has for all who import it says nothing about this one's arrays.
    """
    if single and (it.block is None or not it.block.outside):
        it.world.singular = True
