"""The card: all that nablint knows of one operation, in one place.

A card is written against *operands*, which are numpy arrays in the property tests and `Term`s in a trace: calling a
card on arrays evaluates it, calling it on terms makes the term of the result.  Differentials and adjoints are therefore
written once, with other cards, and serve tests, judging and showing alike.

The adjoint (pullback) takes the cotangent of the result and gives the cotangent of each argument, in that argument's
own shape (denominator layout): <G, J V> = <J* G, V> for all V (Giles, "Collected matrix derivative results for
forward and reverse mode algorithmic differentiation", 2008, section 2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nablint.shapes import Shape

Operand = Any
"""A numpy array, a number or a `Term`; cards do not care which."""


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
                  parameter.  `binding` is the strength of the outermost operator in them, for brackets:
                  1 sum, 2 product, 3 sign, 4 power, 5 call or name.
    why:          one line that says why the adjoint is what it is.
    commutes:     the arguments may be swapped.
    elementwise:  every entry of the result depends on the same entry of the (broadcast) arguments only.
    """

    name: str
    evaluate: Callable[..., Any]
    shape: Callable[..., Shape]
    adjoint: Callable[..., tuple[Operand | None, ...]]
    differential: Callable[..., Operand] | None = None
    numpy: str = ""
    torch: str = ""
    latex: str = ""
    text: str = ""
    binding: int = 5
    why: str = ""
    commutes: bool = False
    elementwise: bool = False
    examples: tuple[Any, ...] = field(default=())

    def __call__(self, *args: Operand, **params: Any) -> Any:
        """Apply the card: to arrays it evaluates, to terms it makes a term."""
        for arg in args:
            graph = getattr(arg, "graph", None)
            if graph is not None:
                return graph.apply(self, args, params)
        return self.evaluate(*args, **params)

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
