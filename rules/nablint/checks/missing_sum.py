"""A sum over a broadcast axis is missing or too many.

A gradient misses the sum over an axis that broadcasting made, or sums where nothing was spread.

## Why is this bad?

`out = x @ w + b` uses every `b[j]` once for each sample, so its gradient adds up over the samples.  Without the sum the
update broadcasts, and the bias grows an axis.

## Example

```python
import numpy as np


def affine_forward(x, w, b):
    out = x @ w + b
    return out, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dx = dout @ w.T
    dw = x.T @ dout
    db = dout
    return dx, dw, db
```

## Use instead

```python
db = np.sum(dout, axis=0)
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault adds or drops a sum."""
    return repaired(fault, ("sum",))


RULE = Rule("NAB302", "missing-sum", "A sum over a broadcast axis is missing or too many", check=check)
