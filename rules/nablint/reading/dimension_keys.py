"""Shapes from name suffixes: `query_BLD` is (B, L, D) in a file that says what B, L and D are.

The convention is Noam Shazeer's ("Shape Suffixes: Good Coding Style", 2024): one capital for each logical dimension,
documented once.  Without a documented key, or shapes elsewhere in the file that agree with the suffixes, a suffix is
only a name: `W_Q` and `x_T` are common and mean something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from nablint.reading.evidence import DimSpec, ShapeEvidence
from nablint.reading.lazily import regex

_LEAD = r"[#\s\"'*>-]*"
_HEADER = regex(
    rf"^{_LEAD}(?:(?:tensor |logical |array )?(?:dimension|dim|shape)s? (?:keys?|suffix(?:es)?|legend|names?|letters?)|"
    r"suffix(?:es)?(?: key| legend)?)\b[^:\n]{0,60}:?\s*(?P<rest>.*)$", re.IGNORECASE | re.MULTILINE)
_ENTRY = regex(
    rf"(?:^|[,;|]|\s\s){_LEAD}`?(?P<letter>[A-Z])`?\s*(?::|=|--?|–|—)\s*(?P<meaning>[A-Za-z][^,;|]*?)(?=$|[,;|]|\s\s)")
_SUFFIXED = regex(r"(?P<front>_?[a-z][a-z0-9_]*)_(?P<letters>[A-Z]{1,6})\Z")


def dimension_key(source: str) -> dict[str, str]:
    """The letters that a file documents under "Dimension key" or the like, with their meanings; empty without one."""
    for header in _HEADER.finditer(source):
        found = _entries(header["rest"])
        for line in source[header.end():].splitlines()[:40]:
            entries = _entries(line)
            if not entries and found and line.strip(" #\t\"'*>-"):
                break
            found.update(entries)
        if len(found) > 1:
            return found
    return {}


def key_by_agreement(shapes: Iterable[tuple[str, tuple[DimSpec, ...]]]) -> dict[str, str]:
    """The letters of suffixes that spell the shape said elsewhere, for two names at least, and for none wrongly.

    shapes: names with the axes that an annotation, docstring or comment gives them.
    """
    letters: dict[str, str] = {}
    agreeing: set[str] = set()
    for name, dims in shapes:
        found = _SUFFIXED.match(name.rpartition(".")[2])
        if found is None or not dims or not all(d.kind == "name" and len(d.text) == 1 for d in dims):
            continue
        if "".join(d.text for d in dims) != found["letters"]:
            return {}
        agreeing.add(name)
        letters.update({d.text: d.text for d in dims})
    return letters if len(agreeing) > 1 else {}


def suffix_evidence(name: str, key: Mapping[str, str]) -> ShapeEvidence | None:
    """The shape that a name's suffix spells, if the file's key has every letter of it."""
    found = _SUFFIXED.match(name.rpartition(".")[2])
    if found is None or not set(found["letters"]) <= set(key) or found["letters"] == "T":
        return None
    dims = tuple(DimSpec("name", letter) for letter in found["letters"])
    return ShapeEvidence(name, dims, "array", "suffix")


def _entries(line: str) -> dict[str, str]:
    return {found["letter"]: found["meaning"].strip() for found in _ENTRY.finditer(line)}
