"""Special functions that scipy.special and torch.special share, evaluated without either.

Derivatives are from the NIST Digital Library of Mathematical Functions: error functions 7.10, gamma functions 5.2 and
5.15, Bessel functions 10.6 and 10.29.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from nablint.ops.card import op
from nablint.ops.families import binary, unary

_ROOT_PI, _ROOT_2, _ROOT_2_PI = math.sqrt(math.pi), math.sqrt(2.0), math.sqrt(2 * math.pi)


def entrywise(function: Callable[[float], float], slope: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function of real numbers on arrays; an infinitesimal imaginary part moves along the slope."""
    ufunc = np.frompyfunc(function, 1, 1)

    def evaluate(x: Any) -> Any:
        value = np.asarray(ufunc(np.real(x)), float)
        return value + 1j * np.imag(x) * slope(np.real(x)) if np.iscomplexobj(x) else value

    return evaluate


def _bell(x: Any) -> Any:
    return 2 / _ROOT_PI * np.exp(-x * x)


def _erfinv(y: float) -> float:
    """Winitzki's approximation, made exact by Newton's method."""
    if not -1 < y < 1:
        return math.copysign(math.inf, y) if abs(y) == 1 else math.nan
    log = math.log(1 - y * y)
    half = 2 / (math.pi * 0.147) + log / 2
    x = math.copysign(math.sqrt(math.sqrt(half * half - log / 0.147) - half), y)
    for _ in range(4):
        x -= (math.erf(x) - y) / (2 / _ROOT_PI * math.exp(-x * x))
    return x


def _erfcx(x: Any) -> Any:
    """e^(x²) erfc x; a continued fraction where the factors leave the range of numbers (DLMF 7.9.4)."""
    far = np.real(x) > 4
    if not np.any(far):
        return np.exp(x * x) * op.erfc(x)
    big = np.where(far, x, 4.0)
    fraction = big
    for k in range(40, 0, -1):
        fraction = big + k / 2 / fraction
    return np.where(far, 1 / (_ROOT_PI * fraction), _erfcx(np.where(far, 0.0, x)))


def _log_ndtr(x: Any) -> Any:
    low = np.real(x) < -4
    tail = np.where(low, x, -4.0)
    usual = np.log(0.5 * op.erfc(-np.where(low, 0.0, x) / _ROOT_2))
    return np.where(low, np.log(0.5 * _erfcx(-tail / _ROOT_2)) - tail * tail / 2, usual)


def _digamma(x: Any) -> Any:
    """Reflection to x > 0, recurrence up to x > 8, then the asymptotic series (DLMF 5.5.4, 5.5.2, 5.11.2)."""
    left = np.real(x) < 0
    if np.any(left):
        right = np.where(left, 1 - x, x)
        return np.where(left, _digamma(right) - np.pi / np.tan(np.pi * np.where(left, x, 0.5)), _digamma(right))
    shifted, value = np.asarray(x) + 0.0, 0.0
    for _ in range(8):
        value, shifted = value - 1 / shifted, shifted + 1
    inverse = 1 / (shifted * shifted)
    series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse * (1 / 240 - inverse / 132))))
    return value + np.log(shifted) - 0.5 / shifted - series


def _polygamma(x: Any, n: int) -> Any:
    """(-1)ⁿ⁺¹ n! ζ(n + 1, x) (DLMF 5.15.1)."""
    return _digamma(x) if n == 0 else (-1) ** (n + 1) * math.factorial(n) * hurwitz(x, n + 1)


def hurwitz(x: Any, s: float) -> Any:
    """Hurwitz's zeta function ζ(s, x) for s > 1, by Euler-Maclaurin summation (DLMF 25.11.5)."""
    far = np.asarray(x) + 12.0
    total = sum((1 / (np.asarray(x) + k) ** s for k in range(12)), far ** (1 - s) / (s - 1) + 0.5 * far**-s)
    factor = s
    for k, bernoulli in enumerate((1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66), start=1):
        total = total + bernoulli / math.factorial(2 * k) * factor * far ** (1 - s - 2 * k)
        factor *= (s + 2 * k - 1) * (s + 2 * k)
    return total


def _xlogy(x: Any, y: Any) -> Any:
    x, y = np.asarray(x), np.asarray(y)
    return np.where(x == 0, 0.0, x * np.log(np.where(x == 0, 1.0, y)))


unary("erf", entrywise(math.erf, _bell), lambda g, x, y: g * (2 / _ROOT_PI * op.exp(-(x**2))),
      "d erf x = 2/√π e^(-x²) dx", numpy="scipy.special.erf({0})")
unary("erfc", entrywise(math.erfc, lambda x: -_bell(x)), lambda g, x, y: g * (-2 / _ROOT_PI * op.exp(-(x**2))),
      "d erfc x = -2/√π e^(-x²) dx", numpy="scipy.special.erfc({0})")
unary("erfinv", entrywise(_erfinv, lambda x: 1 / _bell(np.vectorize(_erfinv)(x))),
      lambda g, x, y: g * (_ROOT_PI / 2 * op.exp(y**2)), "the inverse function's rule", domain="unit",
      numpy="scipy.special.erfinv({0})")
unary("erfcx", _erfcx, lambda g, x, y: g * (2 * x * y - 2 / _ROOT_PI),
      "product rule on e^(x²) erfc x", numpy="scipy.special.erfcx({0})", torch="torch.special.erfcx({0})")
