"""Arrays meet entry by entry whose shapes cannot broadcast.

numpy and PyTorch align shapes at the last axis; sizes must be equal there, or one of them 1.

## Why is this bad?

The program stops there.  Often an axis is missing: a value per row, `(N,)`, must be `(N, 1)` to meet `(N, D)`.

## Example

```python
import numpy as np


def weighted():
    x = np.ones((32, 10))
    w = np.linspace(0, 1, 32)
    y = x * w
    return y
```

## Use instead

```python
    y = x * w[:, None]
```

## Silent

Where the sizes have different names that may stand for the same number, and no transpose or new axis would make them
fit.  Where nothing but words tells the shapes of a vector and a matrix: what contradicts the words is
`contradicted-docstring`'s.

"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.found import (
    Found,
    apart,
    bracketed,
    described,
    entrywise,
    exact,
    sure_clashes,
    transposed,
    unnamed,
    whence,
)
from nablint.checks.misaligned_reduction import reduction_of
from nablint.checks.rule import Rule
from nablint.checks.said import vector_by_words
from nablint.claims.sure.runs import SureRun
from nablint.shapes import Shape, dim


def look(run: SureRun) -> Iterator[Found]:
    """Operators whose operands do not broadcast."""
    for clash in sure_clashes(run):
        parts = entrywise(clash.step, clash.node)
        if parts is None or len(clash.operands) != 2:
            continue
        _, left, right = parts
        a, b = clash.operands
        if not isinstance(a, Term) or not isinstance(b, Term) or _reduced(a, b):
            continue
        if vector_by_words(run, a, b):  # the words' rule
            continue
        pairs = [(x, y) for x, y in zip(a.shape[::-1], b.shape[::-1], strict=False)
                 if int(x) != 1 and int(y) != 1 and not exact(x, y)]
        if not pairs or any(unnamed(s) for pair in pairs for s in pair):
            continue
        fit = _fit(left, right, a.shape, b.shape)
        if fit is None and not any(apart(*pair) for pair in pairs):
            continue
        x, y = (run.naming.text(str(dim(s))) for s in pairs[0])
        said = (f"{described(run, left, a)}, {described(run, right, b)}: "
                f"they cannot broadcast, {x} against {y}")
        mended, at = "", None
        if fit is not None:
            at, mended = (clash.step, fit[0]), fit[1]
            said += f"; `{mended}` fits"
        if isinstance(clash.node, cst.AugAssign) and at is not None and at[1] is left:
            mended = ""
        yield Found(clash.step, clash.node, said, mended, at, related=(*whence(run, left, a), *whence(run, right, b)))


def _reduced(a: Term, b: Term) -> bool:
    """Is one a reduction of the other?  That is another rule's."""
    return reduction_of(a, b) is not None or reduction_of(b, a) is not None


def _fit(left: cst.BaseExpression, right: cst.BaseExpression, a: Shape, b: Shape
         ) -> tuple[cst.BaseExpression, str] | None:
    """The operand to change, and how: a new last axis for a value per row, or a transpose."""
    for node, shape, other in ((right, b, a), (left, a, b)):
        if len(shape) == 1 and len(other) == 2 and exact(shape[0], other[0]):
            return node, f"{bracketed(node)}[:, None]"
        if len(shape) == 2 and len(other) == 2 and all(map(exact, shape, other[::-1])) and not _is_square(shape):
            return node, transposed(node)
    return None


def _is_square(shape: Shape) -> bool:
    return exact(shape[0], shape[1])


RULE = Rule("NAB102", "mismatched-broadcast", "Arrays whose shapes cannot broadcast meet entry by entry", look=look)
