"""A reduction in a gradient keeps or loses an axis that it should not.

A reduction in a gradient loses an axis that it should keep (or keeps one that it should lose), and what follows
broadcasts along the wrong one.

## Example

```python
import numpy as np


def softmax_forward(z):
    e = np.exp(z)
    p = e / e.sum(axis=1, keepdims=True)
    return p, p


def softmax_backward(dout, p):
    s = (dout * p).sum(axis=1)
    dz = p * (dout - s)
    return dz
```

## Use instead

```python
s = (dout * p).sum(axis=1, keepdims=True)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault keeps or drops an axis."""
    return repaired(fault, ("keepdims",))


RULE = Rule("NAB303", "lost-keepdims", "A reduction in a gradient keeps or loses an axis that it should not",
            check=check)
