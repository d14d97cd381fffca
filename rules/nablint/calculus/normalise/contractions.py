"""What products, sums over axes and transposes mean in normal forms: contractions."""

from __future__ import annotations

from typing import Any

from nablint.calculus.algebra import Algebra
from nablint.calculus.forms import Form
from nablint.calculus.normalise.driver import every, rule
from nablint.calculus.powers import power
from nablint.calculus.terms import Term


@rule("matmul")
def matmul(g: Algebra, t: Term, a: Form, b: Form) -> Form:
    """The matrix product, stacks and vectors included."""
    na, nb = len(a.sizes), len(b.sizes)
    stack = max(na - 2, nb - 2, 0)
    row, inner, column = 100, 101, 102
    left = (*_tail(stack, na - 2), row, inner) if na > 1 else (inner,)
    right = (*_tail(stack, nb - 2), inner, column) if nb > 1 else (inner,)
    out = (*every(stack), *((row,) if na > 1 else ()), *((column,) if nb > 1 else ()))
    return g.contract([a, b], [left, right], out, t.shape)


def _tail(total: int, count: int) -> tuple[int, ...]:
    return tuple(range(total - max(count, 0), total))


@rule("dot")
def _dot(g: Algebra, t: Term, a: Form, b: Form) -> Form:
    na, nb = len(a.sizes), len(b.sizes)
    if not na or not nb:
        return g.multiply(a, b, t.shape)
    left = (*range(na - 1), 99)
    right = (*range(20, 20 + nb - 2), 99, 98) if nb > 1 else (99,)
    return g.contract([a, b], [left, right], tuple(i for i in (*left, *right) if i != 99), t.shape)


@rule("inner", "vecdot", "vdot")
def _inner(g: Algebra, t: Term, a: Form, b: Form, **params: Any) -> Form | None:
    if params or len(a.sizes) != 1 or len(b.sizes) != 1:
        return None
    return g.contract([a, b], [(0,), (0,)], (), ())


@rule("outer")
def _outer(g: Algebra, t: Term, a: Form, b: Form) -> Form | None:
    if len(a.sizes) != 1 or len(b.sizes) != 1:
        return None
    return g.contract([a, b], [(0,), (1,)], (0, 1), t.shape)


@rule("einsum")
def _einsum(g: Algebra, t: Term, *forms: Form, subscripts: str) -> Form | None:
    inputs, _, output = subscripts.replace(" ", "").partition("->")
    if "." in subscripts:
        return None
    labels = [tuple(map(ord, part)) for part in inputs.split(",")]
    return g.contract(list(forms), labels, tuple(map(ord, output)), t.shape)


@rule("transpose")
def _transpose(g: Algebra, t: Term, a: Form, axes: Any = None) -> Form:
    n = len(a.sizes)
    order = every(n)[::-1] if axes is None else tuple(int(i) % n for i in axes)
    return g.contract([a], [every(n)], order, tuple(a.sizes[i] for i in order))


def gone_axes(n: int, axis: Any) -> tuple[int, ...]:
    """The axes that a reduction removes."""
    if axis is None:
        return every(n)
    return tuple(int(i) % n for i in (axis if isinstance(axis, tuple | list) else (axis,))) if n else ()


@rule("sum")
def summed(g: Algebra, t: Term, a: Form, axis: Any = None, keepdims: bool = False) -> Form:
    """A sum over axes."""
    n = len(a.sizes)
    gone = gone_axes(n, axis)
    # An axis that is kept with size 1 gets a label that no factor bears.
    out = tuple(100 + i if i in gone else i for i in range(n) if keepdims or i not in gone)
    return g.contract([a], [every(n)], out, t.shape)


@rule("mean")
def mean(g: Algebra, t: Term, a: Form, axis: Any = None, keepdims: bool = False) -> Form:
    """The sum over the size."""
    total = summed(g, t, a, axis, keepdims)
    for i in gone_axes(len(a.sizes), axis):
        total = g.multiply(total, power(g, g.size(a.sizes[i]), -1.0), t.shape)
    return total


@rule("var", "std")
def _var(g: Algebra, t: Term, a: Form, axis: Any = None, keepdims: bool = False, ddof: int = 0) -> Form:
    assert t.card is not None
    squares = mean(g, t, power(g, a, 2.0), axis, keepdims)
    found = g.add(squares, power(g, mean(g, t, a, axis, keepdims), 2.0), -1.0, t.shape)
    if ddof:
        count = g.scalar(1.0)
        for i in gone_axes(len(a.sizes), axis):
            count = g.multiply(count, g.size(a.sizes[i]), ())
        fewer = g.add(count, g.scalar(float(ddof)), -1.0, ())
        found = g.multiply(g.multiply(found, count, t.shape), power(g, fewer, -1.0), t.shape)
    return found if t.card.name == "var" else power(g, found, 0.5)


@rule("sum_to")
def _sum_to(g: Algebra, t: Term, a: Form, shape: Any) -> Form:
    n, m = len(a.sizes), len(shape)
    out = tuple(100 + i if shape[i] == 1 else i + n - m for i in range(m))
    return g.contract([a], [every(n)], out, t.shape)


rule("broadcast_to")(lambda g, t, a, shape: g.broadcast(a, t.shape))
