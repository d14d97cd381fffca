"""Reductions: along some axes many entries become one, and the cotangent of the one goes back to the many.

Parameters everywhere: axis (None, an int or a tuple) and keepdims.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.ops.axes import Axis, align, reduced_count, reduced_shape, refill
from nablint.ops.card import Card, Example, Operand, Template, example, op, register
from nablint.shapes import Misfit, Shape, dim, show_shape, size_product

EXAMPLES = (example("N D"), example("N D", axis=0), example("N D", axis=-1, keepdims=True),
            example("B N D", axis=(0, 2)), example("B N D", axis=(-1, -2), keepdims=True), example("N", axis=0))


def _with(**params: Any) -> tuple[Example, ...]:
    return tuple(Example(e.args, {**e.params, **params}) for e in EXAMPLES)


def _templates(name: str, symbol: str, latex: str, torch: str = "") -> dict[str, Any]:
    return {"numpy": f"np.{name}({{0}}, axis={{axis}}, keepdims={{keepdims}})",
            "torch": f"torch.{torch or name}({{0}}, dim={{axis}}, keepdim={{keepdims}})",
            "text": f"{symbol}({{0}}, axis={{axis}})", "latex": f"{latex}_{{{{\\mathrm{{{{axis}}}}={{axis}}}}}} {{0}}"}


def _mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The mean; of nothing it is no number, and no warning either."""
    return x.mean(axis=axis, keepdims=keepdims) if x.size else np.divide(x.sum(axis=axis, keepdims=keepdims), 0)


register(Card(
    "sum", lambda x, axis=None, keepdims=False: x.sum(axis=axis, keepdims=keepdims), reduced_shape,
    lambda G, out, x, axis=None, keepdims=False: (refill(G, x, axis, keepdims),),
    **_templates("sum", "Σ", "\\sum"), why="every summand gets the sum's cotangent", examples=EXAMPLES,
))
register(Card(
    "mean", _mean, reduced_shape,
    lambda G, out, x, axis=None, keepdims=False: (refill(G, x, axis, keepdims) / reduced_count(x, axis),),
    **_templates("mean", "mean", "\\mathrm{{mean}}"), why="every entry gets its share of the mean's cotangent",
    examples=EXAMPLES,
))


def _extreme_adjoint(G: Operand, out: Operand, x: Operand, axis: Axis = None, keepdims: bool = False) -> tuple[Operand]:
    return (align(G, x, axis, keepdims) * op.equal(x, align(out, x, axis, keepdims)),)


def _extreme_differential(out: Operand, args: Any, dargs: Any, axis: Axis = None, keepdims: bool = False) -> Operand:
    chosen = op.equal(args[0], align(out, args[0], axis, keepdims))
    return op.sum(dargs[0] * chosen, axis=axis, keepdims=keepdims)


for _name, _torch in (("max", "amax"), ("min", "amin")):
    register(Card(
        _name, lambda x, axis=None, keepdims=False, _m=_name: getattr(x, _m)(axis=axis, keepdims=keepdims),
        reduced_shape, _extreme_adjoint, _extreme_differential, **_templates(_name, _name, f"\\{_name}", _torch),
        why="only the extreme entry gets the cotangent", examples=EXAMPLES,
    ))


def _var(x: Any, axis: Axis = None, keepdims: bool = False, ddof: int = 0) -> Any:
    centred = x - x.mean(axis=axis, keepdims=True)
    total = (centred * centred).sum(axis=axis, keepdims=keepdims)
    return total / (x.size / max(total.size, 1) - ddof)


def _var_adjoint(G: Operand, out: Operand, x: Operand, axis: Axis = None, keepdims: bool = False, ddof: int = 0
                 ) -> tuple[Operand]:
    centred = x - op.mean(x, axis=axis, keepdims=True)
    return (align(G, x, axis, keepdims) * (2 * centred) / (reduced_count(x, axis) - ddof),)


def _var_differential(out: Operand, args: Any, dargs: Any, axis: Axis = None, keepdims: bool = False, ddof: int = 0
                      ) -> Operand:
    centred = args[0] - op.mean(args[0], axis=axis, keepdims=True)
    return 2 * op.sum(centred * dargs[0], axis=axis, keepdims=keepdims) / (reduced_count(args[0], axis) - ddof)


def _std_adjoint(G: Operand, out: Operand, x: Operand, axis: Axis = None, keepdims: bool = False, ddof: int = 0
                 ) -> tuple[Operand]:
    centred = x - op.mean(x, axis=axis, keepdims=True)
    return (align(G / out, x, axis, keepdims) * centred / (reduced_count(x, axis) - ddof),)


register(Card(
    "var", _var, lambda shape, axis=None, keepdims=False, ddof=0: reduced_shape(shape, axis, keepdims),
    _var_adjoint, _var_differential, numpy="np.var({0}, axis={axis}, ddof={ddof}, keepdims={keepdims})",
    torch="torch.var({0}, dim={axis}, correction={ddof}, keepdim={keepdims})", text="var({0}, axis={axis})",
    latex="\\mathrm{{var}}({0})", why="the mean's own part cancels: deviations sum to 0",
    examples=(*EXAMPLES, *_with(ddof=1)),
))
register(Card(
    "std", lambda x, axis=None, keepdims=False, ddof=0: np.sqrt(_var(x, axis, keepdims, ddof)),
    lambda shape, axis=None, keepdims=False, ddof=0: reduced_shape(shape, axis, keepdims),
    _std_adjoint, lambda out, args, dargs, **p: _var_differential(out, args, dargs, **p) / (2 * out),
    numpy="np.std({0}, axis={axis}, ddof={ddof}, keepdims={keepdims})",
    torch="torch.std({0}, dim={axis}, correction={ddof}, keepdim={keepdims})", text="std({0}, axis={axis})",
    latex="\\mathrm{{std}}({0})", why="d√v = dv / 2√v", examples=(*EXAMPLES, *_with(ddof=1)),
))


