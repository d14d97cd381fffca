"""Twins: the file that goes forward beside one that goes back.

A project may keep `layer_forward` in `forward.py` and `layer_backward` in `backward.py`, and call both in a third file.
The second one imports nothing of the first, but its name tells where to look.
"""

from __future__ import annotations

import re

import libcst as cst

from nablint.claims import names
from nablint.reading.lazily import regex
from nablint.tracing.interpreter import Interpreter
from nablint.tracing.values import Function, Scope

_BACK = regex(r"back(?:ward)?", re.I)
_AHEAD = ("forward", "feedforward")


def twin_functions(it: Interpreter, functions: list[Function]) -> list[Function]:
    """The functions of the forward twin of a file, where the file has none but backward functions that go by names."""
    own: str = getattr(it.resolve, "own", "")
    if it.resolve is None or not _BACK.search(own) or not any(names.is_backward(f.name) for f in functions) or any(
            names.is_forward(f.name) for f in functions):
        return []
    for word in _AHEAD:
        module = it.resolve(f".{_BACK.sub(word, own, count=1)}")
        if isinstance(module, Scope):
            return [v for v in module.names.values() if isinstance(v, Function) and v.scope is module
                    and isinstance(v.node, cst.FunctionDef) and not names.is_backward(v.name)]
    return []
