"""Siblings: how alike a statement is to the others of its code.

Layers, gates and stages are written by copying: where two edits mend as much, the one that makes a statement more like
its siblings is the likelier one.  This only orders edits that are known to be right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

import libcst as cst

from nablint.claims.edits.trees import MODULES, Edit, in_place_of
from nablint.claims.replaying.replay import replace
from nablint.reading.lazily import regex
from nablint.tracing.step import Step

_TOKEN = regex(r"[A-Za-z_]\w*|\d+\.?\d*(?:[eE][-+]?\d+)?|\*\*|//|[^\s\w]")
MAX_STATEMENTS = 160
MAX_TOKENS = 120
LEAST = 0.15
"""Least difference in likeness that says something."""


class Siblings:
    """The statements that a run executed, as tokens."""

    def __init__(self, steps: Iterable[Step]) -> None:
        nodes = {id(s.node): s.node for s in steps if isinstance(s.node, cst.Assign | cst.AugAssign | cst.Return)}
        self._tokens = {key: found for key, node in list(nodes.items())[:MAX_STATEMENTS]
                        if len(found := _tokens(node)) <= MAX_TOKENS}
        self._near: dict[int, float] = {}
        """How alike each is to its nearest sibling as it stands."""

    def gain(self, step: Step, edit: Edit) -> float:
        """How much more a statement is like its nearest sibling after an edit: between 0 and 1, 0 if it has none."""
        now = self._tokens.get(id(step.node))
        if now is None:
            return 0.0
        then = _tokens(replace(step.node, edit.old, in_place_of(step.node, edit.old, edit.new)))
        others = [t for key, t in self._tokens.items() if key != id(step.node)]
        if not others:
            return 0.0
        if id(step.node) not in self._near:
            self._near[id(step.node)] = max(_alike(now, t) for t in others)
        gain = max(_alike(then, t) for t in others) - self._near[id(step.node)]
        return min(1.0, gain) if gain >= LEAST else 0.0


def likeness(a: cst.CSTNode, b: cst.CSTNode) -> float:
    """The share of their words and signs that two expressions have in common, from 0 to 1."""
    first, second = _tokens(a), _tokens(b)
    shared = sum((Counter(first) & Counter(second)).values())
    return 2.0 * shared / max(len(first) + len(second), 1)


def _tokens(node: cst.CSTNode) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(cst.Module([]).code_for_node(node)))


def _alike(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """Up to 1 by the words and signs that two statements share, names aside; up to 2 where they are one pattern.

    Of one pattern, those are most alike whose names differ in one way: `dWf = x.T @ df` and `dWi = x.T @ di`.
    """
    first, second = _masked(a), _masked(b)
    if first == second:
        renamed = {_difference(x, y) for x, y in zip(a, b, strict=True) if x != y}
        return 1.0 + 1.0 / (1 + len(renamed))
    counted, others = _counted(first), _counted(second)
    shared = sum(min(count, others.get(token, 0)) for token, count in counted.items())
    return 2.0 * shared / (len(a) + len(b))


@lru_cache(maxsize=2048)
def _counted(tokens: tuple[str, ...]) -> Counter[str]:
    return Counter(tokens)


@lru_cache(maxsize=2048)
def _masked(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """The tokens with `v` for every name that is no attribute, no function and no keyword."""
    out: list[str] = []
    for i, token in enumerate(tokens):
        after = tokens[i + 1] if i + 1 < len(tokens) else ""
        attribute = i > 0 and tokens[i - 1] == "." and not (i > 1 and tokens[i - 2] == "self")
        named = token[0].isalpha() or token[0] == "_"
        keyword = after == "=" and tokens[0] != token and i > 2
        plain = named and not attribute and after != "(" and not keyword and token not in MODULES
        out.append("v" if plain and token not in ("self", "return") else token)
    return tuple(out)


def _difference(a: str, b: str) -> tuple[str, str]:
    """What two names differ in, without what they begin and end with."""
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    return a[start : len(a) - end], b[start : len(b) - end]
