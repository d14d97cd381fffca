"""A gradient is not the one that the loss has.

The value that the code computes differs from the derived gradient, and no small edit of it makes it right; where the
derived gradient can be written in the names at hand, it is offered as the fix.

## Why is this bad?

The optimiser follows the code, not the loss.

## Example

```python
import numpy as np


def cosh_forward(x):
    out = np.exp(x) + np.exp(-x)
    return out, x


def cosh_backward(dout, x):
    dx = dout * np.cos(x) ** 3
    return dx
```

## Use instead

```python
dx = dout * (np.exp(x) - np.exp(-x))
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import unexplained
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message for what no other rule explains."""
    return unexplained(fault)


RULE = Rule("NAB399", "wrong-gradient", "A gradient is not the one that the loss has", check=check)
