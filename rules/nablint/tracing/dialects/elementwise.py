"""Spellings of elementwise functions of one argument: one row for each card.

A row names the functions that mean the card; every one in `torch` is also a method of tensors, and with an underscore
behind it (`x.exp_()`) an in-place one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nablint.ops import CARDS
from nablint.ops.card import Card, Operand, op
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, apply, is_array, where_true

ROWS: dict[str, str] = {
    "exp": "numpy.exp math.exp torch.exp",
    "log": "numpy.log torch.log",
    "exp2": "numpy.exp2 math.exp2 scipy.special.exp2 torch.exp2 torch.special.exp2",
    "expm1": "numpy.expm1 math.expm1 scipy.special.expm1 torch.expm1 torch.special.expm1",
    "log1p": "numpy.log1p math.log1p scipy.special.log1p torch.log1p torch.special.log1p",
    "log2": "numpy.log2 math.log2 torch.log2",
    "log10": "numpy.log10 math.log10 torch.log10",
    "sqrt": "numpy.sqrt math.sqrt numpy.emath.sqrt torch.sqrt",
    "square": "numpy.square torch.square",
    "reciprocal": "numpy.reciprocal torch.reciprocal",
    "rsqrt": "torch.rsqrt",
    "cbrt": "numpy.cbrt math.cbrt scipy.special.cbrt",
    "sin": "numpy.sin math.sin torch.sin",
    "cos": "numpy.cos math.cos torch.cos",
    "tan": "numpy.tan math.tan torch.tan",
    "arcsin": "numpy.arcsin numpy.asin math.asin torch.asin torch.arcsin",
    "arccos": "numpy.arccos numpy.acos math.acos torch.acos torch.arccos",
    "arctan": "numpy.arctan numpy.atan math.atan torch.atan torch.arctan",
    "sinh": "numpy.sinh math.sinh torch.sinh",
    "cosh": "numpy.cosh math.cosh torch.cosh",
    "tanh": "numpy.tanh math.tanh torch.tanh torch.nn.functional.tanh",
    "arcsinh": "numpy.arcsinh numpy.asinh math.asinh torch.asinh torch.arcsinh",
    "arccosh": "numpy.arccosh numpy.acosh math.acosh torch.acosh torch.arccosh",
    "arctanh": "numpy.arctanh numpy.atanh math.atanh torch.atanh torch.arctanh",
    "deg2rad": "numpy.deg2rad numpy.radians math.radians torch.deg2rad",
    "rad2deg": "numpy.rad2deg numpy.degrees math.degrees torch.rad2deg",
    "sinc": "numpy.sinc torch.sinc torch.special.sinc",
    "sigmoid": "scipy.special.expit torch.sigmoid torch.special.expit torch.nn.functional.sigmoid",
    "log_sigmoid": "scipy.special.log_expit torch.nn.functional.logsigmoid",
    "relu": "torch.relu",
    "softsign": "torch.nn.functional.softsign",
    "erf": "scipy.special.erf math.erf torch.erf torch.special.erf",
    "erfc": "scipy.special.erfc math.erfc torch.erfc torch.special.erfc",
    "erfinv": "scipy.special.erfinv torch.erfinv torch.special.erfinv",
    "erfcx": "scipy.special.erfcx torch.special.erfcx",
    "ndtr": "scipy.special.ndtr torch.special.ndtr",
    "log_ndtr": "scipy.special.log_ndtr torch.special.log_ndtr",
    "gammaln": "scipy.special.gammaln scipy.special.loggamma math.lgamma torch.lgamma torch.special.gammaln",
    "gamma": "scipy.special.gamma math.gamma",
    "digamma": "scipy.special.digamma scipy.special.psi torch.digamma torch.special.digamma torch.special.psi",
    "i0": "numpy.i0 scipy.special.i0 torch.i0 torch.special.i0 torch.special.modified_bessel_i0",
    "i1": "scipy.special.i1 torch.special.i1 torch.special.modified_bessel_i1",
    "i0e": "scipy.special.i0e torch.special.i0e",
    "i1e": "scipy.special.i1e torch.special.i1e",
    "j0": "scipy.special.j0 torch.special.bessel_j0",
    "j1": "scipy.special.j1 torch.special.bessel_j1",
    "y0": "scipy.special.y0 torch.special.bessel_y0",
    "y1": "scipy.special.y1 torch.special.bessel_y1",
    "k0": "scipy.special.k0 torch.special.modified_bessel_k0",
    "k1": "scipy.special.k1 torch.special.modified_bessel_k1",
    "k0e": "scipy.special.k0e torch.special.scaled_modified_bessel_k0",
    "k1e": "scipy.special.k1e torch.special.scaled_modified_bessel_k1",
    "entr": "scipy.special.entr torch.special.entr",
    "negative": "numpy.negative operator.neg torch.neg torch.negative",
    "absolute": "numpy.abs numpy.absolute numpy.fabs math.fabs operator.abs torch.abs torch.absolute",
    "sign": "numpy.sign torch.sign torch.sgn",
    "floor": "numpy.floor math.floor torch.floor",
    "ceil": "numpy.ceil math.ceil torch.ceil",
    "trunc": "numpy.trunc numpy.fix math.trunc torch.trunc torch.fix",
    "rint": "numpy.rint",
    "logical_not": "numpy.logical_not numpy.invert numpy.bitwise_not torch.logical_not torch.bitwise_not",
    "isnan": "numpy.isnan math.isnan torch.isnan",
    "isinf": "numpy.isinf math.isinf torch.isinf",
    "isfinite": "numpy.isfinite math.isfinite torch.isfinite",
}


WITHOUT_INPLACE = ("isnan", "isinf", "isfinite")
METHOD_INPLACE = (*WITHOUT_INPLACE, "absolute", "bitwise_not", "digamma", "erfinv", "lgamma", "logical_not", "sgn",
                  "sign")
"""What torch has in place not at all, and what only as a method."""


def _numpy(card: Card) -> Callable[..., Any]:
    def call(x: Value, /, out: Value = None, *, where: Value = True, dtype: object = None, casting: object = None,
             order: object = None, subok: object = None) -> Operand:
        return where_true(apply(card, x), where, out)

    return call


def _torch(card: Card) -> Callable[..., Any]:
    def call(input: Value, *, out: Value = None) -> Operand:
        return apply(card, input)

    return call


def _math(card: Card, name: str) -> Callable[..., Any]:
    """A function of `math`: Python's own on numbers (`math.floor` gives an int), the card on terms."""
    own = getattr(math, name.removeprefix("math."))

    def call(x: Value, /) -> Any:
        return card(x) if is_array(x) else own(x)

    return call


@spelled("math.log")
def log_to_base(x: Value, base: Value = None, /) -> Operand:
    """The logarithm, natural or to another base."""
    value = apply(op.log, x) if is_array(x) else math.log(x)
    return value if base is None else op.divide(value, op.log(base))


def spell_rows(rows: dict[str, str]) -> None:
    """Register a table of rows: card name -> dotted names."""
    for card_name, names in rows.items():
        card = CARDS[card_name]
        for name in names.split():
            if not name.startswith("torch."):
                spelled(name)(_math(card, name) if name.startswith("math.") else _numpy(card))
                continue
            spelled(name)(_torch(card))
            owner, _, last = name.rpartition(".")
            if owner == "torch":
                spelled(f"Tensor.{last}")(_torch(card))
                if last not in WITHOUT_INPLACE:
                    spelled(f"Tensor.{last}_", inplace=True)(_torch(card))
                if last not in METHOD_INPLACE:
                    spelled(f"torch.{last}_", inplace=True)(_torch(card))


spell_rows(ROWS)
