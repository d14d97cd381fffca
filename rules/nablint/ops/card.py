"""The card: all that nablint knows of one operation, in one place.

A card is written against *operands*, which are numpy arrays in the property tests and `Term`s in a trace: calling a
card on arrays evaluates it, calling it on terms makes the term of the result.  Differentials and adjoints are therefore
written once, with other cards, and serve tests, judging and showing alike.

The adjoint (pullback) takes the cotangent of the result and gives the cotangent of each argument, in that argument's
own shape (denominator layout): <G, J V> = <J* G, V> for all V (Giles, "Collected matrix derivative results for
forward and reverse mode algorithmic differentiation", 2008, section 2).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nablint.shapes import Shape

Operand = Any
"""A numpy array, a number or a `Term`; cards do not care which."""
Template = str | Callable[..., str]
"""A text such as "np.exp({0})", or template(*args, **params) -> text; "" where there is no way to write it."""


@dataclass(frozen=True, slots=True)
class Example:
    """Arguments on which a card is tried: `Example(("N D", "D : positive"), {"axis": 0})`.

    args:   one text for each argument: its sizes (names or numbers), then after a colon where its values lie: `real`
            (the default), `positive`, `unit` (-1 to 1), `probability` (0 to 1), `above one`, `integer`, `mask`,
            `index N` (integers below N), `square` (well conditioned), `symmetric`, `definite` (symmetric and
            positive), `lower` and `upper` (triangular, well conditioned), `distribution` (last axis sums to 1).
    params: the card's parameters; a function among them is called with the dict of sizes by name.
    """

    args: tuple[str, ...]
    params: dict[str, Any] = field(default_factory=lambda: {})


def example(*args: str, **params: Any) -> Example:
    """`example("N D", "D M", axis=0)`: see `Example`."""
    return Example(args, params)


@dataclass(frozen=True, eq=False)
class Card:
    """One operation.

    name:         the card's key, also the word that derivations use.
    evaluate:     evaluate(*arrays, **params) -> array; complex input allowed where the operation is analytic.
    shape:        shape(*shapes, **params) -> shape; raises `Misfit` where the shapes do not fit.
    adjoint:      adjoint(G, out, *args, **params) -> one cotangent for each argument, None where there is none.
    differential: differential(out, args, dargs, **params) -> dout; dargs hold None for what stays fixed.  Cards that
                  are linear in each argument leave it out: d f(A, B) = f(dA, B) + f(A, dB).
    numpy, torch, latex, text: templates such as "np.exp({0})", for showing; `{0}` is the first argument, `{axis}` a
                  parameter; those of numpy and torch may depend on the arguments.  `binding` is the strength of the
                  outermost operator in them, for brackets: 1 sum, 2 product, 3 sign, 4 power, 5 call or name.
    why:          one line that says why the adjoint is what it is.
    commutes:     the arguments may be swapped.
    elementwise:  every entry of the result depends on the same entry of the (broadcast) arguments only.
    define:       define(*args, **params) -> the same value in primitive cards; composite cards are judged by it.
    examples:     arguments and parameters on which the property tests try the card.
    """

    name: str
    evaluate: Callable[..., Any]
    shape: Callable[..., Shape]
    adjoint: Callable[..., tuple[Operand | None, ...]]
    differential: Callable[..., Operand] | None = None
    numpy: Template = ""
    torch: Template = ""
    latex: str = ""
    text: str = ""
    binding: int = 5
    why: str = ""
    commutes: bool = False
    elementwise: bool = False
    define: Callable[..., Operand] | None = None
    examples: tuple[Example, ...] = ()

    def __call__(self, *args: Operand, **params: Any) -> Any:
        """Apply the card: to arrays it evaluates, to terms it makes a term."""
        for arg in args:
            graph = getattr(arg, "graph", None)
            if graph is not None:
                return graph.apply(self, args, params)
        return self.evaluate(*args, **params)

    def template(self, style: str, args: tuple[Operand, ...], params: dict[str, Any]) -> str:
        """How the card is written in `numpy` or `torch` for these arguments and parameters; "" where it is not."""
        found = self.torch if style == "torch" else self.numpy
        return found if isinstance(found, str) else found(*args, **params)

    def __repr__(self) -> str:
        return f"<card {self.name}>"


CARDS: dict[str, Card] = {}
"""Every card by name; families register at import."""


def register(card: Card) -> Card:
    """Add a card to the table; a second card of the same name is a mistake."""
    if card.name in CARDS:
        raise ValueError(f"two cards are named {card.name}")
    CARDS[card.name] = card
    return card


class _Table:
    """The cards as attributes, looked up when called: `op.exp(x)`; families may use one another in any order."""

    def __getattr__(self, name: str) -> Card:
        try:
            return CARDS[name]
        except KeyError:
            raise AttributeError(f"no card is named {name}") from None


op = _Table()


def is_constant(arg: Operand) -> bool:
    """A number written in the program: nobody asks for its cotangent."""
    return written_number(arg) is not None or getattr(arg, "is_constant", False)


def written_number(arg: Operand) -> int | float | None:
    """The value of a number written in the program, None for everything else."""
    if isinstance(arg, int | float):
        return None if isinstance(arg, np.generic) else arg
    sample = arg.sample if getattr(arg, "is_constant", False) else None
    return sample.item() if sample is not None and sample.ndim == 0 and sample.dtype.kind in "if" else None


def actual_shape(arg: Operand) -> tuple[int, ...]:
    """The sizes as plain numbers, without working out a term's symbolic shape."""
    return np.shape(getattr(arg, "sample", arg))


def constant_like(operand: Operand, value: Any, shape: Shape | None = None) -> Operand:
    """An array as a constant in the graph of `operand`, with its symbolic shape; the array itself outside of one."""
    graph = getattr(operand, "graph", None)
    return value if graph is None else graph.constant(value, shape)


def fit(cotangent: Operand, arg: Operand) -> Operand:
    """Undo broadcasting: sum the cotangent back to the shape of `arg`."""
    if actual_shape(cotangent) == actual_shape(arg):
        return cotangent
    return op.sum_to(cotangent, shape=arg.shape)


def spread(value: Operand, out: Operand) -> Operand:
    """Broadcast a differential to the shape of the result."""
    if actual_shape(value) == actual_shape(out):
        return value
    return op.broadcast_to(value, shape=out.shape)


def add_up(parts: Iterable[Operand | None]) -> Operand:
    """The sum of those parts of a differential that are there."""
    present = [p for p in parts if p is not None]
    total = present[0]
    for part in present[1:]:
        total = total + part
    return total
