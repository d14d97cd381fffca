"""The operands of a product in a gradient stand in the wrong order.

A matrix product in a gradient has its operands in the wrong order.

## Why is this bad?

The matrix product does not commute.  With square layers both orders run.

## Example

```python
import numpy as np


def square_forward(x, w):
    out = x @ w
    return out, (x, w)


def square_backward(dout, cache):
    x, w = cache
    dx = w.T @ dout
    dw = x.T @ dout
    return dx, dw
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
    """The message, where the edit that mends the fault swaps operands."""
    return repaired(fault, ("operands",))


RULE = Rule("NAB202", "swapped-operands", "The operands of a product in a gradient stand in the wrong order",
            check=check)
