"""The inner sizes of a matrix product differ.

In `a @ b` the last axis of `a` meets the last but one of `b` (its only one, where `b` is a vector).  Both shapes are
known from what the source says: annotations, docstrings, comments, constructors, assertions.

## Why is this bad?

The program stops there; on square matrices, where the wrong sizes happen to agree, it computes something else.

## Example

```python
import numpy as np


def scores(x, w):
    \"\"\"Scores of each class.

Args:
        x: array of shape (N, D)
        w: array of shape (C, D)
    \"\"\"
    return x @ w
```

## Use instead

```python
    return x @ w.T
```

## Silent

Where the sizes have different names that may stand for the same number, and no transpose or other order of the factors
would make them fit; and where one of them is a 1 that only words tell of: vectors are often said to be columns.

"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.found import (
    Found,
    apart,
    bracketed,
    described,
    exact,
    is_input,
    product,
    rewritten,
    sure_clashes,
    transposed,
    unnamed,
    whence,
)
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun
from nablint.shapes import Shape
from nablint.tracing.step import Step


def look(run: SureRun) -> Iterator[Found]:
    """Products that do not fit."""
    for clash in sure_clashes(run):
        parts = product(clash.step, clash.node)
        if parts is None or not clash.equations or len(clash.operands) < 2:
            continue
        _, left, right = parts
        a, b = clash.operands[:2]
        if not isinstance(a, Term) or not isinstance(b, Term) or not a.ndim or not b.ndim:
            continue
        inner = a.shape[-1], b.shape[-2:][0]
        if exact(*inner) or any(map(unnamed, inner)):
            continue
        if any(int(size) == 1 and is_input(run, term) for size, term in zip(inner, (a, b), strict=True)):
            continue  # vectors are often said to be columns
        fits = list(_fits(run, clash.step, clash.node, left, right, a.shape, b.shape))
        if not fits and not apart(*inner):
            continue
        names = [run.naming.text(str(size)) for size in inner]
        said = (f"{described(run, left, a)}, {described(run, right, b)}: "
                f"inner sizes {names[0]} and {names[1]} differ")
        said += "".join(f"; `{text}` is {shape}" for text, shape in fits[:2])
        yield Found(clash.step, clash.node, said, fits[0][0] if len(fits) == 1 else "",
                    related=(*whence(run, left, a), *whence(run, right, b)))


def _fits(run: SureRun, step: Step, node: cst.CSTNode, left: cst.BaseExpression, right: cst.BaseExpression, a: Shape,
          b: Shape) -> Iterator[tuple[str, str]]:
    """The one edit that makes it fit: a transpose of one factor, else the other order."""
    if len(a) == len(b) > 2:
        yield from _fitting_stacks(run, step, node, left, right, a, b)
        return
    first, last = b[0], b[-1]
    turned = len(b) == 2 and exact(a[-1], last)
    if turned:
        yield rewritten(step, node, _code(left), transposed(right)), run.naming.shape((*a[:-1], first))
    if len(a) == 2 and len(b) < 3 and exact(a[0], first):
        turned = True
        yield rewritten(step, node, transposed(left), _code(right)), run.naming.shape((a[1], *b[1:]))
    if not turned and len(a) == len(b) == 2 and exact(last, a[0]):
        yield rewritten(step, node, _code(right), _code(left)), run.naming.shape((first, a[1]))


def _fitting_stacks(run: SureRun, step: Step, node: cst.CSTNode, left: cst.BaseExpression, right: cst.BaseExpression,
                    a: Shape, b: Shape) -> Iterator[tuple[str, str]]:
    """The transpose of the matrices of one stack, where the stacks themselves fit."""
    if not all(map(exact, a[:-2], b[:-2])):
        return
    turn = ".transpose(-2, -1)" if run.it.dialect == "torch" else ".swapaxes(-2, -1)"
    if exact(a[-1], b[-1]):
        yield (rewritten(step, node, _code(left), f"{bracketed(right)}{turn}"),
               run.naming.shape((*a[:-1], *b[-2:-1])))
    if exact(a[-2], b[-2]):
        yield (rewritten(step, node, f"{bracketed(left)}{turn}", _code(right)),
               run.naming.shape((*a[:-2], a[-1], b[-1])))


def _code(node: cst.BaseExpression) -> str:
    text = cst.Module([]).code_for_node(node)
    return f"({text})" if isinstance(node, cst.BinaryOperation) and not node.lpar else text


RULE = Rule("NAB101", "mismatched-product", "The inner sizes of a matrix product differ", look=look)
