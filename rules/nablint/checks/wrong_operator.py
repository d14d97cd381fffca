"""An operator in a gradient is wrong.

An operator in a gradient is wrong: `*` for `@`, `/` for `*`.

## Example

```python
import numpy as np


def div_forward(x, y):
    out = x / y
    return out, (x, y)


def div_backward(dout, cache):
    x, y = cache
    dx = dout * y
    dy = -dout * x / y ** 2
    return dx, dy
```

## Use instead

```python
dx = dout / y
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault changes an operator."""
    return repaired(fault, ("operator",))


RULE = Rule("NAB312", "wrong-operator", "An operator in a gradient is wrong", check=check)
