"""A transpose of one axis changes nothing.

`.T` and `transpose()` reverse the axes, and one axis reversed is the same axis: `v.T` is `v`, no column.

## Why is this bad?

`v @ v.T` is a number where the outer product was meant, and `M + v.T` still adds to every row.

## Example

```python
import numpy as np


def projector(v):
    \"\"\"The matrix that projects on v.

Args:
        v: array of shape (n,)
    \"\"\"
    p = v @ v.T
    return p
```

## Use instead

```python
    p = np.outer(v, v)
```

## Silent

Where the transpose only writes the mathematics down: `v.T @ w` and `v.T @ A` are right without it as well; and beside a
matrix that a column would not fit.

"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.found import Found, called, code, entrywise, exact, product, short, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import Seen, SureRun


def look(run: SureRun) -> Iterator[Found]:
    """Transposed vectors that a column was expected of."""
    for seen in run.expressions():
        parts = product(seen.step, seen.node)
        if parts is not None:
            _, left, right = parts
            inner = _untransposed(seen, right)
            a = seen.of(left)
            if inner is not None and run.known(a) and a.ndim == 1 and run.known(seen.of(inner)):
                said = (f"`{short(right)}` is `{short(inner)}`, of shape {run.naming.shape(seen.of(inner).shape)}: a "
                        f"transpose of one axis changes nothing, and this product is a number")
                library = "torch" if run.it.dialect == "torch" else "np"
                outer = f"{library}.outer({code(_plain(seen, left))}, {code(inner)})"
                yield Found(seen.step, seen.node, said, outer, related=whence(run, inner, seen.of(inner)))
        elif (pair := entrywise(seen.step, seen.node)) is not None:
            for node, other in ((pair[1], pair[2]), (pair[2], pair[1])):
                inner = _untransposed(seen, node)
                value, beside = (seen.of(inner) if inner is not None else None), seen.of(other)
                if inner is not None and run.known(value) and run.known(beside) and _either_way(value, beside):
                    said = (f"`{short(node)}` is `{short(inner)}`, of shape {run.naming.shape(value.shape)}: a "
                            f"transpose of one axis changes nothing")
                    yield Found(seen.step, node, said, related=whence(run, inner, value))


def _either_way(vector: Term, other: Term) -> bool:
    """Would a column fit beside the other operand as well as a row does?"""
    return other.ndim > 1 and exact(other.shape[-1], vector.shape[0]) and exact(other.shape[-2], vector.shape[0])


def _plain(seen: Seen, node: cst.BaseExpression) -> cst.BaseExpression:
    return _untransposed(seen, node) or node


def _untransposed(seen: Seen, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """`v` of `v.T`, `v.transpose()`, `np.transpose(v)`, where `v` has one axis."""
    inner: cst.BaseExpression | None = None
    if isinstance(node, cst.Attribute) and node.attr.value in ("T", "mT"):
        inner = node.value
    elif (call := called(seen.step, node)) is not None and call.name in ("transpose", "t") and len(call.args) == 1:
        inner = call.args[0]
    return inner if inner is not None and getattr(seen.of(inner), "ndim", 0) == 1 else None


RULE = Rule("NAB105", "idle-transpose", "A transpose of one axis changes nothing", "warning", look=look)
