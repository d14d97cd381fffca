"""A layer gets an input that it does not take: another number of features or channels, or of axes.

`Linear` takes its features along the last axis, convolutions and batch norms their channels along axis 1.

## Why is this bad?

The program stops there, often only after minutes of loading data.

## Example

```python
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 256)
        self.fc2 = nn.Linear(256, 10)

    def forward(self, x):
        h = torch.relu(self.fc1(x))
        y = self.fc1(h)
        return y


scores = Net()(torch.randn(32, 784))
```

## Use instead

```python
        y = self.fc2(h)
```

## Silent

Where the sizes have different names that may stand for the same number, unless the layer's own sizes stand in each
other's place; where an input's size is worked out with rounding; and where only layers tell how many axes an input has.

"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from nablint.calculus.terms import Term
from nablint.checks.found import Found, apart, exact, short, sure_clashes, unnamed, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun
from nablint.shapes import Size, dim
from nablint.tracing.step import Step
from nablint.tracing.sure import Clash
from nablint.tracing.values import Instance

_GIVES = ("out_features", "out_channels")


def look(run: SureRun) -> Iterator[Found]:
    """Calls of layers that what they are given does not fit."""
    for clash in sure_clashes(run):
        layer, given = clash.layer, clash.operands[0] if clash.operands else None
        if layer is None or layer.cls is None or not isinstance(clash.node, cst.Call) or not isinstance(given, Term):
            continue
        takes = layer.cls.lookup("takes")
        size = _size(layer, takes[0]) if isinstance(takes, tuple) else None
        if size is None:
            continue
        name, axis, rank = takes
        arg = clash.node.args[0].value if clash.node.args else clash.node.func
        what = _subject(clash.step.values.get(id(clash.node.func)), layer, short(arg))
        shape, said = run.naming.shape(given.shape), run.naming.text(_shown(layer, name, size))
        if given.ndim < rank - (axis > 0) or (axis > 0 and given.ndim > rank):
            yield Found(clash.step, clash.node, f"{what} is {shape}, and `{said}` takes {rank} axes",
                        related=whence(run, arg, given))
            continue
        own = given.shape[axis if given.ndim >= rank else axis - 1]
        swapped = any((other := _size(layer, n)) is not None and exact(own, other) for n in _GIVES)
        if exact(own, size) or unnamed(own) or not (apart(own, size) or swapped):
            continue
        hint = "; its two sizes are in each other's place" if swapped else ""
        yield Found(clash.step, clash.node, f"{what} is {shape}, and `{said}` takes {run.naming.text(str(size))} along "
                    f"{'the last axis' if axis < 0 else f'axis {axis}'}{hint}", *_fitting(clash, layer, name, own),
                    related=whence(run, arg, given))


def _fitting(clash: Clash, layer: Instance, name: str, own: int) -> tuple[str, tuple[Step, cst.CSTNode] | None]:
    """The one other layer of its kind, of the same object, that takes what there is; and where it is to be written."""
    func = clash.node.func if isinstance(clash.node, cst.Call) else None
    holder = clash.step.values.get(id(func.value)) if isinstance(func, cst.Attribute) else None
    if not isinstance(func, cst.Attribute) or not isinstance(holder, Instance):
        return "", None
    others = [k for k, v in holder.names.items() if isinstance(v, Instance) and v is not layer and v.cls is layer.cls
              and (size := _size(v, name)) is not None and exact(own, size)]
    return (others[0], (clash.step, func.attr)) if len(others) == 1 and others[0].isidentifier() else ("", None)


def _subject(callee: object, layer: Instance, text: str) -> str:
    """What arrives at the layer: what the call is given, or what an earlier layer of a sequence makes of it."""
    return f"`{text}`" if callee is layer else f"what becomes of `{text}`"


def _size(layer: Instance, name: str) -> Size | None:
    value = layer.names.get(name)
    return dim(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _shown(layer: Instance, name: str, size: Size) -> str:
    assert layer.cls is not None
    given = [str(other) for n in _GIVES if (other := _size(layer, n)) is not None]
    return f"{layer.cls.name}({', '.join([str(size), *given])})"


RULE = Rule("NAB118", "mismatched-layer", "A layer gets an input that it does not take", look=look)
