"""Spellings of products.

`np.dot`, `@`, `mm`, `mv` and `bmm` of arrays of at most two axes are one card, so that a product computed again in
backward is the node that forward made, whatever its spelling.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nablint.ops.card import Operand, op
from nablint.shapes import Misfit
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.operands import Value, array, axes_last, plain, rank_of


@spelled("numpy.matmul", "numpy.linalg.matmul", "operator.matmul")
def matmul(x1: Value, x2: Value, /, out: Value = None, **_: object) -> Operand:
    """`x1 @ x2`."""
    return op.matmul(array(x1), array(x2))


@spelled("torch.matmul", "Tensor.matmul", "torch.linalg.matmul", "torch.mm", "Tensor.mm", "torch.mv", "Tensor.mv",
         "torch.bmm", "Tensor.bmm", "torch.sparse.mm")
def torch_matmul(input: Value, other: Value, *, mat2: Value = None, out: Value = None) -> Operand:
    """`input @ other`."""
    return op.matmul(input, other)


@spelled("numpy.dot", "ndarray.dot", "torch.dot", "Tensor.dot")
def dot(a: Value, b: Value, out: Value = None) -> Operand:
    """The product with a number, the matrix product up to two axes, beyond that numpy's own rule."""
    a, b = array(a), array(b)
    ranks = rank_of(a), rank_of(b)
    if 0 in ranks:
        return op.multiply(a, b)
    return op.matmul(a, b) if max(ranks) <= 2 else op.dot(a, b)


@spelled("scipy.linalg.blas.dsyrk", "scipy.linalg.blas.ssyrk")
def syrk(alpha: Value, a: Value, beta: Value = 0.0, c: Value = None, trans: Value = 0, lower: object = None,
         overwrite_c: object = None) -> Operand:
    """`alpha * a @ a.T + beta * c`, of which BLAS writes one triangle; the other is filled in before it is read."""
    a = array(a)
    product = op.multiply(alpha, op.matmul(a.T, a) if trans else op.matmul(a, a.T))
    idle = c is None or (not rank_of(beta) and plain(beta) == 0)
    return product if idle else op.add(product, op.multiply(beta, c))


@spelled("numpy.vdot", "torch.vdot", "Tensor.vdot")
def vdot(a: Value, b: Value, /) -> Operand:
    """The sum of all products of entries."""
    a, b = array(a), array(b)
    if rank_of(a) == 1:
        return op.matmul(a, b)
    return op.sum(op.multiply(a, b), axis=None, keepdims=False)


@spelled("numpy.inner", "torch.inner", "Tensor.inner")
def inner(a: Value, b: Value, /) -> Operand:
    """The sum over the last axes of both."""
    a, b = array(a), array(b)
    ranks = rank_of(a), rank_of(b)
    if 0 in ranks:
        return op.multiply(a, b)
    if max(ranks) <= 2:
        return op.matmul(a, b.T if ranks[1] == 2 else b)
    return tensordot(a, b, axes=((-1,), (-1,)))


@spelled("numpy.outer", "numpy.linalg.outer")
def outer(a: Value, b: Value, out: Value = None) -> Operand:
    """Every entry of one times every entry of the other; more axes are flattened first."""
    return op.outer(_flat(array(a)), _flat(array(b)))


@spelled("torch.outer", "torch.ger", "Tensor.outer", "Tensor.ger")
def torch_outer(input: Value, vec2: Value, *, out: Value = None) -> Operand:
    """Every entry of one times every entry of the other."""
    return op.outer(input, vec2)


def _flat(x: Operand) -> Operand:
    return x if rank_of(x) == 1 else op.reshape(x, shape=(-1,))


@spelled("numpy.einsum", "torch.einsum", "numpy.core.einsumfunc.einsum")
def einsum(subscripts: Value, *operands: Value, optimize: object = None, out: Value = None, dtype: object = None,
           order: object = None, casting: object = None) -> Operand:
    """Products of entries, summed over the letters that the output does not name."""
    if not isinstance(subscripts, str):
        raise TypeError("einsum with lists of axis numbers is not followed")
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = tuple(operands[0])
    arrays = tuple(array(o) for o in operands)
    return op.einsum(*arrays, subscripts=explicit_subscripts(subscripts, [rank_of(a) for a in arrays]))


def explicit_subscripts(subscripts: str, ranks: Sequence[int]) -> str:
    """Subscripts with an output and with letters in the place of every ellipsis."""
    text = subscripts.replace(" ", "")
    inputs, arrow, output = text.partition("->")
    parts = inputs.split(",")
    if len(parts) != len(ranks):
        raise Misfit(f"einsum '{subscripts}' names {len(parts)} operands, {len(ranks)} are given")
    spare = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in text]
    hidden = [rank - len(part) + 3 if "..." in part else 0 for part, rank in zip(parts, ranks, strict=True)]
    if min(hidden) < 0:
        place = next(i for i, h in enumerate(hidden) if h < 0)
        raise Misfit(f"einsum '{subscripts}' names more axes than an operand has", rank=len(parts[place]) - 3,
                     operand=place, least=True)
    stack = "".join(spare[: max(hidden)])
    parts = [p.replace("...", stack[len(stack) - h :]) for p, h in zip(parts, hidden, strict=True)]
    if not arrow:
        letters = "".join(parts)
        output = stack + "".join(sorted(c for c in set(letters) - set(stack) if letters.count(c) == 1))
    return ",".join(parts) + "->" + output.replace("...", stack)


