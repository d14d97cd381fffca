"""The parts of libcst nodes, without the white space: several times as fast as `CSTNode.children`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

_FIELDS: dict[type, tuple[str, ...]] = {}
_BLANK = ("whitespace", "lpar", "rpar", "comma", "leading", "trailing", "header", "footer", "lines", "semicolon", "dot",
          "equal", "newline", "indent", "colon")


def parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes directly below a node, in the order of the source where the node's fields are."""
    fields = _FIELDS.get(type(node))
    if fields is None:
        names: tuple[str, ...] = tuple(node.__dataclass_fields__)
        fields = _FIELDS[type(node)] = tuple(n for n in names if not n.startswith(_BLANK))
    for name in fields:
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, tuple | list):
            yield from (v for v in value if isinstance(v, cst.CSTNode))
