"""Splits a docstring into entries: which name is described where, by which words, in which section.

The styles are told apart line by line, because real docstrings mix them: `- x: ...` (CS231n), `W -- ...` (Coursera),
`x : type` with an indented description (numpydoc), `x (type): ...` (Google), `:param x: ...` (Sphinx, epydoc).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from nablint.reading.kinds import TYPE_WORDS
from nablint.reading.lazily import regex

Section = Literal["", "parameters", "returns", "other"]

_INPUTS = r"args?|arguments?|parameters?|params?|inputs?|keyword args"
_HEADER_WORDS: tuple[tuple[str, Section], ...] = (
    ((rf"(?:other |keyword |input |optional |required |function |named )?(?:{_INPUTS})(?:\s*\([^)]*\))?"
     r"(?:\s*(?:to|are|include|of)\b[^:]*)?\s*:"), "parameters"),
    (r"(?:args|arguments|parameters|params|inputs?|other parameters)", "parameters"),
    ((r"(?:returns?|outputs?|yields?|return values?|returned values?)(?:\s+(?:an?\s+)?tuple(?:\s+of)?|\s+values?)?"
     r"(?:\s*/\s*\w+)?\s*[:-]?"), "returns"),
    (r"(?:raises|notes?|examples?|references?|see also|warnings?|warns|usage|todo|math|methods?)\s*:?", "other"),
    (r"(?:attributes|members|fields|variables)\s*:?", "parameters"),
)
_HEADERS: tuple[tuple[re.Pattern[str], Section], ...] = tuple(
    (regex(words + r"\s*\Z", re.IGNORECASE), section) for words, section in _HEADER_WORDS
)
_NAME = r"(?:\*{0,2}[`'\"]?(?:self\.)?[^\W\d]\w*(?:\[[^\]]*\])?[`'\"]?)"
_NAMES = rf"(?P<names>{_NAME}(?:\s*(?:,|/|\band\b|&)\s*{_NAME}){{0,7}})"
_BULLET = regex(rf"(?P<lead>\s*)(?:[-*•+]|\(?\d+[.)])\s*{_NAMES}\s*"
                     rf"(?:\((?P<type>[^()]*(?:\([^()]*\)[^()]*)*)\))?\s*(?::|--|=|-\s)\s*(?P<text>.*)\Z")
_DASHES = regex(rf"(?P<lead>\s*){_NAMES}\s*(?:--+|–|—)\s*(?P<text>.*)\Z")
_DASH = regex(rf"(?P<lead>\s*){_NAMES}\s+-\s+(?P<text>.*)\Z")
_GOOGLE = regex(rf"(?P<lead>\s*){_NAMES}\s*\((?P<type>[^()]*(?:\([^()]*\)[^()]*)*)\)\s*:\s*(?P<text>.*)\Z")
_COLON = regex(rf"(?P<lead>\s*){_NAMES}(?P<blank>\s*):(?!=)(?:\s+(?P<text>\S.*)|\s*)\Z")
_FIELD = regex(rf"(?P<lead>\s*)[:@](?P<role>param(?:eter)?|arg|argument|key|keyword|type|ivar|var|vartype)\s+"
                    rf"(?:(?P<type>[^:]+?)\s+)?{_NAMES}\s*:?\s+(?P<text>.*)\Z")
_FIELD_RETURN = regex(r"(?P<lead>\s*)[:@](?P<role>returns?|rtype)\s*:?\s*(?P<text>.*)\Z")
_INLINE_RETURN = regex(r"(?P<lead>\s*)(?:returns?|outputs?)\s*(?::|--?)\s*(?P<text>\S.*)\Z", re.IGNORECASE)


@dataclass(slots=True)
class Entry:
    """One description: `names` share it; `type_text` is the style's type field; `children` are indented entries."""

    names: tuple[str, ...]
    section: Section
    row: int
    indent: int
    type_text: str = ""
    text: str = ""
    children: list[Entry] = field(default_factory=lambda: [])


