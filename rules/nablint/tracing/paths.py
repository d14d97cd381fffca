"""Paths: the values other than their defaults that flags and modes may have.

A default says what a flag is when nobody sets it.  Where backward code tests the flag, it was written for the other
value as well, and that is a path of its own, judged like the first.  Code whose forward method alone tests a flag
(`return_cache`) says nothing of what backward makes of the other value, and is judged for the default only: unless that
keeps it from storing what backward reads (`switches`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.tracing.switches import switch_of
from nablint.tracing.values import Flag, Mode, Scope, Undecided

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def default_of(it: Interpreter, value: bool | str, path: str) -> Flag | Mode:
    """A flag or mode with this default, or with the value that the present path gives it."""
    if isinstance(value, bool):
        flag = Flag(not value if it.world.decided(switch_of(path)) else value)
        flag.path = path
        return flag
    chosen = [key for key, taken in it.world.hypothesis.decisions if taken and key.startswith(f"{path}=='")]
    return mode_of(chosen[0][len(path) + 3:-1] if chosen else value, path)


def mode_of(text: str, path: str) -> Mode:
    """A mode of this value, by the path of its input."""
    mode = Mode(text)
    mode.path = path
    return mode


def backward_begins(it: Interpreter) -> None:
    """Which strings forward code compared its modes with opens no paths, unless backward code compares them as well.

    Code whose backward method knows no modes is right for the one that it was written for, most often the first.
    """
    for choice in it.world.choices.values():
        if choice.options == _ASKED and "==" in choice.key:
            choice.fork = False


def tested(it: Interpreter, value: Any, text: str | None) -> None:
    """A flag is tested (`text` is None), or a mode compared with a text: in backward code this opens the other path."""
    if it.met is None:
        if isinstance(value, Flag):
            it.switches[value.path] = None
        return
    if isinstance(value, Flag):
        it.world.choose(switch_of(value.path), (False, True), fork=True)
        return
    if isinstance(value, Mode) and text is not None:
        it.named.setdefault((value.path, str(value)), set()).add(text)
    asked = [c for key, c in it.world.choices.items()
             if isinstance(value, Mode) and c.options == _ASKED and key.startswith(f"{value.path}==")]
    for choice in asked:
        choice.fork = True
    if isinstance(value, Mode) and not asked and str(value) != text:
        opened = any(taken and key.startswith(f"{value.path}=='") for key, taken in it.world.hypothesis.decisions)
        if not opened:
            it.world.choose(f"{value.path}=='{text}'", (False, True), fork=True)


def unanswered(it: Interpreter) -> str:
    """A mode of forward code that backward code, which names several others, has no branch of its own for; "" for none.

    What is left for it there is mostly for a layer without an activation, or was written for no such layer.
    """
    for (path, mode), texts in it.named.items():
        choice = it.world.choices.get(f"{path}=={mode!r}")
        if mode not in texts and len(texts) > 1 and choice is not None and choice.options == _ASKED:
            return f"backward code names other modes than {mode!r}"
    return ""


def passed_by(it: Interpreter, node: cst.If, scope: Scope) -> None:
    """The modes that later branches are for (`elif mode == "average"`, `else`), where an earlier one is taken.

    Which these are is told by what else the code compares the mode with, be it where it refuses all others.
    """
    test = node.test
    if (it.met is None or node.orelse is None or not isinstance(test, cst.Comparison)
            or not isinstance(test.comparisons[0].operator, cst.Equal)
            or not isinstance(test.comparisons[0].comparator, cst.SimpleString)
            or not isinstance(test.left, cst.Name | cst.Attribute)
            or not isinstance(mode := it.eval(test.left, scope), Mode)):
        return
    name = test.left.value if isinstance(test.left, cst.Name) else test.left.attr.value
    texts = {id(b): b.text for b in (it.block, *it.world.visited.values()) if b is not None}
    for text in dict.fromkeys(word for found in texts.values() for word in _compared(found, name)):
        if text != str(mode):
            tested(it, mode, text)


@lru_cache(maxsize=1024)
def _compared(code: str, name: str) -> tuple[str, ...]:
    """The strings that a name is compared with: `mode == "sum"`, `mode not in ("sum", "mean")`."""
    single = [m[1] for m in re.finditer(rf"""\b{name}\s*[!=]=\s*["'](\w+)["']""", code)]
    several = [m[1] for m in re.finditer(rf"""\b{name}\s+(?:not\s+)?in\s*[(\[{{]([^)\]}}]*)""", code)]
    return (*single, *(m[1] for group in several for m in re.finditer(r"""["'](\w+)["']""", group)))


def given(it: Interpreter, node: cst.BaseExpression) -> None:
    """Something is compared with None; where it is an option that a caller may give, backward code has both paths."""
    if it.met is None or not isinstance(node, cst.Name | cst.Attribute):
        return
    name = node.value if isinstance(node, cst.Name) else node.attr.value
    for key, choice in it.world.choices.items():
        if key.endswith(f".{name}:none"):
            choice.fork = True


_ASKED = (True, False)
"""The answers to whether an input without a default is this string."""


def guess_branch(it: Interpreter, node: cst.CSTNode) -> bool:
    """The branch of a condition that nothing tells of: not the one that only complains."""
    if it.world.sure:
        raise Undecided
    if isinstance(node, cst.If):
        body = node.body.body
        if len(body) <= 2 and all(_complains(s) for s in body):
            return False
    tree = it.block.tree() if it.block is not None else None
    span = tree.spans.get(id(node)) if tree is not None else None
    place = f"{it.block.row}+{span[0]}" if span and it.block is not None else it.world.steps
    return bool(it.world.choose(f"branch@{place}", (True, False), 0.4))  # cheap: every way through is tried


def _complains(statement: cst.CSTNode) -> bool:
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    last = statement.body[-1]
    return isinstance(last, cst.Raise | cst.Return | cst.Pass | cst.Continue | cst.Break) or (
        isinstance(last, cst.Expr) and isinstance(last.value, cst.Call)
    )
