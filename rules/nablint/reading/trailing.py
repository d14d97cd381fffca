"""Comments that belong to a statement: behind it on its line, or alone on the line above."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import libcst as cst

from nablint.reading.comments import comment_evidence
from nablint.reading.evidence import ShapeEvidence
from nablint.reading.nodes import parts
from nablint.reading.source import Block


class Line(NamedTuple):
    """A simple statement's line with the comment behind it, and the one above that nothing separates from it."""

    node: cst.SimpleStatementLine
    comment: cst.Comment | None
    above: cst.Comment | None


@lru_cache(maxsize=256)
def _commented(module: cst.Module) -> dict[int, Line]:
    found: dict[int, Line] = {}
    stack: list[cst.CSTNode] = [module]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.SimpleStatementLine):
            line = Line(node, node.trailing_whitespace.comment,
                        node.leading_lines[-1].comment if node.leading_lines else None)
            if len(node.body) == 1 and (line.comment is not None or line.above is not None):
                found[id(node.body[0])] = line
        elif isinstance(node, cst.Module | cst.BaseCompoundStatement | cst.IndentedBlock | cst.Else | cst.ExceptHandler
                        | cst.Finally):
            stack.extend(parts(node))
    return found


def comments_of(block: Block, statement: cst.CSTNode) -> Line | None:
    """The comments of a statement that stands alone on its line; None where it has none."""
    tree = block.tree()
    return _commented(tree.module).get(id(statement)) if tree is not None else None


def said_of(block: Block, statement: cst.CSTNode, name: str) -> ShapeEvidence | None:
    """What a statement's comments say of the name that it assigns: the one behind it before the one above."""
    line = comments_of(block, statement)
    if line is None:
        return None
    for comment, above in ((line.comment, False), (line.above, True)):
        if comment is not None and (said := comment_evidence(comment.value, name, above=above)) is not None:
            return said
    return None
