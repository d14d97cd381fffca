"""Flat parameters: a vector whose parts are laid into matrices, `W = v[:m * n].reshape(m, n)`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nablint.shapes import Polynomial, Size
from nablint.tracing.refine.shapes import as_rank
from nablint.tracing.values import Array, Restart

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def is_flat(end: Any) -> bool:
    """A product of dimensions: as many entries as a matrix has when it is laid flat, and no count of items."""
    return isinstance(end, Size) and any(sum(power for _, power in monomial) > 1 for monomial, _ in end.expr.terms)


def cut_flat(it: Interpreter, array: Array, key: Any) -> bool:
    """Is an input cut where a matrix ends that was laid flat?  Then it is a vector, which goes on from there."""
    if not (isinstance(key, slice) and (is_flat(key.start) or is_flat(key.stop))) or array.term.card is not None:
        return False
    if array.term.ndim > 1:
        as_rank(it, array.term.label, 1)
        return False
    size, end = array.term.shape[0], key.start if key.stop is None else key.stop
    rest = next((n for n in size.expr.names() - end.expr.names() if size.expr.name == n or n.endswith("'")), None)
    if rest is not None and end >= size and isinstance(end, Size):
        before = size.expr + -Polynomial.symbol(rest)
        further = end.expr + -before + Polynomial.symbol(f"{rest}'")
        raise Restart(f"{array.term.label} goes on after {end.expr} entries", ((rest, further),))
    return True


__all__ = ["cut_flat", "is_flat"]
