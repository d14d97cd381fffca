"""Terms as Python code: numpy, torch, einsum.

What is written evaluates to the term's value with the names in scope; what cannot be written so gives None.
"""

from __future__ import annotations

from collections.abc import Mapping

from nablint.calculus.code import cards
from nablint.calculus.code.writer import Coder, Unwritable
from nablint.calculus.terms import Term

__all__ = ["cards", "write_code"]


def write_code(
    term: Term, style: str, names: Mapping[Term, str], *, dot: bool = False, expand: bool = True
) -> str | None:
    """The term in `numpy`, `torch` or `einsum` code, or None."""
    writer = Coder(style, names, dot)
    try:
        return writer.write(term, expand)[0]
    except Unwritable:
        return None
