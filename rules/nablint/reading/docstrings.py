"""Shapes from docstrings: numpydoc, Google, Sphinx, and the two styles that teaching code made common."""

from __future__ import annotations

from dataclasses import replace

from nablint.reading.docstring_entries import Entry, split_docstring
from nablint.reading.evidence import ShapeEvidence
from nablint.reading.lazily import regex
from nablint.reading.phrases import enumerated_shapes, read_phrase, value_names

_NEXT = regex(r"(?<=[)\]])\s*[,;]\s*[^\W\d]\w*\s*:\s*[(\[]")
"""`W: (D, C), X: (N, D)` on one line: the second name's shape is not the first one's."""
_TUPLE = regex(r"\s*\(([^()]*)\)\s*(?:\.?\s*\Z|from\b|as\b|of\b|returned\b|saved\b)")


def docstring_evidence(docstring: str) -> dict[str, ShapeEvidence]:
    """What a docstring says about parameters, and about other names outside its returns sections.

    Names that it says nothing about are left out; so are names that it describes twice in different ways.
    """
    entries = [e for e in _entries(docstring) if e.section != "returns"]
    names = frozenset(n for e in entries for n in e.names)
    found: dict[str, ShapeEvidence] = {}
    clashing: set[str] = set()
    for entry in entries:
        for evidence in _read(entry, names):
            before = found.get(evidence.name)
            if not evidence.says_something or evidence.name in clashing:
                continue
            if before is None or (before.dims is None and not before.parts):
                found[evidence.name] = evidence
            elif evidence.dims is not None and before.dims is not None and evidence.dims != before.dims:
                clashing.add(evidence.name)
    return {name: evidence for name, evidence in found.items() if name not in clashing}


def docstring_returns(docstring: str) -> list[ShapeEvidence]:
    """What a docstring says about return values, in order; one that it says nothing about keeps its place."""
    entries = _entries(docstring)
    names = frozenset(n for e in entries for n in e.names)
    found = [evidence for e in entries if e.section == "returns" for evidence in _read(e, names)]
    named = [e for e in found if e.name]
    if named:
        return named
    informative = [e for e in found if e.says_something]
    if len(informative) == 1 and informative[0].kind == "tuple" and len(informative[0].parts) > 1:
        return list(informative[0].parts)
    return informative[:1] if len(found) < 2 else found


def _entries(docstring: str) -> list[Entry]:
    """Entries, with the `:type x:` and `:rtype:` fields merged into what they belong to."""
    merged: list[Entry] = []
    for entry in split_docstring(docstring):
        twin = next((m for m in merged if m.section == entry.section and m.names == entry.names), None)
        if twin is not None and bool(twin.type_text and not twin.text) != bool(entry.type_text and not entry.text):
            twin.type_text, twin.text = twin.type_text or entry.type_text, twin.text or entry.text
        else:
            merged.append(entry)
    return merged


def _read(entry: Entry, names: frozenset[str]) -> list[ShapeEvidence]:
    """One piece of evidence for each name of an entry."""
    if found := _TUPLE.match(entry.text):
        values = value_names(found[1], "docstring", entry.row)
        if values and (any(v.name in names for v in values) or any("cache" in n for n in entry.names)):
            return [ShapeEvidence(n, None, "tuple", "docstring", entry.row, parts=values) for n in entry.names or ("",)]
    if len(entry.names) > 1 and (shapes := enumerated_shapes(f"{entry.type_text} {entry.text}".strip())):
        if len(shapes) == len(entry.names):
            return [ShapeEvidence(n, dims, "array", "docstring", entry.row)
                    for n, dims in zip(entry.names, shapes, strict=True)]
        return [ShapeEvidence(n, None, "array", "docstring", entry.row) for n in entry.names]
    text = _NEXT.split(entry.text)[0]
    read = read_phrase("", text, "docstring", entry.row, type_text=entry.type_text, names=names)
    if entry.children and read.kind in ("tuple", "list", "dict", "unknown"):
        parts = tuple(p for child in entry.children for p in _read(child, names))
        read = replace(read, parts=parts)
    return [replace(read, name=n) for n in entry.names or ("",)]
