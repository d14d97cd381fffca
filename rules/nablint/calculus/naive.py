"""What the chain rule of scalars would make of a product of matrices, and why it is off."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nablint.calculus.gradient import gradients
from nablint.calculus.jacobian import depends_on, vector_length
from nablint.calculus.render import render
from nablint.calculus.simplify import simplify
from nablint.calculus.terms import Term
from nablint.shapes import show_shape


def naive_chain_rule(output: Term, variable: Term, wrt: str, names: Mapping[Term, str], keep: frozenset[Term]
                     ) -> list[str]:
    """Why the chain rule with ∂(XW)/∂W = X gives another shape; nothing where it does not, or where nobody would."""
    found = _product_with(output, variable)
    if found is None or vector_length(variable) is not None:
        return []
    product, factor, before = found
    if depends_on(factor, variable):
        return []
    one = output.graph.constant(np.ones(np.shape(output.sample)), output.shape)
    above = gradients({output: one}, [product]).get(product)
    if above is None or above.ndim != 2 or factor.ndim != 2:
        return []
    delta = simplify(above.T if before else above, keep)
    shown, other = render(delta, "text", names, expand=False), render(factor, "text", names, expand=False)
    sides = [(shown, delta), (other, factor)] if before else [(other, factor), (shown, delta)]
    if delta.shape[-1 if before else 0] != factor.shape[0 if before else -1]:
        return []
    shape = (sides[0][1].shape[0], sides[1][1].shape[-1])
    what = render(product, "text", names) or "the product"
    order = sum(s != 1 for s in (*product.shape, *variable.shape))
    if tuple(shape) == tuple(variable.shape):
        return []
    return [
        f"Why the chain rule with \u201c∂({what})/∂{wrt} = {other}\u201d is off: it multiplies {sides[0][0]} "
        f"{show_shape(sides[0][1].shape)} by {sides[1][0]} {show_shape(sides[1][1].shape)}, of shape "
        f"{show_shape(shape)}, and {wrt} is {show_shape(variable.shape)}. The true "
        f"∂({what})/∂{wrt} has one entry for each pair of entries of {what} {show_shape(product.shape)} and "
        f"{wrt}: a tensor of order {order}. The differential d({what}) is just another matrix."
    ]


def _product_with(output: Term, variable: Term) -> tuple[Term, Term, bool] | None:
    """A matrix product that has the variable as a factor: the product, the other factor, whether it stands before."""
    seen: set[Term] = set()
    stack = [output]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.card is not None and node.card.name in ("matmul", "dot") and variable in node.args and node.ndim == 2:
            before = node.args[1] is variable
            return node, node.args[0 if before else 1], before
        stack.extend(node.args)
    return None
