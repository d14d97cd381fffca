"""A gradient uses another value than the derivation does.

A gradient uses another value than the one that the derivation has: this layer's output for its input, a weight for an
activation, the wrong saved tensor.

## Example

```python
import numpy as np


def sigmoid_forward(x):
    out = 1 / (1 + np.exp(-x))
    return out, (x, out)


def sigmoid_backward(dout, cache):
    x, out = cache
    dx = dout * x * (1 - out)
    return dx
```

## Use instead

```python
dx = dout * out * (1 - out)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault takes another value."""
    return repaired(fault, ("operand",))


RULE = Rule("NAB308", "wrong-operand", "A gradient uses another value than the derivation does", check=check)
