"""A call passes an array of another shape than the function documents, and something in the function does not fit.

The names of a docstring stand for any sizes, but in one call for one size each.

## Why is this bad?

The mistake shows up deep inside of the function that was called rightly everywhere else.

## Example

```python
import numpy as np


def scores(x, w):
    \"\"\"Scores of each class.

Args:
        x: array of shape (N, D)
        w: array of shape (D, C)
    \"\"\"
    return x @ w


def main():
    x, w = np.zeros((32, 10)), np.ones((4, 10))
    s = scores(x, w)
    return s
```

## Use instead

```python
    s = scores(x, w.T)
```

## Silent

Where the function copes with what it gets: its docstring may tell less than it can do.  Where only words tell what is
passed: the caller's may be wrong.

"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.found import Found, Place, apart, exact, short, transposed, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun
from nablint.reading.evidence import ShapeEvidence, is_loose
from nablint.shapes import Size
from nablint.tracing.step import Step
from nablint.tracing.sure import Passed, depends, relies_on
from nablint.tracing.values import Array


def look(run: SureRun) -> Iterator[Found]:
    """Calls in which something did not fit, and that pass what the docstring contradicts."""
    own = {id(step) for step in run.steps}
    for call in run.it.passed:
        if not call.failed or id(call.step) not in own or run.it.evidence is None:
            continue
        sizes: dict[str, Size] = {}
        for name, value in call.args.items():
            term = value.term if isinstance(value, Array) else None
            said = run.it.evidence(call.function, name) if run.known(term) else None
            if said is None or said.dims is None or is_loose(said) or not run.known(term):
                continue
            wrong = _against(said, term, sizes)
            if wrong is None or depends(term, run.it.worded, {}):
                continue
            if not any(relies_on(clash, {term}) for clash in call.failed):
                continue
            arg = _argument(call, name)
            turned = arg is not call.node and _turned(said, term, sizes)
            yield Found(call.step, arg, f"`{call.function.name}` documents `{name}` as {said.show()}{wrong}, and "
                        f"`{short(arg)}` is {run.naming.shape(term.shape)}"
                        f"{f'; `{transposed(arg)}` fits' if turned else ''}", transposed(arg) if turned else "",
                        related=(*whence(run, arg, term), *_said_here(call, name, said)))
            break


def _against(said: ShapeEvidence, term: Term, sizes: dict[str, Size]) -> str | None:
    """What of a shape is against the words, given the sizes that they stand for already; None where nothing is."""
    dims = said.dims or ()
    if any(d.kind == "ellipsis" for d in dims):
        return None
    if len(dims) != term.ndim:  # a vector is often said to be a column
        long = sum(d.text != "1" for d in dims) != sum(int(s) != 1 for s in term.shape)
        return "" if long else None
    for spec, size in zip(dims, term.shape, strict=True):
        known = Size(spec.number) if spec.number is not None else None
        if spec.kind == "name":
            known = sizes.setdefault(spec.text, size)
        if known is not None and apart(known, size):
            return f" with {spec.text} = {known}" if spec.kind == "name" else ""
    return None


def _turned(said: ShapeEvidence, term: Term, sizes: dict[str, Size]) -> bool:
    """Does the transpose of a matrix have the documented shape, in the sizes of this call?"""
    if term.ndim != 2 or said.dims is None or len(said.dims) != 2:
        return False
    wanted = [Size(d.number) if d.number is not None else sizes.get(d.text) for d in said.dims]
    return any(wanted) and all(w is None or exact(w, s) for w, s in zip(wanted, term.shape[::-1], strict=True))


def _said_here(call: Passed, name: str, said: ShapeEvidence) -> tuple[Place, ...]:
    """The parameter that the words are about, where it stands in the same file."""
    block = call.function.block
    if block is None or block.outside:
        return ()
    params = call.function.node.params
    node = next((p for p in [*params.posonly_params, *params.params] if p.name.value == name), None)
    step = Step(-1, call.function.node, block, call.function.scope, call.function.name)
    return ((f"`{name}` is documented as {said.show()}", step, node),) if node is not None else ()


def _argument(call: Passed, name: str) -> cst.BaseExpression:
    """The argument of a call that a parameter gets; the call itself where stars hide it."""
    params = call.function.node.params
    names = [p.name.value for p in [*params.posonly_params, *params.params]]
    place = names.index(name) if name in names else len(names)
    place -= call.function.owner is not None and call.function.kind != "static"
    plain = [a.value for a in call.node.args if a.keyword is None]
    named = next((a.value for a in call.node.args if a.keyword is not None and a.keyword.value == name), None)
    if named is not None or any(a.star for a in call.node.args):
        return named or call.node
    return plain[place] if 0 <= place < len(plain) else call.node


RULE = Rule("NAB119", "contradicted-argument", "A call passes another shape than the function documents", look=look)
