"""Matrices with structure: symmetric, diagonal, Toeplitz.

The entries of such a matrix are not independent.  The gradient for the free entries adds up the plain gradient over
the entries that move together (Petersen and Pedersen, "The Matrix Cookbook", 2012, section 2.8, equations 133 to 143).
"""

from __future__ import annotations

import numpy as np

from nablint.calculus.simplify import simplify
from nablint.calculus.terms import Graph, Term
from nablint.ops.card import Card

STRUCTURES = ("symmetric", "diagonal", "toeplitz")

WHY = {
    "symmetric": "entry (i, j) and entry (j, i) move together: G + Gᵀ, and the diagonal is counted once",
    "diagonal": "only the diagonal is free",
    "toeplitz": "the entries along a diagonal move together: each stands for the sum along its diagonal",
}


def _along_diagonals(g: np.ndarray) -> np.ndarray:
    n = len(g)
    total = np.zeros_like(g)
    for k in range(1 - n, n):
        total += np.trace(g, k) * np.eye(n, k=k)
    return total


ALONG_DIAGONALS = Card("along_diagonals", _along_diagonals, lambda g: g, lambda G, out, g: (_apply(G),),
                       text="toep({0})", latex="\\operatorname{{toep}}({0})", why=WHY["toeplitz"])
"""Every entry replaced by the sum along its diagonal; linear and its own adjoint."""


def _apply(g: Term) -> Term:
    return g.graph.apply(ALONG_DIAGONALS, (g,), {})


def structured(gradient: Term, kind: str, keep: frozenset[Term] = frozenset()) -> Term:
    """The gradient for the free entries of a matrix of this structure, from that for independent entries."""
    graph, shape = gradient.graph, gradient.shape
    eye = graph.constant(np.eye(int(shape[0])), shape)
    if kind == "toeplitz":
        return _apply(gradient)
    if kind == "diagonal":
        return simplify(gradient * eye, keep)
    whole = simplify(gradient + gradient.T, keep)
    return simplify(whole - simplify(gradient * eye, keep), keep)


def declare(graph: Graph, leaf: Term, kind: str) -> None:
    """Tell the calculus that a leaf is symmetric."""
    if kind in ("symmetric", "diagonal"):
        graph.memo.setdefault("symmetric", set()).add(leaf)


def shaped_sample(sample: np.ndarray, kind: str) -> np.ndarray:
    """A sample of the structure."""
    if kind == "symmetric":
        return (sample + sample.T) / 2
    if kind == "diagonal":
        return np.diag(np.diag(sample))
    if kind == "toeplitz":
        n = len(sample)
        line = np.concatenate([sample[:0:-1, 0], sample[0]])
        return np.array([[line[n - 1 + j - i] for j in range(n)] for i in range(n)])
    return sample
