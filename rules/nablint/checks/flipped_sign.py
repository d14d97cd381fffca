"""A sign in a gradient is wrong.

A sign in a gradient is wrong: descent becomes ascent, for one parameter or for one term.

## Example

```python
import numpy as np


def sub_forward(x, y):
    out = x * x - y
    return out, (x, y)


def sub_backward(dout, cache):
    x, y = cache
    dx = 2 * x * dout
    dy = dout
    return dx, dy
```

## Use instead

```python
dy = -dout
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault turns a sign."""
    return repaired(fault, ("sign",))


RULE = Rule("NAB305", "flipped-sign", "A sign in a gradient is wrong", check=check)
