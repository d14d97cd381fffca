"""A factor stands in a gradient that the derivation does not have.

A factor or divisor stands in a gradient that the derivation does not have.

## Example

```python
import numpy as np


def affine_forward(x, w, b):
    out = x @ w + b
    return out, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dx = dout @ w.T * x
    dw = x.T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db
```

## Use instead

```python
dx = dout @ w.T
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault leaves a factor out."""
    return repaired(fault, ("extra-factor",))


RULE = Rule("NAB307", "extra-factor", "A factor stands in a gradient that the derivation does not have", check=check)
