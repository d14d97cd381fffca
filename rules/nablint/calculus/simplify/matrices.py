"""Matrix products as one chain, with transposes inside and scalars outside."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nablint.calculus.simplify.broadcasting import spread_like, vector_in
from nablint.calculus.simplify.engine import Keep, Simplifier, made_by, number_of, rewrite
from nablint.calculus.simplify.functions import logistic
from nablint.calculus.simplify.products import Product, product_rule, scalars_of, scaled, tidy
from nablint.calculus.terms import Term


def chain(term: Term, keep: Keep = frozenset()) -> list[Term]:
    """The factors of a matrix product of matrices and vectors."""
    if term not in keep and made_by(term, "matmul", "dot") and all(1 <= a.ndim <= 2 for a in term.args):
        left, right = term.args
        # A vector in the middle would end the chain: (A x) is no longer a matrix.
        if left.ndim == 2 or not made_by(left, "matmul", "dot"):
            parts = chain(left, keep) if left.ndim == 2 else [left]
            if right.ndim == 2 or left.ndim == 2:
                return [*parts, *(chain(right, keep) if _chains_on(right) else [right])]
            return [*parts, right]
    return [term]


def _chains_on(right: Term) -> bool:
    return made_by(right, "matmul", "dot") and right.args[0].ndim == 2


def join(factors: list[Term]) -> Term:
    """The product of a chain; from the right where it ends in a vector, as one would compute it."""
    if (
        len(factors) > 1
        and (factors[-1].ndim == 1 or np.shape(factors[-1].sample)[-1:] == (1,))
        and factors[0].ndim == 2
        and np.shape(factors[0].sample)[0] != 1
    ):
        total = factors[-1]
        for factor in reversed(factors[:-1]):
            total = factor @ total
        return total
    total = factors[0]
    for factor in factors[1:]:
        total = total @ factor
    return total


def flipped(term: Term, keep: Keep = frozenset()) -> Term:
    """The transpose of a matrix, with the transposition moved inside products."""
    if term.ndim < 2 or tuple(term.shape) == (1, 1) or term in term.graph.memo.get("symmetric", ()):
        return term
    if term in keep:
        return term.T
    if made_by(term, "transpose"):
        return term.args[0]
    parts = chain(term, keep)
    if len(parts) > 1 and all(p.ndim == 2 for p in parts):
        return join([flipped(p, keep) for p in reversed(parts)])
    if made_by(term, "outer"):
        return term.graph.apply(term.card, term.args[::-1], {})  # type: ignore[arg-type]
    peeled = scalars_of(term, keep)
    if peeled is not None:
        return scaled(peeled[0], peeled[1], flipped(peeled[2], keep))
    if made_by(term, "add", "subtract", "multiply", "divide") and all(a.ndim in (0, 2) for a in term.args):
        sides = [flipped(a, keep) for a in term.args]
        if _transposes(sides) < _transposes(term.args) + 1:
            return term.graph.apply(term.card, sides, {})  # type: ignore[arg-type]
    if made_by(term, "negative"):
        return -flipped(term.args[0], keep)
    if made_by(term, "inv") and flipped(term.args[0], keep) is term.args[0]:
        return term
    if is_identity(term) or (made_by(term, "diag_embed") and term.args[0].ndim == 1):
        return term
    value = number_of(term)
    if value is not None:
        scalar = term.graph.constant(tidy(value))
        return term.graph.apply(term.graph.cards["broadcast_to"], (scalar,), {"shape": term.shape[::-1]})
    return term.T


def _transposes(terms: Iterable[Term]) -> int:
    return sum(made_by(p, "transpose") for t in terms for p in chain(t))


def is_identity(term: Term) -> bool:
    """The identity matrix."""
    if made_by(term, "eye", "identity"):
        return True
    sample = np.asarray(term.sample)
    return term.is_constant and sample.ndim == 2 and sample.shape[0] == sample.shape[1] > 1 and \
        bool(np.array_equal(sample, np.eye(len(sample))))


@rewrite("transpose")
def _transpose(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    axes = node.params.get("axes")
    (inner,) = args
    if inner.ndim < 2:
        return inner
    if inner.ndim == 2 and (axes is None or tuple(int(a) % 2 for a in axes) == (1, 0)):
        return flipped(inner, self.keep)
    order = tuple(range(inner.ndim))[::-1] if axes is None else tuple(int(a) % inner.ndim for a in axes)
    if order == tuple(range(inner.ndim)):
        return inner
    if made_by(inner, "transpose") and inner not in self.keep:
        first = inner.params.get("axes")
        before = tuple(range(inner.ndim))[::-1] if first is None else tuple(int(a) % inner.ndim for a in first)
        both = tuple(before[a] for a in order)
        if both == tuple(range(inner.ndim)):
            return inner.args[0]
        return node.graph.apply(node.graph.cards["transpose"], (inner.args[0],), {"axes": both})
    return None


@rewrite("matmul", "dot")
def _matmul(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    if any(a.ndim == 0 for a in args):
        return product_rule(self, args[0] * args[1], args)
    if any(number_of(a) == 0 for a in args):
        return spread_like(node.graph.constant(0), node)
    number, scalars = 1.0, list[tuple[Term, float]]()
    bare: list[Term] = []
    for arg in args:
        peeled = scalars_of(arg, self.keep)
        if peeled is None:
            bare.append(arg)
        else:
            number *= peeled[0]
            scalars += peeled[1]
            bare.append(peeled[2])
    if bare[0].ndim == 1 and bare[1].ndim == 2:
        bare = [flipped(bare[1], self.keep), bare[0]]
    if any(a.ndim > 2 for a in bare):
        core = bare[0] @ bare[1]
        return scaled(number, scalars, core) if number != 1 or scalars else core
    factors: list[Term] = []
    for part in [p for b in bare for p in chain(b, self.keep)] if _flattens(bare) else bare:
        if is_identity(part):
            continue
        if np.shape(part.sample) == (1, 1) and tuple(part.shape) == (1, 1):
            value, entry = number_of(part), entry_of(part)
            if value is not None:
                number *= value
                continue
            if entry is not None:
                scalars.append((entry, 1))
                continue
        if factors and (_inverse_of(part, factors[-1]) or _inverse_of(factors[-1], part)) and part.ndim == 2:
            factors.pop()
            continue
        factors.append(part)
    factors = _scaling_moved(_diagonals_joined(factors))
    if not factors:
        one = node.graph.constant(np.ones((1, 1)), node.shape) if np.shape(node.sample) == (1, 1) else None
        return None if one is None else scaled(number, scalars, one)
    if len(factors) == 2 and _column_and_row(*factors):
        core = node.graph.apply(node.graph.cards["outer"], [f.args[0] for f in factors], {})
        return scaled(number, scalars, core) if number != 1 or scalars else core
    core = join(factors) if _flattens(bare) or len(factors) < 2 else factors[0] @ factors[1]
    return scaled(number, scalars, core) if number != 1 or scalars else core


def entry_of(term: Term) -> Term | None:
    """The number that stands in a matrix of one entry, where it is a term of its own."""
    inner = term.args[0] if made_by(term, "reshape", "expand_dims", "broadcast_to", "transpose") else None
    if inner is None:
        return None
    return inner if inner.ndim == 0 else entry_of(inner) if np.size(inner.sample) == 1 else None


def _diagonals_joined(factors: list[Term]) -> list[Term]:
    """Diag(a) Diag(b) is Diag(a ∘ b)."""
    out: list[Term] = []
    for factor in factors:
        if out and all(made_by(f, "diag_embed") and f.args[0].ndim == 1 and not f.params for f in (out[-1], factor)):
            product = Product(factor.args[0])
            product.take(out[-1].args[0], 1, frozenset())
            product.take(factor.args[0], 1, frozenset())
            out[-1] = factor.graph.apply(factor.card, (logistic(product.build()),), {})  # type: ignore[arg-type]
        else:
            out.append(factor)
    return out


def _scaling_moved(factors: list[Term]) -> list[Term]:
    """(a ∘ X)ᵀ v is Xᵀ (a ∘ v) for a column a."""
    if len(factors) != 2 or factors[1].ndim != 1 or not made_by(factors[0], "transpose"):
        return factors
    inner, vector = factors[0].args[0], factors[1]
    if inner.ndim != 2 or not made_by(inner, "multiply"):
        return factors
    for column, matrix in (inner.args, inner.args[::-1]):
        scale = vector_in(column, 1)
        if scale is not None and np.shape(matrix.sample) == np.shape(inner.sample):
            product = Product(vector)
            product.take(scale, 1, frozenset())
            product.take(vector, 1, frozenset())
            return [matrix.T, product.build()]
    return factors


def _column_and_row(a: Term, b: Term) -> bool:
    """A vector written as a column times one written as a row."""
    padded = all(made_by(t, "reshape", "expand_dims") and t.args[0].ndim == 1 for t in (a, b))
    return padded and np.shape(a.sample)[-1] == 1 and np.shape(b.sample)[0] == 1


@rewrite("outer")
def _outer(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    for constant, other, axis in ((args[0], args[1], 0), (args[1], args[0], 1)):
        value = number_of(constant)
        if value is not None:  # the same vector in every row, or in every column
            spread = node.graph.apply(node.graph.cards["expand_dims"], (other,), {"axis": axis})
            return spread_like(scaled(value, (), spread), node)
    number, scalars = 1.0, list[tuple[Term, float]]()
    bare: list[Term] = []
    for arg in args:
        peeled = scalars_of(arg, self.keep)
        bare.append(arg if peeled is None else peeled[2])
        if peeled is not None:
            number *= peeled[0]
            scalars += peeled[1]
    return scaled(number, scalars, node.graph.apply(node.card, bare, {})) if number != 1 or scalars else None  # type: ignore[arg-type]


def _flattens(bare: list[Term]) -> bool:
    """A chain may be bracketed anew only where no vector stands inside it."""
    whole = [p for b in bare for p in chain(b)]
    return (
        all(p.ndim == 2 for p in whole[1:-1])
        and not (len(whole) > 2 and bare[0].ndim == 1 and len(chain(bare[0])) > 1)
        and not (bare[0].ndim == 1 and bare[1].ndim == 1)
    )


def _inverse_of(a: Term, b: Term) -> bool:
    if made_by(a, "inv") and a.args[0] is b:
        return True
    return (
        made_by(a, "transpose")
        and made_by(a.args[0], "inv")
        and made_by(b, "transpose")
        and a.args[0].args[0] is b.args[0]
    )


@rewrite("inv")
def _inv(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    if made_by(args[0], "transpose"):
        return node.graph.apply(node.card, (args[0].args[0],), {}).T  # type: ignore[arg-type]
    if made_by(args[0], "inv"):
        return args[0].args[0]
    return None
