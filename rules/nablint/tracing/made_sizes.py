"""Sizes that code computes: an image less a window, divided by a stride."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from nablint.calculus.hollow import Hollow
from nablint.calculus.terms import Term
from nablint.reading.lazily import regex
from nablint.shapes import Polynomial, Size, dim
from nablint.tracing.alike import larger
from nablint.tracing.values import RaiseSignal, Restart

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


_SUBTRACTED = regex(r"-\s*(?:\d+\*)?([^\s*()]+)")


def too_large(it: Interpreter, sizes: Any) -> bool:
    """A size below 1, such as an image less a window: start again with the smaller dimensions that are subtracted.

    A sure run, in which windows are often numbers, takes larger images.  Returned is whether one is left that is too
    large on these samples though it is as small as it gets.
    """
    left = False
    stack = [sizes]
    while stack:
        value = stack.pop()
        if isinstance(value, list | tuple):
            stack.extend(value)
        elif isinstance(value, Size) and value < 1 and value.expr.number is None and not it.graph.tainting:
            if it.world.sure:
                if grown := larger(it.world, value):
                    raise Restart(f"{value.expr} is below 1", alike=grown)
                continue
            names = {n for n in _SUBTRACTED.findall(str(value.expr)) if not n.isdigit()}
            fresh = tuple(n for n in names if n in it.world.sizes and n not in it.world.hypothesis.small)
            if fresh:
                raise Restart(f"{value.expr} is below 1", small=fresh)
            left |= bool(names)
    return left


def rounded(it: Interpreter, term: Term) -> Any:
    """`int(H / 2)`: the integer below, with the symbols of the dimensions that it is made of."""
    made = None if isinstance(term.sample, Hollow) else _size_of(it, term)
    if it.world.sure:
        known = made is not None and made == np.trunc(term.sample)
        return made if known else it.unknown("a number that is computed from arrays")
    value = int(term.sample)
    return Size(value) if made is None or (made != value and value > 0) else Size(value, made.expr)


def size_in(it: Interpreter, term: Term) -> Any:
    """A number without axes where a size is wanted: with its symbol, where it is kept in a tensor of sizes."""
    made = None if it.world.sure else _size_of(it, term)
    if made is not None and made != term.sample:
        is_whole(it, term)
    return rounded(it, term)


def divided(it: Interpreter, value: Any) -> Any:
    """`(H - 1) / 2` where an integer is wanted, also inside of a tuple: the size that it was in Python 2."""
    if isinstance(value, list | tuple):
        return type(value)([divided(it, v) for v in value])
    if isinstance(value, float):
        if not value.is_integer() and not it.graph.tainting:
            raise RaiseSignal("TypeError")  # an even window where the code means an odd one: another is tried
        return math.floor(value)
    made = _size_of(it, value) if isinstance(value, Term) and not value.ndim else None
    return value if made is None else made


def made_multiple(whole: Size, part: int) -> None:
    """The code says that one size is a multiple of another: where it is not, start again with sizes of which it is."""
    if part <= 0:
        return
    expr = Polynomial.collect(t for t in whole.expr.terms if not t[0] or t[1] % part)  # others are multiples
    if not whole % part and not expr.names():  # sizes that merely happen to be multiples are none on other draws
        return
    terms = dict(expr.terms)
    name = expr.name or next((n for n in sorted(expr.names()) if terms.get(((n, 1),)) == 1), None)
    rest = Polynomial.collect(t for t in expr.terms if t[0] != ((name, 1),))
    if name is None or name in rest.names():
        return
    times = Polynomial.symbol(f"({expr})/({dim(part).expr})")
    raise Restart(f"{whole} is a multiple of {part}", ((name, dim(part).expr * times + -rest),))


def is_whole(it: Interpreter, term: Term) -> Any:
    """`((H - f) / stride + 1).is_integer()`: the code works for sizes of which it is, and refuses others."""
    if it.world.sure:
        return it.unknown("whether a quotient of sizes is a whole number")
    stack = [] if it.graph.tainting else [term]
    while stack:
        node = stack.pop()
        if node.card is None or node.ndim:
            continue
        if node.card.name == "divide":
            whole, part = (_size_of(it, a) for a in node.args)
            if whole is not None and part is not None:
                made_multiple(whole, int(part))
        stack.extend(node.args)
    return bool(np.equal(np.mod(term.sample, 1), 0).all())


def _size_of(it: Interpreter, term: Term, seen: dict[int, Size | None] | None = None) -> Size | None:
    """The size that arithmetic on dimensions and numbers stands for, divisions rounded down."""
    if term.card is None:
        known = it.world.leaves.get("size:" + term.label) if term.label else None
        if known is term:
            return it.sizes_measured.get(term.label)
        plain = not term.label and not term.ndim and not np.iscomplexobj(term.sample)
        whole = plain and float(term.sample).is_integer()
        return Size(int(term.sample)) if whole else None
    if (item := _item(term)) is not None:
        return _size_of(it, item, seen)
    if term.ndim or term.card.name not in _ROUNDING | _SIZED.keys():
        return None
    seen = {} if seen is None else seen
    if term.number not in seen:
        seen[term.number] = _reckoned(term.card.name, [_size_of(it, a, seen) for a in term.args])
    return seen[term.number]


def _reckoned(name: str, parts: list[Size | None]) -> Size | None:
    made = [p for p in parts if p is not None]
    if len(made) < len(parts):
        return None
    if name in _ROUNDING and len(made) == 1:
        return made[0]
    if name in _SIZED and len(made) == 2 and (made[1] or name != "divide"):
        return _SIZED[name](made[0], made[1])
    return None


def _item(term: Term) -> Term | None:
    """`t[0]` of a tensor `t` that was made of numbers."""
    if term.card is None or term.card.name != "getitem" or len(term.args) != 1:
        return None
    whole, index = term.args[0], term.params["index"]
    if whole.card is None or whole.card.name != "stack" or len(index) != 1 or type(index[0]) is not int:
        return None
    return whole.args[index[0]] if -len(whole.args) <= index[0] < len(whole.args) else None


_ROUNDING = frozenset({"floor", "ceil", "trunc", "rint", "astype", "cast", "copy"})
_SIZED: dict[str, Callable[[Size, Size], Size]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.floordiv,
    "floor_divide": operator.floordiv}
