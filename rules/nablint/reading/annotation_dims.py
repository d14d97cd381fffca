"""The sizes inside an annotation, in the notations of the typing libraries."""

from __future__ import annotations

import ast
import re

from nablint.reading.dimensions import read_dim, split_commas
from nablint.reading.evidence import ELLIPSIS, UNKNOWN, DimSpec


def from_tokens(text: str) -> tuple[DimSpec, ...] | None:
    """The string of jaxtyping: sizes between blanks.

    `b 3`, `*batch d`, `... d`, `_`, `n-1`, `rows=4`; `#n` may be 1 and therefore says nothing of its axis.
    """
    dims: list[DimSpec] = []
    for token in text.split():
        found = _token(token)
        if found is None:
            return None
        dims.append(found)
    return tuple(dims) if sum(d.kind == "ellipsis" for d in dims) < 2 else None


def _token(token: str) -> DimSpec | None:
    name = token.rpartition("=")[2] if re.fullmatch(r"\w+=-?\d+", token) else token
    if name == "...":
        return ELLIPSIS
    if name.startswith("*"):
        inner = name.lstrip("*#?_")
        return DimSpec("ellipsis", inner) if inner.isidentifier() and not set(name) & set("#?") else ELLIPSIS
    if name.startswith(("#", "_", "?", "{")) or name == "None":
        return UNKNOWN
    return read_dim(name)


def from_sizes(nodes: list[ast.expr]) -> tuple[DimSpec, ...] | None:
    """Sizes written as Python: `["batch", 3]`, `[B, D + 1]`, `("b", ..., -1)`, and slices `"b": 4`."""
    dims: list[DimSpec] = []
    for node in nodes:
        if isinstance(node, ast.Slice):
            node = node.upper if isinstance(node.upper, ast.Constant) and node.upper.value is not ... else node.lower
        if node is None:
            return None
        if isinstance(node, ast.Constant) and node.value is ...:
            dims.append(ELLIPSIS)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = from_tokens(node.value.replace(",", " "))
            if found is None:
                return None
            dims.extend(found)
        elif isinstance(node, ast.Constant) and node.value is None:
            dims.append(UNKNOWN)
        else:
            text = ast.unparse(node)
            found_dim = UNKNOWN if text.rpartition(".")[2] in ("Any", "int") else read_dim(text)
            if found_dim is None:
                return None
            dims.append(found_dim)
    return tuple(dims) if dims and sum(d.kind == "ellipsis" for d in dims) < 2 else None


def from_tuple_type(node: ast.expr) -> tuple[DimSpec, ...] | None:
    """The shape type of numpy: `tuple[int, Literal[3]]`, `tuple[N, D]`; `tuple[int, ...]` says nothing."""
    items = node.elts if isinstance(node, ast.Tuple) else [node]
    if any(isinstance(i, ast.Constant) and i.value is ... for i in items):
        return None
    dims: list[DimSpec] = []
    for item in items:
        if isinstance(item, ast.Tuple) and not item.elts:
            continue
        literal = item.slice if isinstance(item, ast.Subscript) else None
        if isinstance(literal, ast.Constant) and isinstance(literal.value, int):
            dims.append(DimSpec("number", str(literal.value)))
        elif isinstance(item, (ast.Name, ast.Attribute)):
            name = item.id if isinstance(item, ast.Name) else item.attr
            dims.append(UNKNOWN if name in ("int", "Any", "SupportsIndex") else DimSpec("name", name))
        else:
            return None
    return tuple(dims)


def from_shape_text(node: ast.expr) -> tuple[DimSpec, ...] | None:
    """The string of nptyping: `Shape["2, *, N rows"]`: `*` is one axis, words behind a size are labels."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return None
    pieces = [p.strip() for p in split_commas(node.value)]
    if "..." in pieces:
        return None
    dims: list[DimSpec] = []
    for piece in pieces:
        if piece.startswith("["):
            dims.append(DimSpec("number", str(len(split_commas(piece[1:-1])))))
            continue
        size = piece.split()[0] if piece else ""
        found = UNKNOWN if size in ("*", "Any") else read_dim(size)
        if found is None:
            return None
        dims.append(found)
    return tuple(dims)


def from_literals(node: ast.expr) -> tuple[DimSpec, ...] | None:
    """`Literal["N", "M", 3]` beside an array type.

    The form was spread by an answer in which `Literal["N", "N", 3]` stands for any two sizes: an `N`, and every name
    that is repeated, is an axis of unknown size.
    """
    items = node.elts if isinstance(node, ast.Tuple) else [node]
    values = [i.value for i in items if isinstance(i, ast.Constant)]
    if len(values) != len(items):
        return None
    dims: list[DimSpec] = []
    for value in values:
        if isinstance(value, str) and (value.upper() == "N" or values.count(value) > 1):
            dims.append(UNKNOWN)
            continue
        found = read_dim(str(value)) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
        if found is None:
            return None
        dims.append(found)
    return tuple(dims)
