"""A contribution to a gradient is overwritten, or added where it should not be.

A gradient that several places contribute to (time steps, windows, samples) keeps the last of them only: `=` where `+=`
is meant; or the other way round.  A loop that takes too few turns, or walks through time forwards, leaves some out.

## Example

```python
import numpy as np


def pairs_forward(x):
    out = np.zeros(x.shape[0] - 1)
    for i in range(x.shape[0] - 1):
        out[i] = x[i] * 3 + x[i + 1]
    return out, x


def pairs_backward(dout, x):
    dx = np.zeros_like(x)
    for i in range(x.shape[0] - 1):
        dx[i] = dout[i] * 3
        dx[i + 1] += dout[i]
    return dx
```

## Use instead

```python
dx[i] = dx[i] + dout[i] * 3
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault accumulates or stops to, or changes the turns of a loop."""
    return repaired(fault, ("accumulation", "loop"))


RULE = Rule("NAB313", "lost-contribution", "A contribution to a gradient is overwritten", check=check)
