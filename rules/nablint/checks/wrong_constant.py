"""A number in a gradient is wrong.

A number in a gradient (an exponent, a factor, an index) is not the one that the derivation gives.

## Example

```python
import numpy as np


def cube_forward(x):
    out = x ** 3
    return out, x


def cube_backward(dout, x):
    dx = 2 * x ** 2 * dout
    return dx
```

## Use instead

```python
dx = 3 * x ** 2 * dout
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault changes a number."""
    return repaired(fault, ("constant",))


RULE = Rule("NAB311", "wrong-constant", "A number in a gradient is wrong", check=check)
