"""A gradient is laid out as the transpose of its variable, or a product in it misses a transpose.

A product in a gradient has a transpose too many or too few, so that the gradient is laid out as the transpose of its
variable, or sums over the wrong index.

## Why is this bad?

For `out = x @ w` the differential is `dL = <dout, x dw> = <x.T dout, dw>`: the gradient is `x.T @ dout` and has `w`'s
shape.  On a square matrix the transpose has that shape, too, and trains without an error into nonsense.

## Example

```python
import numpy as np


def affine_forward(x, w, b):
    out = x @ w + b
    return out, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = dout.T @ x
    db = dout.sum(axis=0)
    return dx, dw, db
```

## Use instead

```python
dw = x.T @ dout
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault adds or drops a transpose."""
    return repaired(fault, ("transpose",))


RULE = Rule("NAB201", "transposed-gradient",
            "A gradient is laid out as the transpose of its variable, or a product in it misses a transpose",
            check=check)
