"""The form that a person would write; a file of rewrites per kind of operation."""

from nablint.calculus.simplify import matrices, products, reductions, sums
from nablint.calculus.simplify.broadcasting import vector_in
from nablint.calculus.simplify.engine import Simplifier, equal_samples, number_of, simplify, within
from nablint.calculus.simplify.matrices import chain, flipped, join
from nablint.calculus.simplify.reductions import labels_of

__all__ = [
    "Simplifier", "chain", "equal_samples", "flipped", "join", "labels_of", "matrices", "number_of", "products",
    "reductions", "simplify", "sums", "vector_in", "within",
]
