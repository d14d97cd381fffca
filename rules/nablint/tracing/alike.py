"""Sizes that must be the same number for code to run, under two names.

A method's docstring calls `D` what its class made `n_in` long; a matrix of 784 rows takes the columns of an input that
is unpacked into `n, d`.  Neither is a slip: the words of a function stand for any number.  A sure run begins again with
one number for both.  They stay two symbols, so that nothing is ever found on the strength of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from nablint.calculus.terms import Term
from nablint.shapes import Polynomial, Size
from nablint.tracing.world import World

_AXIS = re.compile(r"\.\d+$")
_MADE = re.compile(r"\.__init__\.|@\S*\.__init__$|^self\.")


def alike(world: World, equations: Iterable[tuple[Size, Size]], operands: Iterable[Any]
          ) -> tuple[str, Polynomial] | None:
    """The free size that may be as large as another one, with that one; None where nothing may be made to fit.

    Not where the operands have another size in common: then the axes stand in the wrong places.
    """
    shapes = [o.shape for o in operands if isinstance(o, Term) and o.ndim]
    for pair in equations:
        for own, other in (pair, pair[::-1]):
            name = own.expr.name
            if name is None or name in world.alike or not (_free(name) and _given(name, other)):
                continue
            if not any(_share(a, b) for a in shapes if own in a for b in shapes if other in b and b is not a):
                return name, other.expr
    return None


def _free(name: str) -> bool:
    """Does a size belong to an input of one call: a word of a docstring, or an axis of an input?"""
    return ("@" in name or _AXIS.search(name) is not None) and _MADE.search(name) is None


def _given(name: str, size: Size) -> bool:
    """Is a size given from outside of the call: a number, what the object was made with, the word of another method?"""
    expr = size.expr
    if expr.number is not None:
        return expr.number > 1
    if all(map(_MADE.search, expr.names())):
        return True
    other = expr.name
    if other is None or "@" not in name or "@" not in other:
        return False
    (word, place), (word2, place2) = name.split("@"), other.split("@")
    return word == word2 and place != place2 and place.rpartition(".")[0] == place2.rpartition(".")[0] != ""


def _share(a: Iterable[Size], b: Iterable[Size]) -> bool:
    return any(x.expr == y.expr and x != 1 for x in a for y in b)
