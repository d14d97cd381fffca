"""Reads the inside of a shape: `N, d_1, ..., d_k`, `n_a + n_x, m`, `size of current layer, 1`, `N x D`."""

from __future__ import annotations

import ast
import re

from nablint.reading.evidence import ELLIPSIS, UNKNOWN, DimSpec
from nablint.reading.lazily import regex

_NAME = regex(r"[^\W\d]\w*'*\Z")
_COEFFICIENT = regex(r"(\d+)\s*([^\W\d]\w*)\Z")
_ASSIGNED = regex(r"([^\W\d]\w*)\s*={1,2}\s*(\S.*)\Z")
_PROSE = regex(r"[A-Za-z][\w'\-]*(?:[ /]+[\w'\-]+){1,7}\Z")
_TIMES = regex(r"\s*(?:×|\\times)\s*|\s+[xX]\s+")
_TIGHT_TIMES = regex(r"(?:[A-Z]'?|\d+)(?:x(?:[A-Z]'?|\d+))+\Z")
_STEM = regex(r"([^\W\d]+?)_?(?:\d+|[a-zA-Z])\Z")

# A list with one of these is no shape: types, remarks, conditions.
_NO_DIMENSION = frozenset(
    "int float str bool bytes complex list tuple dict array ndarray tensor string integer boolean number numeric "
    "object optional default required true false yes no nan inf and or if else not is in same see note eg ie etc any "
    "all inclusive exclusive min max mean std mu sigma train test left right lower upper start stop step end "
    "loss grad grads cache self none".split()
)
_NO_PROSE = frozenset(
    "or if else optional default same eg ie see note is are was will be must should can may not when then unless "
    "containing contains used".split()
)
_ARTICLES = frozenset(("the", "a", "an"))

_SIZE_WORDS = regex(
    r"(?:[A-Z]\d?'?|[A-Z][A-Z0-9_]*|[A-Z]{1,2}_?[a-z0-9_]*|[nmdkhptclbqrsv]\d?|(?:n|num|in|out|d|l)_\w+|nh|hs|"
    r"\w*_?(?:size|dim|dims|len|length|batch|channels?|features|samples|units|classes|hidden|height|width|heads?|embd|"
    r"steps|examples|tokens|experts|groups|pixels|points|obs|nodes|neurons)|(?:batch|seq|hid|wid)\w*|\w+_hid\d?|.*shape\[.*\]|"
    r"\w* of \w.*)\Z")
_TRUTH = frozenset("TF")
_NO_SIZES = frozenset(map(frozenset[str], ("XY", "XYZ", "RGB", "RGBA", "HSV", "Wb", "Xy", "XT", "USV", "QR", "QKV")))


def read_dims(text: str, prose: bool = False) -> tuple[DimSpec, ...] | None:
    """The axes of a comma list without its brackets; None where it does not read as a shape.

    prose: phrases of several words count as names (`number of examples`); only after the word "shape" or the like.
    """
    text = re.sub(r"(?:\.\.\.+|…)\s*,?", " ..., ", text.replace("\\ldots", "...").replace("\\dots", "..."))
    pieces = split_commas(text)
    if pieces and not pieces[-1].strip():
        pieces.pop()
    dims: list[DimSpec] = []
    for piece in pieces:
        if not piece.strip():
            continue
        found = read_dim(piece, prose)
        if found is None:
            return None
        dims.append(found)
    if len(dims) > 8:
        return None
    return _join_series(dims)


def read_product(text: str) -> tuple[DimSpec, ...] | None:
    """The axes of `N x D`, `N × D` or `NxD`; None where it is something else."""
    text = text.strip()
    if _TIGHT_TIMES.match(text):
        return read_dims(text.replace("x", ","))
    pieces = _TIMES.split(text)
    return read_dims(",".join(pieces)) if len(pieces) > 1 else None


