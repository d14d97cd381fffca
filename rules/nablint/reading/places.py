"""Places of libcst nodes, without libcst's metadata wrapper.

`libcst.metadata` costs as much to import as libcst itself and copies the tree; what it does for positions is to print
the tree and note where every node begins and ends.  The same, directly: a code generation state that counts lines and
columns as tokens go by.
"""

from __future__ import annotations

from typing import Any

import libcst as cst
from libcst._nodes.internal import CodegenState

from nablint.results import Place

Span = tuple[Place, Place]


class _Recorder(CodegenState):
    """Prints a module and records the span of every node, comments and surrounding white space left out."""

    def __init__(self, module: cst.Module, first_row: int) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.now = Place(first_row, 1)
        self.spans: dict[int, Span] = {}

    def add_token(self, value: str) -> None:
        """Count the token's characters."""
        if value:
            row, column = self.now
            lines = value.count("\n")
            self.now = (Place(row + lines, len(value) - value.rfind("\n")) if lines else
                        Place(row, column + len(value)))

    def add_indent_tokens(self) -> None:
        """Count the indentation."""
        for token in self.indent_tokens:
            self.add_token(token)

    def record_syntactic_position(self, node: cst.CSTNode, *, start_node: Any = None, end_node: Any = None) -> Any:
        """Note where the node begins and ends; nodes with brackets report their inside, as libcst does."""
        return _Inside(self, node, start_node, end_node)

    def before_codegen(self, node: cst.CSTNode) -> None:
        """Remember the beginning of nodes that do not record a syntactic position themselves."""
        self.spans[id(node)] = (self.now, self.now)

    def after_codegen(self, node: cst.CSTNode) -> None:
        """Close the span of such a node."""
        start, end = self.spans[id(node)]
        if start == end:
            self.spans[id(node)] = (start, self.now)


class _Inside:
    """The part of a node that its span is; a generator with a decorator would take as long as the printing itself."""

    __slots__ = ("end_node", "node", "recorder", "start", "start_node")

    def __init__(self, recorder: _Recorder, node: cst.CSTNode, start_node: Any, end_node: Any) -> None:
        self.recorder = recorder
        self.node = node
        self.start_node = start_node
        self.end_node = end_node

    def __enter__(self) -> None:
        self.start = self.recorder.now

    def __exit__(self, *_: object) -> None:
        spans = self.recorder.spans
        first, last = spans.get(id(self.start_node)), spans.get(id(self.end_node))
        spans[id(self.node)] = (self.start if first is None else first[0],
                                self.recorder.now if last is None else last[1])


def spans(module: cst.Module, first_row: int = 1) -> dict[int, Span]:
    """The span of every node of a module by the node's identity; rows count from `first_row`."""
    recorder = _Recorder(module, first_row)
    module._codegen(recorder)  # pyright: ignore[reportPrivateUsage] - the only way to places without a copy
    return recorder.spans
