"""A vector and a column meet entry by entry and make a matrix.

`(n,)` with `(n, 1)` broadcasts to `(n, n)`: every entry of one with every entry of the other.

## Why is this bad?

Nothing fails.  A squared error of predictions `(n, 1)` and targets `(n,)` averages n² differences in the place of n,
and training converges to the mean of the targets.

## Example

```python
import numpy as np


def loss(pred, y):
    \"\"\"The mean squared error.

Args:
        pred: array of shape (n, 1)
        y: array of shape (n,)
    \"\"\"
    diff = pred - y
    return np.mean(diff ** 2)
```

## Use instead

```python
    diff = pred[:, 0] - y
```

## Silent

Where the column was made on purpose, with `None`, `newaxis`, `reshape`, `unsqueeze`, `outer` or `meshgrid`, unless the
mean or sum of the matrix is all that is taken; and where vector and column are made of the same values.

"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.axes import axes_of, made_column, roots
from nablint.checks.found import Found, bracketed, called, entrywise, exact, short, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import Seen, SureRun

LOSSES = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss")


def look(run: SureRun) -> Iterator[Found]:
    """Sums, differences, products, quotients and losses of `(n,)` and `(n, 1)`."""
    for seen in run.expressions():
        parts = _operands(seen)
        if parts is None:
            continue
        left, right = parts
        a, b = seen.of(left), seen.of(right)
        if not run.known(a) or not run.known(b) or {a.ndim, b.ndim} != {1, 2}:
            continue
        column, vector = (left, right) if a.ndim == 2 else (right, left)
        wide, flat = (a, b) if a.ndim == 2 else (b, a)
        if int(wide.shape[1]) != 1 or int(flat.shape[0]) < 2 or not exact(wide.shape[0], flat.shape[0]):
            continue
        if _meant(seen, wide, flat) or (_made_here(column, wide) and _made_here(vector, flat)):
            continue
        n = run.naming.shape(flat.shape)
        size = n.strip("(,)")
        said = f"`{short(column)}` is ({size}, 1) and `{short(vector)}` is {n}: together they make ({size}, {size})"
        flat_column = f"{bracketed(column)}[:, 0]"
        yield Found(seen.step, seen.node, f"{said}; `{flat_column}` is {n}",
                    flat_column if isinstance(seen.node, cst.BinaryOperation | cst.Call) else "", (seen.step, column),
                    related=(*whence(run, column, wide), *whence(run, vector, flat)))


def _operands(seen: Seen) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    found = entrywise(seen.step, seen.node)
    if found is not None:
        return found[1:]
    call = called(seen.step, seen.node)
    if call is not None and call.name in LOSSES and len(call.args) > 1:
        return call.args[0], call.args[1]
    return None


def _meant(seen: Seen, column: Term, vector: Term) -> bool:
    """Is the matrix what the author wants?"""
    call = called(seen.step, seen.node)
    if call is not None and call.name in LOSSES:
        return False
    if column.is_constant and vector.is_constant:
        return True  # their entries are written out one by one, and so are their shapes
    shared = {i for i in axes_of(column) if i is not None} & {i for i in axes_of(vector) if i is not None}
    if shared or roots(column) & roots(vector):
        return True  # all pairs of the same values
    return made_column(column) and not _averaged(seen)


def _made_here(node: cst.BaseExpression, value: Term) -> bool:
    """Is the operand an array that is made where it stands, `np.ones(n)`?  Its shape is what its author wrote."""
    return isinstance(node, cst.Call) and value.card is None


def _averaged(seen: Seen) -> bool:
    """Is the matrix averaged or summed as a whole where it stands?"""
    for node in reversed(seen.around):
        call = called(seen.step, node)
        if call is not None and call.name in ("mean", "sum"):
            return len(call.args) == 1 and not {"axis", "dim"} & set(call.keywords)
        if not isinstance(node, cst.BinaryOperation | cst.UnaryOperation | cst.Call | cst.Arg | cst.Attribute):
            return False
    return False


RULE = Rule("NAB103", "accidental-outer", "A vector and a column meet entry by entry and make a matrix", look=look)
