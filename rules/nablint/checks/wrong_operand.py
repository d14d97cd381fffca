"""A gradient uses another value than the derivation does.

A gradient uses another value than the one that the derivation has: this layer's output for its input, a weight for an
activation, the wrong saved tensor.

## Example

```python
import numpy as np


def two_forward(x, w, v):
    h = x @ w
    out = h @ v
    return out, (x, w, v, h)


def two_backward(dout, cache):
    x, w, v, h = cache
    dv = h.T @ dout
    dh = dout @ v.T
    dw = x.T @ dh
    dx = dh @ w
    return dx, dw, dv
```

## Use instead

```python
dx = dh @ w.T
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repair import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault takes another value."""
    return repaired(fault, ("operand",))


RULE = Rule("NAB308", "wrong-operand", "A gradient uses another value than the derivation does", check=check)
