"""Shapes from the little languages of shapes: einops patterns, einsum subscripts, strings of shape checkers.

Their names hold within one pattern (einops, einsum) or one function (checkers), and the program fails where they are
wrong; so they are trusted like asserts.
"""

from __future__ import annotations

import re

from nablint.reading.annotation_dims import from_tokens
from nablint.reading.dimensions import read_dims
from nablint.reading.evidence import ELLIPSIS, UNKNOWN, DimSpec, ShapeEvidence
from nablint.reading.lazily import regex

Dims = tuple[DimSpec, ...]

_AXIS = regex(r"\s*(?:\((?P<group>[^()]*)\)|(?P<name>[^\s()]+))")
_CHECKED = regex(
    r"\s*(?P<name>[^\W\d][\w.]*(?:\[\d+\])?)\s*(?P<items>(?:\[all\]|\[\*\]|\.\.\.)?)\s*:\s*\[(?P<dims>[^\[\]]*)\]\s*(?:#.*)?\Z")


def einops_pattern(pattern: str) -> tuple[Dims, Dims] | None:
    """The shapes before and after the arrow of `b c (h w) -> b (c h) w`; None where it is not a pattern."""
    sides = pattern.split("->")
    if len(sides) != 2:
        return None
    before, after = _einops_side(sides[0]), _einops_side(sides[1])
    return None if before is None or after is None else (before, after)


def _einops_side(text: str) -> Dims | None:
    dims: list[DimSpec] = []
    position = 0
    text = text.strip()
    while position < len(text):
        found = _AXIS.match(text, position)
        if found is None:
            return None
        position = found.end()
        if found["name"] is not None:
            dim = _axis(found["name"])
            if dim is None:
                return None
            dims.append(dim)
            continue
        factors = [_axis(name) for name in found["group"].split()]
        if None in factors:
            return None
        known = [f for f in factors if f is not None and f.text != "1"]
        if UNKNOWN in known or ELLIPSIS in known:
            dims.append(UNKNOWN)
        elif len(known) > 1:
            dims.append(DimSpec("expression", " * ".join(f.text for f in known)))
        else:
            dims.extend(known or (DimSpec("number", "1"),))
    return tuple(dims) if sum(d.kind == "ellipsis" for d in dims) < 2 else None


def _axis(name: str) -> DimSpec | None:
    if name in ("...", "…"):
        return ELLIPSIS
    if name == "_":
        return UNKNOWN
    if name.isdecimal():
        return DimSpec("number", name)
    return DimSpec("name", name) if name.isidentifier() else None


def einsum_subscripts(subscripts: str) -> tuple[tuple[Dims, ...], Dims | None] | None:
    """The shapes of the operands, and of the result where it is written: `bij,bjk->bik`.

    None where it is not a subscript string: another sign than a letter, a dot triple, a comma or one arrow.
    """
    text = re.sub(r"\s+", "", subscripts)
    if not re.fullmatch(r"[A-Za-z.,]*(?:->[A-Za-z.]*)?", text):
        return None
    left, arrow, right = text.partition("->")
    operands = [_letters(piece) for piece in left.split(",")]
    result = _letters(right) if arrow else None
    known = tuple(o for o in operands if o is not None)
    return None if len(known) < len(operands) or (arrow and result is None) else (known, result)


def _letters(text: str) -> Dims | None:
    before, dots, after = text.partition("...")
    if "." in before or "." in after:
        return None
    middle = (ELLIPSIS,) if dots else ()
    return (*(DimSpec("name", c) for c in before), *middle, *(DimSpec("name", c) for c in after))


def check_spec(spec: str) -> ShapeEvidence | None:
    """One line of `@check_shapes`: `X: [batch..., N, D]`; the name is `return` for the result.

    One of several values keeps its index in the name (`return[0]`).  `broadcast D` may be 1 and says nothing of its
    axis; the items of a list (`Xs[all]`) are one nameless part.
    """
    found = _CHECKED.match(spec)
    if found is None:
        return None
    dims: list[DimSpec] = []
    for piece in (p.strip() for p in found["dims"].split(",")):
        if not piece:
            continue
        if piece.startswith("broadcast "):
            dims.append(ELLIPSIS if piece.endswith("...") else UNKNOWN)
        elif piece.endswith("...") and piece[:-3].isidentifier():
            dims.append(DimSpec("ellipsis", piece[:-3]))
        elif piece in ("...", "*"):
            dims.append(ELLIPSIS)
        elif piece in (".", "None"):
            dims.append(UNKNOWN)
        elif (one := read_dims(piece)) is not None:
            dims.extend(one)
        else:
            return None
    if sum(d.kind == "ellipsis" for d in dims) > 1:
        return None
    array = ShapeEvidence("", tuple(dims), "array", "assert")
    if found["items"]:
        return ShapeEvidence(found["name"], None, "list", "assert", parts=(array,))
    return ShapeEvidence(found["name"], array.dims, "array", "assert")


def shape_string(text: str) -> Dims | None:
    """A shape given as a list of strings or one string to a checker: `B N 2`, `B, N, 2`, `*batch 3`."""
    return from_tokens(text.replace(",", " "))
