"""Spellings of linear algebra: numpy.linalg, scipy.linalg and torch.linalg."""

from __future__ import annotations

from typing import NamedTuple

from nablint.ops import CARDS
from nablint.ops.card import Operand, op
from nablint.ops.products import transposed
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, array, plain, rank_of

ROWS: dict[str, str] = {
    "inv": "numpy.linalg.inv scipy.linalg.inv torch.linalg.inv torch.inverse Tensor.inverse",
    "det": "numpy.linalg.det scipy.linalg.det torch.linalg.det torch.det Tensor.det",
    "logabsdet": "torch.logdet Tensor.logdet",
    "expm": "scipy.linalg.expm torch.linalg.matrix_exp torch.matrix_exp Tensor.matrix_exp",
    "svdvals": "numpy.linalg.svdvals scipy.linalg.svdvals torch.linalg.svdvals",
}


def _spell(card_name: str, names: str) -> None:
    card = CARDS[card_name]

    def call(a: Value, overwrite_a: object = None, check_finite: object = None, *, out: Value = None,
             driver: object = None) -> Operand:
        return card(array(a))

    spelled(*names.split())(call)


for _card, _names in ROWS.items():
    _spell(_card, _names)


@spelled("numpy.linalg.pinv", "scipy.linalg.pinv", "torch.linalg.pinv", "torch.pinverse", "Tensor.pinverse")
def pinv(a: Value, rcond: object = None, hermitian: Value = False, *, rtol: object = None, atol: object = None,
         check_finite: object = None, return_rank: Value = False, out: Value = None) -> Operand:
    """The pseudo-inverse; a tolerance for the rank does not matter to matrices of full rank."""
    if hermitian or return_rank:
        raise TypeError("a pseudo-inverse that reads one triangle or returns its rank is not followed")
    if any(t is not None and (rank_of(t) > 0 or not plain(t) < 1e-3) for t in (rcond, rtol, atol)):
        raise TypeError("a pseudo-inverse of lower rank is not followed")
    return op.pinv(array(a))


class SignAndLog(NamedTuple):
    """The sign of a determinant and the logarithm of its size."""

    sign: Operand
    logabsdet: Operand


class Eigen(NamedTuple):
    """Eigenvalues in ascending order and eigenvectors as columns."""

    eigenvalues: Operand
    eigenvectors: Operand


class Singular(NamedTuple):
    """The factors of a thin singular value decomposition."""

    U: Operand
    S: Operand
    Vh: Operand


@spelled("numpy.linalg.slogdet", "torch.linalg.slogdet", "torch.slogdet", "Tensor.slogdet")
def slogdet(a: Value, *, out: Value = None) -> SignAndLog:
    """The sign of the determinant, and the logarithm of its size."""
    return SignAndLog(op.signdet(array(a)), op.logabsdet(array(a)))


@spelled("numpy.linalg.solve")
def solve(a: Value, b: Value) -> Operand:
    """The x with `a @ x = b`."""
    return op.solve(array(a), array(b))


@spelled("scipy.linalg.solve")
def scipy_solve(a: Value, b: Value, lower: object = None, overwrite_a: object = None, overwrite_b: object = None,
                check_finite: object = None, assume_a: object = None, transposed: Value = False) -> Operand:
    """The x with `a @ x = b`, or with `a.T @ x = b`."""
    matrix = array(a)
    return op.solve(matrix.T if transposed else matrix, array(b))


@spelled("torch.linalg.solve")
def torch_solve(A: Value, B: Value, *, left: Value = True, out: Value = None) -> Operand:
    """The X with `A @ X = B`, or with `X @ A = B`."""
    if not left:
        return transposed(op.solve(transposed(A), transposed(B)))
    if rank_of(B) > 1 and rank_of(B) == rank_of(A) - 1:  # a stack of vectors
        return op.squeeze(op.solve(A, op.expand_dims(B, axis=-1)), axis=-1)
    return op.solve(A, B)


@spelled("scipy.linalg.solve_triangular")
def solve_triangular(a: Value, b: Value, trans: Value = 0, lower: Value = False, unit_diagonal: Value = False,
                     overwrite_b: object = None, check_finite: object = None) -> Operand:
    """The x with `a @ x = b`, reading one triangle of a."""
    return op.solve_triangular(array(a), array(b), lower=bool(lower), trans=trans not in (0, "N"),
                               unit=bool(unit_diagonal))


@spelled("torch.linalg.solve_triangular")
def torch_solve_triangular(A: Value, B: Value, *, upper: Value, left: Value = True, unitriangular: Value = False,
                           out: Value = None) -> Operand:
    """The X with `A @ X = B`, or with `X @ A = B`, reading one triangle of A."""
    if left:
        return op.solve_triangular(A, B, lower=not upper, trans=False, unit=bool(unitriangular))
    return transposed(op.solve_triangular(A, transposed(B), lower=not upper, trans=True, unit=bool(unitriangular)))


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


@spelled("numpy.linalg.matrix_power", "torch.linalg.matrix_power", "torch.matrix_power", "Tensor.matrix_power")
def matrix_power(a: Value, n: Value, *, out: Value = None) -> Operand:
    """The matrix times itself."""
    return op.matrix_power(array(a), n=int(plain(n)))


@spelled("numpy.linalg.lstsq", "scipy.linalg.lstsq")
def lstsq(a: Value, b: Value, *args: object, **_: object) -> tuple[Operand, None, None, None]:
    """The least-squares solution; residuals, rank and singular values are not followed."""
    return op.matmul(op.pinv(array(a)), array(b)), None, None, None
