"""The linear part of a derivation: d of matrix products, sums, transposes and inverses as c · L dV R.

A piece has the matrices to the left and to the right of one differential.  A vector in a chain is a column; as the
first factor it stands for its transpose, as numpy has it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from nablint.calculus.terms import Term


@dataclass(frozen=True, slots=True)
class Piece:
    """scale · left dV right, or with dVᵀ where `flip` holds; traced where `trace` holds.

    through_inverse: an inverse was differentiated on the way.
    """

    inner: Term
    left: tuple[Term, ...] = ()
    right: tuple[Term, ...] = ()
    flip: bool = False
    scale: tuple[Term | float, ...] = ()
    trace: bool = False
    through_inverse: bool = False

    def scaled(self, term: Term) -> Term:
        """scale · term."""
        for factor in self.scale:
            term = factor * term
        return term

    def term(self, d: Term) -> Term:
        """The piece with `d` for the differential."""
        core = _product([*self.left, d.T if self.flip else d, *self.right])
        if self.trace:
            core = _trace(core)
        return self.scaled(core)

    def adjoint(self, g: Term) -> Term:
        """What stands beside dV once everything is moved across: c · Lᵀ G Rᵀ."""
        if self.inner.ndim == 1 and not self.flip and not self.right:
            # L dv with a vector dv: Lᵀ g
            back = [*map(transposed, reversed(self.left))]
            if self.left and self.left[0].ndim == 1:  # aᵀ M dv is a number
                return self.scaled(g * _product([*back[:-1], self.left[0]]))
            return self.scaled(_product([*back, g]) if g.ndim else g * _product(back) if back else g)
        middle = g.ndim == 0
        left, right = [*map(transposed, reversed(self.left))], [*map(transposed, reversed(self.right))]
        factors = [*left, *([] if middle else [g]), *right]
        if not factors:
            if self.inner.ndim == 0:
                return self.scaled(g)
            whole = self.inner.graph.constant(np.eye(*np.shape(self.inner.sample)), self.inner.shape)
        elif middle and (_ends_in_vectors(self.left, self.right)):
            whole = _outer([*map(transposed, reversed(self.left[1:])), self.left[0]],
                           [*map(transposed, self.right[:-1][::-1])], self.right[-1])
        elif self.right and self.right[-1].ndim == 1:
            whole = _outer([*left, g], [*map(transposed, self.right[:-1][::-1])], self.right[-1])
        else:
            whole = _product(factors)
        if middle:
            whole = _times(g, whole)
        return self.scaled(whole.T if self.flip else whole)

    def traces(self, g: Term, d: Term, short: Callable[[Term], Term]) -> Iterator[tuple[str, Term, str]]:
        """The forms that ⟨g, piece⟩ goes through on the way: (rule, form, why)."""
        all_matrices = (
            d.ndim == 2 and all(t.ndim == 2 for t in (*self.left, *self.right)) and (g.ndim in (0, 2) or self.trace)
        )
        if not all_matrices or not (self.right or self.flip or self.trace or _is_one(g)):
            return
        inside = d.T if self.flip else d
        number = g.ndim == 0 or _is_one(g)
        head = [] if number else [g.T]
        outside: list[Term | float] = [*self.scale, *([g] if g.ndim == 0 and not _is_one(g) else [])]

        def whole(factors: Iterable[Term]) -> Term:
            total = _trace(_product(list(factors)))
            for factor in outside:
                total = factor * total
            return short(total)

        if not self.trace:
            yield ("trace", whole([*head, *self.left, inside, *self.right]),
                   "a number is its own trace" if number else "⟨A, B⟩ = tr(Aᵀ B)")
        if self.right:
            yield ("cyclic trace", whole([*self.right, *head, *self.left, inside]), "tr(A B) = tr(B A)")
        if self.flip:
            if self.right or head or self.left:
                yield ("transpose inside the trace", whole([_turn_chain([*self.right, *head, *self.left]), d]),
                       "tr(A Bᵀ) = tr(Aᵀ B)")


def _turn_chain(factors: list[Term]) -> Term:
    return _product([transposed(f) for f in reversed(factors)])


def _is_one(g: Term) -> bool:
    return g.is_constant and np.size(g.sample) == 1 and float(np.asarray(g.sample).flat[0]) == 1


def _ends_in_vectors(left: tuple[Term, ...], right: tuple[Term, ...]) -> bool:
    return bool(left and right and left[0].ndim == 1 and right[-1].ndim == 1)


def _times(g: Term, whole: Term) -> Term:
    return whole if _is_one(g) else g * whole


def transposed(term: Term) -> Term:
    """The transpose; a vector is its own."""
    if term.ndim < 2:
        return term
    return term.args[0] if term.card is not None and term.card.name == "transpose" else term.T


def _product(factors: list[Term]) -> Term:
    total = factors[-1]
    if total.ndim == 1:
        for factor in reversed(factors[:-1]):
            total = factor @ total
        return total
    total = factors[0]
    for factor in factors[1:]:
        total = total @ factor
    return total


def _outer(left: list[Term], middle: list[Term], vector: Term) -> Term:
    """left · (middleᵀ-chain of the right-hand vector): (Lᵀ g) (R v)ᵀ."""
    column = _product(left)
    row = vector
    for factor in middle:
        row = transposed(factor) @ row
    return column.graph.apply(column.graph.cards["outer"], (column, row), {})


def _trace(term: Term) -> Term:
    return term.graph.apply(term.graph.cards["trace"], (term,), {})


# Reading the chains off terms -----------------------------------------------------------------------------------------


def is_chained(term: Term) -> bool:
    """The differential of this operation is a sum of pieces."""
    name = term.card.name if term.card is not None else ""
    if name in ("matmul", "dot"):
        return all(1 <= a.ndim <= 2 for a in term.args)
    if name == "transpose":
        return term.ndim == 2
    if name == "reshape":
        return is_entry(term)
    if name in ("add", "subtract"):
        return any(np.shape(a.sample) == np.shape(term.sample) for a in term.args)
    if name == "negative":
        return True
    if name in ("multiply", "divide"):
        return term.args[1].ndim == 0 or (name == "multiply" and term.args[0].ndim == 0)
    if name in ("inv", "det", "logabsdet"):
        return term.args[0].ndim == 2
    return name == "trace" and not any(term.params.values())


def is_entry(term: Term) -> bool:
    """The one entry of a matrix (xᵀ y as a number)."""
    return term.card is not None and term.card.name == "reshape" and term.ndim == 0 and term.args[0].ndim == 2


def expand(term: Term, depends: set[Term], stops: Callable[[Term], bool]) -> list[Piece] | None:
    """d term as pieces; None where the term is no chain in the variable."""
    found = _pieces(term, depends, stops, 40)
    return found if found and any(p.inner is not term for p in found) else None


def _pieces(term: Term, depends: set[Term], stops: Callable[[Term], bool], depth: int) -> list[Piece]:
    name = term.card.name if term.card is not None else ""
    if not is_chained(term) or depth == 0:
        return [Piece(term)]

    def inside(arg: Term) -> list[Piece]:
        if arg not in depends:
            return []
        return [Piece(arg)] if stops(arg) else _pieces(arg, depends, stops, depth - 1)

    if name in ("add", "subtract"):
        if any(a in depends and np.shape(a.sample) != np.shape(term.sample) for a in term.args):
            return [Piece(term)]
        second = inside(term.args[1])
        return [*inside(term.args[0]), *([_scale(p, -1.0) for p in second] if name == "subtract" else second)]
    if name == "negative":
        return [_scale(p, -1.0) for p in inside(term.args[0])]
    if name in ("multiply", "divide"):
        a, b = term.args
        if name == "multiply" and a.ndim == 0 and b.ndim:
            a, b = b, a
        if b in depends:
            return [Piece(term)]
        factor = b if name == "multiply" else 1.0 / b
        return [_scale(p, factor) for p in inside(a)]
    if name == "transpose":
        return [_turned(p) for p in inside(term.args[0])]
    if name == "reshape":
        return inside(term.args[0])
    if name == "trace":
        return [Piece(term)] if any(p.trace for p in inside(term.args[0])) else \
            [replace(p, trace=True) for p in inside(term.args[0])]
    if name == "inv":
        return [replace(_scale(p, -1.0), left=(term, *p.left), right=(*p.right, term), through_inverse=True)
                for p in inside(term.args[0])]
    if name in ("det", "logabsdet"):
        inverse = term.graph.apply(term.graph.cards["inv"], (term.args[0],), {})
        return [replace(_scale(p, term) if name == "det" else p, left=(inverse, *p.left), trace=True)
                for p in inside(term.args[0])]
    return _of_product(term, inside)


def _of_product(term: Term, inside: Callable[[Term], list[Piece]]) -> list[Piece]:
    a, b = term.args
    out: list[Piece] = []
    for p in inside(a):
        if p.trace:
            return [Piece(term)]
        if a.ndim == 2:
            out.append(replace(p, right=(*p.right, b)))
        elif b.ndim == 1 and p.flip and p.right and p.right[-1].ndim == 1:  # bᵀ L dVᵀ R a is aᵀ Rᵀ dV Lᵀ b
            out.append(replace(p, left=(p.right[-1], *(transposed(r) for r in reversed(p.right[:-1]))),
                               right=(*(transposed(t) for t in reversed(p.left)), b), flip=False))
        elif b.ndim == 1:  # aᵀ b is bᵀ a
            out.append(replace(p, left=(b, *p.left)))
        else:  # (aᵀ B)ᵀ is Bᵀ a
            out.append(replace(p, left=(transposed(b), *p.left)))
    for p in inside(b):
        if p.trace:
            return [Piece(term)]
        if a.ndim == 1 and b.ndim == 2:  # (aᵀ L dV R)ᵀ is Rᵀ dVᵀ Lᵀ a
            turned = _turned(p)
            out.append(replace(turned, right=(*turned.right, a)))
        else:
            out.append(replace(p, left=(a, *p.left)))
    return out


def _turned(piece: Piece) -> Piece:
    return replace(piece, left=tuple(transposed(r) for r in reversed(piece.right)),
                   right=tuple(transposed(t) for t in reversed(piece.left)), flip=not piece.flip)


def _scale(piece: Piece, factor: Term | float) -> Piece:
    return replace(piece, scale=(*piece.scale, factor))