def split_docstring(docstring: str) -> list[Entry]:
    """The entries in order; words outside any entry are passed over."""
    entries: list[Entry] = []
    section: Section = ""
    section_indent = 0
    numpydoc = False
    lines = docstring.expandtabs(4).splitlines()
    current: Entry | None = None
    for row, line in enumerate(lines):
        stripped = line.strip()
        indent = len(line) - len(line.lstrip()) if row else -1
        if not stripped:
            continue
        if set(stripped) <= set("-=~") and len(stripped) > 2:
            numpydoc = bool(section) and row > 0 and _header(lines[row - 1].strip()) is not None
            continue
        header = _header(stripped)
        if header is not None and (current is None or indent <= section_indent or indent < current.indent
                                   or (indent == current.indent and not current.text)):
            section, section_indent, current, numpydoc = header, indent, None, False
            continue
        found = _entry(line, row, section, numpydoc)
        if found is not None and current is not None and found.section == section and found.indent > current.indent:
            if _holds_entries(current):
                current.children.append(found)
                continue
            found = None if section else found
        if found is not None:
            if found.section == "returns" and not found.names and section != "returns":
                section, section_indent = "returns", indent
            entries.append(found)
            current = found
        elif section == "returns" and stripped[:2] in ("- ", "* ") and (current is None or indent <= current.indent):
            current = Entry((), "returns", row, indent, text=stripped[2:].strip())
            entries.append(current)
        elif current is not None and (indent > current.indent or (indent == current.indent and not numpydoc and row
                                                                  and lines[row - 1].strip())):
            innermost = current.children[-1] if current.children else current
            if indent <= innermost.indent and innermost is not current:
                innermost = current if indent > current.indent else innermost
            innermost.text = f"{innermost.text} {stripped}".strip()
        elif section == "returns" and _may_describe(stripped):
            current = Entry((), "returns", row, indent, type_text=stripped if numpydoc else "",
                            text="" if numpydoc else stripped.lstrip("-*• "))
            entries.append(current)
        elif indent <= section_indent and section and not lines[row - 1].strip():
            section, current = "", None
    return [e for e in entries if e.section != "other"]


def _may_describe(line: str) -> bool:
    """A line of prose in a returns section may describe the value itself."""
    return not line.startswith((">>>", "..", "#"))


def _header(line: str) -> Section | None:
    for pattern, section in _HEADERS:
        if pattern.match(line):
            return section
    return None


def _names(text: str) -> tuple[str, ...]:
    return tuple(n.strip().strip("`'\"*").removeprefix("self.") for n in re.split(r",|/|&|\band\b", text) if n.strip())


def _holds_entries(entry: Entry) -> bool:
    """Indented lines under it describe its parts, not itself."""
    if entry.children:
        return True
    said = f"{entry.type_text} {entry.text}".lower()
    return said.endswith(":") or bool(re.search(r"\b(?:dict\w*|tuples?|lists?|keys|containing|cache|either)\b", said))


def _entry(line: str, row: int, section: Section, numpydoc: bool) -> Entry | None:
    if found := _FIELD_RETURN.match(line):
        is_type = found["role"] == "rtype"
        return Entry((), "returns", row, len(found["lead"]), type_text=found["text"] if is_type else "",
                     text="" if is_type else found["text"])
    if found := _FIELD.match(line):
        is_type = found["role"] in ("type", "vartype")
        return Entry(_names(found["names"]), "parameters", row, len(found["lead"]),
                     found["text"] if is_type else (found["type"] or ""), "" if is_type else found["text"])
    if section == "other":
        return None
    if not section and (found := _INLINE_RETURN.match(line)):
        return Entry((), "returns", row, len(found["lead"]), text=found["text"])
    patterns = (_COLON,) if numpydoc else (_BULLET, _DASHES, _GOOGLE, _COLON, _DASH)
    for pattern in patterns:
        found = pattern.match(line)
        if found is None or (pattern is _DASH and not section):
            continue
        groups = found.groupdict()
        text, type_text = groups["text"] or "", groups.get("type") or ""
        if pattern is _COLON and (numpydoc or (section and groups["blank"])):
            text, type_text = "", text
        elif pattern is _COLON and not section and not re.search(r"shape|\([^)]*,|arrays?\b|scalar", text):
            continue
        if section == "returns" and found["names"].partition("[")[0].lower() in TYPE_WORDS:
            return Entry((), section, row, len(found["lead"]), found["names"], text)
        return Entry(_names(found["names"]), section, row, len(found["lead"]), type_text, text)
    return None