def _sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    lead = x.ndim - len(shape)
    axes = (*range(lead), *(lead + i for i, s in enumerate(shape) if s == 1 and x.shape[lead + i] != 1))
    total = x.sum(axis=axes, keepdims=True) if axes else x
    return total.reshape(shape) if lead else total


def _sum_to_shape(x: Shape, shape: tuple[int, ...]) -> Shape:
    lead = len(x) - len(shape)
    if lead < 0:
        raise Misfit(f"{show_shape(x)} has fewer axes than {show_shape(shape)}")
    unequal = tuple((dim(a), dim(b)) for a, b in zip(x[lead:], shape, strict=True) if b not in (1, a))
    if unequal:
        raise Misfit(f"{show_shape(x)} is not {show_shape(shape)} broadcast", unequal)
    return tuple(dim(s) for s in shape)


register(Card(
    "sum_to", _sum_to, _sum_to_shape, lambda G, out, x, shape: (op.broadcast_to(G, shape=x.shape),),
    numpy="sum_to({0}, {shape})", torch="{0}.sum_to_size({shape})", text="sum_to({0}, {shape})",
    latex="\\Sigma_{{{shape}}} {0}", why="what was broadcast is summed on the way back",
    examples=(example("N D", shape=lambda n: (n["D"],)), example("N D", shape=lambda n: (n["N"], 1)),
              example("B N D", shape=lambda n: (1, n["D"])), example("N D", shape=())),
))


def _prod_adjoint(G: Operand, out: Operand, x: Operand, axis: Axis = None, keepdims: bool = False) -> tuple[Operand]:
    return (align(G * out, x, axis, keepdims) / x,)


def _prod_in_torch(x: Operand, axis: Axis = None, keepdims: bool = False) -> str:
    if axis is None:
        return "" if keepdims else "torch.prod({0})"
    return "torch.prod({0}, dim={axis}, keepdim={keepdims})" if isinstance(axis, int) else ""


register(Card(
    "prod", lambda x, axis=None, keepdims=False: x.prod(axis=axis, keepdims=keepdims), reduced_shape, _prod_adjoint,
    lambda out, args, dargs, axis=None, keepdims=False:
        out * op.sum(dargs[0] / args[0], axis=axis, keepdims=keepdims),
    numpy="np.prod({0}, axis={axis}, keepdims={keepdims})", torch=_prod_in_torch, text="Π({0}, axis={axis})",
    latex="\\prod {0}", why="d Πx = Πx Σ dx/x", examples=EXAMPLES,
))


def _cumulated_shape(shape: Shape, axis: int | None = None) -> Shape:
    return (size_product(shape),) if axis is None else (reduced_shape(shape, axis), tuple(map(dim, shape)))[1]


def _cumulated_in_torch(name: str) -> Template:
    def written(x: Operand, axis: int | None = None) -> str:
        return f"torch.{name}({{0}}.flatten(), dim=0)" if axis is None else f"torch.{name}({{0}}, dim={{axis}})"

    return written


def _cumsum_adjoint(G: Operand, out: Operand, x: Operand, axis: int | None = None) -> tuple[Operand]:
    along = 0 if axis is None else axis
    back = op.flip(op.cumsum(op.flip(G, axis=along), axis=along), axis=along)
    return (op.reshape(back, shape=x.shape) if axis is None else back,)


def _cumprod_adjoint(G: Operand, out: Operand, x: Operand, axis: int | None = None) -> tuple[Operand]:
    (back,) = _cumsum_adjoint(G * out, out, x, axis)
    return (back / x,)


register(Card(
    "cumsum", lambda x, axis=None: x.cumsum(axis=axis), _cumulated_shape, _cumsum_adjoint,
    numpy="np.cumsum({0}, axis={axis})", torch=_cumulated_in_torch("cumsum"),
    text="cumsum({0}, axis={axis})",
    latex="\\mathrm{{cumsum}}({0})", why="an entry goes into every later sum: add up from the end",
    examples=(example("N D", axis=0), example("N D", axis=-1), example("N", axis=0), example("N D")),
))
register(Card(
    "cumprod", lambda x, axis=None: x.cumprod(axis=axis), _cumulated_shape, _cumprod_adjoint,
    lambda out, args, dargs, axis=None: out * op.cumsum(dargs[0] / args[0], axis=axis),
    numpy="np.cumprod({0}, axis={axis})", torch=_cumulated_in_torch("cumprod"),
    text="cumprod({0}, axis={axis})",
    latex="\\mathrm{{cumprod}}({0})", why="d Πx = Πx Σ dx/x, for every partial product",
    examples=(example("N D", axis=0), example("N D", axis=-1)),
))

for _name in ("any", "all"):
    register(Card(
        _name, lambda x, axis=None, keepdims=False, _f=getattr(np, _name): _f(np.real(x), axis=axis, keepdims=keepdims),
        reduced_shape, lambda G, out, x, **_: (None,), lambda out, args, dargs, **_: out * 0.0,
        **_templates(_name, _name, f"\\mathrm{{{{{_name}}}}}"), why="constant between its jumps",
        examples=(example("N D"), example("N D", axis=0), example("N D", axis=-1, keepdims=True)),
    ))
