"""Places of libcst nodes, without libcst's metadata wrapper.

`libcst.metadata` costs as much to import as libcst itself and copies the tree; what it does for positions is to print
the tree and note where every node begins and ends.  The same, directly: a code generation state that counts lines and
columns as tokens go by.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import libcst as cst
from libcst._nodes.internal import CodegenState

from nablint.results import Place

Span = tuple[Place, Place]


class _Recorder(CodegenState):
    """Prints a module and records the span of every node, comments and surrounding white space left out."""

    def __init__(self, module: cst.Module, first_row: int) -> None:
        super().__init__(default_indent=module.default_indent, default_newline=module.default_newline)
        self.row = first_row
        self.column = 1
        self.spans: dict[int, Span] = {}

    def add_token(self, value: str) -> None:
        """Count the token's characters."""
        lines = value.count("\n")
        if lines:
            self.row += lines
            self.column = len(value) - value.rfind("\n")
        else:
            self.column += len(value)

    def add_indent_tokens(self) -> None:
        """Count the indentation."""
        for token in self.indent_tokens:
            self.add_token(token)

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: Any = None, end_node: Any = None
    ) -> Generator[None]:
        """Note where the node begins and ends; nodes with brackets report their inside, as libcst does."""
        start = Place(self.row, self.column)
        yield
        end = Place(self.row, self.column)
        if start_node is not None and id(start_node) in self.spans:
            start = self.spans[id(start_node)][0]
        if end_node is not None and id(end_node) in self.spans:
            end = self.spans[id(end_node)][1]
        self.spans[id(node)] = (start, end)

    def before_codegen(self, node: cst.CSTNode) -> None:
        """Remember the beginning of nodes that do not record a syntactic position themselves."""
        self.spans[id(node)] = (Place(self.row, self.column), Place(self.row, self.column))

    def after_codegen(self, node: cst.CSTNode) -> None:
        """Close the span of such a node."""
        start, end = self.spans[id(node)]
        if start == end:
            self.spans[id(node)] = (start, Place(self.row, self.column))


def spans(module: cst.Module, first_row: int = 1) -> dict[int, Span]:
    """The span of every node of a module by the node's identity; rows count from `first_row`."""
    recorder = _Recorder(module, first_row)
    module._codegen(recorder)  # pyright: ignore[reportPrivateUsage] - the only way to places without a copy
    return recorder.spans
