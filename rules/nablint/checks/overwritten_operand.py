"""A third operand of `dot` or `matmul` is written over, not multiplied.

`np.dot(a, b, c)` and `a.dot(b, c)` compute the product of two arrays and write it into the third.

## Why is this bad?

The third factor is lost.  Nothing fails where the product happens to have its shape and type, and the message speaks of
an output array where it does not.

## Example

```python
import numpy as np


def normal_equations(x, weights, y, offset):
    shifted = y - offset
    rhs = np.dot(x.T, weights, shifted)
    return rhs
```

## Use instead

```python
    rhs = np.dot(np.dot(x.T, weights), shifted)
```

## Silent

Where the third operand may be room for the result: an argument, an empty array, an array that is read elsewhere.

"""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from nablint.checks.found import Found, called, code, short
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import Seen, SureRun
from nablint.reading.lazily import regex
from nablint.reading.nodes import below, functions_in
from nablint.tracing.hints import base, is_weight

_ROOM = regex(r"empty|zeros|ones|full|like|array|buf|work|scratch|alloc|out|te?mp|pool|cache|view|copy|get$",
              re.I)
"""In the name of a call whose result may be room for another."""


def look(run: SureRun) -> Iterator[Found]:
    """Products of two with a third operand that nothing else reads."""
    for seen in run.expressions():
        product = _three(seen)
        if product is None or not _lost(seen, product[1]):
            continue
        written, third = product
        said = (f"`{short(written.func)}` multiplies two operands and writes the product over the third, "
                f"`{short(third)}`, whose own values are lost")
        rest = code(written.with_changes(args=[a.with_changes(comma=cst.MaybeSentinel.DEFAULT)
                                               for a in written.args[:-1]]))
        method = len(written.args) == 2
        yield Found(seen.step, seen.node, said,
                    f"{rest}.dot({code(third)})" if method else f"{code(written.func)}({rest}, {code(third)})")


def _three(seen: Seen) -> tuple[cst.Call, cst.BaseExpression] | None:
    """A call with a product's third operand: `np.dot(a, b, c)`, and `a.dot(b, c)` where a is an array."""
    node = seen.node
    if not isinstance(node, cst.Call) or len(node.args) < 2 or any(a.star or a.keyword for a in node.args):
        return None
    call = called(seen.step, node)
    if call is not None:
        found = len(call.args) == 3 and (call.full in ("numpy.dot", "numpy.matmul") or call.full == call.name == "dot")
    else:  # an array as its name says, where nothing is known of it
        found = (len(node.args) == 2 and isinstance(node.func, cst.Attribute) and node.func.attr.value == "dot"
                 and is_weight(base(code(node.func.value))))
    return (node, node.args[-1].value) if found else None


def _lost(seen: Seen, third: cst.BaseExpression) -> bool:
    """Is the third operand computed for this call alone, so that nobody reads what is written there?"""
    if not seen.around or isinstance(seen.around[-1], cst.Expr):
        return False  # the call is a statement of its own: its result is the third operand
    if isinstance(third, cst.BinaryOperation):
        return True
    if not isinstance(third, cst.Name):
        return False
    tree = seen.step.block.tree()
    own = [f for f in functions_in(tree.module) if seen.step.node in below(f)] if tree is not None else []
    if not own:
        return False
    inside = below(own[-1])
    uses = [n for n in inside if isinstance(n, cst.Name) and n.value == third.value]
    made = [n.value for n in inside if isinstance(n, cst.Assign) and len(n.targets) == 1
            and isinstance(n.targets[0].target, cst.Name) and n.targets[0].target.value == third.value]
    return len(uses) == 2 and len(made) == 1 and _computed(made[0])


def _computed(value: cst.BaseExpression) -> bool:
    """Is a value more than room for another: what an operator or a call by another name makes?"""
    if isinstance(value, cst.BinaryOperation):
        return True
    return isinstance(value, cst.Call) and _ROOM.search(base(code(value.func))) is None


RULE = Rule("NAB120", "overwritten-operand", "A third operand of `dot` or `matmul` is written over, not multiplied",
            look=look, shapeless=True)
