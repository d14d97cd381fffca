"""Spans: slices and loops that together run along a whole axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.shapes import Polynomial, Shape, Size
from nablint.tracing import hints
from nablint.tracing.clashes import solve
from nablint.tracing.refine.flat import cut_flat
from nablint.tracing.values import Array, Restart

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter
    from nablint.tracing.world import World


def spanned(it: Interpreter, array: Array, key: Any, node: cst.CSTNode | None) -> None:
    """Slices such as `a[:, 2*H:3*H]` tell that a free axis is as long as the furthest of their ends."""
    if it.world.sure:
        return
    if it.graph.tainting or array.term.tainted:
        _one_each(it, array, key)
        return
    if cut_flat(it, array, key):
        return
    if array.term.card is None:
        for size, bound in gone_along(it, array, node):
            it.counts.setdefault(str(size.expr.name), bound)
    for axis, (part, size) in enumerate(_along_axes(key, array.term.shape)):
        name = size.expr.name
        if name is not None and isinstance(part, Array) and _all_rows(part) and part.term.shape[0].expr != size.expr:
            it.counts.setdefault(name, part.term.shape[0])
        if isinstance(part, Array) and array.term.card is None and "below" in part.term.params:
            _drawn_among(it.world, size, part.term.params["below"])
        if not isinstance(part, slice) or name is None:
            continue
        halved = any(_symbolic(end) and end.expr.name == f"{name}//2" for end in (part.start, part.stop))
        if axis and halved and size % 2:
            raise Restart(f"{name} is cut in halves", ((name, (size // 2 * 2).expr),))
        if isinstance(part.start, int) and part.start and not _symbolic(part.start):
            continue  # a window that slides, no part beside another
        known = it.spans.get(name)
        end = part.stop
        if end is None and _symbolic(part.start):
            end = part.start + (it.units.get(name) or part.start)
        if isinstance(end, Size) and end.expr.number is None and (known is None or known < end):
            it.spans[name] = end
            it.units.setdefault(name, end)


def _drawn_among(world: World, size: Size, count: Size) -> None:
    """`y[batch]` of `batch = randint(0, X.shape[0], n)`: there are as many labels as rows to choose from."""
    equation = None if world.same(size, count) else solve(world, size, count)
    if equation is not None:
        raise Restart("as many as are drawn among", (equation,))


def _along_axes(key: Any, shape: Shape) -> list[tuple[Any, Size]]:
    """The parts of an index beside the sizes that they select from."""
    parts = key if isinstance(key, tuple) else (key,)
    if Ellipsis in [p for p in parts if not isinstance(p, Array)]:
        at = next(i for i, p in enumerate(parts) if p is Ellipsis)
        parts = (*parts[:at], *[slice(None)] * (len(shape) - len(parts) + 1), *parts[at + 1:])
    return list(zip(parts, shape, strict=False))


def _symbolic(value: Any) -> bool:
    return isinstance(value, Size) and value.expr.number is None


def _all_rows(index: Array) -> bool:
    """`np.arange(n)` as an index."""
    sample = index.term.sample
    if sample.ndim != 1 or sample.size < 2 or sample.dtype.kind not in "iu":
        return False
    return bool((sample == np.arange(sample.size)).all())


def gone_along(it: Interpreter, array: Array, node: cst.CSTNode | None) -> list[tuple[Size, Size]]:
    """The free axes that loop variables run along in a subscript, with the dimensions that these count up to."""
    found: list[tuple[Size, Size]] = []
    if it.graph.tainting:
        return found
    for axis, part in enumerate(node.slice if isinstance(node, cst.Subscript) else ()):
        index = part.slice.value if isinstance(part.slice, cst.Index) else None
        if isinstance(index, cst.Ellipsis) or (isinstance(index, cst.Name) and index.value == "None"):
            break  # what follows does not stand at its axis
        if isinstance(index, cst.Name) and index.value in it.counters and axis < array.term.ndim:
            size, bound = array.term.shape[axis], it.counters[index.value][1]
            if size.expr.name not in (None, bound.expr.name):
                found.append((size, bound))
    return found


def _one_each(it: Interpreter, array: Array, key: Any) -> None:
    """`delta[np.arange(len(y)), y] -= 1` in backward code: there are as many targets as rows that they are chosen from.

    Only of targets that forward code has not met: their number is no other array's.
    """
    parts = key if isinstance(key, tuple) else ()
    if len(parts) != 2 or not all(isinstance(part, Array) for part in parts) or not array.term.ndim:
        return
    rows, target = (part.term for part in parts)
    size, count = array.term.shape[0], target.shape[0] if target.ndim == 1 else None
    if count is None or not _all_rows(parts[0]) or rows.shape[0].expr != count.expr or count.expr == size.expr:
        return
    name = it.world.resolve(count.expr).name
    own = target.card is None and (hints.is_target(hints.base(target.label)) or not any(
        target in terms for terms in it.history.values()))
    if own and name is not None and name.startswith(f"{target.label}.") and not any(
            name in length.expr.names() for terms in it.history.values() for t in terms if t is not target
            for length in t.shape):
        raise Restart(f"there are as many of {target.label} as rows", ((name, size.expr),))


def unpadded(it: Interpreter, part: cst.Slice, bounds: list[Any]) -> None:
    """`x[pad:-pad]` takes a border off, and with nothing to take off it leaves nothing: another padding is meant."""
    if bounds[:2] == [0, 0] and not it.world.sure and isinstance(part.upper, cst.UnaryOperation) and (
            isinstance(part.upper.operator, cst.Minus) and part.lower is not None
            and part.lower.deep_equals(part.upper.expression)):
        raise Restart("a border without width is taken off")


def inside(it: Interpreter, array: Array, key: Any) -> None:
    """A window, or a place, that lies outside of an image along one axis: the image is as high as it is wide.

    Loops whose bounds are in the wrong order (`for h in range(width)`) run on square images alone.  And all rows,
    `onehot[np.arange(len(y)), y]`, are as many as those that they are numbered by.
    """
    if it.graph.tainting or array.term.tainted or it.world.sure:
        return
    for part, size in _along_axes(key, array.term.shape):
        if isinstance(part, Array) and _all_rows(part) and part.term.sample.size > size:
            count = part.term.shape[0]
            if (found := solve(it.world, size, count)) is not None:
                raise Restart(f"{size.expr} is gone along up to {count.expr}", (found,))
    for part, size in _along_axes(key, array.term.shape):
        if isinstance(part, Array):
            _labels_below(it.world, part.term, int(size))
    places = [(part.start if isinstance(part, slice) else part, size, isinstance(part, slice))
              for part, size in _along_axes(key, array.term.shape)]
    starts = [(start, size, window) for start, size, window in places if type(start) in (int, Size)]
    for start, size, window in starts:
        if start < size or not size:
            continue
        for _, other, alike in starts:
            equation = _but_for_one(it.world, size, other) if window == alike else None
            if equation is not None and (window or size.expr.name != equation[0]):
                raise Restart(f"{start} lies outside of {size.expr}", (equation,))


def _labels_below(world: World, index: Term, size: int) -> None:
    """An input of labels that picks from fewer entries than it was taken to tell apart: start again with so few."""
    while index.card is not None and len(index.args) == 1:
        index = index.args[0]
    told = index.card is None and index.sample.dtype.kind == "i" and world.leaves.get(index.label) is index
    if told and 0 < size <= np.max(index.sample, initial=0):
        raise Restart(f"{index.label} tells {size} apart", decisions=((f"{index.label}:below", size),))


def _but_for_one(world: World, a: Size, b: Size) -> tuple[str, Polynomial] | None:
    """The equation of the two dimensions that sizes of one form differ by: `(H - f)//s` and `(W - f)//s`."""
    left, right = str(world.resolve(a.expr)), str(world.resolve(b.expr))
    ours = [n for n in world.sizes if n in left and n not in right]
    theirs = [n for n in world.sizes if n in right and n not in left]
    if len(ours) == len(theirs) == 1 and left.replace(ours[0], theirs[0]) == right:
        return ours[0], Polynomial.symbol(theirs[0])
    return None


def settle_spans(it: Interpreter) -> None:
    """After forward: an axis that was cut into parts side by side is as long as they are together."""
    for name, end in it.counts.items():
        free = name not in end.expr.names() and it.world.resolve(Polynomial.symbol(name)).name == name
        if free and it.world.resolve(end.expr).name != name:
            raise Restart(f"{name} is gone along up to {end.expr}", ((name, end.expr),))
    for name, end in it.spans.items():
        if (
            end > it.units[name]
            and not any(name in n for n in end.expr.names())  # `x//2` is made of x, too
            and it.world.resolve(Polynomial.symbol(name)).name == name
        ):
            raise Restart(f"{name} is cut into parts up to {end.expr}", ((name, end.expr),))
