"""A docstring states a shape that the code contradicts.

A returned value has another shape than the docstring says, an argument is unpacked into another number of sizes, or
arguments that are said to be a vector and a matrix cannot meet as they are said to be.

## Why is this bad?

Either the code is wrong, or the docstring sends the next caller wrong.  The fix corrects the docstring, never the code.

## Example

```python
import numpy as np


def scores(x, w):
    \"\"\"Scores of every class.

Parameters
----------
    x : ndarray of shape (N, D)
    w : ndarray of shape (D, C)

Returns
-------
    ndarray of shape (C, N)
    \"\"\"
    s = x @ w
    return s
```

## Use instead

```python
    s = (x @ w).T
```

## Silent

Where a name of the docstring may stand for the size that there is, where the docstring leaves axes open, and where
another `return` of the function may be the one that it describes (a single item for a single item).

"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.docstrings import corrected
from nablint.checks.found import Found, bracketed, described, entrywise, short, sure_clashes, whence
from nablint.checks.rule import Rule
from nablint.checks.said import contradiction, vector_by_words
from nablint.claims.sure.runs import Seen, SureRun
from nablint.reading.evidence import is_loose
from nablint.reading.nodes import below
from nablint.shapes import show_shape
from nablint.tracing.values import Array, Function
from nablint.tracing.worded import RESULT


def look(run: SureRun) -> Iterator[Found]:
    """Returned values that are not what the docstring says."""
    functions = _functions(run)
    fits: set[int] = set()
    found: dict[int, Found] = {}
    for seen in run.expressions():
        if type(seen.node) is not cst.Return or seen.node.value is None:
            continue
        function = functions.get(seen.step.function)
        if seen.step.function != run.unit.name:  # with arguments of a caller, which may be of other shapes
            continue
        if function is None or not isinstance(function.node, cst.FunctionDef) or function.generator:
            continue
        result = run.it.evidence(function, RESULT) if run.it.evidence is not None else None
        said = () if result is None else result.parts if result.kind == "tuple" else (result,)
        values = _values(seen, len(said))
        for evidence, value in zip(said, values, strict=True) if values is not None else ():
            if evidence.dims is None or is_loose(evidence) or evidence.kind != "array" or not run.known(value):
                continue
            if not contradiction(run, seen.step, evidence.dims, value.shape, nearby=False):
                fits.add(id(seen.node))
                continue
            words = f"the {evidence.source}" if evidence.source in ("docstring", "annotation") else "a check"
            what = f"`{evidence.name}`" if evidence.name not in ("", RESULT) else f"`{short(seen.node.value)}`"
            found.setdefault(id(seen.node), corrected(run, seen.step, function.node, evidence, value.shape, Found(
                seen.step, seen.node, f"{words} says that {what} is {evidence.show()}, and "
                f"{run.naming.text(show_shape(value.shape))} is returned")))
    wrong = {key for key in found if key not in fits}
    yield from (found[key] for key in wrong if _others(functions[found[key].step.function]) <= wrong)
    yield from _unpacked(run, functions)
    yield from _met(run)


def _unpacked(run: SureRun, functions: dict[str, Function]) -> Iterator[Found]:
    """Arguments that are unpacked into another number of sizes than they are said to have."""
    own = {id(step) for step in run.steps}
    for step, leaf, count in run.it.unpacked:
        function, name = functions.get(step.function), leaf.label.rpartition(".")[2]
        if id(step) not in own or function is None or leaf.label != f"{function.name}.{name}":
            continue
        said = run.it.evidence(function, name) if run.it.evidence is not None else None
        if said is not None and said.dims is not None and said.source == "docstring" and not is_loose(said):
            yield Found(step, step.node, f"the docstring says that `{name}` is {said.show()}, and it is unpacked into "
                        f"{count} sizes")


def _met(run: SureRun) -> Iterator[Found]:
    """Inputs that cannot meet entry by entry as they are said to be."""
    for clash in sure_clashes(run):
        parts, terms = entrywise(clash.step, clash.node), clash.operands
        if parts is None or len(terms) != 2 or not all(isinstance(t, Term) for t in terms):
            continue
        if vector_by_words(run, *terms):
            said = " and ".join(described(run, node, t) for node, t in zip(parts[1:], terms, strict=True))
            flat = parts[1 + (terms[1].ndim < terms[0].ndim)]
            yield Found(clash.step, clash.node, f"{said}, which cannot broadcast: one of them is documented wrong, or "
                        f"`{bracketed(flat)}[:, None]` is meant", related=(
                            *whence(run, parts[1], terms[0]), *whence(run, parts[2], terms[1])))


def _others(function: Function) -> set[int]:
    """All statements by which a function returns a value."""
    return {id(n) for n in below(function.node) if isinstance(n, cst.Return) and n.value is not None}


def _functions(run: SureRun) -> dict[str, Function]:
    """The functions that ran, by name, where the name is one function's."""
    found: dict[str, Function] = {}
    double: set[str] = set()
    for function, _, _, _ in run.it.returned:
        if found.setdefault(function.name, function).node is not function.node:
            double.add(function.name)
    return {n: f for n, f in found.items() if n not in double}


def _values(seen: Seen, count: int) -> list[Any] | None:
    """What is returned, part by part where the docstring describes as many parts."""
    assert isinstance(seen.node, cst.Return) and seen.node.value is not None
    if count == 1:
        return [seen.of(seen.node.value)]
    value: Any = seen.of(seen.node.value)
    if isinstance(value, tuple) and len(value) == count:
        return [v.term if isinstance(v, Array) else v for v in value]
    return None


RULE = Rule("NAB116", "contradicted-docstring", "A docstring states a shape that the code contradicts", "warning",
            look=look)
