"""Blank arrays: made by `zeros` or `ones`, they are parameters where forward code computes with them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nablint.calculus.terms import Term
from nablint.tracing.values import Array, Scope

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def begin(it: Interpreter, array: Array) -> Term:
    """The term of a blank array that forward code computes with: a parameter, with generic values from here on."""
    term, made = array.term, array.term
    if not array.blank:
        if it.step is None or it.step.scope is array.begun:  # a mask that is being made
            return term
        while made.card is not None:
            made = made.args[0]
    array.blank, array.begun = False, None
    array.current = it.world.leaf(f"blank{made.number}", made.shape)
    for known in it.history.values():
        if made in known or term in known:
            known.append(array.current)
    name = it.names.get(term) or it.names.get(made)
    if name is not None:
        it.names[array.current] = name
    return array.current


def keeps_blank(it: Interpreter, array: Array, source: Term, index: Any, arrays: tuple[Term, ...]) -> Scope | None:
    """The frame that writes a number into some entries of a blank array, which remains one for other frames.

    Entries that are chosen by an array (`onehot[rows, y] = 1`) make it something else, and what the code has no
    gradient of may be a mask.
    """
    blank = (array.blank or array.begun is not None) and array.base is None
    number = source.card is None and not source.label and not source.ndim
    if not (blank and number and index) or arrays or it.graph.tainting or it.step is None:
        return None
    name = it.names.get(array.current, "").rsplit(".", 1)[-1]
    return it.step.scope if name and any(_has_gradient(b.text, name) for b in it.source if not b.outside) else None


@lru_cache(maxsize=1024)
def _has_gradient(text: str, name: str) -> bool:
    """Does code speak of the gradient of what goes by a name, as `db` or `b_grad`?"""
    return re.search(rf"(?<![A-Za-z0-9])(?:(?:d|grad|nabla|delta|g)_?{name}|{name}_?grad)(?!\w)", text) is not None
