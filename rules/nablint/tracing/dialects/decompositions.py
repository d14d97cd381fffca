"""Spellings of decompositions: Cholesky, QR, eigenvalues, singular values, and systems solved by them."""

from __future__ import annotations

from typing import NamedTuple

from nablint.ops.card import Operand, op
from nablint.ops.products import transposed
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, array, plain


class Eigen(NamedTuple):
    """Eigenvalues in ascending order and eigenvectors as columns."""

    eigenvalues: Operand
    eigenvectors: Operand


class Singular(NamedTuple):
    """The factors of a thin singular value decomposition."""

    U: Operand
    S: Operand
    Vh: Operand


@spelled("numpy.linalg.cholesky")
def cholesky(a: Value, /, *, upper: Value = False) -> Operand:
    """The lower factor, or the upper one."""
    factor = op.cholesky(array(a))
    return transposed(factor) if upper else factor


@spelled("torch.linalg.cholesky", "torch.cholesky", "Tensor.cholesky")
def torch_cholesky(input: Value, upper: Value = False, *, out: Value = None) -> Operand:
    """The lower factor, or the upper one."""
    return cholesky(input, upper=upper)


@spelled("scipy.linalg.cholesky")
def scipy_cholesky(a: Value, lower: Value = False, overwrite_a: object = None, check_finite: object = None) -> Operand:
    """The upper factor, or the lower one."""
    return cholesky(a, upper=not lower)


@spelled("scipy.linalg.cho_factor")
def cho_factor(a: Value, lower: Value = False, overwrite_a: object = None, check_finite: object = None
               ) -> tuple[Operand, bool]:
    """A factor for `cho_solve`, and whether it is the lower one."""
    return scipy_cholesky(a, lower), bool(lower)


@spelled("scipy.linalg.cho_solve")
def cho_solve(c_and_lower: Value, b: Value, overwrite_b: object = None, check_finite: object = None) -> Operand:
    """The x with `c c.T @ x = b`, by two triangular systems."""
    factor, lower = c_and_lower
    lower = bool(plain(lower))
    first = op.solve_triangular(array(factor), array(b), lower=lower, trans=not lower, unit=False)
    return op.solve_triangular(array(factor), first, lower=lower, trans=lower, unit=False)


@spelled("torch.cholesky_solve", "Tensor.cholesky_solve")
def cholesky_solve(input: Value, L: Value, upper: Value = False, *, out: Value = None) -> Operand:
    """The X with `L @ L.T @ X = input`."""
    return cho_solve((L, not upper), input)


@spelled("torch.cholesky_inverse", "Tensor.cholesky_inverse")
def cholesky_inverse(L: Value, upper: Value = False, *, out: Value = None) -> Operand:
    """The inverse of `L @ L.T`."""
    factor = op.triu(L) if upper else op.tril(L)
    return op.inv(op.matmul(transposed(factor), factor) if upper else op.matmul(factor, transposed(factor)))


def _by_triangle(a: Operand, triangle: object) -> Operand:
    """The matrix whose lower triangle is the one to be read."""
    return a if triangle == "L" else transposed(a)


@spelled("numpy.linalg.eigvalsh", "torch.linalg.eigvalsh")
def eigvalsh(a: Value, UPLO: object = "L", *, out: Value = None) -> Operand:
    """Eigenvalues of a symmetric matrix."""
    return op.eigvalsh(_by_triangle(array(a), UPLO))


@spelled("numpy.linalg.eigh", "torch.linalg.eigh")
def eigh(a: Value, UPLO: object = "L", *, out: Value = None) -> Eigen:
    """Eigenvalues and eigenvectors of a symmetric matrix."""
    matrix = _by_triangle(array(a), UPLO)
    return Eigen(op.eigvalsh(matrix), op.eigenvectors(matrix))


@spelled("scipy.linalg.eigh")
def scipy_eigh(a: Value, b: Value = None, *, lower: Value = True, eigvals_only: Value = False, **_: object
               ) -> Eigen | Operand:
    """Eigenvalues and eigenvectors of a symmetric matrix."""
    if b is not None or {"subset_by_index", "subset_by_value"} & set(_):
        raise TypeError("generalised or partial eigenproblems are not followed")
    triangle = "L" if lower else "U"
    return eigvalsh(a, triangle) if eigvals_only else eigh(a, triangle)


@spelled("scipy.linalg.eigvalsh")
def scipy_eigvalsh(a: Value, b: Value = None, *, lower: Value = True, **_: object) -> Eigen | Operand:
    """Eigenvalues of a symmetric matrix."""
    return scipy_eigh(a, b, lower=lower, eigvals_only=True, **_)


class Triangular(NamedTuple):
    """An orthogonal and a triangular factor."""

    Q: Operand
    R: Operand


@spelled("numpy.linalg.qr", "torch.linalg.qr", "torch.qr", "Tensor.qr")
def qr(a: Value, mode: str = "reduced", *, out: Value = None) -> Triangular | Operand:
    """The orthogonal and the triangular factor of a matrix at least as high as wide."""
    a = array(a)
    if a.shape[-2] < a.shape[-1] or mode not in ("reduced", "r", "complete" if a.shape[-2] == a.shape[-1] else "r"):
        raise TypeError("factors of a wide matrix or completed ones are not followed")
    return op.qr_r(a) if mode == "r" else Triangular(op.qr_q(a), op.qr_r(a))


@spelled("scipy.linalg.qr")
def scipy_qr(a: Value, overwrite_a: object = None, lwork: object = None, mode: str = "full", **_: object
             ) -> Triangular | Operand:
    """The orthogonal and the triangular factor."""
    return qr(a, {"economic": "reduced", "full": "complete"}.get(mode, mode))


@spelled("numpy.linalg.svd", "scipy.linalg.svd")
def svd(a: Value, full_matrices: Value = True, compute_uv: Value = True, *args: object, **_: object
        ) -> Singular | Operand:
    """The thin decomposition, or the singular values."""
    a = array(a)
    if not compute_uv:
        return op.svdvals(a)
    if full_matrices and a.shape[-1] != a.shape[-2]:
        raise TypeError("the full singular vectors of a matrix that is not square are not followed")
    return Singular(op.svd_left(a), op.svdvals(a), op.svd_right(a))


@spelled("torch.linalg.svd")
def torch_svd(A: Value, full_matrices: Value = True, *, driver: object = None, out: Value = None) -> Singular | Operand:
    """The thin decomposition."""
    return svd(A, full_matrices)


@spelled("torch.svd", "Tensor.svd")
def old_torch_svd(input: Value, some: Value = True, compute_uv: Value = True) -> tuple[Operand, ...]:
    """The thin decomposition, the right vectors as columns."""
    return op.svd_left(input), op.svdvals(input), transposed(op.svd_right(input))
