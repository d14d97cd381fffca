"""The subscripts of an einsum do not fit its operands.

Every operand needs as many letters as it has axes, and a letter stands for one size.

## Why is this bad?

The program stops there; with sizes that agree by chance it sums over the wrong axes.

## Example

```python
import numpy as np


def apply(w, x):
    \"\"\"A linear map of every sample.

Args:
        w: array of shape (5, 3)
        x: array of shape (N, 5)
    \"\"\"
    y = np.einsum("ij,nj->ni", w, x)
    return y
```

## Use instead

```python
    y = np.einsum("ji,nj->ni", w, x)
```

## Silent

Where a letter stands for sizes of different names that may be the same number.

"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.found import Found, apart, called, exact, short, sure_clashes, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun

MAX_LETTERS = 4


def look(run: SureRun) -> Iterator[Found]:
    """Einsums that do not fit."""
    for clash in sure_clashes(run):
        call = called(clash.step, clash.node)
        if call is None or call.name != "einsum" or len(clash.operands) < 2 or not isinstance(clash.operands[0], str):
            continue
        arrays = [o for o in clash.operands[1:] if isinstance(o, Term)]
        if len(arrays) != len(clash.operands) - 1:
            continue
        parts = clash.operands[0].replace(" ", "").partition("->")[0].split(",")
        said = ""
        if len(parts) != len(arrays):
            said = f"{len(parts)} operands are named, {len(arrays)} given"
        for letters, term, node in zip(parts, arrays, call.args[1:], strict=False):
            named = len(letters.replace("...", ""))
            if named != term.ndim if "..." not in letters else named > term.ndim:
                shape = run.naming.shape(term.shape)
                said = said or f"`{letters}` names {named} axes of `{short(node)}`, which is {shape}"
        if not said and "..." not in clash.operands[0]:
            said = _two_sizes(run, parts, arrays)
        if said:
            places = [p for node, term in zip(call.args[1:], arrays, strict=False) for p in whence(run, node, term)]
            mended = _turned(call.args[0], parts, arrays)
            yield Found(clash.step, clash.node, f"einsum `{clash.operands[0]}`: {said}", mended,
                        (clash.step, call.args[0]) if mended else None, related=tuple(places))


def _two_sizes(run: SureRun, parts: list[str], arrays: list[Term]) -> str:
    sizes: dict[str, int] = {}
    for letters, term in zip(parts, arrays, strict=True):
        for letter, size in zip(letters, term.shape, strict=True):
            known = sizes.setdefault(letter, size)
            if apart(known, size) and 1 not in (int(known), int(size)):
                return f"`{letter}` is both {run.naming.text(str(known))} and {run.naming.text(str(size))}"
    return ""


def _turned(node: cst.BaseExpression, parts: list[str], arrays: list[Term]) -> str:
    """The subscripts with the letters of one operand in another order, where one order alone makes all sizes agree."""
    if not isinstance(node, cst.SimpleString) or len(parts) != len(arrays):
        return ""
    fitting: list[str] = []
    for i, part in enumerate(parts):
        for letters in {"".join(order) for order in permutations(part)} - {part} if len(part) <= MAX_LETTERS else ():
            turned = [*parts[:i], letters, *parts[i + 1:]]
            if _agree(turned, arrays):
                fitting.append(",".join(turned))
    given, arrow, result = node.raw_value.partition("->")
    if len(fitting) != 1 or given.replace(" ", "") != ",".join(parts):
        return ""
    return f"{node.prefix}{node.quote}{fitting[0]}{' ' * given.endswith(' ')}{arrow}{result}{node.quote}"


def _agree(parts: list[str], arrays: list[Term]) -> bool:
    """Has each letter one size, and each axis a letter?"""
    sizes: dict[str, int] = {}
    return all(len(letters) == term.ndim and letters.isalpha() and all(
        exact(sizes.setdefault(letter, size), size) for letter, size in zip(letters, term.shape, strict=True))
        for letters, term in zip(parts, arrays, strict=True))


RULE = Rule("NAB110", "mismatched-einsum", "The subscripts of an einsum do not fit its operands", look=look)
