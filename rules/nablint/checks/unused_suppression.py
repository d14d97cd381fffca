"""A comment silences a finding that is not there.

A `# noqa: NAB301`, `# nablint: ignore[...]` or `# nablint: ignore-file[...]` names a rule that finds nothing where the
comment stands.

## Why is this bad?

The code was mended and the comment forgotten; the next slip on that line would be silenced unseen.

A bare `# noqa` may serve another linter, and so may codes that do not begin with NAB: both are left alone. So are rules
that are switched off, for which nothing can be found.

## Example

```python
import numpy as np


def affine(x, w, b):
    return np.dot(x, w) + b  # nablint: ignore[wrong-axis]
```

## Use instead

```python
    return np.dot(x, w) + b
```
"""

from __future__ import annotations

from nablint.checks.rule import Rule

RULE = Rule("NAB002", "unused-suppression", "A comment silences a finding that is not there", severity="warning")
