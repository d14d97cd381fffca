"""JSON that remembers where each value stands in its text, so that one can be replaced and all else kept."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

DECODER = json.JSONDecoder()
BLANK = re.compile(r"[ \t\r\n]*")
ATOM = re.compile(r"[-+.\w]+")
DEEPEST = 200
"""Nesting; a notebook needs about ten."""


@dataclass(slots=True)
class Element:
    """A value with its span in the text; `members` of an object, `items` of an array."""

    value: Any
    start: int
    end: int
    members: dict[str, Element] = field(default_factory=dict)
    items: list[Element] = field(default_factory=list)


def read_json(text: str) -> Element:
    """The whole text as one element; raises `ValueError` with the place of the mistake."""
    element = _value(text, _skip(text, 0), 0)
    end = _skip(text, element.end)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return element


def _skip(text: str, at: int) -> int:
    found = BLANK.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int, depth: int) -> Element:
    if depth > DEEPEST:
        raise json.JSONDecodeError("Nested too deeply", text, at)
    first = text[at : at + 1]
    if first == '"':
        value, end = DECODER.raw_decode(text, at)
        return Element(value, at, end)
    if first == "{":
        return _object(text, at, depth)
    if first == "[":
        return _array(text, at, depth)
    found = ATOM.match(text, at)
    if not found:
        raise json.JSONDecodeError("Expecting value", text, at)
    try:
        return Element(json.loads(found[0]), at, found.end())
    except ValueError:
        raise json.JSONDecodeError("Expecting value", text, at) from None


def _object(text: str, at: int, depth: int) -> Element:
    members: dict[str, Element] = {}
    position = _skip(text, at + 1)
    while text[position : position + 1] != "}":
        if members:
            position = _skip(text, _expect(text, position, ","))
        if text[position : position + 1] != '"':
            raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, position)
        key, position = DECODER.raw_decode(text, position)
        position = _expect(text, _skip(text, position), ":")
        members[key] = _value(text, _skip(text, position), depth + 1)
        position = _skip(text, members[key].end)
    return Element({key: member.value for key, member in members.items()}, at, position + 1, members=members)


def _array(text: str, at: int, depth: int) -> Element:
    items: list[Element] = []
    position = _skip(text, at + 1)
    while text[position : position + 1] != "]":
        if items:
            position = _skip(text, _expect(text, position, ","))
        items.append(_value(text, position, depth + 1))
        position = _skip(text, items[-1].end)
    return Element([item.value for item in items], at, position + 1, items=items)


def _expect(text: str, at: int, mark: str) -> int:
    if text[at : at + 1] != mark:
        raise json.JSONDecodeError(f"Expecting '{mark}' delimiter", text, at)
    return at + 1
