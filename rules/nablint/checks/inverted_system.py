"""A system of equations is solved with an explicit inverse.

`inv(A) @ b` computes all of the inverse to use it once.

## Why is this bad?

It takes about three times as long as a solution of `A x = b` and loses more digits where A is badly conditioned.

The code is right on paper, so the rule is off unless it is selected (`--extend-select NAB4`).

## Example

```python
import numpy as np


def ridge(x, y, penalty):
    gram = x.T @ x + penalty * np.eye(x.shape[1])
    w = np.linalg.inv(gram) @ (x.T @ y)
    return w
```

## Use instead

```python
    w = np.linalg.solve(gram, x.T @ y)
```

## Silent

Where the inverse is kept under a name, or stands on the right of the product.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.checks.found import Found, called, code, product, short
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun

SOLVES = {"numpy.linalg.inv": "solve", "scipy.linalg.inv": "solve", "torch.linalg.inv": "torch.linalg.solve",
          "torch.inverse": "torch.linalg.solve", "jax.numpy.linalg.inv": "solve"}


def look(run: SureRun) -> Iterator[Found]:
    """Products whose left factor is an inverse made on the spot."""
    for seen in run.expressions():
        parts = product(seen.step, seen.node)
        if parts is None:
            continue
        _, left, right = parts
        call = called(seen.step, left)
        if call is None or call.full not in SOLVES or len(call.args) != 1 or not isinstance(left, cst.Call):
            continue
        solve = SOLVES[call.full]
        if "." not in solve:  # as the code spells the module
            solve = f"{code(left.func).rpartition('.')[0]}.solve" if isinstance(left.func, cst.Attribute) else ""
        inner = right.with_changes(lpar=[], rpar=[])
        mended = f"{solve}({code(call.args[0])}, {code(inner)})" if solve else ""
        said = f"`{short(left)}` is used once, for a product: solve the equations in its place"
        yield Found(seen.step, seen.node, said, mended)


RULE = Rule("NAB401", "inverted-system", "A system of equations is solved with an explicit inverse", "warning",
            look=look)
