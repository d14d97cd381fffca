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
from nablint.reading.lazily import regex
from nablint.shapes import Polynomial, Shape, Size, dim
from nablint.tracing.world import World

LARGE = 96
"""What an image is larger than, for several layers of windows to fit into it."""
_AXIS = regex(r"\.\d+$")
_QUOTIENT = regex(r"(?P<whole>[^/()+]+)//(?P<part>[^/()+]+)$")
_MADE = regex(r"\.__init__\.|@\S*\.__init__$|^self\.")


def alike(world: World, equations: Iterable[tuple[Size, Size]], operands: Iterable[Any]
          ) -> tuple[str, Polynomial] | None:
    """The free size that may be as large as another one, with that one; None where nothing may be made to fit.

    Not where the operands have another size in common: then the axes stand in the wrong places.
    """
    shapes = [o.shape for o in operands if isinstance(o, Term) and o.ndim]
    for pair in equations:
        first, second = map(dim, pair)
        for own, other in ((first, second), (second, first)):
            name = own.expr.name
            if name is None or name in world.alike or not (_free(name) and _given(name, other)):
                continue
            if not any(_share(a, b) for a in shapes if own in a for b in shapes if other in b and b is not a):
                return name, other.expr
    return None


def divisible(world: World, equations: Iterable[tuple[Size, Size]]) -> tuple[str, Polynomial] | None:
    """What is divided by another size (`D // heads`) and must be a multiple of it for a reshape to fit, as one."""
    for name in dict.fromkeys(n for pair in equations for size in pair for n in dim(size).expr.names()):
        found = _QUOTIENT.match(name)
        if found is None or not all(word in world.sizes or word.isdigit() for word in found.groups()):
            continue
        whole = found["whole"]
        while whole in world.alike and (other := world.alike[whole].name) is not None:
            whole = other
        if whole.isdigit() or whole in world.alike:
            continue
        part = found["part"]
        divisor = Polynomial.constant(int(part)) if part.isdigit() else Polynomial.symbol(part)
        if world.sizes[whole] % int(world.dimension_of(divisor)):
            return whole, divisor * Polynomial.symbol(f"{whole} in {part}")
    return None


def roomy(world: World, shape: Shape, parts: tuple[Any, ...]) -> tuple[str, Polynomial] | None:
    """The axis that a slice must not reach beyond (`mask[:, :T]`), as longer than the slice; None where none is."""
    at = parts.index(Ellipsis) if Ellipsis in parts else len(parts)
    ends = [*zip(shape, parts[:at], strict=False), *zip(reversed(shape), reversed(parts[at + 1:]), strict=False)]
    for size, part in ends:
        stop = part.stop if isinstance(part, slice) and part.step is None else None
        name = dim(size).expr.name
        if isinstance(stop, Size) and stop.expr.number is None and name is not None and stop > size:
            if name not in world.alike and name not in stop.expr.names() and not world.alike.keys() & stop.expr.names():
                return name, stop.expr + Polynomial.symbol(f"{name} beyond {stop}")
    return None


def larger(world: World, size: Size) -> tuple[tuple[str, Polynomial], ...]:
    """The free sizes that an expression is made of, as large ones: those of an image that windows do not fit into.

    What is divided by another size is made a multiple of that instead.
    """
    if (found := divisible(world, [(size, size)])) is not None:
        return (found,)
    text = str(size.expr)
    names = (n for n in world.sizes if n in text and n not in world.alike and _free(n))
    return tuple((n, Polynomial.constant(LARGE) + Polynomial.symbol(f"{n} beyond {LARGE}")) for n in names)


def _free(name: str) -> bool:
    """Does a size belong to an input of one call: a word of a docstring, or an axis of an input?"""
    return ("@" in name or _AXIS.search(name) is not None) and _MADE.search(name) is None


def _given(name: str, size: Size) -> bool:
    """Is a size given from outside of the call: a number, what the object was made with, a size of another call?"""
    expr = size.expr
    if expr.number is not None:
        return expr.number > 1
    if all(map(_MADE.search, expr.names())):
        return True
    own = _call(name)
    return own is not None and all((other := _call(n)) is not None and other != own and other.rpartition(".")[0]
                                   == own.rpartition(".")[0] != "" for n in expr.names())


def _call(name: str) -> str | None:
    """The function whose docstring or input a size belongs to: `C.fit` of `N@C.fit` and of `C.fit.x.0`."""
    if "@" in name:
        return name.partition("@")[2]
    found = re.fullmatch(r"(.+)\.[^.]+\.\d+", name)
    return found[1] if found is not None else None


def _share(a: Iterable[Size], b: Iterable[Size]) -> bool:
    return any(dim(x).expr == dim(y).expr and x != 1 for x in a for y in b)
