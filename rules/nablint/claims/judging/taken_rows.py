"""Gradients of the rows that were taken out of a table, where the table is named: `dW = grad @ V` of `h = W[ids]`.

Whoever embeds words adds such a gradient to the rows alone, `W[ids] -= lr * dW`, and seldom in the same file.
"""

from __future__ import annotations

from nablint.calculus.terms import Term, ancestors
from nablint.claims.model import Result

OF_ROWS = "of the rows that were taken, which are updated one by one"

_LAID_OUT = frozenset({"transpose", "reshape", "squeeze", "expand_dims", "renamed"})


def taken_rows(result: Result, outputs: set[Term]) -> tuple[Term, ...]:
    """What forward code takes out of a result's variable by an array of indices, and other layouts of it, where the
    result has the shape of that and not of its variable.
    """
    value = result.value
    if value is None or any(tuple(t.shape) == tuple(value.shape) for t in result.wrt):
        return ()
    tables = {t for t in result.wrt if t.card is None and t.ndim > 1}
    if not tables:
        return ()
    made = sorted(set().union(*map(ancestors, outputs)), key=lambda t: t.number) if outputs else []
    rows: dict[Term, None] = {}
    for node in made:
        if node.card is None or not node.args:
            continue
        chosen = node.card.name in ("getitem", "take") and node.args[0] in tables and any(
            a.ndim and a.sample.dtype.kind in "iu" for a in node.args[1:])
        if chosen or (node.card.name in _LAID_OUT and node.args[0] in rows):
            rows[node] = None
    return tuple(t for t in rows if tuple(t.shape) == tuple(value.shape))
