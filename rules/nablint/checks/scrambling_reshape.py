"""A reshape to the shape of the transpose, which does not transpose.

`x.reshape(D, N)` of `(N, D)` reads the entries row by row and lays them out anew; only a transpose puts axis 1 where
axis 0 was.

## Why is this bad?

Nothing fails, the sizes are right, and the rows of the result are pieces of other rows.

## Example

```python
import numpy as np


def columns(x):
    \"\"\"One column for each sample.

Args:
        x: array of shape (N, D)
    \"\"\"
    n, d = x.shape
    y = x.reshape(d, n)
    return y
```

## Use instead

```python
    y = x.T
```

## Silent

Where an axis has size 1 or two axes the same size; where axes are split or joined as well; and where the array was
padded, reshaped or flattened before, or is reshaped again after, whose order may then be the wanted one (the relative
shift of attention scores).

"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.calculus.terms import Term, ancestors
from nablint.checks.found import Found, bracketed, called, short, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun
from nablint.shapes import Shape, dim

_ANEW = frozenset({"reshape", "stack", "concatenate", "arange", "transpose", "getitem", "pad"})


def look(run: SureRun) -> Iterator[Found]:
    """Reshapes that permute sizes."""
    for seen in run.expressions():
        call = called(seen.step, seen.node)
        if call is None or call.name not in ("reshape", "view") or not call.args or not isinstance(seen.node, cst.Call):
            continue
        value, made = seen.of(call.args[0]), seen.value
        if not run.known(value) or not run.known(made) or "order" in call.keywords or not _whole(value):
            continue
        order = _permuted(value.shape, made.shape)
        if order is None or _symbols(value.shape) < 2 or _again(run, made):
            continue
        source = bracketed(call.args[0])
        method = "permute" if run.it.dialect == "torch" else "transpose"
        mended = f"{source}.T" if len(order) == 2 else f"{source}.{method}({', '.join(map(str, order))})"
        before, after = run.naming.shape(value.shape), run.naming.shape(made.shape)
        said = (f"`{short(call.args[0])}` is {before}: a reshape to {after} keeps the entries in their order and mixes "
                f"its rows; `{mended}` transposes")
        yield Found(seen.step, seen.node, said, mended,
                    related=whence(run, call.args[0], value))


def _again(run: SureRun, made: Term) -> bool:
    """Is what was reshaped, or a part of it, reshaped once more?"""
    for seen in run.expressions():
        call = called(seen.step, seen.node)
        if call is not None and call.name in ("reshape", "view", "view_as", "reshape_as") and call.args:
            value = seen.of(call.args[0])
            if isinstance(value, Term) and made in ancestors(value):
                return True
    return False


def _whole(value: Term) -> bool:
    """An array whose layout nothing has changed before."""
    term = value
    while term.card is not None and term.card.elementwise and len(term.args) == 1:
        term = term.args[0]
    return term.card is None or term.card.name not in _ANEW


def _permuted(before: Shape, after: Shape) -> tuple[int, ...] | None:
    """The order of axes that makes one shape of the other; None where they are the same or not a permutation."""
    names = [str(dim(s)) for s in before]
    made = [str(dim(s)) for s in after]
    if sorted(names) != sorted(made) or names == made or len(set(names)) < len(names) or "1" in names:
        return None
    return tuple(names.index(n) for n in made)


def _symbols(shape: Shape) -> int:
    """How many sizes have names: a table of literal sizes may be read in any order."""
    return sum(dim(s).expr.name is not None for s in shape)


RULE = Rule("NAB112", "scrambling-reshape", "A reshape permutes sizes where a transpose is meant", look=look)
