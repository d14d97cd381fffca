"""Derivatives of vectors: Jacobians and Hessians where they are matrices.

The gradient of ⟨g, f⟩ for an arbitrary g is linear in g: it is Jᵀ g.  What stands before g is the Jacobian's
transpose, read off the adjoint as the gradient is read off the differential.
"""

from __future__ import annotations

import numpy as np

from nablint.calculus.chains import transposed
from nablint.calculus.gradient import gradients
from nablint.calculus.simplify import simplify
from nablint.calculus.terms import Term
from nablint.ops.card import add_up, op, spread
from nablint.shapes import Size, dim, size_product


def vector_length(term: Term) -> Size | None:
    """The length of a vector or a column; None for what is neither."""
    sizes = [s for s in term.shape if s != 1]
    return None if len(sizes) > 1 else dim(sizes[0]) if sizes else Size(1)


def transposed_jacobian(output: Term, variable: Term, keep: frozenset[Term]) -> Term | None:
    """∂f/∂x in denominator layout, entries of x by entries of f; None where it cannot be written as a matrix."""
    g = output.graph.leaf("g", np.random.default_rng(5).uniform(0.5, 1.5, np.shape(output.sample)), output.shape)
    raw = gradients({output: g}, [variable]).get(variable)
    if raw is None:
        return None
    found = _before(simplify(raw, keep), g)
    if found is None:
        return None
    result = simplify(found, keep)
    rows, columns = vector_length(variable), vector_length(output)
    return result if np.shape(result.sample) == (rows, columns) and _agrees(result, raw, g) else None


def _agrees(matrix: Term, adjoint: Term, g: Term) -> bool:
    product = np.asarray(matrix.sample) @ np.asarray(g.sample).ravel()
    return bool(np.allclose(product, np.asarray(adjoint.sample).ravel(), rtol=1e-8))


def _eye(term: Term) -> Term:
    size = size_product(term.shape)
    return term.graph.constant(np.eye(int(size)) if size != 1 else np.ones((1, 1)), (size, size))


def _before(term: Term, g: Term) -> Term | None:
    """The matrix M with term = M g, for a column or a vector g."""
    if term is g:
        return _eye(g)
    if not depends_on(term, g):
        return None
    name = term.card.name if term.card is not None else ""
    inside = [depends_on(a, g) for a in term.args]
    if name in ("add", "subtract"):
        parts = [_before(a, g) for a in term.args]
        size = size_product(term.shape)
        for k, part in enumerate(parts):  # a number beside a vector is spread over it
            if part is not None and np.size(term.args[k].sample) == 1 != size:
                parts[k] = term.graph.constant(np.ones((int(size), 1)), (size, Size(1))) @ part
        if all(inside):
            return None if parts[0] is None or parts[1] is None else \
                parts[0] + parts[1] if name == "add" else parts[0] - parts[1]
        return None
    if name == "negative":
        part = _before(term.args[0], g)
        return None if part is None else -part
    if name in ("multiply", "divide") and sum(inside) == 1:
        return _scaled(term, g, inside)
    if name == "matmul" and not inside[0] and term.args[0].ndim == 2 and vector_length(term.args[1]) is not None:
        part = _before(term.args[1], g)
        return None if part is None else term.args[0] @ part
    if name == "matmul" and inside[0] and not inside[1] and vector_length(term.args[0]) is not None \
            and (term.args[0].ndim == 1 or np.shape(term.args[0].sample)[0] == 1) and term.args[1].ndim == 2:
        part = _before(term.args[0], g)  # a row times a matrix: (gᵀ B)ᵀ = Bᵀ g
        return None if part is None else transposed(term.args[1]) @ part
    if name == "matmul" and term.ndim == 0 and all(a.ndim == 1 for a in term.args) and sum(inside) == 1:
        part = _before(term.args[inside.index(True)], g)
        other = term.args[inside.index(False)]
        return None if part is None else op.expand_dims(other, axis=0) @ part
    if name in ("transpose", "reshape", "expand_dims", "squeeze") and vector_length(term) is not None:
        return _before(term.args[0], g)
    if name == "sum" and vector_length(term.args[0]) is not None and np.size(term.sample) == 1:
        part = _before(term.args[0], g)
        if part is None:
            return None
        return op.sum(part, axis=0, keepdims=True)
    if name == "broadcast_to" and np.size(term.args[0].sample) == 1 and vector_length(term) is not None:
        part = _before(term.args[0], g)
        size = size_product(term.shape)
        return None if part is None else term.graph.constant(np.ones((int(size), 1)), (size, Size(1))) @ part
    return None


