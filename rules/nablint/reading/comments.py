"""Shapes from comments: `# (B, T, C)` or `# (B, T, C) @ (C, H) -> (B, T, H)` behind a statement, `# x: N x C` above."""

from __future__ import annotations

import re

from nablint.reading.dimensions import looks_like_shape, read_dims, read_product, split_commas
from nablint.reading.evidence import DimSpec, ShapeEvidence
from nablint.reading.lazily import regex
from nablint.reading.phrases import clean

_BRACKETS = r"(?:\((?:[^()\[\]]|\[[^\[\]]*\]|\([^()]*\))*\)|\[(?:[^()\[\]]|\([^()]*\)|\[[^\[\]]*\])*\])"
_FACTOR = r"(?:\((?:[\w']+(?:\s*[*x]\s*[\w']+)+)\)|[\w'*]+)"
_TIMES = rf"(?:{_FACTOR}(?:\s+x\s+{_FACTOR}|\s*×\s*{_FACTOR})+|(?:[A-Z]'?|\d+)(?:x(?:[A-Z]'?|\d+))+(?![\w]))"
_SHAPE = regex(rf"(?P<product>{_TIMES})|(?P<list>{_BRACKETS})")
_ARROW = regex(r"\s*(?:-+>|=+>|→|⟶)\s*")
_EQUALS = regex(r"(?<=[\])\w])\s*=\s*(?=[\[(\w])")
_LABEL = regex(
    r"(?:(?:the )?(?:output|result|resulting|new|final)\s+)?(?P<word>(?:of )?shape|dims?|dimensions?|size|shaped)\b"
    r"(?:\s+(?:is|of|are|will be|now))?\s*[:=]*\s*", re.IGNORECASE)
_STATED = regex(
    r"(?<![.\w])(?:of |with |has |have )?(?P<word>shape)d?(?!\[)(?:\s+(?:is|of))?\s*[:=]*\s*(?=[(\[\w])",
    re.IGNORECASE)
_NAMED = regex(
    r"(?P<name>[^\W\d][\w.]*)(?:\.shape|'s shape| shape)?\s*(?::|=+|\bis\b|\bhas shape\b)\s*", re.IGNORECASE)
_NO_REST = regex(
    r"\s*(?:-(?!\s+[a-z])|[+*/@<>=^%]|x\s|×|(?:dot|are|is|not|must|should|or|if|when|and|else|vs)\b)", re.IGNORECASE)
_ENTRY_TIMES = regex(r"\s+x\s+|\s*×\s*")
"""Between commas: `[N, C x H x W]` has two axes, and the second is a product."""
_NO_ARRAY = regex(r"shape|size|dims?\b|_dim|stride|axes|axis|perm|order|spec|slice|index_|names?\b|padding",
                       re.IGNORECASE)
_FILLER = regex(r"\A(?:each|now|so|thus|here|both|all)(?: is)?:? ", re.IGNORECASE)
_DIRECTIVE = regex(r"#?\s*(?:type:|noqa|pylint|pragma|fmt:|isort|nablint|todo|fixme|xxx)", re.IGNORECASE)


def comment_evidence(line_comment: str, assigned: str, *, above: bool = False, row: int = 0) -> ShapeEvidence | None:
    """What a comment says about the name (or attribute, or element) that its statement assigns.

    The comment is read as a shape only where it is one from its start, behind an arrow, or behind the word "shape";
    a comment that speaks of another name, or of two shapes without an arrow, says nothing.

    above: the comment stands on the line above; it may not be part of a sentence.
    """
    if _DIRECTIVE.match(line_comment) or "," in assigned or _NO_ARRAY.search(assigned):
        return None
    text = clean(line_comment.lstrip("#:! "))
    if not text or len(text) > 200:
        return None
    dims = _read(text, assigned, above=above)
    if dims is None:
        return None
    pieces = [found[0] for found in _SHAPE.finditer(line_comment) if _shape_of(found) == dims]
    return ShapeEvidence(assigned, dims, "array", "comment", row, written=pieces[0] if len(pieces) == 1 else "")


def _read(text: str, assigned: str, *, above: bool) -> tuple[DimSpec, ...] | None:
    pieces = _ARROW.split(text)
    if len(pieces) == 1 and len(_SHAPE.findall(text)) > 2 and _shapes_only(_EQUALS.split(text)[0]):
        pieces = _EQUALS.split(text)
    if len(pieces) > 1:
        before = pieces[-2]
        if before and not any(_shape_of(found) for found in _SHAPE.finditer(before)):
            return None
        return _from_start(pieces[-1], stated=False)
    if found := _LABEL.match(text):
        return _from_start(text[found.end():], stated=found["word"].lower() not in ("size", "dim"))
    if found := _NAMED.match(text):
        said = found["name"].lower().removesuffix(".shape").rpartition(".")[2]
        if said == assigned.lower().rpartition(".")[2]:
            return _from_start(text[found.end():], stated="shape" in found[0].lower())
        return None
    dims = _from_start(_FILLER.sub("", text), stated=False)
    if dims is None and not above and len(stated := list(_STATED.finditer(text))) == 1:
        return _from_start(text[stated[0].end():], stated=True)
    return dims


def _from_start(text: str, *, stated: bool) -> tuple[DimSpec, ...] | None:
    """The shape with which the text begins, if no other shape, alternative or operator follows it."""
    text = text.strip().rstrip(".")
    found = _SHAPE.match(text)
    if found is None:
        return _bare_list(text)
    rest = text[found.end():]
    if _NO_REST.match(rest) or re.match(r"[\w\[(.]", rest) or any(_shape_of(other) for other in _SHAPE.finditer(rest)):
        return None
    dims = _shape_of(found)
    if dims is None or stated:
        return dims
    return dims if looks_like_shape(dims) and (len(dims) > 1 or "," in found[0]) else None


def _shape_of(found: re.Match[str]) -> tuple[DimSpec, ...] | None:
    if found["product"]:
        return _product(found["product"])
    inside = found["list"][1:-1].strip()
    if "×" in inside or re.search(r"\S\s+x\s+\S", inside) or re.fullmatch(_TIMES, inside):
        return _product(inside) if "," not in inside else read_dims(_ENTRY_TIMES.sub(" * ", inside))
    if not inside or ("," not in inside and not re.fullmatch(r"\w+", inside)):
        return None
    return read_dims(inside)


def _product(text: str) -> tuple[DimSpec, ...] | None:
    pieces = re.split(r"\s+x\s+|\s*×\s*", re.sub(r"\(([^()]*)\)", lambda m: re.sub(r"\s+x\s+", "*", m[1]), text))
    if any(re.match(r"[A-Z]x", piece) for piece in pieces) and len(pieces) > 1:
        return None
    return read_dims(",".join(pieces)) if len(pieces) > 1 else read_product(text)


def _bare_list(text: str) -> tuple[DimSpec, ...] | None:
    """`B, T, C` as the whole of a comment; one entry at least must be a capital."""
    if not re.fullmatch(r"[\w'* ]+(?:,\s*[\w'*]+)+,?", text) or not re.search(r"(?:^|,\s*)[A-Z]\d?'?(?=,|$)", text):
        return None
    dims = read_dims(text)
    return dims if dims is not None and len(split_commas(text)) > 1 and looks_like_shape(dims) else None


def _shapes_only(text: str) -> bool:
    """Nothing but shapes and products of them."""
    return not re.sub(r"[*@x.·\s]|dot|times", "", _SHAPE.sub("", text))
