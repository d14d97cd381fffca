"""A comment states a shape that the value does not have.

## Why is this bad?

The comment was right once, or was copied; the next reader believes it.

The fix corrects the comment, never the code.

## Example

```python
import numpy as np


def hidden(x, w):
    \"\"\"The hidden layer.

Args:
        x: array of shape (N, D)
        w: array of shape (D, H)
    \"\"\"
    h = np.maximum(x @ w, 0)  # (N, D)
    return h
```

## Use instead

```python
    h = np.maximum(x @ w, 0)  # (N, H)
```

## Silent

Where a name of the comment is no dimension that the function knows, so that it may stand for the size that there is;
where the comment leaves axes open; where it has the shape that there is as well, as that of the operand; and where it
holds for one turn of a loop.

"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.checks.found import Found, short
from nablint.checks.rule import Rule
from nablint.checks.said import contradiction, spoken
from nablint.claims.sure.runs import Seen, SureRun
from nablint.reading.comments import comment_evidence
from nablint.reading.evidence import DimSpec
from nablint.reading.trailing import comments_of
from nablint.tracing.statements import target_names


def look(run: SureRun) -> Iterator[Found]:
    """Comments behind assignments that contradict what is assigned."""
    found: dict[int, Found] = {}
    fits: set[int] = set()
    for seen in run.expressions():
        target, value = _assigned(seen)
        if target is None or value is None:
            continue
        line = comments_of(seen.step.block, seen.node)
        comment = line.comment if line is not None else None
        if comment is None or not any(c in comment.value for c in "([x×"):
            continue
        term = seen.of(value)
        said = comment_evidence(comment.value, target)
        if said is None or not said.dims or not run.known(term) or not _of_a_shape(said.dims, term.ndim, comment):
            continue
        if not contradiction(run, seen.step, said.dims, term.shape, nearby=True):
            fits.add(id(comment))
            continue
        better = spoken(run, seen.step, term.shape)
        if better is not None and better in comment.value:
            continue  # it tells of both ways round: what else is said of the operand may hold for another caller
        once = bool(said.written) and comment.value.count(said.written) == 1
        mended = comment.value.replace(said.written, better) if better is not None and once else ""
        message = f"the comment says {said.show()}, and `{target}` is {run.naming.shape(term.shape)}"
        found.setdefault(id(comment), Found(seen.step, comment, message, mended, None, True,
                                            ((f"`{short(value)}` is assigned here", seen.step, seen.node),)))
    yield from (one for key, one in found.items() if key not in fits)


def _assigned(seen: Seen) -> tuple[str | None, cst.BaseExpression | None]:
    node = seen.node
    if isinstance(node, cst.Assign) and len(node.targets) == 1:
        target = node.targets[0].target
        names = target_names(target)
        if isinstance(target, cst.Name | cst.Attribute) and names:
            return names[0], node.value
    return None, None


def _of_a_shape(dims: tuple[DimSpec, ...], rank: int, comment: cst.Comment) -> bool:
    """May the words be the shape rather than the values?  Numbers alone may be either."""
    if any(any(map(str.isalpha, d.text)) or d.kind in ("ellipsis", "unknown") for d in dims):
        return True
    if "shape" in comment.value.lower():
        return True
    return len(dims) == rank > 1


RULE = Rule("NAB115", "contradicted-comment", "A comment states a shape that the value does not have", "warning",
            look=look)
