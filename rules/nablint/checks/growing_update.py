"""The right side of an in-place update is larger than its target.

`b += dz` writes into `b` itself, so the result must have the shape of `b`: an array in place does not grow by
broadcasting.

## Why is this bad?

The program stops there.  Mostly a sum over the samples is missing.

## Example

```python
import numpy as np


def step(b, dz):
    \"\"\"One update of a bias.

Args:
        b: array of shape (D,)
        dz: array of shape (N, D)
    \"\"\"
    b -= 0.1 * dz
    return b
```

## Use instead

```python
    b -= 0.1 * dz.sum(axis=0)
```

## Silent

Where the sizes may be 1.

"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.found import UPDATES, Found, apart, bracketed, code, short, sure_clashes, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun


def look(run: SureRun) -> Iterator[Found]:
    """Updates in place that would grow their target."""
    for clash in sure_clashes(run):
        if not isinstance(clash.node, cst.AugAssign) or len(clash.operands) != 2:
            continue
        old, new = clash.operands
        if not isinstance(old, Term) or not isinstance(new, Term):
            continue
        grown = len(new.shape) > len(old.shape) or any(
            int(a) == 1 and int(b) != 1 and (b.expr.number is None or apart(a, b))
            for a, b in zip(old.shape, new.shape, strict=False))
        if not grown or not _broadcasts(old, new):
            continue
        target = clash.node.target
        assert isinstance(target, cst.BaseExpression)
        shapes = run.naming.shape(old.shape), run.naming.shape(new.shape)
        said = f"`{short(target)}` is {shapes[0]}, and in place it cannot become {shapes[1]}"
        sign = UPDATES.get(type(clash.node.operator), "")
        right = bracketed(clash.node.value) if sign in ("-", "*", "/") else code(clash.node.value)
        mended = f"{code(target)} = {code(target)} {sign} {right}" if sign else ""
        yield Found(clash.step, clash.node, said + (f"; `{mended}` makes a new array" if mended else ""), mended,
                    related=whence(run, target, old))


def _broadcasts(old: Term, new: Term) -> bool:
    """Is the new value what the old one broadcasts to?"""
    return all(int(a) == 1 or str(a) == str(b) for a, b in zip(old.shape[::-1], new.shape[::-1], strict=False))


RULE = Rule("NAB111", "growing-update", "The right side of an in-place update is larger than its target", look=look)
