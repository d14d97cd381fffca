"""A sum or mean in a gradient runs over the wrong axis.

A sum or mean in a gradient runs over another axis than the one that the derivation sums over.

## Why is this bad?

What broadcasting spread out in the forward pass, the backward pass must add up again over exactly these axes.  With as
many samples as features the wrong axis has the right size.

## Example

```python
import numpy as np


def affine_forward(x, w, b):
    out = x @ w + b
    return out, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout.sum(axis=1)
    return dx, dw, db
```

## Use instead

```python
db = dout.sum(axis=0)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault changes an axis."""
    return repaired(fault, ("axis",))


RULE = Rule("NAB301", "wrong-axis", "A sum or mean in a gradient runs over the wrong axis", check=check)
