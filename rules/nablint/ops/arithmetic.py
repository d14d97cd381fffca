"""Arithmetic, comparisons and choices: what operators and masks are made of.

Evaluation takes complex input as a point with an infinitesimal imaginary step, so comparisons look at real parts.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.ops.card import Card, Operand, example, fit, is_constant, op, register, spread, written_number
from nablint.ops.families import binary, broadcast_shape, piecewise_constant, unary

binary("add", np.add, lambda g, x, y, out: g, lambda g, x, y, out: g, "d(x + y) = dx + dy",
       text="{0} + {1}", numpy="{0} + {1}", torch="{0} + {1}", binding=1, commutes=True)
binary("subtract", np.subtract, lambda g, x, y, out: g, lambda g, x, y, out: -g, "d(x - y) = dx - dy",
       text="{0} - {1}", numpy="{0} - {1}", torch="{0} - {1}", binding=1)
binary("multiply", np.multiply, lambda g, x, y, out: g * y, lambda g, x, y, out: g * x, "d(x∘y) = dx∘y + x∘dy",
       text="{0} ∘ {1}", latex="{0} \\odot {1}", numpy="{0} * {1}", torch="{0} * {1}", binding=2, commutes=True)
binary("divide", np.true_divide, lambda g, x, y, out: g / y, lambda g, x, y, out: -g * out / y,
       "d(x/y) = dx/y - (x/y) dy/y", text="{0} / {1}", latex="\\frac{{{0}}}{{{1}}}",
       numpy="{0} / {1}", torch="{0} / {1}", binding=2, domains=("real", "positive"))
unary("renamed", lambda x, mark=0: x, lambda g, x, y, mark=0: g,
      "d x = dx: a value under another name, told apart by mark",
      text="{0}", latex="{0}", numpy="{0}", torch="{0}")
unary("negative", np.negative, lambda g, x, y: -g, "d(-x) = -dx",
      text="-{0}", latex="-{0}", numpy="-{0}", torch="-{0}", binding=3)


def _power(x: Any, n: Any) -> Any:
    try:
        return np.power(x, n)
    except ValueError:  # a negative power of integers: Python answers with a fraction, numpy refuses
        return np.power(np.asarray(x, float), n)


def _power_base(g: Operand, x: Operand, n: Operand, out: Operand) -> Operand:
    number = written_number(n)
    if number is None:
        return g * n * x ** (n - 1)
    if number == 1:
        return g
    return g * (number * x) if number == 2 else g * (number * x ** (number - 1))


binary("power", _power, _power_base, lambda g, x, n, out: g * out * op.log(x), "d(xⁿ) = n xⁿ⁻¹ dx + xⁿ log x dn",
       text="{0}**{1}", latex="{0}^{{{1}}}", numpy="{0} ** {1}", torch="{0} ** {1}", binding=4,
       domains=("positive", "real"))


def _absolute(x: Any) -> Any:
    return np.where(x.real < 0, -x, x) if np.iscomplexobj(x) else np.abs(x)


unary("absolute", _absolute, lambda g, x, y: g * op.sign(x), "d|x| = sign(x) dx",
      text="|{0}|", latex="\\lvert {0} \\rvert", numpy="np.abs({0})", torch="torch.abs({0})")
piecewise_constant("sign", lambda x: np.sign(np.real(x)), 1)
for _name in ("floor", "ceil", "trunc", "rint"):
    piecewise_constant(_name, lambda x, _f=getattr(np, _name): _f(np.real(x)), 1,
                       torch="torch.round({0})" if _name == "rint" else "")



def _chosen(larger: Operand, x: Operand, y: Operand) -> Operand:
    """The share of an argument of a maximum or minimum: all of the cotangent where it is chosen.

    Half of it where both are the same and not zero: no kink is met by chance, but `max(r, clip(r))` is r twice.
    """
    first, second = (np.real(np.asarray(getattr(v, "sample", v))) for v in (x, y))
    if is_constant(x) or is_constant(y) or not np.any((first == second) & (first != 0)):
        return larger
    return larger + 0.5 * op.equal(x, y)


binary("maximum", np.maximum, lambda g, x, y, out: g * _chosen(op.greater(x, y), x, y),
       lambda g, x, y, out: g * _chosen(op.less(x, y), x, y),
       "the larger argument gets the cotangent", text="max({0}, {1})", latex="\\max({0}, {1})", commutes=True)
binary("minimum", np.minimum, lambda g, x, y, out: g * _chosen(op.less(x, y), x, y),
       lambda g, x, y, out: g * _chosen(op.greater(x, y), x, y),
       "the smaller argument gets the cotangent", text="min({0}, {1})", latex="\\min({0}, {1})", commutes=True)
binary("mod", lambda x, y: x - y * np.floor(np.real(x) / np.real(y)) if np.iscomplexobj(x) or np.iscomplexobj(y)
       else np.mod(x, y), lambda g, x, y, out: g, lambda g, x, y, out: -g * op.floor_divide(x, y),
       "x mod y = x - y⌊x/y⌋, the floor is constant between jumps", text="{0} mod {1}", latex="{0} \\bmod {1}",
       numpy="{0} % {1}", torch="{0} % {1}", binding=2, domains=("real", "positive"))
binary("arctan2", lambda y, x: np.arctan2(y, x) if not np.iscomplexobj(y) and not np.iscomplexobj(x)
       else np.arctan2(np.real(y), np.real(x)) + 1j * np.imag(np.conj(x) * y) / np.abs(x * np.conj(x) + y * np.conj(y)),
       lambda g, y, x, out: g * x / (x**2 + y**2), lambda g, y, x, out: -g * y / (x**2 + y**2),
       "d atan2(y, x) = (x dy - y dx)/(x² + y²)", text="atan2({0}, {1})", latex="\\mathrm{{atan2}}({0}, {1})")
binary("hypot", lambda x, y: np.sqrt(x * x + y * y), lambda g, x, y, out: g * x / out, lambda g, x, y, out: g * y / out,
       "d√(x² + y²) = (x dx + y dy)/√(x² + y²)", text="hypot({0}, {1})", latex="\\mathrm{{hypot}}({0}, {1})",
       commutes=True)
piecewise_constant("floor_divide", lambda x, y: np.floor_divide(np.real(x), np.real(y)), 2, text="⌊{0}/{1}⌋",
                   latex="\\lfloor {0} / {1} \\rfloor", numpy="{0} // {1}", torch="{0} // {1}", binding=2,
                   examples=(example("N D", "D : positive"),))

_KINDS = {"float": float, "int": int, "bool": bool}


def _cast(x: Any, kind: str) -> Any:
    if kind == "float" and np.iscomplexobj(x):
        return x
    return np.asarray(np.real(x) if kind != "float" else x).astype(_KINDS[kind])


register(Card(
    "cast", _cast, lambda shape, kind: shape, lambda G, out, x, kind: (G if kind == "float" else None,),
    lambda out, args, dargs, kind: dargs[0] if kind == "float" else out * 0.0,
    numpy="{0}.astype({kind})", torch="{0}.to({kind})", text="{0}", latex="{0}", elementwise=True,
    why="floating point to floating point changes nothing; integers are constant between jumps",
    examples=(example("N D", kind="float"), example("N D", kind="int"), example("N D", kind="bool")),
))

for _name, _sign, _latex in (("greater", ">", ">"), ("greater_equal", ">=", "\\ge"), ("less", "<", "<"),
                             ("less_equal", "<=", "\\le"), ("equal", "==", "="), ("not_equal", "!=", "\\ne")):
    piecewise_constant(_name, lambda x, y, _f=getattr(np, _name): _f(x.real, y.real), 2,
                       text=f"{{0}} {_sign} {{1}}", latex=f"{{0}} {_latex} {{1}}", numpy=f"{{0}} {_sign} {{1}}",
                       torch=f"{{0}} {_sign} {{1}}", binding=0, commutes="equal" in (_name, _name[4:]))
for _name, _text in (("logical_and", "{0} ∧ {1}"), ("logical_or", "{0} ∨ {1}"), ("logical_xor", "{0} ⊻ {1}")):
    piecewise_constant(_name, getattr(np, _name), 2, text=_text, binding=0, commutes=True,
                       examples=(example("N D : mask", "D : mask"),))
for _name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    piecewise_constant(_name, getattr(np, _name), 2, commutes=True, examples=(example("N D : mask", "N D : mask"),))
piecewise_constant("logical_not", np.logical_not, 1, text="¬{0}", latex="\\lnot {0}", examples=(example("N D : mask"),))
for _name in ("isnan", "isinf", "isfinite"):
    piecewise_constant(_name, getattr(np, _name), 1)


def _where_adjoint(G: Operand, out: Operand, mask: Operand, x: Operand, y: Operand) -> tuple[Operand | None, ...]:
    return (None, None if is_constant(x) else fit(op.where(mask, G, 0.0), x),
            None if is_constant(y) else fit(op.where(mask, 0.0, G), y))


def _where_differential(out: Operand, args: Any, dargs: Any) -> Operand:
    mask, (_, dx, dy) = args[0], dargs
    return spread(op.where(mask, 0.0 if dx is None else dx, 0.0 if dy is None else dy), out)


register(Card(
    "where", np.where, broadcast_shape, _where_adjoint, _where_differential,
    numpy="np.where({0}, {1}, {2})", torch="torch.where({0}, {1}, {2})", text="where({0}, {1}, {2})",
    latex="\\mathrm{{where}}({0}, {1}, {2})", why="the chosen side gets the cotangent", elementwise=True,
    examples=(example("N D : mask", "N D", "N D"), example("N D : mask", "D", ""), example("D : mask", "N D", "N 1")),
))


def _clip(x: Any, low: float, high: float) -> Any:
    if not np.iscomplexobj(x):
        return np.minimum(np.maximum(x, low), high)
    return np.where(x.real < low, low, np.where(x.real > high, high, x))


def _clip_adjoint(G: Operand, out: Operand, x: Operand, **bounds: float) -> tuple[Operand]:
    return (G * op.equal(x, out),)


register(Card(
    "clip", _clip, lambda shape, low, high: shape, _clip_adjoint,
    lambda out, args, dargs, **bounds: dargs[0] * op.equal(args[0], out),
    numpy="np.clip({0}, {low}, {high})", torch="torch.clamp({0}, {low}, {high})", text="clip({0}, {low}, {high})",
    latex="\\mathrm{{clip}}({0}, {low}, {high})", why="inside the bounds nothing changes, outside nothing passes",
    elementwise=True, examples=(example("N D", low=-0.5, high=0.5), example("N", low=0.0, high=1.0)),
))

del _name, _sign, _latex, _text
