"""Linear algebra: inverse, determinant, systems of equations, decompositions, functions of a matrix.

Leading axes are a stack of matrices.  Unless another source is given the formulas are those of Giles, "Collected matrix
derivative results for forward and reverse mode algorithmic differentiation", 2008, section 2.2 and 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.ops.card import Card, Operand, add_up, constant_like, example, fit, op, register
from nablint.ops.products import transposed as t
from nablint.shapes import Misfit, Shape, broadcast, dim, show_shape


def square_shape(name: str, shape: Shape) -> Shape:
    """The shape of a square matrix or a stack of them; raises `Misfit` for any other."""
    if len(shape) < 2:
        raise Misfit(f"{name} takes a matrix, not {show_shape(shape)}")
    rows, columns = dim(shape[-2]), dim(shape[-1])
    if rows != columns:
        raise Misfit(f"{name} takes a square matrix, not {show_shape(shape)}", ((rows, columns),))
    return tuple(map(dim, shape))


def over_matrix(g: Operand) -> Operand:
    """One number for each matrix, against the matrices: `g[..., None, None]`."""
    return g if g.ndim == 0 else op.expand_dims(g, axis=(-2, -1))


def real_only(x: Any) -> Any:
    """The argument, unless it is complex: the decomposition conjugates and has no complex step."""
    if np.iscomplexobj(x):
        raise TypeError("this decomposition is evaluated for real matrices only")
    return x


register(Card(
    "inv", np.linalg.inv, lambda a: square_shape("inv", a), lambda G, out, a: (-(t(out) @ G @ t(out)),),
    lambda out, args, dargs: -(out @ dargs[0] @ out),
    numpy="np.linalg.inv({0})", torch="torch.linalg.inv({0})", text="{0}⁻¹", latex="{0}^{{-1}}", binding=4,
    why="dA⁻¹ = -A⁻¹ dA A⁻¹", examples=(example("N N : square"), example("B N N : square")),
))


def _pinv_differential(out: Operand, args: Any, dargs: Any) -> Operand:
    (a,), (da,), p = args, dargs, out
    left, right = a @ p, p @ a
    return -(p @ da @ p) + p @ t(p) @ (t(da) - t(da) @ left) + (t(da) - right @ t(da)) @ t(p) @ p


register(Card(
    "pinv", lambda a: np.linalg.pinv(real_only(a)), lambda a: (*a[:-2], a[-1], a[-2]),
    lambda G, p, a: (-(t(p) @ G @ t(p)) + (t(G) - a @ p @ t(G)) @ p @ t(p) + t(p) @ p @ (t(G) - t(G) @ p @ a),),
    _pinv_differential, numpy="np.linalg.pinv({0})", torch="torch.linalg.pinv({0})", text="{0}⁺", latex="{0}^{{+}}",
    binding=4, why="dA⁺ with the projections on the ranges of A and Aᵀ (Golub and Pereyra 1973, equation 4.12)",
    examples=(example("4 2"), example("2 3"), example("N N : square")),
))
register(Card(
    "det", np.linalg.det, lambda a: square_shape("det", a)[:-2],
    lambda G, out, a: (over_matrix(G * out) * t(op.inv(a)),),
    lambda out, args, dargs: out * op.sum(t(op.inv(args[0])) * dargs[0], axis=(-2, -1)),
    numpy="np.linalg.det({0})", torch="torch.linalg.det({0})", text="det({0})", latex="\\det({0})",
    why="d det A = det A Tr(A⁻¹ dA) (Jacobi)", examples=(example("N N : square"), example("B N N : square")),
))


def _log_abs_det(a: Any) -> Any:
    sign, value = np.linalg.slogdet(a)
    return value + 1j * np.imag(sign) / np.real(sign) if np.iscomplexobj(a) else value


register(Card(
    "logabsdet", _log_abs_det, lambda a: square_shape("slogdet", a)[:-2],
    lambda G, out, a: (over_matrix(G) * t(op.inv(a)),),
    lambda out, args, dargs: op.sum(t(op.inv(args[0])) * dargs[0], axis=(-2, -1)),
    numpy="np.linalg.slogdet({0})[1]", torch="torch.linalg.slogdet({0})[1]", text="log|det {0}|",
    latex="\\log\\lvert\\det {0}\\rvert", why="d log|det A| = Tr(A⁻¹ dA)",
    examples=(example("N N : square"), example("B N N : square")),
))
register(Card(
    "signdet", lambda a: np.sign(np.linalg.det(np.real(a))), lambda a: square_shape("slogdet", a)[:-2],
    lambda G, out, a: (None,), lambda out, args, dargs: out * 0.0,
    numpy="np.linalg.slogdet({0})[0]", torch="torch.linalg.slogdet({0})[0]", text="sign(det {0})",
    latex="\\mathrm{{sign}}\\det {0}", why="constant while the matrix stays regular",
    examples=(example("N N : square"),),
))


def is_vector(a: Operand, b: Operand) -> bool:
    """Whether `b` is one right-hand side rather than a matrix of them."""
    return len(b if isinstance(b, tuple) else b.shape) == 1


def solve_shape(a: Shape, b: Shape) -> Shape:
    """The shape of the solution of a system; raises `Misfit` when the right-hand side has another height."""
    size = square_shape("solve", a)[-1]
    height = dim(b[0] if len(b) == 1 else b[-2]) if b else None
    if height is None or height != size:
        raise Misfit(f"the system {show_shape(a)} has no right-hand side {show_shape(b)}",
                     () if height is None else ((size, height),))
    return (*a[:-2], size) if len(b) == 1 else (*broadcast(a[:-2], b[:-2]), size, dim(b[-1]))


def _outer(x: Operand, y: Operand, vector: bool) -> Operand:
    """x yᵀ, for vectors and for matrices of column vectors."""
    if not vector:
        return x @ t(y)
    return op.outer(x, y) if x.ndim == 1 and y.ndim == 1 else op.expand_dims(x, axis=-1) * op.expand_dims(y, axis=-2)


def _solve_adjoint(G: Operand, out: Operand, a: Operand, b: Operand) -> tuple[Operand, Operand]:
    back = _solve_like(t(a), G, is_vector(a, b))
    return fit(-_outer(back, out, is_vector(a, b)), a), fit(back, b)


def _solve_like(a: Operand, b: Operand, vector: bool) -> Operand:
    """solve, for a stack of vectors too."""
    if vector and b.ndim > 1:
        return op.squeeze(op.solve(a, op.expand_dims(b, axis=-1)), axis=-1)
    return op.solve(a, b)


def _solve_differential(out: Operand, args: Any, dargs: Any) -> Operand:
    (a, b), (da, db) = args, dargs
    right = 0.0 if db is None else db
    return _solve_like(a, right if da is None else right - da @ out if out.ndim > 1 and not is_vector(a, b)
                       else right - _apply(da, out), is_vector(a, b))


def _apply(a: Operand, x: Operand) -> Operand:
    """A matrix times a vector, or a stack of each."""
    return a @ x if x.ndim == 1 else op.squeeze(a @ op.expand_dims(x, axis=-1), axis=-1)


register(Card(
    "solve", np.linalg.solve, solve_shape, _solve_adjoint, _solve_differential,
    numpy="np.linalg.solve({0}, {1})", torch="torch.linalg.solve({0}, {1})", text="{0}⁻¹ {1}", latex="{0}^{{-1}} {1}",
    binding=2, why="dX = A⁻¹(dB - dA X), so B̄ = A⁻ᵀ G and Ā = -B̄ Xᵀ",
    examples=(example("N N : square", "N"), example("N N : square", "N M"), example("B N N : square", "B N M"),
              example("B N N : square", "N M")),
))


def _triangle(a: Operand, lower: bool, unit: bool) -> Operand:
    """The matrix that a triangular solver sees."""
    if not unit:
        return op.tril(a) if lower else op.triu(a)
    size = a.shape[-1]
    eye = constant_like(a, np.eye(int(size)), (size, size))
    return (op.tril(a, k=-1) if lower else op.triu(a, k=1)) + eye


def _solve_triangular(a: Any, b: Any, lower: bool = True, trans: bool = False, unit: bool = False) -> Any:
    matrix = _triangle(a, lower, unit)
    return np.linalg.solve(np.swapaxes(matrix, -1, -2) if trans else matrix, b)


def _solve_triangular_adjoint(G: Operand, out: Operand, a: Operand, b: Operand, lower: bool = True,
                              trans: bool = False, unit: bool = False) -> tuple[Operand, Operand]:
    vector = is_vector(a, b)
    back = op.solve_triangular(a, G, lower=lower, trans=not trans, unit=unit)
    full = -(_outer(out, back, vector) if trans else _outer(back, out, vector))
    keep = -int(unit) if lower else int(unit)
    return fit(op.tril(full, k=keep) if lower else op.triu(full, k=keep), a), fit(back, b)


def _solve_triangular_differential(out: Operand, args: Any, dargs: Any, lower: bool = True, trans: bool = False,
                                   unit: bool = False) -> Operand:
    (a, _), (da, db) = args, dargs
    right = 0.0 if db is None else db
    if da is not None:
        keep = -int(unit) if lower else int(unit)
        moved = op.tril(da, k=keep) if lower else op.triu(da, k=keep)
        right = right - (t(moved) if trans else moved) @ out
    return op.solve_triangular(a, right, lower=lower, trans=trans, unit=unit)


def _solve_triangular_in_numpy(a: Operand, b: Operand, lower: bool = True, trans: bool = False, unit: bool = False
                               ) -> str:
    flags = f", lower={lower}" + (", trans=1" if trans else "") + (", unit_diagonal=True" if unit else "")
    return f"scipy.linalg.solve_triangular({{0}}, {{1}}{flags})"


def _solve_triangular_in_torch(a: Operand, b: Operand, lower: bool = True, trans: bool = False, unit: bool = False
                               ) -> str:
    flags = f"upper={lower is trans}" + (", unitriangular=True" if unit else "")
    matrix = "{0}.mT" if trans else "{0}"
    if b.ndim > 1:
        return f"torch.linalg.solve_triangular({matrix}, {{1}}, {flags})"
    return f"torch.linalg.solve_triangular({matrix}, {{1}}[:, None], {flags})[:, 0]"


register(Card(
    "solve_triangular", _solve_triangular, lambda a, b, **_: solve_shape(a, b), _solve_triangular_adjoint,
    _solve_triangular_differential, numpy=_solve_triangular_in_numpy, torch=_solve_triangular_in_torch,
    text="{0}⁻¹ {1}", latex="{0}^{{-1}} {1}",
    binding=2, why="as for any system; only the triangle that was read gets a cotangent",
    examples=(example("N N : lower", "N", lower=True), example("N N : lower", "N M", lower=True),
              example("N N : upper", "N M", lower=False), example("N N : lower", "N", lower=True, trans=True),
              example("N N : lower", "N M", lower=True, unit=True), example("B N N : upper", "B N M", lower=False)),
))


def _matrix_power_adjoint(G: Operand, out: Operand, a: Operand, n: int) -> tuple[Operand]:
    if n < 0:
        inverse = op.inv(a)
        (back,) = _matrix_power_adjoint(G, out, inverse, -n)
        return (-(t(inverse) @ back @ t(inverse)),)
    powers = [None, *(op.matrix_power(t(a), n=k) if k > 1 else t(a) for k in range(1, n))]
    total = None
    for k in range(n):
        left, right = powers[k], powers[n - 1 - k]
        part = G if left is None else left @ G
        part = part if right is None else part @ right
        total = part if total is None else total + part
    return (G * 0.0 if total is None else total,)


def _matrix_power_differential(out: Operand, args: Any, dargs: Any, n: int) -> Operand:
    a, da = (args[0], dargs[0]) if n >= 0 else (op.inv(args[0]), -(op.inv(args[0]) @ dargs[0] @ op.inv(args[0])))
    return add_up([out * 0.0, *(op.matrix_power(a, n=k) @ da @ op.matrix_power(a, n=abs(n) - 1 - k)
                                for k in range(abs(n)))])


register(Card(
    "matrix_power", lambda a, n: np.linalg.matrix_power(a, n), lambda a, n: square_shape("matrix_power", a),
    _matrix_power_adjoint, _matrix_power_differential, numpy="np.linalg.matrix_power({0}, {n})",
    torch="torch.linalg.matrix_power({0}, {n})", text="{0}^{n}", latex="{0}^{{{n}}}", binding=4,
    why="dAⁿ = Σ Aᵏ dA Aⁿ⁻¹⁻ᵏ",
    examples=tuple(example(f"{sizes} : square", n=n) for sizes, n in (("N N", 2), ("N N", 3), ("N N", -2), ("B N N", 4),
                                                                      ("N N", 1), ("N N", 0))),
))


def _expm(a: Any) -> Any:
    """The exponential by scaling, Taylor's series and squaring (Moler and Van Loan 2003, methods 1 and 3)."""
    norm = np.abs(a).sum(-1).max(initial=0.0)
    halvings = max(0, int(np.ceil(np.log2(norm))) + 2) if norm > 0.25 else 0
    scaled = a / 2.0**halvings
    total = term = np.broadcast_to(np.eye(a.shape[-1]), a.shape).astype(scaled.dtype)
    for k in range(1, 16):
        term = term @ scaled / k
        total = total + term
    for _ in range(halvings):
        total = total @ total
    return total


def _expm_along(a: Operand, direction: Operand) -> Operand:
    """The derivative of expm at `a` along a direction: a block of the exponential of a block matrix."""
    n = a.shape[-1]
    blocks = op.concatenate(op.concatenate(a, direction, axis=-1), op.concatenate(a * 0.0, a, axis=-1), axis=-2)
    lead = (("slice", None, None, None),) * (a.ndim - 2)
    return op.getitem(op.expm(blocks), index=(*lead, ("slice", None, n, None), ("slice", n, None, None)))


register(Card(
    "expm", _expm, lambda a: square_shape("expm", a), lambda G, out, a: (_expm_along(t(a), G),),
    lambda out, args, dargs: _expm_along(args[0], dargs[0]),
    numpy="scipy.linalg.expm({0})", torch="torch.linalg.matrix_exp({0})", text="exp({0})", latex="\\exp({0})",
    why="expm [A E; 0 A] holds the derivative along E (Mathias 1996, theorem 2.1); its adjoint is the same at Aᵀ",
    examples=(example("N N : square"), example("B N N : square")),
))
