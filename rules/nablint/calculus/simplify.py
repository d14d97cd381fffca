"""The form that a person would write.

Rewrites from the leaves up, on terms: scalars to the front, nothing times one, products of matrices as one chain with
the transposes inside, sums without zeros and with equal parts collected.  Factored forms stay factored.  Every result
is compared with the term on its sample; a rewrite that would change the value is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from nablint.calculus.terms import Term

Keep = frozenset[Term]
Rewrite = Callable[["Simplifier", Term, tuple[Term, ...]], Term | None]
REWRITES: dict[str, Rewrite] = {}


def simplify(term: Term, keep: Iterable[Term] = ()) -> Term:
    """The same value and shape, shorter.  Terms in `keep` (those that have a name) are not opened."""
    kept = frozenset(keep)
    memo, key = term.graph.memo, ("simplifier", kept)
    found = memo.get(key)
    if found is None:
        found = memo[key] = Simplifier(kept)
    return found.to_the_end(term)


class Simplifier:
    """One pass over a graph, with what it has found so far.

    keep: terms that are left as they are.
    """

    def __init__(self, keep: Keep) -> None:
        self.keep = keep
        self.done: dict[Term, Term] = {}
        self.ended: dict[Term, Term] = {}

    def to_the_end(self, term: Term) -> Term:
        """Simplified until nothing changes: a rewrite may make another one possible further down."""
        known = self.ended.get(term)
        if known is not None:
            return known
        now = term
        for _ in range(4):
            following = self.of(now)
            if following is now:
                break
            now = following
        self.ended[term] = self.ended[now] = now
        return now

    def of(self, term: Term) -> Term:
        """The simplified term; every argument first."""
        stack = [term]
        while stack:
            node = stack[-1]
            if node in self.done:
                stack.pop()
            elif node.card is None or (node in self.keep and node is not term):
                self.done[node] = node
                stack.pop()
            else:
                waiting = [a for a in node.args if a not in self.done]
                if waiting:
                    stack.extend(waiting)
                    continue
                stack.pop()
                self.done[node] = self._rewritten(node)
        return self.done[term]

    def _rewritten(self, node: Term) -> Term:
        assert node.card is not None
        args = tuple(self.done[a] for a in node.args)
        plain = node if all(a is b for a, b in zip(args, node.args, strict=True)) else \
            node.graph.apply(node.card, args, node.params)
        rewrite = REWRITES.get(node.card.name)
        found = rewrite(self, plain, args) if rewrite else None
        for candidate in (found, plain):
            if candidate is node or (candidate is not None and equal_samples(candidate, node)):
                return candidate
        return node


def equal_samples(a: Term, b: Term) -> bool:
    """Same shape, same value to rounding."""
    if a is b:
        return True
    x, y = a.sample, b.sample
    if x.shape != y.shape or x.dtype.kind not in "biufc" or y.dtype.kind not in "biufc":
        return False
    if not x.size:
        return True
    if x.dtype.kind == "b" or y.dtype.kind == "b":
        x, y = x.astype(float), y.astype(float)
    with np.errstate(all="ignore"):
        gap, scale = float(abs(x - y).max()), float(abs(y).max())
    if gap <= 1e-9 * scale:
        return True
    return gap != gap and bool(np.allclose(x, y, rtol=1e-9, atol=0.0, equal_nan=True))


def number_of(term: Term) -> float | None:
    """The value of a scalar constant without symbol, or of an array constant whose entries are all equal."""
    if not term.is_constant:
        if term.card is not None and term.card.name == "broadcast_to":
            return number_of(term.args[0])
        return None
    if "size" in term.params:
        return None
    sample = np.asarray(term.sample)
    if sample.dtype.kind not in "biuf" or not sample.size:
        return None
    first = float(sample.flat[0])
    return first if bool(np.all(sample == first)) else None


def _rewrite(*names: str) -> Callable[[Rewrite], Rewrite]:
    def put(function: Rewrite) -> Rewrite:
        for name in names:
            REWRITES[name] = function
        return function

    return put


def _is(term: Term, *names: str) -> bool:
    return term.card is not None and term.card.name in names


# Products -------------------------------------------------------------------------------------------------------------

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
        elif _is(term, "broadcast_to"):
            self.take(term.args[0], power, keep)
        elif _is(term, "negative"):
            self.number *= (-1.0) ** power
            self.take(term.args[0], power, keep)
        elif _is(term, "multiply", "divide") and float(power).is_integer():
            self.take(term.args[0], power, keep)
            self.take(term.args[1], power if _is(term, "multiply") else -power, keep)
        elif _is(term, "power") and number_of(term.args[1]) is not None and _whole(number_of(term.args[1])) \
                and np.shape(term.sample) == np.shape(term.args[0].sample):
            self.take(term.args[0], power * (number_of(term.args[1]) or 0.0), keep)
        elif _is(term, "matmul", "dot", "outer", "sum", "transpose") and (parts := scalars_of(term, keep)) is not None:
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
        graph, number = self.like.graph, self.number
        above = [(t, p) for t, p in self.powers.items() if p > 0]
        below = [(t, -p) for t, p in self.powers.items() if p < 0]
        above.sort(key=lambda f: f[0].ndim > 0)
        if self.like.ndim == 2:
            above = _outer_of(above)
        sign, size = number < 0, abs(number)
        for k, (t, p) in enumerate(above):
            turned = _older_turned(t) if p == 1 and t not in keep else None
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


def _outer_of(above: list[tuple[Term, float]]) -> list[tuple[Term, float]]:
    """A vector along the rows times a vector along the columns is their outer product."""
    columns = [f for f in above if f[1] == 1 and _vector_in(f[0], 1) is not None]
    rows = [f for f in above if f[1] == 1 and (f[0].ndim == 1 or _vector_in(f[0], 0) is not None)]
    if len(columns) != 1 or len(rows) != 1:
        return above
    column, row = _vector_in(columns[0][0], 1), rows[0][0] if rows[0][0].ndim == 1 else _vector_in(rows[0][0], 0)
    assert column is not None and row is not None
    outer = column.graph.apply(column.graph.cards["outer"], (column, row), {})
    return [*(f for f in above if f is not columns[0] and f is not rows[0]), (outer, 1)]


def _vector_in(term: Term, axis: int) -> Term | None:
    """The vector that stands as a column (axis 1 added) or as a row (axis 0 added)."""
    if _is(term, "expand_dims", "reshape") and term.args[0].ndim == 1 and term.ndim == 2 \
            and np.shape(term.sample)[axis] == 1 != np.shape(term.sample)[1 - axis]:
        return term.args[0]
    return None


def _older_turned(term: Term) -> Term | None:
    """b - a for a - b where b - a is what the program itself has."""
    if not _is(term, "subtract"):
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


def spread_like(term: Term, like: Term) -> Term:
    """Broadcast to the shape of `like` where the rewriting lost it."""
    if np.shape(term.sample) == np.shape(like.sample):
        return term
    return term.graph.apply(term.graph.cards["broadcast_to"], (term,), {"shape": like.shape})


@_rewrite("multiply", "divide", "negative")
def _product(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    product = Product(node)
    if _is(node, "negative"):
        inner = args[0]
        if _is(inner, "subtract") and inner not in self.keep:
            return _older_turned(inner)
        product.number = -1.0
        product.take(inner, 1, self.keep)
    else:
        product.take(args[0], 1, self.keep)
        product.take(args[1], 1 if _is(node, "multiply") else -1, self.keep)
        spread = _distributed(self, product)
        if spread is not None:
            return spread
    if product.number == 0:
        return spread_like(node.graph.constant(0), node)
    return logistic(product.build(self.keep))


def _distributed(self: Simplifier, product: Product) -> Term | None:
    """(a / e + c) e is a + c e: a factor that cancels a denominator goes into the sum."""
    for whole, power in product.powers.items():
        if power != 1 or whole in self.keep or not _is(whole, "add", "subtract"):
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
    if term in keep or not _is(term, "multiply", "divide", "negative"):
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


def _scaled(number: float, scalars: Iterable[tuple[Term, float]], core: Term) -> Term:
    product = Product(core)
    product.number = number
    for term, power in scalars:
        product.take(term, power, frozenset())
    product.powers[core] = product.powers.get(core, 0) + 1
    return product.build()


@_rewrite("power")
def _power(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    base, exponent = args[0], number_of(args[1])
    if exponent == 1:
        return spread_like(base, node)
    if exponent == 0:
        return spread_like(node.graph.constant(1), node)
    if exponent is not None and float(exponent).is_integer() and _is(base, "power") and base not in self.keep:
        inner = number_of(base.args[1])
        if inner is not None and float(inner).is_integer():
            return base.args[0] ** tidy(inner * exponent)
    return None


# Sums -----------------------------------------------------------------------------------------------------------------

@_rewrite("add", "subtract")
def _sum_of(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    parts: dict[Term, float] = {}
    number = 0.0

    def take(term: Term, sign: float) -> None:
        nonlocal number
        value = number_of(term)
        if value is not None:
            number += sign * value
        elif term not in self.keep and _is(term, "broadcast_to"):
            take(term.args[0], sign)
        elif term not in self.keep and _is(term, "add", "subtract"):
            take(term.args[0], sign)
            take(term.args[1], sign if _is(term, "add") else -sign)
        elif term not in self.keep and (peeled := scalars_of(term, self.keep)) is not None:
            core = _scaled(1.0, peeled[1], peeled[2])
            parts[core] = parts.get(core, 0) + sign * peeled[0]
        elif term not in self.keep and _is(term, "negative"):
            parts[term.args[0]] = parts.get(term.args[0], 0) - sign
        else:
            parts[term] = parts.get(term, 0) + sign

    take(args[0], 1.0)
    take(args[1], -1.0 if _is(node, "subtract") else 1.0)
    listed = [(t, c) for t, c in parts.items() if abs(c) > 1e-15]
    if number:
        listed.append((node.graph.constant(tidy(number)), 1.0) if number > 0 or not listed
                      else (node.graph.constant(tidy(-number)), -1.0))
        if number > 0 and listed[0][1] < 0:
            listed.insert(0, listed.pop())
    if not listed:
        return spread_like(node.graph.constant(0), node)
    shared = _shared_scalars(listed, self.keep)
    if shared is not None:
        scalars, bare = shared
        return spread_like(_scaled(1.0, scalars, self.of(spread_like(_add_up(bare, node), node))), node)
    listed = _factored(listed, self.keep)
    common = abs(listed[0][1])
    if len(listed) > 1 and common != 1 and all(abs(abs(c) - common) < 1e-12 * common for _, c in listed):
        whole = _add_up([(t, c / common) for t, c in listed], node)
        return spread_like(_scaled(common, (), whole), node)
    return spread_like(_add_up(listed, node), node)


def _shared_scalars(listed: list[tuple[Term, float]], keep: Keep
                    ) -> tuple[list[tuple[Term, float]], list[tuple[Term, float]]] | None:
    """The scalar factors that all parts of a sum have, and the parts without them."""
    if len(listed) < 2:
        return None
    opened = [scalars_of(t, keep) for t, _ in listed]
    first = opened[0]
    if first is None or not first[1] or any(o is None or dict(o[1]) != dict(first[1]) for o in opened):
        return None
    return first[1], [(o[2], c * o[0]) for o, (_, c) in zip(opened, listed, strict=True) if o is not None]


def _add_up(listed: list[tuple[Term, float]], node: Term) -> Term:
    first = next((k for k, (_, c) in enumerate(listed) if c > 0), None)
    if first:
        listed = [listed[first], *listed[:first], *listed[first + 1:]]
    total: Term | None = None
    for term, c in listed:
        part = term if abs(c) == 1 else _scaled(abs(c), (), term)
        if total is None:
            total = part if c > 0 else _scaled(-1.0, (), part) if part is term else -part
        else:
            total = total + part if c > 0 else total - part
    assert total is not None
    return total


def _factored(listed: list[tuple[Term, float]], keep: Keep) -> list[tuple[Term, float]]:
    """A x + B x is (A + B) x, for chains that agree in all but one factor."""
    for i, (first, c) in enumerate(listed):
        for j in range(i + 1, len(listed)):
            second, d = listed[j]
            if abs(abs(c) - abs(d)) > 1e-12 * abs(c):
                continue
            a, b = chain(first, keep), chain(second, keep)
            if len(a) < 2 or len(b) < 2:
                continue
            left = 0
            while left < min(len(a), len(b)) - 1 and a[left] is b[left]:
                left += 1
            right = 0
            while right < min(len(a), len(b)) - 1 - left and a[-1 - right] is b[-1 - right]:
                right += 1
            inside = a[left:len(a) - right], b[left:len(b) - right]
            if left + right == 0 or len(inside[0]) != 1 or len(inside[1]) != 1:
                continue
            if np.shape(inside[0][0].sample) != np.shape(inside[1][0].sample):
                continue
            if _is(inside[0][0], "transpose") and not _is(inside[1][0], "transpose") and c * d > 0:
                inside = inside[1], inside[0]
            middle = inside[0][0] + inside[1][0] if c * d > 0 else inside[0][0] - inside[1][0]
            if inside[0][0] is inside[1][0]:
                continue
            whole = join([*a[:left], middle, *a[len(a) - right:]])
            return _factored([*listed[:i], (whole, c), *listed[i + 1:j], *listed[j + 1:]], keep)
    return listed


# Matrix products and transposes ---------------------------------------------------------------------------------------

def chain(term: Term, keep: Keep = frozenset()) -> list[Term]:
    """The factors of a matrix product of matrices and vectors."""
    if term not in keep and _is(term, "matmul", "dot") and all(1 <= a.ndim <= 2 for a in term.args):
        left, right = term.args
        # A vector in the middle would end the chain: (A x) is no longer a matrix.
        if left.ndim == 2 or not _is(left, "matmul", "dot"):
            parts = chain(left, keep) if left.ndim == 2 else [left]
            if right.ndim == 2 or left.ndim == 2:
                return [*parts, *(chain(right, keep) if _chains_on(right) else [right])]
            return [*parts, right]
    return [term]


def _chains_on(right: Term) -> bool:
    return _is(right, "matmul", "dot") and right.args[0].ndim == 2


def join(factors: list[Term]) -> Term:
    """The product of a chain; from the right where it ends in a vector, as one would compute it."""
    if len(factors) > 1 and (factors[-1].ndim == 1 or np.shape(factors[-1].sample)[-1:] == (1,)) and factors[0].ndim == 2 \
            and np.shape(factors[0].sample)[0] != 1:
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
    if term.ndim < 2 or term in term.graph.memo.get("symmetric", ()):
        return term
    if term in keep:
        return term.T
    if _is(term, "transpose"):
        return term.args[0]
    parts = chain(term, keep)
    if len(parts) > 1 and all(p.ndim == 2 for p in parts):
        return join([flipped(p, keep) for p in reversed(parts)])
    if _is(term, "outer"):
        return term.graph.apply(term.card, term.args[::-1], {})  # type: ignore[arg-type]
    peeled = scalars_of(term, keep)
    if peeled is not None:
        return _scaled(peeled[0], peeled[1], flipped(peeled[2], keep))
    if _is(term, "add", "subtract", "multiply", "divide") and all(a.ndim in (0, 2) for a in term.args):
        sides = [flipped(a, keep) for a in term.args]
        if _transposes(sides) < _transposes(term.args) + (1 if not _is(term, "multiply", "divide") else 1):
            return term.graph.apply(term.card, sides, {})  # type: ignore[arg-type]
    if _is(term, "negative"):
        return -flipped(term.args[0], keep)
    if _is(term, "inv") and flipped(term.args[0], keep) is term.args[0]:
        return term
    if is_identity(term) or (_is(term, "diag_embed") and term.args[0].ndim == 1):
        return term
    if term.is_constant and number_of(term) is not None:
        return term.graph.constant(np.asarray(term.sample).T)
    return term.T


def _transposes(terms: Iterable[Term]) -> int:
    return sum(_is(p, "transpose") for t in terms for p in chain(t))


def is_identity(term: Term) -> bool:
    """The identity matrix."""
    if _is(term, "eye", "identity"):
        return True
    sample = np.asarray(term.sample)
    return term.is_constant and sample.ndim == 2 and sample.shape[0] == sample.shape[1] > 1 and \
        bool(np.array_equal(sample, np.eye(len(sample))))


@_rewrite("transpose")
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
    if _is(inner, "transpose") and inner not in self.keep:
        first = inner.params.get("axes")
        before = tuple(range(inner.ndim))[::-1] if first is None else tuple(int(a) % inner.ndim for a in first)
        both = tuple(before[a] for a in order)
        if both == tuple(range(inner.ndim)):
            return inner.args[0]
        return node.graph.apply(node.graph.cards["transpose"], (inner.args[0],), {"axes": both})
    return None


@_rewrite("matmul", "dot")
def _matmul(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    if any(a.ndim == 0 for a in args):
        return _product(self, args[0] * args[1], args)
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
        return _scaled(number, scalars, core) if number != 1 or scalars else core
    factors: list[Term] = []
    for part in [p for b in bare for p in chain(b, self.keep)] if _flattens(bare) else bare:
        if is_identity(part):
            continue
        value = number_of(part)
        if value is not None and np.shape(part.sample) == (1, 1):
            number *= value
            continue
        if factors and (_inverse_of(part, factors[-1]) or _inverse_of(factors[-1], part)) and part.ndim == 2:
            factors.pop()
            continue
        factors.append(part)
    factors = _diagonals_joined(factors)
    if not factors:
        return None
    if len(factors) == 2 and _column_and_row(*factors):
        core = node.graph.apply(node.graph.cards["outer"], [f.args[0] for f in factors], {})
        return _scaled(number, scalars, core) if number != 1 or scalars else core
    core = join(factors) if _flattens(bare) or len(factors) < 2 else factors[0] @ factors[1]
    return _scaled(number, scalars, core) if number != 1 or scalars else core


def _diagonals_joined(factors: list[Term]) -> list[Term]:
    """Diag(a) Diag(b) is Diag(a ∘ b)."""
    out: list[Term] = []
    for factor in factors:
        if out and all(_is(f, "diag_embed") and f.args[0].ndim == 1 and not f.params for f in (out[-1], factor)):
            product = Product(factor.args[0])
            product.take(out[-1].args[0], 1, frozenset())
            product.take(factor.args[0], 1, frozenset())
            out[-1] = factor.graph.apply(factor.card, (logistic(product.build()),), {})  # type: ignore[arg-type]
        else:
            out.append(factor)
    return out


def _column_and_row(a: Term, b: Term) -> bool:
    """A vector written as a column times one written as a row."""
    return all(_is(t, "reshape") and t.args[0].ndim == 1 for t in (a, b)) and np.shape(a.sample)[-1] == 1 \
        and np.shape(b.sample)[0] == 1


def logistic(term: Term) -> Term:
    """eˣ/(1 + eˣ) is σ(x)."""
    if not _is(term, "divide"):
        return term
    top, bottom = term.args
    for above in (top, *(top.args if _is(top, "multiply") else ())):
        if _is(above, "exp") and _is(bottom, "add") and above in bottom.args and any(number_of(a) == 1 for a in bottom.args):
            sigmoid = term.graph.apply(term.graph.cards["sigmoid"], above.args, {})
            if above is top:
                return sigmoid
            rest = top.args[1] if top.args[0] is above else top.args[0]
            return rest * sigmoid
    return term


@_rewrite("outer")
def _outer(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    number, scalars = 1.0, list[tuple[Term, float]]()
    bare: list[Term] = []
    for arg in args:
        peeled = scalars_of(arg, self.keep)
        bare.append(arg if peeled is None else peeled[2])
        if peeled is not None:
            number *= peeled[0]
            scalars += peeled[1]
    return _scaled(number, scalars, node.graph.apply(node.card, bare, {})) if number != 1 or scalars else None  # type: ignore[arg-type]


def _flattens(bare: list[Term]) -> bool:
    """A chain may be bracketed anew only where no vector stands inside it."""
    whole = [p for b in bare for p in chain(b)]
    return all(p.ndim == 2 for p in whole[1:-1]) and not (len(whole) > 2 and bare[0].ndim == 1 and len(chain(bare[0])) > 1) \
        and not (bare[0].ndim == 1 and bare[1].ndim == 1)


def _inverse_of(a: Term, b: Term) -> bool:
    if _is(a, "inv") and a.args[0] is b:
        return True
    return _is(a, "transpose") and _is(a.args[0], "inv") and _is(b, "transpose") and a.args[0].args[0] is b.args[0]


# Sums over axes, broadcasting, shapes ---------------------------------------------------------------------------------

@_rewrite("sum", "sum_to", "trace")
def _reduction(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    (inner,) = args
    if inner.ndim == 0 or (np.shape(node.sample) == np.shape(inner.sample) and not _is(node, "trace")):
        return inner
    peeled = scalars_of(inner, self.keep)
    if peeled is not None:
        core = node.graph.apply(node.card, (peeled[2],), node.params)  # type: ignore[arg-type]
        return _scaled(peeled[0], peeled[1], self.of(core))
    if _is(node, "sum") and _is(inner, "sum") and inner not in self.keep and node.ndim == 0:
        return self.of(node.graph.apply(node.graph.cards["sum"], (inner.args[0],), {"axis": None}))
    if _is(node, "sum") and _is(inner, "diag_embed") and not any(v for k, v in inner.params.items() if "axis" not in k) \
            and inner.ndim == 2 and node.params.get("axis") in (0, 1):
        vector, shape = inner.args[0], node.shape
        return vector if node.ndim == 1 else node.graph.apply(node.graph.cards["reshape"], (vector,), {"shape": shape})
    if _is(node, "trace"):
        if _is(inner, "transpose"):
            return node.graph.apply(node.graph.cards["trace"], (inner.args[0],), node.params)
        return None
    if _is(node, "sum_to"):
        return self.of(_sum_to(node, inner))
    return _constant_along(self, node, inner)


def _constant_along(self: Simplifier, node: Term, inner: Term) -> Term | None:
    """Factors of size 1 along the summed axes come out of a sum that keeps them."""
    if inner in self.keep or not _is(inner, "multiply", "divide") or not node.params.get("keepdims"):
        return None
    axis = node.params.get("axis")
    gone = range(inner.ndim) if axis is None else [int(a) % inner.ndim for a in (axis if isinstance(axis, tuple) else (axis,))]
    product, outside = Product(inner), Product(node)
    product.take(inner, 1, self.keep)
    for term, power in list(product.powers.items()):
        if term.ndim == inner.ndim and all(np.shape(term.sample)[a] == 1 for a in gone):
            outside.powers[term] = product.powers.pop(term)
    if not outside.powers or not product.powers:
        return None
    outside.take(node.graph.apply(node.graph.cards["sum"], (product.build(),), node.params), 1, self.keep)
    return outside.build()


def _sum_to(node: Term, inner: Term) -> Term:
    """sum_to as the sum over axes that one would write."""
    graph, shape = node.graph, tuple(map(int, np.shape(node.sample)))
    have = tuple(map(int, np.shape(inner.sample)))
    lead = len(have) - len(shape)
    stretched = tuple(lead + i for i, s in enumerate(shape) if s == 1 and have[lead + i] != 1)
    result = inner
    if stretched:
        params = {"axis": stretched[0] if len(stretched) == 1 else stretched, "keepdims": True}
        result = graph.apply(graph.cards["sum"], (result,), params)
    if lead:
        if lead == len(have):
            return graph.apply(graph.cards["sum"], (result,), {"axis": None})
        result = graph.apply(graph.cards["sum"], (result,), {"axis": 0 if lead == 1 else tuple(range(lead)), "keepdims": False})
    return result


@_rewrite("broadcast_to")
def _broadcast(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    (inner,) = args
    if np.shape(inner.sample) == np.shape(node.sample):
        return inner
    if _is(inner, "broadcast_to") and inner not in self.keep:
        return node.graph.apply(node.graph.cards["broadcast_to"], (inner.args[0],), node.params)
    return None


@_rewrite("reshape", "expand_dims", "squeeze")
def _reshape(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    (inner,) = args
    if np.shape(inner.sample) == np.shape(node.sample):
        return inner
    names = ("reshape", "expand_dims", "squeeze")
    if _is(inner, *names) and inner not in self.keep and np.shape(inner.args[0].sample) == np.shape(node.sample):
        return inner.args[0]
    peeled = scalars_of(inner, self.keep)
    if peeled is not None:
        core = node.graph.apply(node.card, (peeled[2],), node.params)  # type: ignore[arg-type]
        return _scaled(peeled[0], peeled[1], self.of(core))
    value: Any = number_of(inner)
    return spread_like(node.graph.constant(tidy(value)), node) if value is not None else None


@_rewrite("inv")
def _inv(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    if _is(args[0], "transpose"):
        return node.graph.apply(node.card, (args[0].args[0],), {}).T  # type: ignore[arg-type]
    if _is(args[0], "inv"):
        return args[0].args[0]
    return None


@_rewrite("where")
def _where(self: Simplifier, node: Term, args: tuple[Term, ...]) -> Term | None:
    mask, a, b = args
    if number_of(b) == 0 and np.asarray(mask.sample).dtype.kind == "b":
        return self.of(a * mask)
    return None
