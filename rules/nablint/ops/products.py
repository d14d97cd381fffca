"""Products: matrix product, dot, outer, einsum, Kronecker.

Everything here is bilinear (einsum: multilinear), so the adjoint of each factor is again a product: of the cotangent
and the other factor, with the axes in the order that makes it fit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.ops.card import Card, Operand, actual_shape, constant_like, example, fit, op, register
from nablint.shapes import Misfit, Shape, Size, broadcast, dim, matmul_shape, show_shape


def transposed(x: Operand) -> Operand:
    """The last two axes swapped: `x.T` of a matrix."""
    rank = x.ndim
    return x.T if rank <= 2 else op.transpose(x, axes=(*range(rank - 2), rank - 1, rank - 2))


def _matmul_adjoint(G: Operand, out: Operand, a: Operand, b: Operand) -> tuple[Operand, Operand]:
    match a.ndim, b.ndim:
        case 2, 2:
            return G @ b.T, a.T @ G
        case 1, 1:
            return G * b, G * a
        case 2, 1:
            return op.outer(G, b), a.T @ G
        case 1, 2:
            return b @ G, op.outer(a, G)
        case _, 1:  # a stack of matrices times one vector
            column = op.expand_dims(G, axis=-1)
            return column * b, op.sum_to(a * column, shape=b.shape)
        case 1, _:
            row = op.expand_dims(G, axis=-2)
            return op.sum_to(op.sum(b * row, axis=-1, keepdims=False), shape=a.shape), op.expand_dims(a, axis=-1) * row
        case _:
            return fit(G @ transposed(b), a), fit(transposed(a) @ G, b)


register(Card(
    "matmul", lambda a, b: a.dot(b) if a.ndim == 2 and b.ndim == 2 else np.matmul(a, b), matmul_shape, _matmul_adjoint,
    numpy="{0} @ {1}", torch="{0} @ {1}", text="{0} {1}", latex="{0} {1}", binding=2,
    why="⟨G, dA B⟩ = tr(Gᵀ dA B) = ⟨G Bᵀ, dA⟩ and ⟨G, A dB⟩ = ⟨Aᵀ G, dB⟩",
    examples=tuple(example(a, b) for a, b in (
        ("N D", "D M"), ("N D", "D"), ("D", "D M"), ("D", "D"), ("B N D", "B D M"), ("B N D", "D M"), ("N D", "B D M"),
        ("B N D", "D"), ("D", "B D M"), ("B 1 N D", "H D M"))),
))


def _dot_shape(a: Shape, b: Shape) -> Shape:
    if not a or not b:
        return (*a, *b)
    left, right = dim(a[-1]), dim(b[max(len(b) - 2, 0)])
    if left != right:
        raise Misfit(f"dot of {show_shape(a)} and {show_shape(b)}: inner sizes {left} and {right} differ",
                     ((left, right),))
    return (*a[:-1], *b[:-2], *b[-1:]) if len(b) > 1 else a[:-1]


def _dot_adjoint(G: Operand, out: Operand, a: Operand, b: Operand) -> tuple[Operand, Operand]:
    if a.ndim == 0 or b.ndim == 0:
        return fit(G * b, a), fit(G * a, b)
    if a.ndim <= 2 and b.ndim <= 2:
        return _matmul_adjoint(G, out, a, b)
    letters = "abcdefghijklmnopqrstuvwxy"
    left = letters[: a.ndim - 1] + "z"
    right = letters[a.ndim - 1 : a.ndim + b.ndim - 3] + "z" + (letters[a.ndim + b.ndim - 3] if b.ndim > 1 else "")
    kept = (left + right).replace("z", "")
    return (op.einsum(G, b, subscripts=f"{kept},{right}->{left}"),
            op.einsum(a, G, subscripts=f"{left},{kept}->{right}"))


register(Card(
    "dot", lambda a, b: np.dot(a, b), _dot_shape, _dot_adjoint,
    numpy="np.dot({0}, {1})",
    torch=lambda a, b: "{0} @ {1}" if b.ndim == 1 else "torch.tensordot({0}, {1}, ([-1], [-2]))",
    text="{0} · {1}", latex="{0} \\cdot {1}", binding=2,
    why="⟨G, dA B⟩ = ⟨G Bᵀ, dA⟩ and ⟨G, A dB⟩ = ⟨Aᵀ G, dB⟩",
    examples=tuple(example(a, b) for a, b in (
        ("N D", "D M"), ("N D", "D"), ("D", "D M"), ("D", "D"), ("", "N D"), ("B N D", "D M"), ("N D", "B D M"),
        ("B N D", "H D M"), ("B N D", "D"))),
))


def _outer(a: Any, b: Any) -> Any:
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError("outer takes vectors")
    return a[:, None] * b


def _length(shape: Shape) -> Any:
    if len(shape) != 1:
        raise Misfit(f"outer takes vectors, not {show_shape(shape)}")
    return shape[0]


register(Card(
    "outer", _outer, lambda a, b: (_length(a), _length(b)),
    lambda G, out, a, b: (G @ b, a @ G),
    numpy="np.outer({0}, {1})", torch="torch.outer({0}, {1})", text="{0} {1}ᵀ", latex="{0} {1}^\\top", binding=2,
    why="⟨G, da bᵀ⟩ = ⟨G b, da⟩", examples=(example("N", "D"),),
))


def _einsum_parts(subscripts: str) -> tuple[list[str], str]:
    inputs, output = subscripts.split("->")
    return inputs.split(","), output


def _einsum_shape(*shapes: Shape, subscripts: str) -> Shape:
    inputs, output = _einsum_parts(subscripts)
    if len(inputs) != len(shapes):
        raise Misfit(f"einsum '{subscripts}' names {len(inputs)} operands, {len(shapes)} are given")
    sizes: dict[str, Any] = {}
    for place, (letters, shape) in enumerate(zip(inputs, shapes, strict=True)):
        if len(letters) != len(shape):
            raise Misfit(f"einsum '{subscripts}': '{letters}' names {len(letters)} axes of {show_shape(shape)}",
                         rank=len(letters), operand=place)
        for letter, length in zip(letters, shape, strict=True):
            size, known = dim(length), sizes.get(letter)
            if known is None or known == 1:
                sizes[letter] = size
            elif size not in (1, known):
                raise Misfit(f"einsum '{subscripts}': '{letter}' is both {known} and {size}", ((known, size),))
    return tuple(sizes[letter] for letter in output)


def _einsum_adjoint(G: Operand, out: Operand, *args: Operand, subscripts: str) -> tuple[Operand, ...]:
    inputs, output = _einsum_parts(subscripts)
    return tuple(_einsum_factor_adjoint([(output, G), *((inputs[i], a) for i, a in enumerate(args) if i != place)],
                                        letters, args[place])
                 for place, letters in enumerate(inputs))


def _einsum_factor_adjoint(factors: list[tuple[str, Operand]], letters: str, arg: Operand) -> Operand:
    """The cotangent of one factor named by `letters`, from the result's cotangent and the other factors."""
    taken = letters + "".join(named for named, _ in factors)
    spare = (c for c in "zyxwvutsrqponmlkjihgfedcbaZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in taken)
    wanted, missing = "", list[int]()
    for axis, letter in enumerate(letters):
        if letter in letters[:axis]:  # a diagonal: its cotangent lies on the diagonal
            size, fresh = arg.shape[axis], next(spare)
            factors.append((letter + fresh, constant_like(arg, np.eye(int(size)), (size, size))))
            letters = letters[:axis] + fresh + letters[axis + 1 :]
    for axis, letter in enumerate(letters):
        if any(arg.shape[axis] == actual_shape(a)[named.index(letter)] for named, a in factors if letter in named):
            wanted += letter
        else:  # summed by itself: spread again
            missing.append(axis)
    formula = ",".join(named for named, _ in factors) + "->" + wanted
    same = formula == f"{wanted}->{wanted}"
    cotangent = factors[0][1] if same else op.einsum(*(a for _, a in factors), subscripts=formula)
    if not missing:
        return cotangent
    return op.broadcast_to(op.expand_dims(cotangent, axis=tuple(missing)), shape=arg.shape)


register(Card(
    "einsum", lambda *arrays, subscripts: np.einsum(subscripts, *arrays), _einsum_shape, _einsum_adjoint,
    numpy="np.einsum('{subscripts}', {0}, {1})", torch="torch.einsum('{subscripts}', {0}, {1})",
    text="einsum({subscripts}; {0}, {1})", latex="\\mathrm{{einsum}}_{{{subscripts}}}({0}, {1})",
    why="the cotangent's letters change places with the factor's",
    examples=(example("N D", "D M", subscripts="nd,dm->nm"), example("N D", subscripts="nd->dn"),
              example("N D", subscripts="nd->d"), example("N N", subscripts="nn->"), example("N N", subscripts="nn->n"),
              example("B H N D", "B H M D", subscripts="bhnd,bhmd->bhnm"), example("N", "M", subscripts="n,m->nm"),
              example("N D", "D M", "M K", subscripts="nd,dm,mk->nk"), example("N D", "N 1", subscripts="nd,nd->n"),
              example("N N D", "D", subscripts="nnd,d->d")),
))


def _equal_ranks(a: Shape, b: Shape) -> tuple[Shape, Shape]:
    """Both shapes with as many axes, ones before the shorter."""
    rank = max(len(a), len(b))
    return tuple((Size(1),) * (rank - len(s)) + tuple(map(dim, s)) for s in (a, b))  # type: ignore[return-value]


def _kron_shape(a: Shape, b: Shape) -> Shape:
    return tuple(m * p for m, p in zip(*_equal_ranks(a, b), strict=True))


def _kron_adjoint(G: Operand, out: Operand, a: Operand, b: Operand) -> tuple[Operand, Operand]:
    left, right = _equal_ranks(a.shape, b.shape)
    blocks = op.reshape(G, shape=tuple(s for pair in zip(left, right, strict=True) for s in pair))
    outer, inner = "abcdefgh"[: len(left)], "mnopqrst"[: len(left)]
    both = "".join(o + i for o, i in zip(outer, inner, strict=True))

    def contracted(other: Operand, letters: str, kept: str, arg: Operand) -> Operand:
        found = op.einsum(blocks, other, subscripts=f"{both},{letters[len(left) - other.ndim :]}->{kept}")
        return found if found.ndim == arg.ndim else op.reshape(found, shape=tuple(arg.shape))

    return contracted(b, inner, outer, a), contracted(a, outer, inner, b)


register(Card(
    "kron", np.kron, _kron_shape, _kron_adjoint,
    numpy="np.kron({0}, {1})", torch="torch.kron({0}, {1})", text="{0} ⊗ {1}", latex="{0} \\otimes {1}", binding=2,
    why="G read as blocks, each block contracted with B",
    examples=(example("N D", "M K"), example("N", "M"), example("M", "N D"), example("N D", "M")),
))


def _cross_shape(a: Shape, b: Shape) -> Shape:
    if a[-1:] != (3,) or b[-1:] != (3,):
        raise Misfit(f"cross takes last axes of length 3, not {show_shape(a)} and {show_shape(b)}")
    return broadcast(a, b)


register(Card(
    "cross", np.cross, _cross_shape, lambda G, out, a, b: (fit(op.cross(b, G), a), fit(op.cross(G, a), b)),
    numpy="np.cross({0}, {1})", torch="torch.linalg.cross(*torch.broadcast_tensors({0}, {1}))",
    text="{0} × {1}", latex="{0} \\times {1}", binding=2, why="⟨G, da × b⟩ = ⟨b × G, da⟩",
    examples=(example("3", "3"), example("N 3", "3")),
))

