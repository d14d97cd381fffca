"""Text: objects shown as strings, and regular expressions on them.

Layers are often made from names (`"relu"`, `"LeakyReLU(alpha=0.3)"`); what code reads out of such a name decides which
derivative it computes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.reading.lazily import regex
from nablint.tracing.values import Instance, Native, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

LONGEST = 400
"""Characters of a pattern and of the text that it is matched with."""
_NESTED = regex(r"\)\s*[*+{]")
"""A repeated group: matching it may take exponential time."""


def shown(it: Interpreter, value: Any, node: cst.CSTNode | None = None) -> str | None:
    """What `str` makes of an object of the source that says so itself; None for any other value."""
    from nablint.tracing.calls import call_method

    if isinstance(value, Instance) and value.cls is not None:
        for name in ("__str__", "__repr__"):
            if value.cls.lookup(name):
                text = call_method(it, value, name, [], node)
                return str(text) if isinstance(text, str) else None
    return None


def _plain(args: tuple[Any, ...]) -> list[str] | None:
    texts = [a for a in args if isinstance(a, str)]
    if len(texts) < len(args) or any(len(a) > LONGEST for a in texts):
        return None
    return texts


def _matched(name: str) -> Callable[..., Any]:
    """`re.match`, `re.search` and `re.fullmatch`: an object with the groups, or None."""

    def run(it: Interpreter, node: cst.CSTNode | None, pattern: Any, text: Any, flags: Any = 0) -> Any:
        found = _run(name, pattern, text)
        if isinstance(found, Unknown | None):
            return found
        return Instance(None, {"group": Native(lambda *keys: found.group(*keys)), "groups": Native(found.groups),
                               "groupdict": Native(found.groupdict), "start": Native(found.start),
                               "end": Native(found.end), "span": Native(found.span)}, "match")

    return run


def _run(name: str, *args: Any) -> Any:
    texts = _plain(args)
    if texts is None or _NESTED.search(texts[0]):
        return Unknown(f"re.{name} of something unknown")
    try:
        return getattr(re, name)(*texts)
    except (re.error, IndexError, TypeError):
        return Unknown(f"re.{name} of something unknown")


def _made(name: str) -> Callable[..., Any]:
    """`re.findall`, `re.split` and `re.sub` on plain text."""
    return lambda it, node, *args, **keywords: _run(name, *args)


TEXTS: dict[str, Callable[..., Any]] = {f"re.{n}": _matched(n) for n in ("match", "search", "fullmatch")} | {
    f"re.{n}": _made(n) for n in ("findall", "split", "sub", "escape")}

__all__ = ["TEXTS", "shown"]
