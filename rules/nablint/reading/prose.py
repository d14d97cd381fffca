"""Shapes that running text states beside names: "with x0, xl (B, D), w (D,)", "weight is (n_out, n_in)"."""

from __future__ import annotations

import re

from nablint.reading.dimensions import looks_like_shape, read_dims
from nablint.reading.evidence import ShapeEvidence
from nablint.reading.lazily import regex

_NAME = r"[`*]{0,2}[^\W\d]\w*[`*]{0,2}"
_STATED = regex(rf"(?<![\w.])(?P<names>{_NAME}(?:\s*(?:,|/|\band\b)\s*{_NAME})*)"
                r"(?:\s+(?:is|are|of shape|has shape|with shape)|\s*:)?\s+[(\[](?P<inside>[^()\[\]]*)[)\]]")
_RETURNED = regex(r"^\s*(?:returns?|yields?|outputs?)\b\s*:?\s*$", re.I | re.M)
"""The heading behind which a text speaks of results: "the edges of the polygon of shape (B, 2)" are not the polygon."""
_WORDS = regex(r"[^\W\d]\w*")


def prose_evidence(text: str, names: frozenset[str]) -> dict[str, ShapeEvidence]:
    """What a text says of the shapes of `names`; a list of these names is a call or a tuple, never a shape.

    A name that the text gives two shapes is left out.
    """
    found: dict[str, ShapeEvidence] = {}
    clashing: set[str] = set()
    heading = _RETURNED.search(text)
    for match in _STATED.finditer(text, 0, heading.start() if heading else len(text)):
        dims = read_dims(match["inside"])
        spoken = [w for w in _WORDS.findall(match["names"]) if w not in ("and", "is", "are")]
        if (
            dims is None
            or not spoken
            or not set(spoken) <= names
            or {d.text for d in dims} & names
            or not looks_like_shape(dims)
        ):
            continue
        if len(dims) == 1 and "," not in match["inside"]:
            continue
        row = text.count("\n", 0, match.start())
        for name in spoken:
            if name in found and found[name].dims != dims:
                clashing.add(name)
            found[name] = ShapeEvidence(name, dims, "array", "docstring", row, written=f"({match['inside']})")
    return {name: said for name, said in found.items() if name not in clashing}