@spelled("numpy.tensordot", "numpy.linalg.tensordot")
def tensordot(a: Value, b: Value, axes: Value = 2) -> Operand:
    """The sum over pairs of axes; an int takes the last of one and the first of the other."""
    a, b = array(a), array(b)
    m, n = rank_of(a), rank_of(b)
    if isinstance(plain(axes), int):
        count = plain(axes)
        left, right = list(range(m - count, m)), list(range(count))
    else:
        left, right = ([int(plain(i)) for i in (s if isinstance(s, Sequence) else (s,))] for s in axes)
    if len(left) != len(right):
        raise Misfit(f"tensordot sums over {len(left)} axes of one factor and {len(right)} of the other")
    if (m, n, [i % 2 for i in left], right) == (2, 2, [1], [0]):
        return op.matmul(a, b)
    letters = "abcdefghijklmnopqrstuvwxyz"
    first, second = letters[:m], list(letters[m : m + n])
    for i, j in zip(left, right, strict=True):
        second[j] = first[i]
    kept = [c for c in first if c not in second] + [c for c in second if c not in first]
    return op.einsum(a, b, subscripts=f"{first},{''.join(second)}->{''.join(kept)}")


@spelled("torch.tensordot")
def torch_tensordot(a: Value, b: Value, dims: Value = 2, out: Value = None) -> Operand:
    """The sum over pairs of axes."""
    return tensordot(a, b, dims)


@spelled("numpy.kron")
def kron(a: Value, b: Value) -> Operand:
    """The Kronecker product of two matrices."""
    return op.kron(array(a), array(b))


@spelled("torch.kron", "Tensor.kron")
def torch_kron(input: Value, other: Value, *, out: Value = None) -> Operand:
    """The Kronecker product of two matrices."""
    return op.kron(input, other)


@spelled("numpy.cross", "numpy.linalg.cross")
def cross(a: Value, b: Value, axisa: Value = -1, axisb: Value = -1, axisc: Value = -1, axis: Value = None) -> Operand:
    """The cross product of vectors along an axis."""
    ends = [int(plain(e)) if axis is None else int(plain(axis)) for e in (axisa, axisb, axisc)]
    product = op.cross(axes_last(array(a), (ends[0],)), axes_last(array(b), (ends[1],)))
    rank = rank_of(product)
    order = list(range(rank - 1))
    order.insert(ends[2] % rank, rank - 1)
    return product if order == list(range(rank)) else op.transpose(product, axes=tuple(order))


@spelled("torch.cross", "torch.linalg.cross", "Tensor.cross")
def torch_cross(input: Value, other: Value, dim: Value = -1, *, out: Value = None) -> Operand:
    """The cross product of vectors along an axis."""
    return cross(input, other, axis=dim)


def _plus(input: Value, product: Operand, beta: Value, alpha: Value) -> Operand:
    scaled = product if isinstance(alpha, int) and alpha == 1 else op.multiply(alpha, product)
    if isinstance(beta, int | float) and beta == 0:
        return scaled
    return op.add(input if isinstance(beta, int) and beta == 1 else op.multiply(beta, input), scaled)


@spelled("torch.addmm", "Tensor.addmm", "torch.addmv", "Tensor.addmv", "torch.baddbmm", "Tensor.baddbmm")
@spelled("Tensor.addmm_", "Tensor.addmv_", "Tensor.baddbmm_", inplace=True)
def addmm(input: Value, mat1: Value, mat2: Value, *, beta: Value = 1, alpha: Value = 1, out: Value = None) -> Operand:
    """`beta * input + alpha * mat1 @ mat2`."""
    return _plus(input, op.matmul(mat1, mat2), beta, alpha)


@spelled("torch.addbmm", "Tensor.addbmm")
@spelled("Tensor.addbmm_", inplace=True)
def addbmm(input: Value, batch1: Value, batch2: Value, *, beta: Value = 1, alpha: Value = 1, out: Value = None
           ) -> Operand:
    """`beta * input + alpha * sum of batch1 @ batch2`."""
    return _plus(input, op.sum(op.matmul(batch1, batch2), axis=0, keepdims=False), beta, alpha)


@spelled("torch.addr", "Tensor.addr")
@spelled("Tensor.addr_", inplace=True)
def addr(input: Value, vec1: Value, vec2: Value, *, beta: Value = 1, alpha: Value = 1, out: Value = None) -> Operand:
    """`beta * input + alpha * outer(vec1, vec2)`."""
    return _plus(input, op.outer(vec1, vec2), beta, alpha)


@spelled("numpy.linalg.multi_dot", "torch.linalg.multi_dot", "torch.chain_matmul")
def multi_dot(arrays: Value, *more: Value, out: Value = None) -> Operand:
    """The product of several matrices, from left to right."""
    factors: list[Any] = [*(arrays if isinstance(arrays, list | tuple) else [arrays]), *more]  # type: ignore[list-item]
    product = array(factors[0])
    for factor in factors[1:]:
        product = op.matmul(product, array(factor))
    return product


@spelled("numpy.vecdot", "numpy.linalg.vecdot")
def vecdot(x1: Value, x2: Value, /, *, axis: Value = -1) -> Operand:
    """The sum of products along one axis."""
    return op.sum(op.multiply(array(x1), array(x2)), axis=int(plain(axis)), keepdims=False)


@spelled("torch.linalg.vecdot")
def torch_vecdot(x: Value, y: Value, *, dim: Value = -1, out: Value = None) -> Operand:
    """The sum of products along one axis."""
    return vecdot(x, y, axis=dim)

