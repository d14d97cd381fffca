"""The contraction at the top of a term, for einsum."""

from __future__ import annotations

import numpy as np

from nablint.calculus.terms import Term


def network(term: Term, names: frozenset[Term]) -> tuple[list[Term], tuple[int, ...], list[tuple[int, ...]]] | None:
    """Operands, output labels and operand labels of the contraction at the top of a term; None where there is none."""
    operands: list[Term] = []
    labels: list[tuple[int, ...]] = []
    count = 0

    def fresh(n: int) -> tuple[int, ...]:
        nonlocal count
        count += n
        return tuple(range(count - n, count))

    def open_(node: Term, axes: tuple[int, ...]) -> None:
        card = None if node in names else node.card
        kind = card.name if card else ""
        args = node.args
        if kind in ("matmul", "dot") and all(1 <= a.ndim <= 2 for a in args):
            inner = fresh(1)
            a, b = args
            open_(a, (*axes[: a.ndim - 1], *inner))
            open_(b, (*inner, *axes[len(axes) - b.ndim + 1:]) if b.ndim == 2 else inner)
        elif kind == "outer" and all(a.ndim == 1 for a in args):
            open_(args[0], axes[:1])
            open_(args[1], axes[1:])
        elif kind == "transpose":
            order = node.params.get("axes")
            order = tuple(range(node.ndim))[::-1] if order is None else tuple(int(i) % node.ndim for i in order)
            inside = [0] * node.ndim
            for place, source in enumerate(order):
                inside[source] = axes[place]
            open_(args[0], tuple(inside))
        elif kind == "sum" and not node.params.get("keepdims"):
            rank, axis = args[0].ndim, node.params.get("axis")
            gone = (
                range(rank) if axis is None else [int(a) % rank for a in (axis if isinstance(axis, tuple) else (axis,))]
            )
            kept = iter(axes)
            open_(args[0], tuple(fresh(1)[0] if i in gone else next(kept) for i in range(rank)))
        elif kind == "multiply" and np.shape(args[0].sample) == np.shape(args[1].sample) and node.ndim:
            for a in args:
                open_(a, axes)
        elif kind == "trace" and len(set(np.shape(args[0].sample))) == 1 and not any(node.params.values()):
            (i,) = fresh(1)
            open_(args[0], (i, i))
        else:
            operands.append(node)
            labels.append(axes)

    output = fresh(term.ndim)
    open_(term, output)
    return (operands, output, labels) if operands != [term] else None
