"""`.T` of three or more axes reverses all of them.

In `a @ b.T` with `b` of shape `(B, M, D)` the transpose is `(D, M, B)`: the stack of matrices is turned inside out.

## Why is this bad?

A product of stacks wants the last two axes swapped, and the others left where they are.  PyTorch warns of `.T` on
anything but a matrix, numpy does not.

## Example

```python
import numpy as np


def scores(q, k):
    \"\"\"Attention scores.

Args:
        q: array of shape (B, T, D)
        k: array of shape (B, T, D)
    \"\"\"
    s = q @ k.T
    return s
```

## Use instead

```python
    s = q @ k.swapaxes(-1, -2)
```

## Silent

Outside of products, where turning all axes around may be what is wanted.

"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.checks.found import Found, bracketed, called, product, short, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import Seen, SureRun


def look(run: SureRun) -> Iterator[Found]:
    """Factors of a product that are stacks turned inside out."""
    for seen in run.expressions():
        parts = product(seen.step, seen.node)
        for node in parts[1:] if parts is not None and parts[0] in ("@", "matmul") else ():
            inner = _reversed(seen, node)
            value = seen.of(inner) if inner is not None else None
            if inner is None or not run.known(value) or value.ndim < 3:
                continue
            before, after = run.naming.shape(value.shape), run.naming.shape(value.shape[::-1])
            swap = "mT" if run.it.dialect == "torch" else "swapaxes(-1, -2)"
            mended = f"{bracketed(inner)}.{swap}"
            yield Found(seen.step, node, f"`{short(inner)}` is {before}, and all its axes are reversed to {after}; "
                        f"`{mended}` swaps the last two", mended, related=whence(run, inner, value))


def _reversed(seen: Seen, node: cst.BaseExpression) -> cst.BaseExpression | None:
    if isinstance(node, cst.Attribute) and node.attr.value == "T":
        return node.value
    call = called(seen.step, node)
    plain = call is not None and call.name == "transpose" and len(call.args) == 1 and not call.keywords
    return call.args[0] if plain and call is not None else None


RULE = Rule("NAB106", "reversed-axes", "A transpose reverses three or more axes in a product of matrices", look=look)
