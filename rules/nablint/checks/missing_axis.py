"""An axis does not exist, or is named twice.

`x.sum(axis=2)` of a matrix, `x.transpose(0, 2)` of a matrix, `x.permute(0, 1, 1)`.

## Why is this bad?

The program stops there.

## Example

```python
import numpy as np


def totals(x):
    \"\"\"Totals of each sample.

Args:
        x: array of shape (N, D)
    \"\"\"
    t = x.sum(axis=2)
    return t
```

## Use instead

```python
    t = x.sum(axis=1)
```

## Silent

Where the number of axes is not known for sure.

"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.found import Called, Found, called, number, short, sure_clashes, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun
from nablint.tracing.step import Step

_ORDERS = frozenset({"transpose", "permute", "permute_dims", "swapaxes", "moveaxis", "movedim", "squeeze", "unsqueeze",
                     "expand_dims", "flip", "roll"})


def look(run: SureRun) -> Iterator[Found]:
    """Calls that name an axis which is not there."""
    for clash in sure_clashes(run):
        call = called(clash.step, clash.node)
        value = clash.operands[0] if clash.operands else None
        if call is None or call.name in ("reshape", "view") or clash.equations or not call.args:
            continue
        if not isinstance(value, Term):
            continue
        array = call.args[0]
        along = call.argument(1, "axis", "dim", "axes", "dims")
        axes = _numbers(clash.step, along)
        if call.name in _ORDERS and len(call.args) > 2:
            axes = [n for a in call.args[1:] if (n := number(a)) is not None]
        extra = int(call.name in ("expand_dims", "unsqueeze"))
        rank = value.ndim + extra
        missing = [a for a in axes if not -rank <= a < rank]
        twice = len({a % rank for a in axes}) < len(axes) if rank and not missing else False
        if not missing and not twice:
            continue
        shape = run.naming.shape(value.shape)
        what = f"has no axis {missing[0]}" if missing else "has an axis that is named twice"
        at, mended = _only_other(call, axes, missing, rank)
        yield Found(clash.step, clash.node, f"`{short(array)}` is {shape} and {what}", mended,
                    (clash.step, at) if at is not None else None, related=whence(run, array, value))


def _only_other(call: Called, axes: list[int], missing: list[int], rank: int) -> tuple[cst.BaseExpression | None, str]:
    """The number to change and what it can only be: a vector's one axis, or the one that an order of all leaves out."""
    written = [a for a in (*call.args[1:], *call.keywords.values()) if number(a) is not None]
    if missing and rank == 1 and len(axes) == 1 and call.name not in _ORDERS:
        return next(((a, "0") for a in written if number(a) == axes[0]), (None, ""))
    left = set(range(rank)) - {a % rank for a in axes} if rank else set[int]()
    if missing or call.name not in ("transpose", "permute") or len(axes) != rank or len(left) != 1:
        return None, ""
    seen: set[int] = set()
    for node, axis in zip(written, axes, strict=False):
        if axis % rank in seen:
            return node, str(left.pop())
        seen.add(axis % rank)
    return None, ""


def _numbers(step: Step, node: cst.BaseExpression | None) -> list[int]:
    """The axes that an argument names."""
    if isinstance(node, cst.Tuple | cst.List):
        return [n for e in node.elements if (n := number(e.value)) is not None]
    value = step.values.get(id(node)) if node is not None else None
    return [value] if type(value) is int else []


RULE = Rule("NAB107", "missing-axis", "An axis does not exist, or is named twice", look=look)
