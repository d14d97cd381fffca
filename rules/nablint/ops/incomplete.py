"""Incomplete gamma functions and Hurwitz's zeta function: of their last argument, the first a plain number.

Neither scipy nor torch has their derivatives by the first argument.  Source: NIST Digital Library of Mathematical
Functions, 8.8.13, 8.9.2 and 8.11.4 for the incomplete gamma functions, 25.11.5 and 25.11.17 for the zeta function.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nablint.ops.card import Operand, op
from nablint.ops.families import unary
from nablint.ops.special import entrywise, hurwitz

TINY = 1e-300
TERMS = 400
"""More than the series and the fraction need where each of them is used."""


def _lower(a: float, x: float) -> float:
    """P(a, x) by its series (DLMF 8.11.4) for small x, by Q's continued fraction for large x."""
    if x <= 0:
        return 0.0 if x == 0 else math.nan
    if x > a + 1:
        return 1 - _upper(a, x)
    term = total = 1 / a
    for k in range(1, TERMS):
        term *= x / (a + k)
        total += term
        if term < 1e-17 * total:
            break
    return total * math.exp(a * math.log(x) - x - math.lgamma(a))


def _upper(a: float, x: float) -> float:
    """Q(a, x) by its continued fraction (DLMF 8.9.2), worked out by Lentz's method, for large x."""
    if x <= a + 1:
        return 1 - _lower(a, x)
    start = x + 1 - a
    value, c, d = 1 / start, 1 / TINY, 1 / start
    for k in range(1, TERMS):
        factor, start = -k * (k - a), start + 2
        d, c = 1 / (factor * d + start), start + factor / c
        value *= d * c
        if abs(d * c - 1) < 1e-16:
            break
    return value * math.exp(a * math.log(x) - x - math.lgamma(a))


def _density(x: Operand, a: float) -> Operand:
    """xᵃ⁻¹ e⁻ˣ/Γ(a), the slope of P(a, x) (DLMF 8.8.13)."""
    return x ** (a - 1) * op.exp(-x) / math.gamma(a)


def _evaluated(function: Callable[[float, float], float], sign: float) -> Callable[..., Any]:
    def evaluate(x: Any, a: float) -> Any:
        return entrywise(lambda value: function(a, value), lambda real: sign * _density(real, a))(x)

    return evaluate


unary("gammainc", _evaluated(_lower, 1.0), lambda g, x, y, a: g * _density(x, a), "d P(a, x) = xᵃ⁻¹ e⁻ˣ/Γ(a) dx",
      domain="positive", numpy="scipy.special.gammainc({a}, {0})", text="P({a:g}, {0})",
      torch="torch.special.gammainc(torch.full_like({0}, {a}), {0})", params=({"a": 0.5}, {"a": 3.0}))
unary("gammaincc", _evaluated(_upper, -1.0), lambda g, x, y, a: -g * _density(x, a), "d Q(a, x) = -xᵃ⁻¹ e⁻ˣ/Γ(a) dx",
      domain="positive", numpy="scipy.special.gammaincc({a}, {0})", text="Q({a:g}, {0})",
      torch="torch.special.gammaincc(torch.full_like({0}, {a}), {0})", params=({"a": 0.5}, {"a": 3.0}))
unary("zeta", hurwitz, lambda g, x, y, s: g * (-s * op.zeta(x, s=s + 1)), "d ζ(s, q) = -s ζ(s + 1, q) dq",
      domain="positive", numpy="scipy.special.zeta({s}, {0})", text="ζ({s:g}, {0})", latex="\\zeta({s:g}, {0})",
      torch="torch.special.zeta({s}, {0})", params=({"s": 2.0}, {"s": 3.5}))
