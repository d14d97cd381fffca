"""A factor of the chain rule is missing.

A factor of the chain rule is missing: an activation's derivative, a mask, a weight.

## Why is this bad?

The network still learns something, because the sign is often right; it learns slower and never quite the right thing.

## Example

```python
import numpy as np


def tanh_forward(x):
    out = np.tanh(x)
    return out, out


def tanh_backward(dout, out):
    dx = dout
    return dx
```

## Use instead

```python
dx = dout * (1 - out ** 2)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault multiplies by what is missing."""
    return repaired(fault, ("derivative",))


RULE = Rule("NAB306", "missing-derivative", "A factor of the chain rule is missing", check=check)
