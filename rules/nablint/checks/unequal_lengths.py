"""`zip` walks lists of unequal length and drops what is left over.

## Why is this bad?

Nothing fails: the parameters beyond the shorter list are never updated.

## Example

```python
import numpy as np


def update(x, dz):
    \"\"\"One step.

Args:
        x: array of shape (N, D)
        dz: array of shape (N, C)
    \"\"\"
    w, b = np.zeros((4, 3)), np.zeros(3)
    params = [w, b]
    steps = [x.T @ dz]
    for p, g in zip(params, steps):
        p -= g.mean()
    return params
```

## Use instead

```python
    steps = [x.T @ dz, dz.sum(axis=0)]
```

## Silent

Where the shorter list may be meant: slices (`zip(layers, layers[1:])`), `zip_longest`, `strict=True`, ranges and
lists that hold no arrays.

"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.found import Found, short
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import Seen, SureRun
from nablint.reading.lazily import regex
from nablint.tracing.values import Array, External, OpenList

_PARAMETERS = regex(r"^_?(params?|parameters|weights|ws|variables|theta\w*|model_params)$", re.I)
_STEPS = regex(r"grad|^_?(d\w*params|dparams|steps|updates|deltas|nablas?|velocit\w*|moment\w*|vs|ms)$", re.I)


def look(run: SureRun) -> Iterator[Found]:
    """Loops over parameters and what is beside them."""
    for seen in run.expressions():
        if type(seen.node) is not cst.Call or seen.of(seen.node.func) != External("zip"):
            continue
        args = [a.value for a in seen.node.args if a.keyword is None and not a.star]
        if len(args) != len(seen.node.args) or len(args) < 2 or not all(isinstance(a, cst.Name) for a in args):
            continue
        names = [short(a) for a in args]
        if not any(map(_PARAMETERS.search, names)) or not any(map(_STEPS.search, names)):
            continue
        lengths = [_length(seen, a) for a in args]
        if None in lengths or len(set(lengths)) < 2 or any(_grows(n, run.unit.text) for n in names):
            continue
        said = ", ".join(f"`{name}` has {length}" for name, length in zip(names, lengths, strict=True))
        yield Found(seen.step, seen.node, f"{said}: `zip` drops what is left over")


def _grows(name: str, text: str) -> bool:
    """Is the list made longer or shorter anywhere?"""
    return re.search(rf"\b{name}(?:\s*\+=|\.(?:append|extend|insert|pop|remove|clear)\b)", text) is not None


def _length(seen: Seen, node: cst.BaseExpression) -> int | None:
    value: Any = seen.of(node)
    if not isinstance(value, list | tuple) or isinstance(value, OpenList) or not value:
        return None
    return len(value) if all(isinstance(v, Array | Term) for v in value) else None


RULE = Rule("NAB117", "unequal-lengths", "`zip` walks lists of unequal length and drops what is left over", look=look)
