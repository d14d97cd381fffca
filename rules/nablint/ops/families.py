"""What cards of one family have in common: elementwise functions of one and of two arguments, and tests on them.

The partial derivative of an elementwise function is a diagonal map, its own adjoint: one function `pull` multiplies
the cotangent on the way back and the differential on the way forward.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nablint.ops.card import Card, Example, Operand, Template, add_up, example, fit, is_constant, register, spread
from nablint.shapes import Shape, broadcast

Pull2 = Callable[[Operand, Operand, Operand, Operand], Operand]
"""pull(g, x, y, out): g times one partial derivative of out = f(x, y)."""


def same_shape(shape: Shape, **_: Any) -> Shape:
    """The shape rule of an elementwise function."""
    return shape


def broadcast_shape(*shapes: Shape, **_: Any) -> Shape:
    """The shape rule of an elementwise function of several arguments."""
    return broadcast(*shapes)


def unary(name: str, evaluate: Callable[..., Any], pull: Callable[..., Operand], why: str = "", *, text: str = "",
          latex: str = "", numpy: Template = "", torch: Template = "", domain: str = "real", binding: int = 5,
          define: Callable[..., Operand] | None = None, params: tuple[dict[str, Any], ...] = ({},)) -> Card:
    """Register an elementwise function of one argument.

    evaluate: evaluate(x, **params).  pull: pull(g, x, y, **params) is g times dy/dx.
    domain: where its example values lie.  params: parameters that the examples try.
    """
    return register(Card(
        name, evaluate, same_shape,
        adjoint=lambda G, out, x, **p: (pull(G, x, out, **p),),
        differential=lambda out, args, dargs, **p: pull(dargs[0], args[0], out, **p),
        numpy=numpy or f"np.{name}({{0}})", torch=torch or f"torch.{name}({{0}})",
        latex=latex or f"\\mathrm{{{{{name}}}}}({{0}})", text=text or f"{name}({{0}})", binding=binding,
        why=why or f"d {name}(x) = {name}'(x) dx", elementwise=True, define=define,
        examples=tuple(Example((f"{sizes}: {domain}",), p) for p in params for sizes in ("N D ", "")),
    ))


def binary(name: str, evaluate: Callable[[Any, Any], Any], pull_x: Pull2, pull_y: Pull2, why: str = "", *,
           text: str, latex: str = "", numpy: str = "", torch: str = "", binding: int = 5, commutes: bool = False,
           domains: tuple[str, str] = ("real", "real"), define: Callable[..., Operand] | None = None) -> Card:
    """Register an elementwise function of two arguments that broadcast."""

    def adjoint(G: Operand, out: Operand, x: Operand, y: Operand) -> tuple[Operand | None, ...]:
        return (None if is_constant(x) else fit(pull_x(G, x, y, out), x),
                None if is_constant(y) else fit(pull_y(G, x, y, out), y))

    def differential(out: Operand, args: Any, dargs: Any) -> Operand:
        (x, y), (dx, dy) = args, dargs
        return spread(add_up((None if dx is None else pull_x(dx, x, y, out),
                              None if dy is None else pull_y(dy, x, y, out))), out)

    left, right = domains
    return register(Card(
        name, evaluate, broadcast_shape, adjoint, differential,
        numpy=numpy or f"np.{name}({{0}}, {{1}})", torch=torch or f"torch.{name}({{0}}, {{1}})",
        latex=latex or text, text=text, binding=binding, why=why, commutes=commutes, elementwise=True, define=define,
        examples=tuple(example(f"{a} : {left}", f"{b} : {right}")
                       for a, b in (("N D", "N D"), ("N D", "D"), ("N 1", "1 D"), ("", "N D"), ("B N D", "N 1"))),
    ))


def no_adjoint(G: Operand, out: Operand, *args: Operand, **params: Any) -> tuple[None, ...]:
    """The adjoint of a function that is constant wherever it has a derivative."""
    return (None,) * len(args)


def zero_differential(out: Operand, args: Any, dargs: Any, **params: Any) -> Operand:
    """The differential of a function that is constant wherever it has a derivative."""
    return out * 0.0


def piecewise_constant(name: str, evaluate: Callable[..., Any], arity: int, *, text: str = "", latex: str = "",
                       numpy: str = "", torch: str = "", binding: int = 5, commutes: bool = False,
                       examples: tuple[Example, ...] = ()) -> Card:
    """Register an elementwise function without derivative: a comparison, a rounding, a logical operation."""
    slots = ", ".join(f"{{{i}}}" for i in range(arity))
    return register(Card(
        name, evaluate, broadcast_shape, no_adjoint, zero_differential,
        numpy=numpy or f"np.{name}({slots})", torch=torch or f"torch.{name}({slots})",
        latex=latex or text or f"\\mathrm{{{{{name}}}}}({slots})", text=text or f"{name}({slots})",
        binding=binding, commutes=commutes, elementwise=True, why="constant between its jumps",
        examples=examples or (example(*["N D"] * arity), example(*["N D", "D"][:arity])),
    ))
