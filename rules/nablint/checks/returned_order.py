"""Gradients are returned in another order, or fewer of them, than the arguments that they belong to.

`torch.autograd` takes what `backward` returns for the gradients of `forward`'s arguments, in their order, with `None`
for those that need none.

## Example

```python
import torch


class Gated(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value, gate):
        ctx.save_for_backward(value, gate)
        return value * torch.exp(gate)

    @staticmethod
    def backward(ctx, grad_output):
        value, gate = ctx.saved_tensors
        grad_value = grad_output * torch.exp(gate)
        grad_gate = grad_value * value
        return grad_gate, grad_value
```

## Use instead

```python
return grad_value, grad_gate
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nablint.checks.messages import repaired
from nablint.checks.rule import Rule

if TYPE_CHECKING:
    from nablint.claims.repairing.blame import Fault


def check(fault: Fault) -> str | None:
    """The message, where the edit that mends the fault returns the same gradients otherwise."""
    return repaired(fault, ("order", "arity"))


RULE = Rule("NAB314", "returned-order", "Gradients are returned in the wrong order or number", check=check)
