"""The source of functions, and the attributes that methods assign by it."""

from __future__ import annotations

import re
from collections.abc import Set
from functools import lru_cache

import libcst as cst

from nablint.reading.lazily import regex
from nablint.tracing.values import Class, Function


def text_of(function: Function, *, outside: bool = False) -> str:
    """The source of a function of the file with its decorators; empty for what stands in another one, unless that is
    asked for.
    """
    block = function.block
    tree = block.tree() if block is not None and (outside or not block.outside) else None
    span = tree.spans.get(id(function.node)) if tree is not None else None
    if block is None or tree is None or span is None:
        return ""
    decorators = function.node.decorators if isinstance(function.node, cst.FunctionDef) else ()
    first = tree.spans.get(id(decorators[0]), span) if decorators else span
    return _rows(block.text, first[0].row, span[1].row)


@lru_cache(maxsize=4096)
def _rows(text: str, first: int, last: int) -> str:
    return "\n".join(text.split("\n")[first - 1 : last])


_LEFT = regex(r"^[ \t]*([^#=\n(]*\bself\.[^#=\n(]*?)(?:[-+*/@|&%]|//|\*\*)?=(?!=)", re.M)
_KEPT = regex(r"\bself\.(\w+)(?!\w*[.\[(])")


@lru_cache(maxsize=4096)
def _stored(text: str) -> frozenset[str]:
    """The attributes of `self` that a function assigns, by its text."""
    return frozenset(name for left in _LEFT.findall(text) for name in _KEPT.findall(left))


def assigning(cls: Class, made: Set[str] = frozenset()) -> dict[str, list[Function]]:
    """Attributes that methods other than `__init__` assign, with these methods.

    made: attributes that `__init__` has given already.  A setter, which does nothing but put in their place what it is
    handed, is no reason to forget them: what it is handed does what was there before.
    """
    found: dict[str, list[Function]] = {}
    for part in cls.order():
        for name, function in part.names.items():
            if isinstance(function, Function) and isinstance(function.node, cst.FunctionDef) and name != "__init__":
                text = text_of(function, outside=True)
                for stored in _stored(text):
                    if stored not in made or not _sets(text, stored):
                        found.setdefault(stored, []).append(function)
    return found


def _sets(text: str, name: str) -> bool:
    """Is it `def set_x(self, value): self.x = value`, or the setter of a property?"""
    head = r"\s*(?:@\w+\.setter\s+def \w+|def set_\w+)\(self, (\w+)[^)]*\)[^:]*:\s*"
    return re.fullmatch(rf"{head}self\.{name} = \1\s*", text) is not None
