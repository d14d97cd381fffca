"""Sizes: integers that remember the dimension they stand for.

A traced program needs both at once: the number, so that loops and reshapes simply happen, and the symbol, so that a
message can say `(N, D)` and a clash can be turned into the equation `N = M`.  A `Size` is an `int` with a
`Polynomial` over dimension names; arithmetic keeps the two in step.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import gcd

Monomial = tuple[tuple[str, int], ...]
"""Names with their powers, sorted by name; the empty tuple is the constant 1."""


@dataclass(frozen=True, slots=True)
class Polynomial:
    """A polynomial over dimension names with integer coefficients, sorted, without zero terms."""

    terms: tuple[tuple[Monomial, int], ...]

    @staticmethod
    @lru_cache(maxsize=4096, typed=True)
    def constant(value: int) -> Polynomial:
        """The polynomial without names."""
        return Polynomial((((), value),) if value else ())

    @staticmethod
    @lru_cache(maxsize=4096)
    def symbol(name: str) -> Polynomial:
        """The polynomial that is one name."""
        return Polynomial(((((name, 1),), 1),))

    @staticmethod
    def collect(pairs: Iterable[tuple[Monomial, int]]) -> Polynomial:
        """Add up coefficients of equal monomials."""
        total: dict[Monomial, int] = {}
        for monomial, coefficient in pairs:
            total[monomial] = total.get(monomial, 0) + coefficient
        return Polynomial(tuple(sorted((m, c) for m, c in total.items() if c)))

    def __add__(self, other: Polynomial) -> Polynomial:
        return Polynomial.collect([*self.terms, *other.terms])

    def __neg__(self) -> Polynomial:
        return Polynomial(tuple((m, -c) for m, c in self.terms))

    def __mul__(self, other: Polynomial) -> Polynomial:
        return Polynomial.collect((_times(m, n), c * d) for m, c in self.terms for n, d in other.terms)

    def divided(self, other: Polynomial) -> Polynomial | None:
        """The exact quotient, or None.  Long division by the leading monomials (Cox, Little & O'Shea, section 2.3)."""
        if not other.terms:
            return None
        names = sorted(self.names() | other.names())

        def leading(p: Polynomial) -> tuple[Monomial, int]:
            return max(p.terms, key=lambda t: [dict(t[0]).get(n, 0) for n in names])

        divisor, factor = leading(other)
        rest, quotient = self, Polynomial(())
        while rest.terms:
            monomial, coefficient = leading(rest)
            powers = dict(monomial)
            for name, power in divisor:
                powers[name] = powers.get(name, 0) - power
            if coefficient % factor or any(p < 0 for p in powers.values()):
                return None
            part = Polynomial(((tuple(sorted((n, p) for n, p in powers.items() if p)), coefficient // factor),))
            quotient, rest = quotient + part, rest + -(part * other)
        return quotient

    def primitive(self) -> Polynomial:
        """Divided by what all its terms share: where W*C - W*X is zero, C - X is (sizes are not zero)."""
        if len(self.terms) < 2:
            return self
        shared = dict(self.terms[0][0])
        for monomial, _ in self.terms[1:]:
            powers = dict(monomial)
            shared = {name: min(power, powers[name]) for name, power in shared.items() if name in powers}
        factor = gcd(*(coefficient for _, coefficient in self.terms))
        return self.divided(Polynomial(((tuple(sorted(shared.items())), factor),))) or self

    @property
    def name(self) -> str | None:
        """The name, if the polynomial is a bare one."""
        if len(self.terms) == 1 and self.terms[0][1] == 1:
            monomial = self.terms[0][0]
            if len(monomial) == 1 and monomial[0][1] == 1:
                return monomial[0][0]
        return None

    @property
    def number(self) -> int | None:
        """The value, if the polynomial holds no name."""
        if not self.terms:
            return 0
        return self.terms[0][1] if len(self.terms) == 1 and not self.terms[0][0] else None

    def names(self) -> set[str]:
        """All dimension names in the polynomial."""
        return {name for monomial, _ in self.terms for name, _ in monomial}

    def __str__(self) -> str:
        if not self.terms:
            return "0"
        shown = ""
        for monomial, coefficient in sorted(self.terms, key=lambda t: (not t[0], t)):
            factors = [n if p == 1 else f"{n}**{p}" for n, p in monomial]
            if abs(coefficient) != 1 or not factors:
                factors.insert(0, str(abs(coefficient)))
            sign = "-" if coefficient < 0 else "+"
            shown += ("-" if sign == "-" else "") if not shown else f" {sign} "
            shown += "*".join(factors)
        return shown


@lru_cache(maxsize=8192)
def _times(m: Monomial, n: Monomial) -> Monomial:
    powers = dict(m)
    for name, power in n:
        powers[name] = powers.get(name, 0) + power
    return tuple(sorted(powers.items()))


class Size(int):
    """A size and the dimension that it stands for: `Size(5, N) * 3` is 15 and `3*N`."""

    expr: Polynomial

    def __new__(cls, value: int, expr: Polynomial | None = None) -> Size:
        """Make a size of `value`; without `expr` it is a plain number."""
        self = super().__new__(cls, value)
        self.expr = Polynomial.constant(int(value)) if expr is None else expr
        return self

    def __add__(self, other: int) -> Size:
        return _arith(int.__add__(self, other), self, other, Polynomial.__add__)

    __radd__ = __add__

    def __sub__(self, other: int) -> Size:
        return _arith(int.__sub__(self, other), self, other, lambda a, b: a + -b)

    def __rsub__(self, other: int) -> Size:
        return _arith(int.__rsub__(self, other), self, other, lambda a, b: b + -a)

    def __mul__(self, other: int) -> Size:
        return _arith(int.__mul__(self, other), self, other, Polynomial.__mul__)

    __rmul__ = __mul__

    def __floordiv__(self, other: int) -> Size:
        return _arith(int.__floordiv__(self, other), self, other, _quotient)

    def __neg__(self) -> Size:
        return Size(-int(self), -self.expr)

    def __str__(self) -> str:
        return str(self.expr)

    def __repr__(self) -> str:
        return f"Size({int(self)}, {self.expr})"

    __hash__ = int.__hash__

    def __reduce__(self) -> tuple[object, ...]:
        return (Size, (int(self), self.expr))


def _arith(value: object, left: Size, right: object, rule: object) -> Size:
    if value is NotImplemented or not isinstance(value, int):
        return NotImplemented  # type: ignore[return-value]
    other = right.expr if isinstance(right, Size) else Polynomial.constant(int(right))  # type: ignore[call-overload]
    return Size(value, rule(left.expr, other))  # type: ignore[operator]


def _quotient(a: Polynomial, b: Polynomial) -> Polynomial:
    exact = a.divided(b)
    if exact is not None:
        return exact
    number = a.number, b.number
    if number[0] is not None and number[1]:
        return Polynomial.constant(number[0] // number[1])
    if number[1] is not None and number[1] > 1 and (whole := _whole_part(a, number[1])).terms:
        return whole + _quotient(a + -(whole * b), b)
    bracket = (lambda p: f"({p})" if len(p.terms) > 1 else str(p))  # noqa: E731
    return Polynomial.symbol(f"{bracket(a)}//{bracket(b)}")


def _whole_part(a: Polynomial, b: int) -> Polynomial:
    """What of a quotient need not be rounded: `M - 1` of `(2*M + H - 2) // 2`."""
    return Polynomial.collect((monomial, coefficient // b) for monomial, coefficient in a.terms
                              if coefficient % b == 0 or (not monomial and not 0 <= coefficient < b))


Shape = tuple[Size, ...]


def dim(value: int) -> Size:
    """Any integer as a `Size`."""
    return value if type(value) is Size else Size(value)


def size_product(sizes: Iterable[int]) -> Size:
    """The number of elements of a shape."""
    total = Size(1)
    for size in sizes:
        total = total * dim(size)
    return total


def show_shape(shape: Iterable[int]) -> str:
    """`(N, D)`; a one-axis shape keeps its comma, as Python prints it.

    Where a dimension was documented (`N@function`) is left out.
    """
    shown = [re.sub(r"@[\w.]+", "", str(dim(s))) for s in shape]
    return f"({shown[0]},)" if len(shown) == 1 else f"({', '.join(shown)})"


class Misfit(Exception):
    """Shapes that do not fit an operation.

    `equations` are pairs of sizes that would have to be equal for it to fit; it is empty where no sizes would do
    (a wrong rank).  `below` are sizes that came out below 1, such as an image less a window that is too large for it.
    `rank` is the number of axes that array number `operand` among the operands would need, `least` whether more would
    do as well.  `strict`: the sizes must be equal even where one of them is 1, since nothing is repeated.
    """

    def __init__(self, message: str, equations: tuple[tuple[Size, Size], ...] = (), *,
                 below: tuple[Size, ...] = (), rank: int | None = None, operand: int = 0, least: bool = False,
                 strict: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.equations = equations
        self.below = below
        self.rank = (rank, operand, least)
        self.strict = strict
