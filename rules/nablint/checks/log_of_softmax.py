"""The logarithm of a softmax.

`log(softmax(z))` is `z - logsumexp(z)`, which `log_softmax` computes without the detour.

## Why is this bad?

A probability below the smallest number of the machine is 0, and its logarithm minus infinity; training on it gives
`nan`.

The code is right on paper, so the rule is off unless it is selected (`--extend-select NAB4`).

## Example

```python
import torch
import torch.nn.functional as F


def log_probabilities(z):
    q = torch.log(F.softmax(z, dim=-1))
    return q
```

## Use instead

```python
    q = F.log_softmax(z, dim=-1)
```

## Silent

Where something is added to the probabilities before the logarithm.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.checks.found import Found, called, code, short
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun


def look(run: SureRun) -> Iterator[Found]:
    """Logarithms of library softmaxes."""
    for seen in run.expressions():
        if type(seen.node) is not cst.Call:
            continue
        func = seen.node.func
        inner: cst.BaseExpression | None = None
        call = called(seen.step, seen.node)
        if call is not None and call.name == "log" and len(call.args) == 1:
            inner = call.args[0]
        elif isinstance(func, cst.Attribute) and func.attr.value == "log" and not seen.node.args:
            inner = func.value
        made = called(seen.step, inner) if inner is not None else None
        if made is None or made.name != "softmax" or not isinstance(inner, cst.Call):
            continue
        name = code(inner.func)
        mended = code(inner).replace(name, f"{name.removesuffix('softmax')}log_softmax", 1)
        yield Found(seen.step, seen.node, f"`{short(seen.node)}` loses small probabilities to 0 before the logarithm: "
                    f"`{short(cst.parse_expression(mended))}` does not", mended)


RULE = Rule("NAB403", "log-of-softmax", "The logarithm of a softmax", "warning", look=look)
