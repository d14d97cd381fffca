"""A softmax or the logarithm of a sum of exponentials, without the maximum taken off first.

`np.exp(1000)` is infinite.  `exp(z - max)` divided by its sum is the same on paper, and never larger than 1.

## Why is this bad?

One large score makes the result `nan`.

The code is right on paper, so the rule is off unless it is selected (`--extend-select NAB4`).

## Example

```python
import numpy as np


def softmax(z):
    e = np.exp(z)
    p = e / np.sum(e)
    return p
```

## Use instead

```python
    e = np.exp(z - np.max(z))
```

## Silent

Where the exponent has something subtracted already, or begins with a minus, as in `exp(-d ** 2)`; where the exponential
is of a number, and where it is not divided by its own sum.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.checks.found import Found, called, code, short
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun
from nablint.tracing.step import Step


def look(run: SureRun) -> Iterator[Found]:
    """Quotients `exp(z) / sum(exp(z))` and logarithms `log(sum(exp(z)))`."""
    for seen in run.expressions():
        node, inside = seen.node, None
        if type(node) is cst.BinaryOperation and type(node.operator) is cst.Divide:
            total = _summed(run, seen.step, _named(run, seen.step, node.right))
            top = _named(run, seen.step, node.left)
            inside = total if total is not None and code(total) == code(top) else None
        elif (call := called(seen.step, node)) is not None and call.name == "log" and len(call.args) == 1:
            inside = _summed(run, seen.step, _named(run, seen.step, call.args[0]))
        exponent = _exponent(inside) if inside is not None else None
        if inside is not None and exponent is not None and not _tamed(run, seen.step, exponent):
            what = "a softmax" if isinstance(node, cst.BinaryOperation) else "a log-sum-exp"
            said = (f"`{short(inside)}` overflows for large `{short(exponent)}`: subtract the maximum first, as {what} "
                    f"allows")
            yield Found(seen.step, node, said)


def _named(run: SureRun, step: Step, node: cst.BaseExpression) -> cst.BaseExpression:
    """What was assigned last to a name, where the node is one."""
    found = node
    for other in run.steps if isinstance(node, cst.Name) else ():
        if other.number >= step.number:
            break
        made = other.node
        if other.scope is step.scope and isinstance(made, cst.Assign) and len(made.targets) == 1:
            target = made.targets[0].target
            if isinstance(target, cst.Name) and isinstance(node, cst.Name) and target.value == node.value:
                found = made.value
    return found


def _summed(run: SureRun, step: Step, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """The expression that a call sums, looked up where it is a name."""
    call = _call(node)
    if call is None or call[0] != "sum":
        return None
    return _named(run, step, call[1])


def _call(node: cst.BaseExpression) -> tuple[str, cst.BaseExpression] | None:
    """The last word of a function's name and its first argument, or a method and its receiver."""
    if not isinstance(node, cst.Call) or not isinstance(node.func, cst.Attribute):
        return None
    word, owner = node.func.attr.value, node.func.value
    if isinstance(owner, cst.Name) and owner.value in ("np", "numpy", "torch", "jnp", "math", "xp"):
        return (word, node.args[0].value) if node.args else None
    return word, owner


def _exponent(node: cst.BaseExpression) -> cst.BaseExpression | None:
    call = _call(node)
    return call[1] if call is not None and call[0] == "exp" else None


def _tamed(run: SureRun, step: Step, node: cst.BaseExpression) -> bool:
    """Is something taken off the exponent, or is it turned around?"""
    node = _named(run, step, node)
    if isinstance(node, cst.UnaryOperation):
        return isinstance(node.operator, cst.Minus)
    if isinstance(node, cst.BinaryOperation):
        return isinstance(node.operator, cst.Subtract) or _tamed(run, step, node.left) or _tamed(run, step, node.right)
    return isinstance(node, cst.Call)


RULE = Rule("NAB402", "overflowing-softmax", "A softmax or log-sum-exp without the maximum taken off", "warning",
            look=look)
