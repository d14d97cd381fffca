"""A softmax runs along the axis of the samples.

With scores of shape `(batch, classes)` a softmax along axis 0 makes the scores of each class sum to 1 over the batch.

## Why is this bad?

Nothing fails; every prediction then depends on what else is in its batch.

## Example

```python
import torch
import torch.nn.functional as F


def probabilities(scores):
    \"\"\"Probabilities of the classes.

Args:
        scores: tensor of shape (batch, classes)
    \"\"\"
    p = F.softmax(scores, dim=0)
    return p
```

## Use instead

```python
    p = F.softmax(scores, dim=1)
```

## Silent

Where nothing that is said of the array names the axis as that of the samples (`batch`, `batch_size`, `B`, `n_samples`),
where several axes have that name, and where no other axis is left to normalise.

"""

from __future__ import annotations

from collections.abc import Iterator

from nablint.checks.found import Found, called, number, short, whence
from nablint.checks.rule import Rule
from nablint.claims.sure.runs import SureRun
from nablint.reading.lazily import regex
from nablint.shapes import dim

SAMPLES = regex(r"(?:B|bs|batch|batch_?size|n_?samples|num_samples|n_?examples|num_examples)(?:@.*)?")


def look(run: SureRun) -> Iterator[Found]:
    """Calls of softmax along an axis that is said to be the samples'."""
    for seen in run.expressions():
        call = called(seen.step, seen.node)
        if call is None or call.name not in ("softmax", "log_softmax") or not call.args:
            continue
        along = call.argument(1, "dim", "axis")
        value, axis = seen.of(call.args[0]), number(along)
        if axis is None or not run.known(value) or not -value.ndim <= axis < value.ndim or value.ndim < 2:
            continue
        names = [dim(size).expr.name or "" for size in value.shape]
        samples = [bool(SAMPLES.fullmatch(name)) for name in names]
        others = [size for size, own in zip(value.shape, samples, strict=True) if not own]
        if not samples[axis] or sum(samples) != 1 or not others or all(int(size) == 1 for size in others):
            continue
        shape = run.naming.shape(value.shape)
        said = f"`{short(call.args[0])}` is {shape}: a softmax along axis {axis} runs over the samples"
        other = str((1, 0)[axis % 2]) if value.ndim == 2 and along is not None else ""
        said += f"; along axis {other} the entries of each sum to 1" if other else ""
        yield Found(seen.step, seen.node, said, other, (seen.step, along) if along is not None else None,
                    related=whence(run, call.args[0], value))


RULE = Rule("NAB113", "softmax-over-samples", "A softmax runs along the axis of the samples", look=look)
