"""A reshape asks for another number of entries than there are.

`x.reshape(4, 4)` of `(3, 5)` has 16 places for 15 entries.

## Why is this bad?

The program stops there.

## Example

```python
import numpy as np


def grid():
    \"\"\"The numbers as a table.\"\"\"
    x = np.arange(15)
    t = x.reshape(4, 4)
    return t
```

## Use instead

```python
    t = x.reshape(3, 5)
```

## Silent

Where the two numbers may be the same: sizes with other names, and quotients that are rounded.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.found import Called, Found, called, number, short, sure_clashes, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun
from nablint.shapes import Size, dim, show_shape, size_product


def look(run: SureRun) -> Iterator[Found]:
    """Reshapes that cannot be."""
    for clash in sure_clashes(run):
        call = called(clash.step, clash.node)
        if call is None or call.name not in ("reshape", "view") or len(clash.operands) < 2:
            continue
        value, *rest = clash.operands
        target = list(rest[0]) if len(rest) == 1 and isinstance(rest[0], tuple | list) else rest
        if not isinstance(value, Term) or not all(isinstance(s, int) for s in target):
            continue
        target = [dim(s) for s in target]
        total, wanted = size_product(value.shape), size_product(s for s in target if s != -1)
        open_end = any(s == -1 for s in target)
        if not (_never(total, wanted) if not open_end else _indivisible(total, wanted)):
            continue
        shape, into = run.naming.shape(value.shape), run.naming.text(show_shape(target))
        entries = run.naming.text(str(total))
        said = f"`{short(call.args[0])}` is {shape}, {entries} entries, and cannot be reshaped to {into}"
        at, mended = (None, "") if open_end else _only_number(call, target, total)
        yield Found(clash.step, clash.node, said, mended, (clash.step, at) if at is not None else None,
                    related=whence(run, call.args[0], value))


def _only_number(call: Called, target: list[Size], total: Size) -> tuple[cst.BaseExpression | None, str]:
    """The one size that is written as a number, beside others that have names, and what it can only be."""
    shape = call.args[1] if len(call.args) == 2 else None
    sizes = [e.value for e in shape.elements] if isinstance(shape, cst.Tuple | cst.List) else [*call.args[1:]]
    written = [i for i, node in enumerate(sizes) if number(node) is not None]
    if len(sizes) != len(target) or len(written) != 1 or len(sizes) < 2:
        return None, ""
    rest = size_product(s for i, s in enumerate(target) if i != written[0])
    quotient = total.expr.divided(rest.expr)
    if quotient is None or rest.expr.number is not None:
        return None, ""
    return sizes[written[0]], str(quotient.number) if quotient.number is not None else "-1"


def _never(total: Size, wanted: Size) -> bool:
    """Can the two numbers of entries never be equal: numbers that differ, or one a multiple of the other?"""
    if "//" in str(total.expr) or "//" in str(wanted.expr):
        return False
    for a, b in ((total.expr, wanted.expr), (wanted.expr, total.expr)):
        quotient = a.divided(b)
        if quotient is not None and quotient.number not in (None, 1):
            return True
    return total.expr.number is not None and wanted.expr.number is not None and total != wanted


def _indivisible(total: Size, wanted: Size) -> bool:
    a, b = total.expr.number, wanted.expr.number
    return a is not None and b is not None and b > 0 and a % b != 0


RULE = Rule("NAB108", "impossible-reshape", "A reshape asks for another number of entries than there are", look=look)
