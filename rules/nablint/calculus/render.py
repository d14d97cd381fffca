"""Terms as formulas and as code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from nablint.calculus import formula, formula_cards
from nablint.calculus.code import write_code
from nablint.calculus.formula import Node
from nablint.calculus.formula_latex import latex
from nablint.calculus.formula_mathml import mathml
from nablint.calculus.formula_writer import Name, Writer
from nablint.calculus.terms import Term

__all__ = ["PRINTERS", "Name", "Style", "Writer", "formula_cards", "formula_of", "render"]

Style = Literal["text", "latex", "mathml", "numpy", "torch", "einsum"]
PRINTERS: dict[str, Callable[[Node], str]] = {"text": formula.text, "latex": latex, "mathml": mathml}


def render(
    term: Term, style: Style, names: Mapping[Term, str], *, dot: bool = False, expand: bool = True
) -> str | None:
    """The term written out, with minimal brackets.

    names:  terms that are written by name; the term itself is written out all the same while `expand` holds.
    dot:    matrix products as `np.dot(a, b)` instead of `a @ b`.
    Returns None where the style has no way to write the term (code only).
    """
    if style in PRINTERS:
        return PRINTERS[style](formula_of(term, names, expand=expand))
    return write_code(term, style, names, dot=dot, expand=expand)


def formula_of(term: Term, names: Mapping[Term, Name], *, expand: bool = True) -> Node:
    """The term as a formula tree."""
    return Writer(names).write(term, expand)
