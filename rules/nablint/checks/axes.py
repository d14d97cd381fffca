"""Which axis of a value is which axis of what it was made from: axes keep their identity through most operations."""

from __future__ import annotations

from nablint.calculus.terms import Term

AxisId = tuple[int, int] | None
"""The number of the term that the axis was first seen in, and its place there; None for an axis of size 1."""

REDUCTIONS = frozenset({"sum", "mean", "max", "min", "std", "var", "prod", "logsumexp", "norm"})


def axes_of(term: Term) -> tuple[AxisId, ...]:
    """The identity of every axis."""
    known: dict[int, tuple[AxisId, ...]] = term.graph.memo.setdefault("axes", {})
    stack = [term]
    while stack:
        node = stack[-1]
        waiting = [a for a in node.args if a.number not in known]
        if waiting:
            stack.extend(waiting)
            continue
        known[stack.pop().number] = _axes(node, [known[a.number] for a in node.args])
    return known[term.number]


def _axes(term: Term, args: list[tuple[AxisId, ...]]) -> tuple[AxisId, ...]:
    sizes = enumerate(term.sample.shape)
    fresh: tuple[AxisId, ...] = tuple([None if size == 1 else (term.number, k) for k, size in sizes])
    card = term.card
    if card is None or not args:
        return fresh
    found: tuple[AxisId, ...] | None = None
    if card.elementwise:
        found = tuple(_met(args, k) for k in range(-term.ndim, 0))
    elif card.name in REDUCTIONS and len(args) == 1:
        gone = reduced_axes(term)
        keep = bool(term.params.get("keepdims"))
        found = tuple(None if k in gone else a for k, a in enumerate(args[0]) if keep or k not in gone)
    elif card.name == "transpose":
        order = term.params.get("axes")
        found = tuple(args[0][k] for k in (order if order is not None else range(term.ndim - 1, -1, -1)))
    elif card.name in ("expand_dims", "reshape", "squeeze", "getitem", "broadcast_to", "renamed", "cast", "copy"):
        found = _same_order(term, args[0])
    elif card.name == "matmul" and term.args[0].ndim == 2:
        found = (args[0][0], *args[1][1:])
    elif card.name in ("softmax", "log_softmax", "cumsum"):
        found = args[0]
    if found is None or len(found) != term.ndim:
        return fresh
    return tuple([own if a is None or own is None else a for a, own in zip(found, fresh, strict=True)])


def _met(args: list[tuple[AxisId, ...]], place: int) -> AxisId:
    """The axis of the operand with the most axes that has one there."""
    for axes in sorted(args, key=len, reverse=True):
        if len(axes) >= -place and axes[place] is not None:
            return axes[place]
    return None


def _same_order(term: Term, axes: tuple[AxisId, ...]) -> tuple[AxisId, ...] | None:
    """Axes of size 1 that come and go leave the others as they are."""
    before = [(size, axis) for size, axis in zip(term.args[0].shape, axes, strict=True) if int(size) != 1]
    after = [size for size in term.shape if int(size) != 1]
    if [str(s) for s, _ in before] != [str(s) for s in after]:
        return None
    rest = iter(axis for _, axis in before)
    return tuple(None if int(size) == 1 else next(rest) for size in term.shape)


def reduced_axes(term: Term) -> tuple[int, ...]:
    """The axes that a reduction takes away, counted from the front."""
    rank, axis = term.args[0].ndim, term.params.get("axis")
    if axis is None:
        return tuple(range(rank))
    return tuple(int(a) % rank for a in (axis if isinstance(axis, tuple) else (axis,))) if rank else ()


def roots(term: Term) -> set[int]:
    """The inputs with axes that a value is made from."""
    found: set[int] = set()
    seen, stack = {term.number}, [term]
    while stack:
        node = stack.pop()
        if node.card is None and node.ndim:
            found.add(node.number)
        for arg in node.args:
            if arg.number not in seen:
                seen.add(arg.number)
                stack.append(arg)
    return found


def made_column(term: Term) -> bool:
    """Was the value given its axis of size 1 on purpose, somewhere on its way?"""
    seen, stack = {term.number}, [term]
    while stack:
        node = stack.pop()
        if node.card is not None and node.card.name in ("expand_dims", "reshape", "getitem", "stack", "outer"):
            if node.ndim == 2 and int(node.shape[1]) == 1 and node.args[0].ndim < 2:
                return True
        if node.card is not None and node.params.get("keepdims"):
            return True
        for arg in node.args:
            if arg.number not in seen and (node.card is None or node.card.elementwise or len(node.args) == 1):
                seen.add(arg.number)
                stack.append(arg)
    return False
