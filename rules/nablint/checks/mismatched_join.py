"""Arrays are concatenated or stacked that do not fit together.

`np.concatenate` wants equal sizes along all axes but the one it joins, and equally many axes; `np.stack` wants equal
shapes.

## Why is this bad?

The program stops there; often the axis is the wrong one.

## Example

```python
import numpy as np


def features(a, b):
    \"\"\"Features side by side.

Args:
        a: array of shape (N, D)
        b: array of shape (N, E)
    \"\"\"
    x = np.concatenate((a, b))
    return x
```

## Use instead

```python
    x = np.concatenate((a, b), axis=1)
```

## Silent

Where the sizes have different names that may stand for the same number, and no other axis would do.

"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.found import Called, Found, apart, called, code, exact, sure_clashes, unnamed, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun
from nablint.shapes import Shape

_JOINS = {"concatenate": 0, "concat": 0, "cat": 0, "vstack": 0, "hstack": 1, "row_stack": 0}


def look(run: SureRun) -> Iterator[Found]:
    """Joins whose parts do not fit."""
    for clash in sure_clashes(run):
        call = called(clash.step, clash.node)
        if call is None or call.name not in (*_JOINS, "stack") or not clash.operands:
            continue
        parts = _parts(clash.operands[0])
        shapes = [p.shape for p in parts]
        if len(parts) < 2 or len(parts) != len(clash.operands[0]) or any(unnamed(s) for shape in shapes for s in shape):
            continue
        along = _axis(clash, call)
        if along is None:
            continue
        other = _other(call, shapes, along)
        if other is None and not _impossible(call, shapes, along):
            continue
        if len({run.naming.shape(s) for s in shapes}) == 1:
            continue  # what documentation calls by one name is one size, whenever it is asked
        said = " and ".join(run.naming.shape(s) for s in shapes[:3])
        hint = f"; along axis {other} they do" if other is not None else ""
        mended = _with_axis(clash.node, call, other) if other is not None else ""
        listed = call.args[0] if call.args else None
        items = [e.value for e in listed.elements] if isinstance(listed, cst.List | cst.Tuple) else []
        places = [p for node, term in zip(items, parts, strict=False) for p in whence(run, node, term)]
        yield Found(clash.step, clash.node, f"{said} do not fit together along axis {along}{hint}", mended,
                    related=tuple(places))


def _parts(value: Any) -> list[Term]:
    if not isinstance(value, list | tuple):
        return []
    terms = [getattr(v, "term", v) for v in value]
    return [t for t in terms if isinstance(t, Term)]


def _axis(clash: Any, call: Called) -> int | None:
    if call.name in ("vstack", "hstack", "row_stack"):
        return _JOINS[call.name]
    node = call.argument(1, "axis", "dim")
    value = clash.step.values.get(id(node)) if node is not None else 0
    return value if type(value) is int else None


def _impossible(call: Called, shapes: list[Shape], along: int) -> bool:
    ranks = {len(s) for s in shapes}
    if call.name in ("vstack", "hstack", "row_stack") and min(ranks) < 2:
        return False
    if len(ranks) > 1:
        return True
    rank = ranks.pop()
    skipped = -1 if call.name == "stack" else along % rank
    return any(apart(shapes[0][k], s[k]) for s in shapes[1:] for k in range(rank) if k != skipped)


def _other(call: Called, shapes: list[Shape], along: int) -> int | None:
    """The one other axis along which they fit."""
    rank = len(shapes[0])
    if call.name == "stack" or any(len(s) != rank for s in shapes) or rank < 2:
        return None
    fits = [axis for axis in range(rank) if axis != along % rank and all(
        exact(shapes[0][k], s[k]) for s in shapes[1:] for k in range(rank) if k != axis)]
    return fits[0] if len(fits) == 1 else None


def _with_axis(node: cst.CSTNode, call: Called, axis: int) -> str:
    given = call.argument(1, "axis", "dim")
    if not isinstance(node, cst.Call) or call.name in ("vstack", "hstack", "row_stack") or call.method:
        return ""
    text = code(node)
    word = "dim" if call.full.startswith("torch.") else "axis"
    if given is None:
        return f"{text[:-1].rstrip(', ')}, {word}={axis})"
    arg = next(a for a in node.args if a.value is given)
    return text.replace(code(arg).rstrip(", "), f"{word}={axis}") if arg.keyword is not None else ""


RULE = Rule("NAB109", "mismatched-join", "Arrays are concatenated or stacked that do not fit together", look=look)
