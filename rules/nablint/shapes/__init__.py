"""Dimensions and shapes: symbolic sizes, broadcasting, and what does not fit."""

from nablint.shapes.broadcast import broadcast, matmul_shape
from nablint.shapes.regrouping import evened
from nablint.shapes.sizes import Misfit, Polynomial, Shape, Size, dim, show_shape, size_product

__all__ = [
    "Misfit",
    "Polynomial",
    "Shape",
    "Size",
    "broadcast",
    "dim",
    "evened",
    "matmul_shape",
    "show_shape",
    "size_product",
]
