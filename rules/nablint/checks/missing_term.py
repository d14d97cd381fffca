"""A term of a gradient is missing, or one too many is there.

A gradient lacks a term (a regularisation, a second path through the graph), or has one that the loss does not give.

## Example

```python
import numpy as np


def loss_and_grad(w, X, y, reg):
    r = X.dot(w) - y
    loss = 0.5 * np.sum(r * r) + 0.5 * reg * np.sum(w * w)
    grad_w = X.T.dot(r)
    return loss, grad_w
```

## Use instead

```python
grad_w = X.T.dot(r) + reg * w
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault adds or drops a term."""
    return repaired(fault, ("term", "extra-term"))


RULE = Rule("NAB309", "missing-term", "A term of a gradient is missing, or one too many is there", check=check)
