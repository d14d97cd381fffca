"""Clashes: equations between the sizes that do not fit, and what nobody can tell the size of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.reading.lazily import regex
from nablint.shapes import Polynomial, Size, dim
from nablint.tracing import hints
from nablint.tracing.alike import alike, divisible
from nablint.tracing.sure import Clash, depends
from nablint.tracing.values import Restart, Unknown
from nablint.tracing.world import World

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

_QUOTIENT = regex(r"^(?P<whole>[^/()]+)//(?P<part>[^/()]+)$")


def whole_parts(world: World, pairs: Sequence[tuple[Size, Size]]) -> list[tuple[str, Polynomial]]:
    """What is divided (`D // heads`) where sizes do not fit is a multiple of its divisor."""
    found: dict[str, Polynomial] = {}
    for pair in pairs:
        for name in {n for size in pair for n in world.resolve(size.expr).names()}:
            match = _QUOTIENT.match(name)
            if match is None or match["whole"] not in world.sizes:
                continue
            whole, part = match["whole"], match["part"]
            divisor = Polynomial.constant(int(part)) if part.isdigit() else Polynomial.symbol(part)
            if world.resolve(Polynomial.symbol(whole)).name == whole and (part.isdigit() or part in world.sizes):
                found[whole] = divisor * Polynomial.symbol(f"({whole})/({part})")
    return list(found.items())


def sure_clash(it: Interpreter, node: cst.CSTNode | None, message: str, equations: tuple[tuple[Size, Size], ...],
               operands: tuple[Any, ...]) -> Unknown:
    """What does not fit in a sure run: kept for the rules, unless the sizes may be one number under two names."""
    if (found := alike(it.world, equations, operands) or divisible(it.world, equations)) is not None:
        raise Restart(message, alike=(found,))
    if it.block is not None and it.block.outside:
        node = it.calling
    if it.step is not None and node is not None:
        # a branch that may be for arrays of another shape than the words are about
        doubtful = it.undecided > 0 and any(depends(o, it.worded, {}) for o in operands if isinstance(o, Term))
        it.clashes.append(Clash(it.step, node, message, operands, equations, it.shielded > 0 or doubtful, it.layer))
    return Unknown(message)


_GIVEN = regex(r"^(?P<path>(?:.*\b)?(?P<name>\w+))\[(?P<axis>\d)\]$")
_INPUT = regex(r"^(?:x|inputs?|inp|x_in|images?|imgs?)$", re.I)


def shape_of_input(world: World) -> list[tuple[str, Polynomial]]:
    """The sizes that a layer is told of its input (`self.input_shape`), without the samples, are its input's sizes."""
    known = {*world.sizes, *(name for name, _ in world.hypothesis.equations)}
    told = {m["path"]: 0 for name in sorted(known)
            if (m := _GIVEN.match(name)) and hints.is_shape_of_input(m["name"])}
    for path in told:
        sizes = [name for name in (f"{path}[{k}]" for k in range(4)) if name in world.sizes
                 or world.resolve(Polynomial.symbol(name)).name != name]
        for word, term in world.leaves.items():
            if _INPUT.match(word) and term.ndim == len(sizes) + 1:
                pairs = zip(sizes, term.shape[1:], strict=True)
                return [e for name, size in pairs if (e := solve(world, world.dimension(name), dim(size)))]
    return []


def solve(world: World, a: Size, b: Size, *, one: bool = False) -> tuple[str, Polynomial] | None:
    """The equation `name = expression` that makes two sizes equal; None where there is none, or only size 1 would do
    and `one` does not allow it.
    """
    left, right = world.resolve(a.expr), world.resolve(b.expr)
    if left == right:
        return None
    for x, y in ((left, right), (right, left)):
        if x.name is not None and x.name not in y.names() and y.number not in ((0,) if one else (0, 1)):
            return (x.name, y)
    difference = (left + -right).primitive()
    for monomial, coefficient in difference.terms:
        if len(monomial) == 1 and monomial[0][1] == 1:
            name = monomial[0][0]
            rest = Polynomial(tuple(t for t in difference.terms if t[0] != monomial))
            if name in rest.names():
                continue
            quotient = (-rest).divided(Polynomial.constant(coefficient))
            if quotient is not None and (quotient.number is None or quotient.number > 1):
                return (name, quotient)
    return _factor(left, right)


def _factor(left: Polynomial, right: Polynomial) -> tuple[str, Polynomial] | None:
    """`a*b` against `c*d`: arrays with as many axes that were laid flat are likely to have had the same ones."""
    if len(left.terms) != 1 or len(right.terms) != 1:
        return None
    ours = [f for f in left.terms[0][0] if f not in right.terms[0][0]]
    theirs = [f for f in right.terms[0][0] if f not in left.terms[0][0]]
    if not ours or len(ours) != len(theirs) or any(power != 1 for _, power in ours + theirs):
        return None
    return (ours[0][0], Polynomial.symbol(theirs[0][0]))


def clash_sizes(it: Interpreter, node: cst.CSTNode | None, message: str, pairs: Iterable[tuple[Size, Size]]) -> None:
    """Sizes that forward code says are equal, and are not; where it says 1, they are 1."""
    solved = [e for pair in pairs if (e := solve(it.world, *pair, one=True))]
    raise Restart(message, tuple(solved), asserted=True)