unary("normal_density", lambda x: np.exp(-x * x / 2) / _ROOT_2_PI, lambda g, x, y: -g * x * y, "φ'(x) = -x φ(x)",
      numpy="np.exp(-{0}**2 / 2) / np.sqrt(2 * np.pi)", torch="torch.exp(-{0}**2 / 2) / (2 * torch.pi)**0.5",
      text="φ({0})", latex="\\varphi({0})", define=lambda x: op.exp(-(x**2) / 2) / _ROOT_2_PI)
unary("ndtr", lambda x: 0.5 * op.erfc(-x / _ROOT_2), lambda g, x, y: g * op.normal_density(x),
      "Φ' = φ, the normal density", numpy="scipy.special.ndtr({0})", torch="torch.special.ndtr({0})", text="Φ({0})",
      latex="\\Phi({0})", define=lambda x: 0.5 * (1 + op.erf(x / _ROOT_2)))
unary("log_ndtr", _log_ndtr,
      lambda g, x, y: g * op.normal_density(x) / op.ndtr(x), "(log Φ)' = φ/Φ",
      numpy="scipy.special.log_ndtr({0})", torch="torch.special.log_ndtr({0})", define=lambda x: op.log(op.ndtr(x)))
unary("gelu", lambda x: 0.5 * x * op.erfc(-x / _ROOT_2),
      lambda g, x, y: g * (op.ndtr(x) + x * op.normal_density(x)), "(x Φ(x))' = Φ(x) + x φ(x)",
      numpy="{0} * scipy.special.ndtr({0})", torch="torch.nn.functional.gelu({0})", define=lambda x: x * op.ndtr(x))
unary("gammaln", entrywise(math.lgamma, _digamma), lambda g, x, y: g * op.digamma(x), "(log Γ)' = ψ",
      domain="positive", numpy="scipy.special.gammaln({0})", torch="torch.lgamma({0})", latex="\\log\\Gamma({0})")
unary("gamma", entrywise(math.gamma, lambda x: np.vectorize(math.gamma)(x) * _digamma(x)),
      lambda g, x, y: g * (y * op.digamma(x)), "Γ' = Γ ψ", domain="positive", numpy="scipy.special.gamma({0})",
      torch="torch.exp(torch.lgamma({0}))", text="Γ({0})", latex="\\Gamma({0})")
unary("digamma", _digamma, lambda g, x, y: g * op.polygamma(x, n=1), "ψ' is the trigamma function", domain="positive",
      numpy="scipy.special.digamma({0})", text="ψ({0})", latex="\\psi({0})")
unary("polygamma", _polygamma, lambda g, x, y, n: g * op.polygamma(x, n=n + 1), "(ψ⁽ⁿ⁾)' = ψ⁽ⁿ⁺¹⁾", domain="positive",
      numpy="scipy.special.polygamma({n}, {0})", torch="torch.special.polygamma({n}, {0})",
      text="polygamma({n}, {0})", latex="\\psi^{{({n})}}({0})",
      params=({"n": 1}, {"n": 2}))
unary("entr", lambda x: np.where(np.real(x) < 0, -np.inf, -_xlogy(x, x)),
      lambda g, x, y: -g * (op.log(x) + 1), "(-x log x)' = -(log x + 1)",
      domain="positive", numpy="-{0} * np.log({0})", torch="torch.special.entr({0})", define=lambda x: -x * op.log(x))


binary("xlogy", _xlogy, lambda g, x, y, out: g * op.log(y), lambda g, x, y, out: g * x / y,
       "d(x log y) = log y dx + x dy/y", text="{0} log {1}", latex="{0} \\log {1}",
       numpy="scipy.special.xlogy({0}, {1})", torch="torch.xlogy({0}, {1})", domains=("real", "positive"), binding=2)
binary("xlog1py", lambda x, y: x * np.log1p(y), lambda g, x, y, out: g * op.log1p(y),
       lambda g, x, y, out: g * x / (1 + y), "d(x log(1 + y)) = log(1 + y) dx + x dy/(1 + y)",
       text="{0} log(1 + {1})", latex="{0} \\log(1 + {1})", numpy="scipy.special.xlog1py({0}, {1})",
       torch="torch.special.xlog1py({0}, {1})", domains=("real", "positive"), binding=2)
binary("rel_entr", lambda x, y: x * np.log(x / y), lambda g, x, y, out: g * (op.log(x / y) + 1),
       lambda g, x, y, out: -g * x / y, "d(x log(x/y)) = (log(x/y) + 1) dx - x dy/y", text="{0} log({0} / {1})",
       latex="{0} \\log\\frac{{{0}}}{{{1}}}", numpy="scipy.special.rel_entr({0}, {1})",
       torch="{0} * torch.log({0} / {1})", domains=("positive", "positive"), binding=2,
       define=lambda x, y: x * op.log(x / y))
binary("betaln", lambda x, y: op.gammaln(x) + op.gammaln(y) - op.gammaln(x + y),
       lambda g, x, y, out: g * (op.digamma(x) - op.digamma(x + y)),
       lambda g, x, y, out: g * (op.digamma(y) - op.digamma(x + y)), "log B = log Γ(x) + log Γ(y) - log Γ(x + y)",
       text="log B({0}, {1})", latex="\\log B({0}, {1})", numpy="scipy.special.betaln({0}, {1})",
       torch="torch.lgamma({0}) + torch.lgamma({1}) - torch.lgamma({0} + {1})", domains=("positive", "positive"),
       commutes=True, define=lambda x, y: op.gammaln(x) + op.gammaln(y) - op.gammaln(x + y))
