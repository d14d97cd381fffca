"""Elementwise functions of one argument: a line each, with the value and what the derivative does to a cotangent g.

`y` is the function's own value, used where the derivative is shorter in it.  The formulas are the usual ones (NIST
Digital Library of Mathematical Functions, chapters 4.7, 4.20 and 4.34).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.ops.card import Operand, op
from nablint.ops.families import binary, unary

_LN2, _LN10, _DEGREE = float(np.log(2)), float(np.log(10)), float(np.pi / 180)

# name, value, derivative, why
unary("exp", np.exp, lambda g, x, y: g * y, "d eˣ = eˣ dx", latex="e^{{{0}}}")
unary("exp2", np.exp2, lambda g, x, y: g * (_LN2 * y), "d 2ˣ = log 2 · 2ˣ dx", latex="2^{{{0}}}")
unary("expm1", np.expm1, lambda g, x, y: g * (y + 1), "d(eˣ - 1) = eˣ dx")
unary("log", np.log, lambda g, x, y: g / x, "d log x = dx/x", domain="positive", latex="\\log({0})")
unary("log1p", np.log1p, lambda g, x, y: g / (1 + x), "d log(1 + x) = dx/(1 + x)", domain="positive")
unary("log2", np.log2, lambda g, x, y: g / (_LN2 * x), "d log₂ x = dx/(x log 2)", domain="positive")
unary("log10", np.log10, lambda g, x, y: g / (_LN10 * x), "d log₁₀ x = dx/(x log 10)", domain="positive")
unary("sqrt", np.sqrt, lambda g, x, y: g / (2 * y), "d√x = dx/2√x", domain="positive", text="√({0})",
      latex="\\sqrt{{{0}}}")
unary("square", np.square, lambda g, x, y: g * (2 * x), "d x² = 2x dx", text="{0}²", latex="{0}^2", binding=4)
unary("reciprocal", lambda x: 1 / x, lambda g, x, y: -g * y**2, "d(1/x) = -dx/x²", text="1 / {0}", binding=2,
      latex="\\frac{{1}}{{{0}}}", numpy="1 / {0}")
unary("rsqrt", lambda x: 1 / np.sqrt(x), lambda g, x, y: g * (-0.5 * y**3), "d x^(-½) = -½ x^(-3/2) dx",
      domain="positive", text="1 / √({0})", binding=2, latex="\\frac{{1}}{{\\sqrt{{{0}}}}}", numpy="1 / np.sqrt({0})")
unary("cbrt", lambda x: x ** (1 / 3) if np.iscomplexobj(x) else np.cbrt(x), lambda g, x, y: g / (3 * y**2),
      "d∛x = dx/3(∛x)²", domain="positive", torch="{0} ** (1 / 3)", latex="\\sqrt[3]{{{0}}}")
unary("sin", np.sin, lambda g, x, y: g * op.cos(x), "d sin x = cos x dx", latex="\\sin({0})")
unary("cos", np.cos, lambda g, x, y: -g * op.sin(x), "d cos x = -sin x dx", latex="\\cos({0})")
unary("tan", np.tan, lambda g, x, y: g * (1 + y**2), "d tan x = (1 + tan² x) dx", domain="unit", latex="\\tan({0})")
unary("arcsin", np.arcsin, lambda g, x, y: g / op.sqrt(1 - x**2), "d arcsin x = dx/√(1 - x²)", domain="unit")
unary("arccos", np.arccos, lambda g, x, y: -g / op.sqrt(1 - x**2), "d arccos x = -dx/√(1 - x²)", domain="unit")
unary("arctan", np.arctan, lambda g, x, y: g / (1 + x**2), "d arctan x = dx/(1 + x²)", latex="\\arctan({0})")
unary("sinh", np.sinh, lambda g, x, y: g * op.cosh(x), "d sinh x = cosh x dx", latex="\\sinh({0})")
unary("cosh", np.cosh, lambda g, x, y: g * op.sinh(x), "d cosh x = sinh x dx", latex="\\cosh({0})")
unary("tanh", np.tanh, lambda g, x, y: g * (1 - y**2), "d tanh x = (1 - tanh² x) dx", latex="\\tanh({0})")
unary("arcsinh", np.arcsinh, lambda g, x, y: g / op.sqrt(x**2 + 1), "d arsinh x = dx/√(x² + 1)")
unary("arccosh", np.arccosh, lambda g, x, y: g / op.sqrt(x**2 - 1), "d arcosh x = dx/√(x² - 1)", domain="above one")
unary("arctanh", np.arctanh, lambda g, x, y: g / (1 - x**2), "d artanh x = dx/(1 - x²)", domain="unit")
unary("deg2rad", lambda x: x * _DEGREE, lambda g, x, y: g * _DEGREE, "linear: π/180 dx")
unary("rad2deg", lambda x: x / _DEGREE, lambda g, x, y: g / _DEGREE, "linear: 180/π dx")
unary("sinc", np.sinc, lambda g, x, y: g * (op.cos(np.pi * x) - y) / x, "d sinc x = (cos πx - sinc x)/x dx")

# Gates and activations
unary("sigmoid", lambda x: 1 / (1 + np.exp(-x)), lambda g, x, y: g * y * (1 - y), "σ' = σ(1 - σ)",
      numpy="1 / (1 + np.exp(-{0}))", text="σ({0})", latex="\\sigma({0})", define=lambda x: 1 / (1 + op.exp(-x)))
unary("log_sigmoid", lambda x: -np.logaddexp(0, -x) if not np.iscomplexobj(x) else -np.log1p(np.exp(-x)),
      lambda g, x, y: g * op.sigmoid(-x), "(log σ(x))' = 1 - σ(x) = σ(-x)", numpy="-np.log1p(np.exp(-{0}))",
      torch="torch.nn.functional.logsigmoid({0})", text="log σ({0})", latex="\\log\\sigma({0})",
      define=lambda x: op.log(op.sigmoid(x)))
unary("logit", lambda x: np.log(x / (1 - x)), lambda g, x, y: g / (x * (1 - x)), "d log(x/(1 - x)) = dx/(x(1 - x))",
      domain="probability", numpy="np.log({0} / (1 - {0}))", define=lambda x: op.log(x / (1 - x)))
unary("relu", lambda x: np.maximum(x, 0), lambda g, x, y: g * op.greater(x, 0), "where x > 0 nothing changes",
      numpy="np.maximum({0}, 0)", define=lambda x: op.maximum(x, 0))
unary("relu6", lambda x: np.where(np.real(x) > 6, 6, x * (np.real(x) > 0)),
      lambda g, x, y: g * op.logical_and(op.greater(x, 0), op.less(x, 6)), "between 0 and 6 nothing changes",
      numpy="np.clip({0}, 0, 6)", torch="torch.nn.functional.relu6({0})", define=lambda x: op.clip(x, low=0, high=6))
unary("leaky_relu", lambda x, slope=0.01: np.where(np.real(x) > 0, x, slope * x),
      lambda g, x, y, slope=0.01: op.where(op.greater(x, 0), g, slope * g), "slope 1 above 0, the small slope below",
      numpy="np.where({0} > 0, {0}, {slope} * {0})", torch="torch.nn.functional.leaky_relu({0}, {slope})",
      params=({}, {"slope": 0.2}), define=lambda x, slope=0.01: op.where(op.greater(x, 0), x, slope * x))
unary("elu", lambda x, alpha=1.0: np.where(np.real(x) > 0, x, alpha * np.expm1(x)),
      lambda g, x, y, alpha=1.0: op.where(op.greater(x, 0), g, g * (y + alpha)), "below 0: α eˣ = elu(x) + α",
      numpy="np.where({0} > 0, {0}, {alpha} * np.expm1({0}))", torch="torch.nn.functional.elu({0}, {alpha})",
      params=({}, {"alpha": 0.7}),
      define=lambda x, alpha=1.0: op.where(op.greater(x, 0), x, alpha * (op.exp(x) - 1)))
unary("celu", lambda x, alpha=1.0: np.where(np.real(x) > 0, x, alpha * np.expm1(x / alpha)),
      lambda g, x, y, alpha=1.0: op.where(op.greater(x, 0), g, g * op.exp(x / alpha)), "below 0: eˣᐟᵅ",
      numpy="np.where({0} > 0, {0}, {alpha} * np.expm1({0} / {alpha}))", torch="torch.nn.functional.celu({0}, {alpha})",
      params=({}, {"alpha": 0.7}),
      define=lambda x, alpha=1.0: op.where(op.greater(x, 0), x, alpha * (op.exp(x / alpha) - 1)))
unary("softplus", lambda x: np.log1p(np.exp(x)) if np.iscomplexobj(x) else np.logaddexp(0, x),
      lambda g, x, y: g * op.sigmoid(x), "(log(1 + eˣ))' = σ(x)", numpy="np.logaddexp(0, {0})",
      torch="torch.nn.functional.softplus({0})", define=lambda x: op.log(1 + op.exp(x)))
unary("silu", lambda x: x / (1 + np.exp(-x)), lambda g, x, y: g * (op.sigmoid(x) * (1 + x * (1 - op.sigmoid(x)))),
      "(x σ)' = σ + x σ(1 - σ)", numpy="{0} / (1 + np.exp(-{0}))", torch="torch.nn.functional.silu({0})",
      define=lambda x: x * op.sigmoid(x))
unary("mish", lambda x: x * np.tanh(np.log1p(np.exp(x))),
      lambda g, x, y: g * (op.tanh(op.softplus(x)) + x * op.sigmoid(x) * (1 - op.tanh(op.softplus(x)) ** 2)),
      "product rule on x tanh(softplus x)", numpy="{0} * np.tanh(np.log1p(np.exp({0})))",
      torch="torch.nn.functional.mish({0})", define=lambda x: x * op.tanh(op.softplus(x)))
_GELU = float(np.sqrt(2 / np.pi))
unary("gelu_tanh", lambda x: 0.5 * x * (1 + np.tanh(_GELU * (x + 0.044715 * x**3))),
      lambda g, x, y: g * (0.5 * (1 + _gelu_gate(x)) + 0.5 * x * (1 - _gelu_gate(x) ** 2)
                           * (_GELU * (1 + 3 * 0.044715 * x**2))),
      "product rule on x (1 + tanh u)/2", torch="torch.nn.functional.gelu({0}, approximate='tanh')",
      numpy="0.5 * {0} * (1 + np.tanh(np.sqrt(2 / np.pi) * ({0} + 0.044715 * {0} ** 3)))",
      define=lambda x: 0.5 * x * (1 + _gelu_gate(x)))
unary("softsign", lambda x: x / (1 + np.where(np.real(x) < 0, -x, x)), lambda g, x, y: g / (1 + op.absolute(x)) ** 2,
      "(x/(1 + |x|))' = 1/(1 + |x|)²", numpy="{0} / (1 + np.abs({0}))", torch="torch.nn.functional.softsign({0})",
      define=lambda x: x / (1 + op.absolute(x)))


def _gelu_gate(x: Operand) -> Operand:
    return op.tanh(_GELU * (x + 0.044715 * x**3))


def _log_sum(x: Any, y: Any) -> Any:
    if not np.iscomplexobj(x) and not np.iscomplexobj(y):
        return np.logaddexp(x, y)
    return np.log(np.exp(x) + np.exp(y))


binary("logaddexp", _log_sum, lambda g, x, y, out: g * op.exp(x - out), lambda g, x, y, out: g * op.exp(y - out),
       "the softmax of the two", text="log(exp({0}) + exp({1}))", latex="\\log(e^{{{0}}} + e^{{{1}}})", commutes=True,
       define=lambda x, y: op.log(op.exp(x) + op.exp(y)))