def read_dim(text: str, prose: bool = False) -> DimSpec | None:
    """One axis, or None."""
    text = text.strip().strip("`").strip()
    if len(text) > 2 and text[0] in "'\"" and text[-1] == text[0]:
        text = text[1:-1]
    if text in ("...", "…", "*"):
        return ELLIPSIS
    if text in ("None", "?", "-1", "_", ":", "-", "any"):
        return UNKNOWN
    if text.isdecimal():
        return DimSpec("number", str(int(text)))
    if re.fullmatch(r"\*[^\W\d]\w*", text):
        return DimSpec("ellipsis", text[1:])
    if _NAME.match(text):
        return None if text.lower() in _NO_DIMENSION else DimSpec("name", text)
    if re.fullmatch(r"\(\w+\)", text):
        return None  # an axis that may be missing
    if scaled := _COEFFICIENT.match(text):
        return DimSpec("expression", f"{int(scaled[1])} * {scaled[2]}")
    if assigned := _ASSIGNED.match(text):
        value = read_dim(assigned[2])
        return value if value is not None and value.kind == "number" else read_dim(assigned[1])
    return _expression(text) or (_phrase(text) if prose else None)


def looks_like_shape(dims: tuple[DimSpec, ...], names: frozenset[str] = frozenset()) -> bool:
    """A list that nobody calls a shape is one only when every entry is written as sizes are."""
    if not dims or all(d.kind in ("number", "unknown") for d in dims):
        return False
    written = [d.text for d in dims if d.kind == "name"]
    inside = [n for d in dims if d.kind == "expression" for n in re.findall(r"[^\W\d][\w.]*", d.text)]
    different = frozenset(written)
    if different & names or different in _NO_SIZES:
        return False
    if different == _TRUTH and len(dims) > len(different):
        return False  # true and false, entry by entry
    return all(_SIZE_WORDS.match(text) for text in written) and all(
        _SIZE_WORDS.match(text) or re.search("[A-Z]", text) for text in inside)


def split_commas(text: str) -> list[str]:
    """Split at commas that stand in no bracket."""
    pieces, depth, start = [], 0, 0
    for position, character in enumerate(text):
        if character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character == "," and depth == 0:
            pieces.append(text[start:position])
            start = position + 1
    pieces.append(text[start:])
    return pieces


def _expression(text: str) -> DimSpec | None:
    try:
        node = ast.parse(re.sub(r"\b(\d+)([A-Za-z_])", r"\1*\2", text), mode="eval").body
    except (SyntaxError, ValueError):
        return None
    if not _is_size(node):
        return None
    shown = ast.unparse(node)
    return DimSpec("expression" if isinstance(node, ast.BinOp) else "name", shown)


def _is_size(node: ast.expr) -> bool:
    """An expression of names and whole numbers; a true quotient is turned into a floor quotient."""
    if isinstance(node, ast.Name):
        return node.id.lower() not in _NO_DIMENSION
    if isinstance(node, ast.Constant):
        return type(node.value) is int
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Div):
            node.op = ast.FloorDiv()
        fits = isinstance(node.op, (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Pow))
        return fits and _is_size(node.left) and _is_size(node.right)
    if isinstance(node, ast.Attribute):
        return isinstance(node.value, (ast.Name, ast.Attribute))
    if isinstance(node, ast.Subscript):
        index = node.slice.operand if isinstance(node.slice, ast.UnaryOp) else node.slice
        plain = isinstance(index, (ast.Name, ast.Constant, ast.BinOp))
        return plain and isinstance(node.value, (ast.Name, ast.Attribute))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return node.func.id in ("len", "min", "max") and all(_is_size(a) for a in node.args)
    return False


def _phrase(text: str) -> DimSpec | None:
    """A few words as a name that is equal when the words are."""
    if not _PROSE.match(text):
        return None
    words = [w for w in text.lower().replace("/", " ").split() if w not in _ARTICLES]
    if not 1 < len(words) < 8 or any(w in _NO_PROSE for w in words):
        return None
    return DimSpec("name", " ".join(words))


def _join_series(dims: list[DimSpec]) -> tuple[DimSpec, ...] | None:
    """`d_1, ..., d_k` is one ellipsis named `d`; a second ellipsis is not a shape."""
    places = [i for i, d in enumerate(dims) if d.kind == "ellipsis"]
    if len(places) > 1:
        return None
    if not places or dims[places[0]].text != "...":
        return tuple(dims)
    first = last = places[0]
    stem = None
    if last + 1 < len(dims) and (found := _STEM.match(dims[last + 1].text)):
        stem = found[1]
    while stem and first > 0 and re.fullmatch(re.escape(stem) + r"_?\d+", dims[first - 1].text):
        first -= 1
    if stem is None or first == places[0]:
        return tuple(dims)
    return (*dims[:first], DimSpec("ellipsis", stem), *dims[last + 2:])