def _scaled(term: Term, g: Term, inside: list[bool]) -> Term | None:
    """s ∘ u(g) is Diag(s) M, and a number times u(g) is the number times M."""
    assert term.card is not None
    moving, still = term.args[inside.index(True)], term.args[inside.index(False)]
    if term.card.name == "divide" and inside[1]:
        return None
    if (
        moving.card is not None
        and moving.card.name in ("add", "subtract")
        and np.size(still.sample) == np.size(term.sample) > 1
    ):
        halves = [term.graph.apply(term.card, (a, still) if inside[0] else (still, a), {}) for a in moving.args]
        found = [_before(h, g) for h in halves]
        if found[0] is not None and found[1] is not None:
            return found[0] + found[1] if moving.card.name == "add" else found[0] - found[1]
        return None
    part = _before(moving, g)
    if part is None:
        return None
    factor = still if term.card.name == "multiply" else 1 / still
    if still.ndim == 0:
        return factor * part if term.card.name == "multiply" else part / still
    if np.size(moving.sample) == 1 and np.size(still.sample) > 1:  # a number in front of a vector: s (m g)
        column = op.reshape(factor, shape=(size_product(still.shape), Size(1)))
        return column @ part
    if np.size(still.sample) != np.size(term.sample):
        return None
    vector = factor if factor.ndim == 1 else op.reshape(factor, shape=(size_product(factor.shape),))
    if part.is_constant and np.size(part.sample) > 1:
        return op.diag_embed(vector)
    return op.diag_embed(vector) @ part


def depends_on(term: Term, leaf: Term) -> bool:
    """The leaf is below the term."""
    seen: set[Term] = set()
    stack = [term]
    while stack:
        node = stack.pop()
        if node is leaf:
            return True
        if node not in seen:
            seen.add(node)
            stack.extend(node.args)
    return False


def derivative_by_scalar(output: Term, variable: Term, keep: frozenset[Term]) -> Term:
    """df/dt for a scalar t: the differential with dt = 1, shaped as f."""
    one = output.graph.constant(np.ones(np.shape(variable.sample)), variable.shape) if variable.ndim \
        else output.graph.constant(1.0)
    return simplify(forward(output, variable, one), keep)


def forward(output: Term, variable: Term, d: Term) -> Term:
    """df for a given dx, shaped as f."""
    moving: dict[Term, Term] = {variable: d}
    for term in _upwards(output, variable):
        assert term.card is not None
        dargs = tuple(moving.get(a) for a in term.args)
        if term.card.differential is not None:
            found = term.card.differential(term, term.args, dargs, **term.params)
        else:
            parts = [term.card(*term.args[:k], part, *term.args[k + 1:], **term.params)
                     for k, part in enumerate(dargs) if part is not None]
            found = add_up(parts)
        moving[term] = found
    result = moving.get(output)
    if result is None:
        return output.graph.constant(np.zeros(np.shape(output.sample)), output.shape) if output.ndim \
            else output.graph.constant(0.0)
    return spread(result, output)


def _upwards(output: Term, variable: Term) -> list[Term]:
    """The terms on the way from the variable up to the output, arguments first."""
    on_path: dict[Term, bool] = {}
    stack = [(output, False)]
    while stack:
        term, ready = stack.pop()
        if ready:
            on_path[term] = any(on_path.get(a, False) for a in term.args)
        elif term not in on_path:
            if term is variable:
                on_path[term] = True
                continue
            on_path[term] = False
            stack.append((term, True))
            stack.extend((a, False) for a in term.args)
    return sorted((t for t, on in on_path.items() if on and t is not variable), key=lambda t: t.number)
