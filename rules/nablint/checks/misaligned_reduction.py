"""A reduction loses its axis and then meets what it was taken from along the wrong one.

`P.sum(axis=1)` of `(n, m)` is `(n,)`; in `P / P.sum(axis=1)` it is aligned with the last axis of `P`, not with the
first.

## Why is this bad?

On a square matrix nothing fails: columns are divided by the sums of rows.  On any other the program stops.  Axes are
told apart by where they come from, not by their sizes, so the square case is found as well.

## Example

```python
import numpy as np


def transition(counts):
    \"\"\"Probabilities of the next state.

Args:
        counts: array of shape (n, n)
    \"\"\"
    p = counts / counts.sum(axis=1)
    return p
```

## Use instead

```python
    p = counts / counts.sum(axis=1, keepdims=True)
```

## Silent

Where the same reduction is spread along both axes, as symmetric normalisation does; where a square matrix is named or
said to be symmetric (a kernel, a covariance, distances); for what may be a sparse matrix, an `np.matrix` or a data
frame, whose reductions keep their axis.

"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.axes import REDUCTIONS, axes_of, reduced_axes
from nablint.checks.found import Found, bracketed, called, clashes, code, entrywise, exact, number, short, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun
from nablint.reading.lazily import regex
from nablint.reading.nodes import parts
from nablint.tracing.step import Step

KEEPS = regex(r"sparse|csr_|csc_|\bmatrix\(|\bmat\(|todense|DataFrame|\bpandas\b|\bpd\.|xarray|Series\b", re.I)
"""What reductions of keep their axis, or align by labels."""
SYMMETRIC = regex(
    r"symmetr|kernel|gram|covar|\bcov|corr|distanc|dist\b|similar|affinit|adjacen|laplac|precision|hessian|fisher"
    r"|^_?(?:K|k_\w+|K_\w+|A|adj|W|sim|S|L|D|H|cov\w*|sigma|Sigma|Q|P_inv|G)$", re.I)


def look(run: SureRun) -> Iterator[Found]:
    """Operators between a value and its own reduction."""
    if any(_keeps(b.text) for b in run.blocks):
        return
    told: set[int] = set()
    for clash in clashes(run):
        parts = entrywise(clash.step, clash.node)
        if parts is not None and len(clash.operands) == 2:
            told.add(id(clash.node))
            opened = any(isinstance(v, Term) and run.is_open(v) for v in clash.operands)
            yield from _look(run, clash.step, clash.node, parts, clash.operands, doubted=opened)
    for seen in run.expressions():
        if id(seen.node) not in told and (parts := entrywise(seen.step, seen.node)) is not None:
            values = seen.of(parts[1]), seen.of(parts[2])
            yield from _look(run, seen.step, seen.node, parts, values, doubted=True)


@lru_cache(maxsize=4096)
def _keeps(text: str) -> bool:
    return KEEPS.search(text) is not None


def _look(run: SureRun, step: Step, node: cst.CSTNode, parts: tuple[str, cst.BaseExpression, cst.BaseExpression],
          values: tuple[object, ...], *, doubted: bool) -> Iterator[Found]:
    """doubted: nothing is said where the matrix may be symmetric."""
    for whole, part, part_node in ((values[0], values[1], parts[2]), (values[1], values[0], parts[1])):
        reduced = reduction_of(part, whole)
        if reduced is None or not isinstance(whole, Term) or not _misaligned(whole, reduced):
            continue
        if doubted and _symmetric(run, values):
            return
        taken = reduced_axes(reduced)[0]
        whole_node = parts[1] if part_node is parts[2] else parts[2]
        shapes = run.naming.shape(whole.shape), run.naming.shape(reduced.shape)
        said = (f"`{short(part_node)}` is reduced along axis {taken} of {shapes[0]} to {shapes[1]}, and meets "
                f"`{short(whole_node)}` at its last axis; keep the axis")
        at, mended = _keeping(run, step, part_node, reduced, taken, whole.ndim)
        yield Found(step, node, said, mended, at, True, whence(run, whole_node, whole))


def reduction_of(part: object, whole: object) -> Term | None:
    """The reduction without `keepdims` inside `part` whose argument has the axes of `whole`, if there is one."""
    if not isinstance(part, Term) or not isinstance(whole, Term) or part.ndim >= whole.ndim or not part.ndim:
        return None
    axes = [a for a in axes_of(whole) if a is not None]
    stack, count = [part], 0
    while stack and count < 24:
        node = stack.pop()
        count += 1
        if node.card is None or node.ndim != part.ndim:
            continue
        if node.card.name in REDUCTIONS:
            inner = [a for a in axes_of(node.args[0]) if a is not None]
            if sorted(inner) == sorted(axes) and len(axes) == whole.ndim and not node.params.get("keepdims"):
                return node
        elif node.card.elementwise:
            stack.extend(node.args)
    return None


def _misaligned(whole: Term, reduced: Term) -> bool:
    axes, left = axes_of(whole), axes_of(reduced)
    return any(own != met for own, met in zip(left[::-1], axes[::-1], strict=False) if own is not None)


def _symmetric(run: SureRun, values: tuple[object, ...]) -> bool:
    """May a square matrix be symmetric, or is its reduction spread along its other axis, too?"""
    terms = [v for v in values if isinstance(v, Term)]
    for whole in terms:
        if whole.ndim == 2 and (exact(*whole.shape) or run.is_open(whole)):
            names = {run.it.names.get(t, t.label) for t in _inside(whole)}
            if any(SYMMETRIC.search(n.rsplit(".", 1)[-1]) for n in names if n):
                return True
            if re.search(r"symmetr|kernel|covarian|adjacen|affinit|similarit|distance", run.unit.text, re.I):
                return True
    part = min(terms, key=lambda t: t.ndim, default=None)
    if part is None:
        return True
    inside = {t.number for t in _inside(part) if t.card is not None and t.card.name in REDUCTIONS}
    return bool(inside) and any(
        t.ndim > 1 and t.card is not None and t.card.name in ("expand_dims", "reshape", "getitem", "outer")
        and inside & {a.number for a in _inside(t)}
        for step in run.steps for t in step.values.values() if isinstance(t, Term))


def _inside(term: Term) -> list[Term]:
    """The value and what it is made of, not far down."""
    found, stack, seen = [term], [term], {term.number}
    while stack and len(found) < 24:
        for arg in stack.pop().args:
            if arg.number not in seen:
                seen.add(arg.number)
                found.append(arg)
                stack.append(arg)
    return found


def _keeping(run: SureRun, step: Step, part: cst.BaseExpression, reduced: Term, axis: int, rank: int
             ) -> tuple[tuple[Step, cst.CSTNode], str]:
    """`keepdims=True` for a reduction that stands in the statement, a new axis where it is a name."""
    stack: list[cst.CSTNode] = [part]
    while stack:
        node = stack.pop()
        call = called(step, node)
        if call is not None and step.values.get(id(node)) is reduced and isinstance(node, cst.Call):
            along = call.argument(1, "axis", "dim")
            if number(along) is None:
                break
            word = "keepdim" if run.it.dialect == "torch" or "dim" in call.keywords else "keepdims"
            return (step, node), f"{code(node)[:-1].rstrip(', ')}, {word}=True)"
        stack.extend(parts(node))
    if rank == 2:
        return (step, part), f"{bracketed(part)}[:, None]"
    return (step, part), f"{bracketed(part)}[{', '.join([':'] * axis + ['None'])}]"


RULE = Rule("NAB104", "misaligned-reduction", "A reduction loses its axis and broadcasts along the wrong one",
            look=look)
