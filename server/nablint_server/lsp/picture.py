"""A product as a picture: boxes with labelled sides, the inner ones of one length, so that the eye sees them meet."""

from __future__ import annotations

import ast
import base64
import html
from collections.abc import Iterable, Iterator

from nablint.results import ShapeNote

LENGTHS = (44, 64, 30, 84, 54)
"""Pixels for the sides, by order of appearance; a side of size 1 has THIN."""
THIN = 8
GAP = 14
LETTER = 6.5
"""Pixels that a letter takes, about."""
INK = "#808080"
"""Seen on light and dark ground."""

NAMESPACE = "http://www.w3.org/2000/svg"
"""A name by which SVG is known; nothing is fetched from there."""

PRODUCTS = {"dot", "matmul", "mm"}
Box = tuple[str, str, str]
"""A name with its two sizes."""


def product(around: Iterable[ShapeNote], notes: Iterable[ShapeNote]) -> str | None:
    """The smallest of the expressions `around` a place that is a product of matrices, as a Markdown image, if one is.

    notes: all that are known, those of the factors among them.
    """
    for note in sorted(around, key=lambda n: len(n.text)):
        operands = _operands(note.text)
        if operands is None:
            continue
        inside = [n for n in notes if note.location <= n.location and n.end_location <= note.end_location]
        boxes = [_box(text, inside) for text in operands]
        result = _box(note.text, [note])
        if result is not None and None not in boxes:
            left, right = (box for box in boxes if box is not None)
            return f"![{note.text}](data:image/svg+xml;base64,{_encoded(draw(left, right, ('', *result[1:])))})"
    return None


def _operands(text: str) -> tuple[str, str] | None:
    """The factors of a product of two matrices, as they are written."""
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    found: list[ast.expr] = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        found = [node.left, node.right]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in PRODUCTS:
        found = list(node.args) if len(node.args) == 2 else [node.func.value, *node.args]
    segments = [ast.get_source_segment(text, part) for part in found]
    return (segments[0], segments[1]) if len(segments) == 2 and segments[0] and segments[1] else None


def _box(text: str, notes: Iterable[ShapeNote]) -> Box | None:
    for note in notes:
        if note.text == text:
            sizes = [size.strip() for size in note.shape.strip("()").split(",")]
            if len(sizes) == 2 and all(sizes):
                return text, sizes[0], sizes[1]
    return None


def draw(left: Box, right: Box, result: Box) -> str:
    """An SVG of `left` times `right` is `result`."""
    symbols = [s for s in dict.fromkeys([*left[1:], *right[1:], *result[1:]]) if s != "1"]
    length = {s: LENGTHS[i % len(LENGTHS)] for i, s in enumerate(symbols)} | {"1": THIN}
    height = max(length[box[1]] for box in (left, right, result)) + 44
    parts: list[str] = []
    x = 4.0
    for box, sign in ((left, ""), (right, ""), (result, "=")):
        if sign:
            parts.append(_text(x + GAP, height / 2 + 4, sign))
        x += (2 * GAP if sign else GAP) + LETTER * len(box[1])
        parts += _drawn(box, x, height, length[box[1]], length[box[2]])
        x += length[box[2]]
    x += GAP
    return (f'<svg xmlns="{NAMESPACE}" width="{x:g}" height="{height}" font-family="sans-serif" '
            f'font-size="11" fill="{INK}">{"".join(parts)}</svg>')


def _drawn(box: Box, x: float, height: float, down: float, across: float) -> Iterator[str]:
    name, rows, columns = box
    top = (height - down) / 2
    yield (f'<rect x="{x:g}" y="{top:g}" width="{across}" height="{down}" fill="{INK}" fill-opacity="0.15" '
           f'stroke="{INK}"/>')
    yield _text(x + across / 2, top - 5, columns)
    yield _text(x - 4, top + down / 2 + 4, rows, "end")
    if name and across > THIN:
        yield _text(x + across / 2, top + down + 13, name if len(name) < 14 else f"{name[:12]}…")


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{html.escape(text)}</text>'


def _encoded(svg: str) -> str:
    return base64.b64encode(svg.encode()).decode()
