"""A gradient is off by a constant factor.

A gradient is a constant factor away from what the loss says: a lost `1/m`, a mean for a sum, a forgotten 2.

## Why is this bad?

One factor common to all parameters is a step size and is left alone.  A factor that only one of them has bends the
direction of descent.

## Example

```python
import numpy as np


def linear_forward(A, W, b):
    Z = np.dot(W, A) + b
    return Z, (A, W, b)


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = np.dot(dZ, A_prev.T)
    db = np.sum(dZ, axis=1, keepdims=True) / m
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db
```

## Use instead

```python
dW = np.dot(dZ, A_prev.T) / m
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault scales by a constant."""
    return repaired(fault, ("scale",))


RULE = Rule("NAB304", "wrong-scale", "A gradient is off by a constant factor", check=check)
