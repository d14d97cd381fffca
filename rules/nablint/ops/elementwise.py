"""Elementwise functions: each a line with its value and its derivative."""

from __future__ import annotations

import numpy as np

from nablint.ops.card import op
from nablint.ops.families import unary

unary("exp", np.exp, lambda g, x, y: g * y, "d eˣ = eˣ dx", latex="e^{{{0}}}")
unary("log", np.log, lambda g, x, y: g / x, "d log x = dx/x", domain="positive")
unary("sqrt", np.sqrt, lambda g, x, y: g / (2 * y), "d√x = dx/2√x", domain="positive", text="√({0})", latex="\\sqrt{{{0}}}")
unary("tanh", np.tanh, lambda g, x, y: g * (1 - y**2), "d tanh x = (1 - tanh² x) dx")
unary("sin", np.sin, lambda g, x, y: g * op.cos(x), "d sin x = cos x dx")
unary("cos", np.cos, lambda g, x, y: -g * op.sin(x), "d cos x = -sin x dx")
unary("sigmoid", lambda x: 1 / (1 + np.exp(-x)), lambda g, x, y: g * y * (1 - y), "σ' = σ(1 - σ)",
      numpy="1 / (1 + np.exp(-{0}))", text="σ({0})", latex="\\sigma({0})")
