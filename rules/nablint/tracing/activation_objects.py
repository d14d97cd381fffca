"""Activation objects that a layer is given: by default none, or one of the classes of the source.

A layer without an activation shows nothing of its derivative.  What the layer makes of an object is another path.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nablint.reading.lazily import regex
from nablint.tracing.hints import FUNCTION
from nablint.tracing.values import Class, Function, Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

_SMOOTH = regex(r"_?(tanh|sigmoid|logistic|softplus)$", re.I)


def is_given(it: Interpreter, p: Pending, kinds: tuple[object, ...]) -> bool:
    """Is an input that may be left out an object of one of these classes?  Then it becomes a smooth activation."""
    if p.value is not None or not p.optional or not FUNCTION.fullmatch(p.hint):
        return False
    for kind in kinds:
        below = [c for c in kind.scope.names.values() if isinstance(c, Class) and c is not kind and kind in c.order()
                 and _SMOOTH.match(c.name) and not _wants_arguments(c)] if isinstance(kind, Class) else []
        if below:
            from nablint.tracing.functions import instantiate  # it needs builtins itself

            p.value = instantiate(it, below[0], [], {}, None)
            return True
    return False


def _wants_arguments(cls: Class) -> bool:
    """Does an object need anything to be made?"""
    init = cls.lookup("__init__")
    return isinstance(init, Function) and any(p.default is None for p in init.node.params.params[1:])
