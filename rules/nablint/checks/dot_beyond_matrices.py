"""`np.dot` of stacks of matrices pairs every matrix with every other.

Beyond two axes `np.dot` sums over the last axis of `a` and the last but one of `b` and keeps all the others:
`(B, N, D)` with `(B, D, M)` gives `(B, N, B, M)`.  `np.matmul` and `@` multiply matrix by matrix, and give `(B, N, M)`.

## Why is this bad?

Nothing fails at once, and the result is B times as large, with what was wanted on its diagonal.

## Example

```python
import numpy as np


def apply(a, b):
    \"\"\"The product of each pair of matrices.

Args:
        a: array of shape (B, N, D)
        b: array of shape (B, D, M)
    \"\"\"
    c = np.dot(a, b)
    return c
```

## Use instead

```python
    c = np.matmul(a, b)
```

## Silent

Where one operand has two axes or fewer, and where the stacks have other sizes, so that all pairs must be meant.

"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.checks.found import Found, called, code, exact, short, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun


def look(run: SureRun) -> Iterator[Found]:
    """Calls of `dot` on two stacks of as many matrices."""
    for seen in run.expressions():
        call = called(seen.step, seen.node)
        if call is None or call.name != "dot" or len(call.args) != 2 or not isinstance(seen.node, cst.Call):
            continue
        left, right = call.args
        a, b = seen.of(left), seen.of(right)
        if not run.known(a) or not run.known(b) or a.ndim < 3 or b.ndim != a.ndim:
            continue
        if not all(map(exact, a.shape[:-2], b.shape[:-2])) or not exact(a.shape[-1], b.shape[-2]):
            continue
        if a is b or all(int(n) == 1 for n in a.shape[:-2]):
            continue
        made, wanted = (*a.shape[:-1], *b.shape[:-2], b.shape[-1]), (*a.shape[:-1], b.shape[-1])
        said = (f"`{short(left)}` is {run.naming.shape(a.shape)}, `{short(right)}` is {run.naming.shape(b.shape)}: "
                f"`dot` makes {run.naming.shape(made)} of them, `matmul` {run.naming.shape(wanted)}")
        yield Found(seen.step, seen.node, said, f"np.matmul({code(left)}, {code(right)})",
                    related=(*whence(run, left, a), *whence(run, right, b)))


RULE = Rule("NAB114", "dot-beyond-matrices", "`np.dot` of stacks of matrices pairs every matrix with every other",
            look=look)
