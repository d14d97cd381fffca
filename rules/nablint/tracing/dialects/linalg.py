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


@spelled("torch.triangular_solve", "Tensor.triangular_solve")
def old_triangular_solve(input: Value, A: Value, upper: Value = True, transpose: Value = False,
                         unitriangular: Value = False) -> tuple[Operand, Operand]:
    """The X with `A @ X = input` reading one triangle of A, and A."""
    return op.solve_triangular(A, input, lower=not upper, trans=bool(transpose), unit=bool(unitriangular)), A


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


@spelled("numpy.linalg.matrix_power", "torch.linalg.matrix_power", "torch.matrix_power", "Tensor.matrix_power")
def matrix_power(a: Value, n: Value, *, out: Value = None) -> Operand:
    """The matrix times itself."""
    return op.matrix_power(array(a), n=int(plain(n)))


class LeastSquares(NamedTuple):
    """A least-squares solution; residuals, rank and singular values are not followed."""

    solution: Operand
    residuals: None = None
    rank: None = None
    singular_values: None = None


@spelled("torch.linalg.lstsq")
def torch_lstsq(A: Value, B: Value, rcond: object = None, *, driver: object = None) -> LeastSquares:
    """The least-squares solution."""
    return LeastSquares(op.matmul(op.pinv(A), B))


@spelled("numpy.linalg.lstsq", "scipy.linalg.lstsq")
def lstsq(a: Value, b: Value, *args: object, **_: object) -> LeastSquares:
    """The least-squares solution."""
    return LeastSquares(op.matmul(op.pinv(array(a)), array(b)))
