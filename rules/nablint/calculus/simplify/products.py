"""Products and powers: scalars to the front, equal factors as powers, one fraction."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nablint.calculus.simplify.broadcasting import outer_of, spread_like, unpadded, vector_in
from nablint.calculus.simplify.engine import Keep, Simplifier, made_by, number_of, rewrite
from nablint.calculus.simplify.functions import logistic
from nablint.calculus.terms import Term


class Product:
    """c · numerator / denominator, factors in the order in which they came."""

    def __init__(self, like: Term) -> None:
        self.like = like
        self.number = 1.0
        self.powers: dict[Term, float] = {}

    def take(self, term: Term, power: float, keep: Keep) -> None:
        """Multiply by term ** power, looking into products."""
        number = number_of(term)
        if number is not None and (number or power > 0):
            self.number *= number**power
        elif term in keep:
            self._put(term, power)
        elif made_by(term, "broadcast_to"):
            self.take(term.args[0], power, keep)
        elif made_by(term, "negative"):
            self.number *= (-1.0) ** power
            self.take(term.args[0], power, keep)
        elif made_by(term, "multiply", "divide") and float(power).is_integer():
            self.take(term.args[0], power, keep)
            self.take(term.args[1], power if made_by(term, "multiply") else -power, keep)
        elif made_by(term, "power") and number_of(term.args[1]) is not None and _whole(number_of(term.args[1])) \
                and np.shape(term.sample) == np.shape(term.args[0].sample):
            self.take(term.args[0], power * (number_of(term.args[1]) or 0.0), keep)
        elif (
            made_by(term, "matmul", "dot", "outer", "sum", "transpose")
            and (parts := scalars_of(term, keep)) is not None
        ):
            for part, exponent in parts[1]:
                self.take(part, exponent * power, keep)
            self.number *= parts[0] ** power
            self._put(parts[2], power)
        else:
            self._put(term, power)

    def _put(self, term: Term, power: float) -> None:
        self.powers[term] = self.powers.get(term, 0) + power

    def build(self, keep: Keep = frozenset()) -> Term:
        """The product as a term of the original shape."""
        for axis in (0, 1) if self.like.ndim == 2 else ():
            vectors = {t: vector_in(t, axis) for t in self.powers if t.ndim}
            flat = [v for v in vectors.values() if v is not None]
            if flat and len(flat) == len(vectors) and np.shape(self.like.sample)[axis] == 1:
                bare = Product(flat[0])  # v[None, :] / s is (v / s)[None, :]
                bare.number = self.number
                bare.powers = {vectors.get(t) or t: p for t, p in self.powers.items()}
                product = bare.build(keep)
                return product.graph.apply(product.graph.cards["expand_dims"], (product,), {"axis": axis})
        graph, number = self.like.graph, self.number
        above = [(t, p) for t, p in self.powers.items() if p > 0]
        below = [(t, -p) for t, p in self.powers.items() if p < 0]
        above.sort(key=lambda f: f[0].ndim > 0)
        below.sort(key=lambda f: "size" not in f[0].params)
        above, below = unpadded(above, self.like), unpadded(below, self.like)
        if self.like.ndim == 2:
            above = outer_of(above)
        sign, size = number < 0, abs(number)
        for k, (t, p) in enumerate(above):
            turned = older_turned(t) if p == 1 and t not in keep else None
            if turned is not None:
                above[k], sign = (turned, 1), not sign
        top: Term | None = None
        bottom: Term | None = None
        if size != 1:
            inverse = 1 / size if size else 0.0
            if size < 1 and abs(inverse - round(inverse)) < 1e-12 * inverse and round(inverse) < 1e6:
                bottom = graph.constant(round(inverse))
            else:
                top = graph.constant(tidy(size))
        for term, power in above:
            factor = raised(term, power)
            top = factor if top is None else top * factor
        for term, power in below:
            factor = raised(term, power)
            bottom = factor if bottom is None else bottom * factor
        if top is None:
            top = graph.constant(-1 if sign and bottom is not None else 1)
            sign = sign and bottom is None
        result = top if bottom is None else top / bottom
        if sign:
            result = -result
        return spread_like(result, self.like)


def older_turned(term: Term) -> Term | None:
    """b - a for a - b where b - a is what the program itself has."""
    if not made_by(term, "subtract"):
        return None
    assert term.card is not None
    found = term.graph.find(term.card, term.args[::-1])
    return found if found is not None and found.number < term.number else None


def tidy(value: float) -> int | float:
    """2.0 is written 2."""
    return round(value) if abs(value - round(value)) < 1e-12 and abs(value) < 1e9 else value


def _whole(value: float | None) -> bool:
    return value is not None and float(value).is_integer()


def raised(term: Term, power: float) -> Term:
    """term ** power, without power 1."""
    return term if power == 1 else term ** tidy(power)


@rewrite("renamed")
def _renamed(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    return args[0]


@rewrite("multiply", "divide", "negative")
def product_rule(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    """Products, quotients and negations as one product."""
    product = Product(node)
    if made_by(node, "negative"):
        inner = args[0]
        if made_by(inner, "subtract") and inner not in self.keep:
            return older_turned(inner)
        product.number = -1.0
        product.take(inner, 1, self.keep)
    else:
        product.take(args[0], 1, self.keep)
        product.take(args[1], 1 if made_by(node, "multiply") else -1, self.keep)
        gathered = _gathered(self, node, product)
        if gathered is not None:
            return gathered
        spread = _distributed(self, product)
        if spread is not None:
            return spread
    if product.number == 0:
        return spread_like(node.graph.constant(0), node)
    _normalised(product, self.keep)
    return logistic(product.build(self.keep), self.keep)


def _normalised(product: Product, keep: Keep) -> None:
    """eˣ / Σ eˣ is softmax(x)."""
    for below, power in list(product.powers.items()):
        above = below.args[0] if power == -1 and below not in keep and made_by(below, "sum") else None
        if above is None or above in keep or not made_by(above, "exp") or product.powers.get(above) != 1:
            continue
        axis = below.params.get("axis")
        if axis is None and np.shape(above.sample)[1:] == (1,):
            axis = 0  # a column
        if above.ndim == 1 or axis == 0 == below.ndim or (isinstance(axis, int) and below.params.get("keepdims")):
            del product.powers[above], product.powers[below]
            soft = above.graph.apply(above.graph.cards["softmax"], above.args, {"axis": -1 if axis is None else axis})
            product.powers[soft] = product.powers.get(soft, 0) + 1


def _gathered(self: Simplifier, node: Term, product: Product) -> Term | None:
    """scatter(v) ∘ P is scatter(v ∘ P[where]): where nothing was put there is nothing to multiply."""
    for whole, power in product.powers.items():
        if power != 1 or whole in self.keep or not made_by(whole, "scatter"):
            continue
        for factor, exponent in product.powers.items():
            if factor is whole or exponent != 1 or np.shape(factor.sample) != np.shape(whole.sample):
                continue
            value, arrays = whole.args[0], whole.args[1:]
            graph, index = node.graph, whole.params["index"]
            read = graph.apply(graph.cards["getitem"], (factor, *arrays), {"index": index})
            inner = Product(value)
            inner.take(value, 1, self.keep)
            if inner.powers.get(read, 0) >= 0:
                continue  # only where it cancels
            inner.powers[read] += 1
            if not inner.powers[read]:
                del inner.powers[read]
            assert whole.card is not None
            rest = Product(node)
            rest.number = product.number
            rest.powers = {t: p for t, p in product.powers.items() if t is not whole and t is not factor}
            rest.powers[graph.apply(whole.card, (inner.build(), *arrays), whole.params)] = 1
            return rest.build(self.keep)
    return None


def _distributed(self: Simplifier, product: Product) -> Term | None:
    """(a / e + c) e is a + c e: a factor that cancels a denominator goes into the sum."""
    for whole, power in product.powers.items():
        if power != 1 or whole in self.keep or not made_by(whole, "add", "subtract"):
            continue
        for factor, exponent in product.powers.items():
            if factor is whole or exponent != 1:
                continue
            for part in whole.args:
                inside = Product(part)
                inside.take(part, 1, self.keep)
                if inside.powers.get(factor, 0) < 0:
                    assert whole.card is not None
                    rest = Product(product.like)
                    rest.number = product.number
                    rest.powers = {t: p for t, p in product.powers.items() if t is not whole and t is not factor}
                    inner = whole.graph.apply(whole.card, [self.of(a * factor) for a in whole.args], {})
                    return self.of(rest.build() * inner) if rest.powers or rest.number != 1 else self.of(inner)
    return None


def scalars_of(term: Term, keep: Keep) -> tuple[float, list[tuple[Term, float]], Term] | None:
    """number, scalar factors with powers, and the rest: for products whose scalars were already moved to the front."""
    if term in keep or not made_by(term, "multiply", "divide", "negative"):
        return None
    product = Product(term)
    product.take(term, 1, keep)
    return _peel(product, term)


def _peel(product: Product, term: Term) -> tuple[float, list[tuple[Term, float]], Term] | None:
    scalars = [(t, p) for t, p in product.powers.items() if t.ndim == 0]
    if not scalars and product.number == 1:
        return None
    rest = Product(term)
    rest.powers = {t: p for t, p in product.powers.items() if t.ndim}
    if not rest.powers:
        return None
    bare = rest.build()
    return (product.number, scalars, bare) if np.shape(bare.sample) == np.shape(term.sample) else None


def scaled(number: float, scalars: Iterable[tuple[Term, float]], core: Term) -> Term:
    """number · scalars · core, with the signs and fractions of a product."""
    product = Product(core)
    product.number = number
    for term, power in scalars:
        product.take(term, power, frozenset())
    product.powers[core] = product.powers.get(core, 0) + 1
    return product.build()


@rewrite("power")
def _power(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    base, exponent = args[0], number_of(args[1])
    if exponent == 1:
        return spread_like(base, node)
    if exponent == 0:
        return spread_like(node.graph.constant(1), node)
    if exponent is not None and float(exponent).is_integer() and made_by(base, "power") and base not in self.keep:
        inner = number_of(base.args[1])
        if inner is not None and float(inner).is_integer():
            return base.args[0] ** tidy(inner * exponent)
    return None
