"""A mask in a gradient lets the wrong entries through.

A comparison in a gradient lets exactly the entries through that it should stop.

## Example

```python
import numpy as np


def relu_forward(x):
    out = np.maximum(0, x)
    return out, x


def relu_backward(dout, x):
    dx = dout * (x < 0)
    return dx
```

## Use instead

```python
dx = dout * (x > 0)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault turns a comparison."""
    return repaired(fault, ("mask",))


RULE = Rule("NAB310", "wrong-mask", "A mask in a gradient lets the wrong entries through", check=check)
