"""Pictures of products."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pytest
from nablint.results import Place, ShapeNote
from nablint_server.lsp.picture import THIN, draw, product


def notes(line, **shapes):
    """A note for each text that stands in the line."""
    return [ShapeNote(text, shape, Place(1, line.index(text) + 1), Place(1, line.index(text) + len(text) + 1))
            for text, shape in shapes.items()]


PRODUCTS = [
    # line, shapes by text, column, sides that are labelled
    ("y = x @ w", {"x @ w": "(N, M)", "x": "(N, D)", "w": "(D, M)"}, 7, ["N", "D", "D", "M", "N", "M"]),
    ("y = np.dot(x.T, g)", {"np.dot(x.T, g)": "(D, M)", "x.T": "(D, N)", "g": "(N, M)"}, 6,
     ["D", "N", "N", "M", "D", "M"]),
    ("y = x.dot(w)", {"x.dot(w)": "(N, M)", "x": "(N, D)", "w": "(D, M)"}, 11, ["N", "D", "D", "M", "N", "M"]),
    ("y = a @ b < 1", {"a @ b": "(1, 1)", "a": "(1, <k>)", "b": "(<k>, 1)"}, 5, ["1", "<k>", "<k>", "1", "1", "1"]),
]


@pytest.mark.parametrize(("line", "shapes", "column", "sides"), PRODUCTS)
def test_both_factors_and_the_product_have_their_sides_labelled(line, shapes, column, sides):
    known = notes(line, **shapes)
    image = product([n for n in known if n.location <= Place(1, column) <= n.end_location], known)
    svg = base64.b64decode(re.search(r"base64,([^)]*)\)", image)[1]).decode()
    texts = [e.text for e in ElementTree.fromstring(svg) if e.tag.endswith("text")]
    assert sorted(t for t in texts if t in sides) == sorted(sides)


def test_equal_sizes_are_drawn_equal_and_one_is_thin():
    root = ElementTree.fromstring(draw(("x", "1", "D"), ("w", "D", "M"), ("", "1", "M")))
    boxes = [(float(e.get("height")), float(e.get("width"))) for e in root if e.tag.endswith("rect")]
    assert boxes[0][1] == boxes[1][0]
    assert boxes[0][0] == boxes[2][0] == THIN
    assert boxes[1][1] == boxes[2][1]


SILENT = [
    ("y = x + w", {"x + w": "(N, D)", "x": "(N, D)", "w": "(N, D)"}),
    ("y = x @ w", {"x @ w": "(N,)", "x": "(N, D)", "w": "(D,)"}),
    ("y = x @ w", {"x @ w": "(N, M)", "x": "(N, D)"}),
]


@pytest.mark.parametrize(("line", "shapes"), SILENT)
def test_what_is_no_product_of_two_known_matrices_has_no_picture(line, shapes):
    known = notes(line, **shapes)
    assert product(known, known) is None
