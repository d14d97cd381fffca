"""Decompositions: Cholesky factor, QR, symmetric eigenvalues and eigenvectors, singular values and vectors.

Each factor is a card of its own, because a card has one result.  Leading axes are a stack of matrices.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.ops.card import Card, Operand, add_up, constant_like, example, op, register
from nablint.ops.linalg import real_only, square_shape
from nablint.ops.products import transposed as t
from nablint.shapes import Misfit, Shape, Size, dim, show_shape


def _cholesky(a: Any) -> Any:
    """The lower factor; for complex input without conjugation, column by column (Cholesky-Banachiewicz)."""
    if not np.iscomplexobj(a):
        return np.linalg.cholesky(a)
    factor = np.zeros_like(a)
    for j in range(a.shape[-1]):
        left = a[..., j:, j] - (factor[..., j:, :j] * factor[..., j : j + 1, :j]).sum(-1)
        factor[..., j:, j] = left / np.sqrt(left[..., :1])
    return factor


def _lower_half(x: Operand) -> Operand:
    """The lower triangle with half of the diagonal."""
    return op.tril(x) - 0.5 * _on_diagonal(x)


def _on_diagonal(x: Operand) -> Operand:
    size = x.shape[-1]
    return x * constant_like(x, np.eye(int(size)), (size, size))


def _cholesky_adjoint(G: Operand, out: Operand, a: Operand) -> tuple[Operand]:
    inner = _lower_half(t(out) @ G)
    both = inner + t(inner)
    left = op.solve(t(out), both)
    return (0.5 * t(op.solve(t(out), t(left))),)


register(Card(
    "cholesky", _cholesky, lambda a: square_shape("cholesky", a), _cholesky_adjoint,
    lambda L, args, dargs: L @ _lower_half(op.solve(L, t(op.solve(L, t(dargs[0]))))),
    numpy="np.linalg.cholesky({0})", torch="torch.linalg.cholesky({0})", text="chol({0})",
    latex="\\mathrm{{chol}}({0})",
    why="dL = L Φ(L⁻¹ dA L⁻ᵀ), Φ the lower half (Murray, Differentiation of the Cholesky decomposition, 2016, eq. 8)",
    examples=(example("N N : definite"), example("3 N N : definite")),
))


def _gaps(values: Operand) -> Operand:
    """1/(λⱼ - λᵢ), 0 on the diagonal."""
    size = values.shape[-1]
    eye = constant_like(values, np.eye(int(size)), (size, size))
    return (1 - eye) / (op.expand_dims(values, axis=-2) - op.expand_dims(values, axis=-1) + eye)


register(Card(
    "eigvalsh", lambda a: np.linalg.eigvalsh(real_only(a)), lambda a: square_shape("eigh", a)[:-1],
    lambda G, out, a: ((op.eigenvectors(a) * op.expand_dims(G, axis=-2)) @ t(op.eigenvectors(a)),),
    lambda out, args, dargs: op.sum(op.eigenvectors(args[0]) * (dargs[0] @ op.eigenvectors(args[0])), axis=-2),
    numpy="np.linalg.eigvalsh({0})", torch="torch.linalg.eigvalsh({0})", text="λ({0})", latex="\\lambda({0})",
    why="dλᵢ = vᵢᵀ dA vᵢ", examples=(example("N N : symmetric"), example("B N N : symmetric")),
))


def _eigenvectors_adjoint(G: Operand, out: Operand, a: Operand) -> tuple[Operand]:
    inner = out @ (_gaps(op.eigvalsh(a)) * (t(out) @ G)) @ t(out)
    return (0.5 * (inner + t(inner)),)


register(Card(
    "eigenvectors", lambda a: np.linalg.eigh(real_only(a))[1], lambda a: square_shape("eigh", a), _eigenvectors_adjoint,
    lambda V, args, dargs: V @ (_gaps(op.eigvalsh(args[0])) * (t(V) @ dargs[0] @ V)),
    numpy="np.linalg.eigh({0})[1]", torch="torch.linalg.eigh({0})[1]", text="eigenvectors({0})",
    latex="\\mathrm{{eigenvectors}}({0})", why="dV = V (F ∘ Vᵀ dA V), Fᵢⱼ = 1/(λⱼ - λᵢ)",
    examples=(example("N N : symmetric"), example("B N N : symmetric")),
))


def _svd_factors(a: Any, which: int) -> Any:
    return np.linalg.svd(real_only(a), full_matrices=False)[which]


def _rank_of(a: Shape) -> Size:
    """The shorter side of a matrix."""
    if len(a) < 2:
        raise Misfit(f"singular values are those of a matrix, not of {show_shape(a)}")
    rows, columns = dim(a[-2]), dim(a[-1])
    return rows if rows < columns else columns


register(Card(
    "svdvals", lambda a: np.linalg.svd(real_only(a), compute_uv=False), lambda a: (*a[:-2], _rank_of(a)),
    lambda G, out, a: (op.svd_left(a) * op.expand_dims(G, axis=-2) @ op.svd_right(a),),
    lambda out, args, dargs: op.sum(op.svd_left(args[0]) * (dargs[0] @ t(op.svd_right(args[0]))), axis=-2),
    numpy="np.linalg.svd({0}, compute_uv=False)", torch="torch.linalg.svdvals({0})", text="σ({0})",
    latex="\\sigma({0})", why="dσᵢ = uᵢᵀ dA vᵢ", examples=(example("N D"), example("B N D"), example("N N")),
))


def _skew_part(vectors: Operand, g: Operand, values: Operand) -> Operand:
    """F ∘ (Uᵀ Ū - Ūᵀ U) with Fᵢⱼ = 1/(σⱼ² - σᵢ²)."""
    inner = t(vectors) @ g
    return _gaps(values**2) * (inner - t(inner))


def _outside(vectors: Operand, x: Operand) -> Operand:
    """(I - U Uᵀ) x."""
    return x - vectors @ (t(vectors) @ x)


def _left_adjoint(G: Operand, out: Operand, a: Operand) -> tuple[Operand]:
    s = op.expand_dims(op.svdvals(a), axis=-2)
    return ((out @ (_skew_part(out, G, op.svdvals(a)) * s) + _outside(out, G / s)) @ op.svd_right(a),)


def _right_adjoint(G: Operand, out: Operand, a: Operand) -> tuple[Operand]:
    s = op.expand_dims(op.svdvals(a), axis=-2)
    back = t(out) @ (_skew_part(t(out), t(G), op.svdvals(a)) * s) + _outside(t(out), t(G) / s)
    return (op.svd_left(a) @ t(back),)


def _vector_differential(u: Operand, v: Operand, values: Operand, da: Operand) -> Operand:
    """dU = U (F ∘ (Uᵀ dA V S + S Vᵀ dAᵀ U)) + (I - U Uᵀ) dA V S⁻¹."""
    s = op.expand_dims(values, axis=-2)
    inner = (t(u) @ da @ v) * s
    return u @ (_gaps(values**2) * (inner + t(inner))) + _outside(u, (da @ v) / s)


register(Card(
    "svd_left", lambda a: _svd_factors(a, 0), lambda a: (*a[:-1], _rank_of(a)), _left_adjoint,
    lambda U, args, dargs: _vector_differential(U, t(op.svd_right(args[0])), op.svdvals(args[0]), dargs[0]),
    numpy="np.linalg.svd({0}, full_matrices=False)[0]", torch="torch.linalg.svd({0}, full_matrices=False)[0]",
    text="U({0})", latex="U({0})", why="Townsend, Differentiating the singular value decomposition, 2016, eq. 21",
    examples=(example("N D"), example("B 4 2"), example("2 3")),
))
register(Card(
    "svd_right", lambda a: _svd_factors(a, 2), lambda a: (*a[:-2], _rank_of(a), dim(a[-1])), _right_adjoint,
    lambda V, args, dargs: t(_vector_differential(t(V), op.svd_left(args[0]), op.svdvals(args[0]), t(dargs[0]))),
    numpy="np.linalg.svd({0}, full_matrices=False)[2]", torch="torch.linalg.svd({0}, full_matrices=False)[2]",
    text="Vᵀ({0})", latex="V^\\top({0})", why="Townsend 2016, eq. 22: the left factor's rule on Aᵀ",
    examples=(example("N D"), example("B 4 2"), example("2 3")),
))


def _tall(a: Shape) -> Shape:
    if len(a) < 2 or a[-2] < a[-1]:
        raise Misfit(f"the triangular factor is followed for matrices at least as high as wide, not {show_shape(a)}")
    return tuple(map(dim, a))


def _qr_adjoint(q: Operand, r: Operand, q_bar: Operand | None, r_bar: Operand | None) -> Operand:
    """[Q̄ + Q copyltu(R R̄ᵀ - Q̄ᵀ Q)] R⁻ᵀ, where copyltu mirrors the lower triangle."""
    inner = add_up([None if r_bar is None else r @ t(r_bar), None if q_bar is None else -(t(q_bar) @ q)])
    below = op.tril(inner, k=-1)
    full = add_up([q_bar, q @ (op.tril(inner) + t(below))])
    return t(op.solve(r, t(full)))


def _qr_differentials(q: Operand, r: Operand, da: Operand) -> tuple[Operand, Operand]:
    """dQ and dR by the skew part of Qᵀ dA R⁻¹."""
    scaled = t(op.solve(t(r), t(da)))  # dA R⁻¹
    inner = t(q) @ scaled
    below = op.tril(inner, k=-1)
    skew = below - t(below)
    return scaled - q @ inner + q @ skew, (inner - skew) @ r


register(Card(
    "qr_q", lambda a: np.linalg.qr(real_only(a))[0], _tall,
    lambda G, out, a: (_qr_adjoint(out, op.qr_r(a), G, None),),
    lambda Q, args, dargs: _qr_differentials(Q, op.qr_r(args[0]), dargs[0])[0],
    numpy="np.linalg.qr({0})[0]", torch="torch.linalg.qr({0})[0]", text="Q({0})", latex="Q({0})",
    why="Seeger et al., Auto-differentiating linear algebra, 2017, section 4.3 (for the transposed factors)",
    examples=(example("4 2"), example("3 N N : square")),
))
register(Card(
    "qr_r", lambda a: np.linalg.qr(real_only(a))[1], lambda a: (*_tall(a)[:-2], dim(a[-1]), dim(a[-1])),
    lambda G, out, a: (_qr_adjoint(op.qr_q(a), out, None, G),),
    lambda R, args, dargs: _qr_differentials(op.qr_q(args[0]), R, dargs[0])[1],
    numpy="np.linalg.qr({0})[1]", torch="torch.linalg.qr({0})[1]", text="R({0})", latex="R({0})",
    why="Seeger et al. 2017, section 4.3",
    examples=(example("4 2"), example("3 N N : square")),
))
