"""Bessel functions and modified Bessel functions of order 0 and 1.

Values are integrals by rules that converge geometrically, derivatives are those of the NIST Digital Library of
Mathematical Functions, sections 10.6 and 10.29.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from nablint.ops.card import op
from nablint.ops.families import unary

_TURN = (np.arange(128) + 0.5) * (2 * np.pi / 128)
"""Points of the trapezoid rule, which converges geometrically for periodic integrands (DLMF 10.9.2, 10.32.3)."""


def _bessel_j(x: Any, order: int) -> Any:
    return np.cos(order * _TURN - np.asarray(x)[..., None] * np.sin(_TURN)).mean(-1)


def _bessel_i(x: Any, order: int) -> Any:
    return (np.exp(np.asarray(x)[..., None] * np.cos(_TURN)) * np.cos(order * _TURN)).mean(-1)


def _towards_zero(x: Any) -> Any:
    return np.exp(-np.where(np.real(x) < 0, -x, x))


@cache
def _unit_rule() -> tuple[Any, Any]:
    """Points and weights of Gauss's rule from 0 to 1, worked out when first asked for."""
    points, weights = np.polynomial.legendre.leggauss(96)
    return (points + 1) / 2, weights / 2


def _tail_points(x: Any) -> tuple[Any, Any]:
    """Points and weights from 0 to where e^(-x sinh t) has vanished."""
    positive = np.where(np.real(x) > 0, np.real(x), np.nan)
    end = np.arcsinh(750 / np.maximum(positive, 1e-8))
    points, weights = _unit_rule()
    return np.multiply.outer(end, points), np.multiply.outer(end, weights)


def _bessel_y(x: Any, order: int) -> Any:
    """Schläfli's integral for Y₀ and Y₁ of positive numbers (DLMF 10.9.7)."""
    x, (points, parts) = np.asarray(x), _unit_rule()
    waves = np.pi * (np.sin(x[..., None] * np.sin(np.pi * points) - order * np.pi * points) @ parts)
    t, weights = _tail_points(x)
    growth = np.exp(order * t) + (-1) ** order * np.exp(-order * t)
    return (waves - (growth * np.exp(-x[..., None] * np.sinh(t)) * weights).sum(-1)) / np.pi


def _bessel_k(x: Any, order: int, scaled: bool = False) -> Any:
    """∫ e^(-x cosh t) cosh(n t) dt for positive numbers (DLMF 10.32.9); scaled by eˣ where that is asked for."""
    t, weights = _tail_points(x)
    return (np.exp(-np.asarray(x)[..., None] * (np.cosh(t) - scaled)) * np.cosh(order * t) * weights).sum(-1)


unary("i0", lambda x: _bessel_i(x, 0), lambda g, x, y: g * op.i1(x), "I₀' = I₁", torch="torch.special.i0({0})",
      text="I₀({0})")
unary("i1", lambda x: _bessel_i(x, 1), lambda g, x, y: g * (op.i0(x) - y / x), "I₁' = I₀ - I₁/x",
      numpy="scipy.special.i1({0})", torch="torch.special.i1({0})", text="I₁({0})")
unary("i0e", lambda x: _bessel_i(x, 0) * _towards_zero(x), lambda g, x, y: g * (op.i1e(x) - op.sign(x) * y),
      "product rule on e^(-|x|) I₀", numpy="scipy.special.i0e({0})", torch="torch.special.i0e({0})")
unary("i1e", lambda x: _bessel_i(x, 1) * _towards_zero(x),
      lambda g, x, y: g * (op.i0e(x) - y * (op.sign(x) + 1 / x)), "product rule on e^(-|x|) I₁",
      numpy="scipy.special.i1e({0})", torch="torch.special.i1e({0})")
unary("j0", lambda x: _bessel_j(x, 0), lambda g, x, y: -g * op.j1(x), "J₀' = -J₁", numpy="scipy.special.j0({0})",
      torch="torch.special.bessel_j0({0})", text="J₀({0})")
unary("j1", lambda x: _bessel_j(x, 1), lambda g, x, y: g * (op.j0(x) - y / x), "J₁' = J₀ - J₁/x",
      numpy="scipy.special.j1({0})", torch="torch.special.bessel_j1({0})", text="J₁({0})")
unary("y0", lambda x: _bessel_y(x, 0), lambda g, x, y: -g * op.y1(x), "Y₀' = -Y₁", domain="positive",
      numpy="scipy.special.y0({0})", torch="torch.special.bessel_y0({0})", text="Y₀({0})")
unary("y1", lambda x: _bessel_y(x, 1), lambda g, x, y: g * (op.y0(x) - y / x), "Y₁' = Y₀ - Y₁/x", domain="positive",
      numpy="scipy.special.y1({0})", torch="torch.special.bessel_y1({0})", text="Y₁({0})")
unary("k0", lambda x: _bessel_k(x, 0), lambda g, x, y: -g * op.k1(x), "K₀' = -K₁", domain="positive",
      numpy="scipy.special.k0({0})", torch="torch.special.modified_bessel_k0({0})", text="K₀({0})")
unary("k1", lambda x: _bessel_k(x, 1), lambda g, x, y: -g * (op.k0(x) + y / x), "K₁' = -K₀ - K₁/x", domain="positive",
      numpy="scipy.special.k1({0})", torch="torch.special.modified_bessel_k1({0})", text="K₁({0})")
unary("k0e", lambda x: _bessel_k(x, 0, scaled=True), lambda g, x, y: g * (y - op.k1e(x)), "product rule on eˣ K₀",
      domain="positive", numpy="scipy.special.k0e({0})", torch="torch.special.scaled_modified_bessel_k0({0})")
unary("k1e", lambda x: _bessel_k(x, 1, scaled=True), lambda g, x, y: g * (y - op.k0e(x) - y / x),
      "product rule on eˣ K₁", domain="positive", numpy="scipy.special.k1e({0})",
      torch="torch.special.scaled_modified_bessel_k1({0})")
