"""Text that Python 3 does not read, made readable at the same length: Python 2, and IPython's magics in scripts.

Much code with hand-written gradients is of the years of Python 2.  What differs is nearly always beside the point
(`print`, `raise`, `except`), so that a statement of the same length and lines takes its place, and every other token
stays where it was: places and fixes are those of the text as it is written.  Inside strings and comments the same is
done to what looks like it; that changes nothing that is judged.
"""

from __future__ import annotations

import re

from nablint.reading.lazily import regex

_START = r"(?P<before>(?:^|[:;])[ \t]*)"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    (regex(r"^%[%\w](?=.*$)|^![A-Za-z](?=.*$)", re.M), "0#"),  # %matplotlib inline, !pip install
    (regex(rf"{_START}print(?=[ \t]*[^\s\w=(,.;:)>\[]|[ \t]+[\w(\[])", re.M), r"\g<before>0 or "),
    (regex(rf"{_START}exec[ \t](?=[\w\"'])", re.M), r"\g<before>0 or "),
    (regex(r"(?P<head>(?:^|[:;])[ \t]*raise[ \t]+[\w.]+[ \t]*),", re.M), r"\g<head>;"),
    (regex(r"<>"), "!="),
)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


_BLANKED: tuple[re.Pattern[str], ...] = (
    regex(r"(?<![\w.])(?<![eE][-+])0+(?=[1-9])"),  # 0755, and the months of `date(2014, 01, 31)`
    regex(r"\b[uU](?=[rR][\"'])"),  # ur"..."
)
_CAUGHT = regex(r"^(?P<head>[ \t]*except[ \t]+(?:[\w.]+|\([^()\n]*\)))(?P<name>[ \t]*,[ \t]*\w+)(?=[ \t]*:)", re.M)
_UNPACKED = regex(r"\blambda[ \t]*\((?P<names>[\w, \t]+)\)(?=[ \t]*:)")
_LONG = regex(r"\b(?P<number>0[xX][\da-fA-F]+|\d+)[lL]\b")
_SHOWN = regex(r"`(?P<value>[^`\n]+)`")


def readable(text: str) -> str:
    """The text with what Python 3 has no statement for replaced, line by line and at the same length."""
    for pattern, new in _RULES:
        text = pattern.sub(new, text)
    for pattern in _BLANKED:
        text = pattern.sub(_blank, text)
    text = _CAUGHT.sub(lambda m: m["head"] + " " * len(m["name"]), text)
    text = _UNPACKED.sub(lambda m: m[0].replace("(", " ").replace(")", " "), text)
    text = _LONG.sub(r"\g<number> ", text)
    return _SHOWN.sub(r"(\g<value>)", text)


_BOUND = regex(r"(?:def|class)\s+(\w+)|((?:\w+\s*,\s*)*\w+)\s*(?:[-+*/@%|&^]|//|\*\*)?=(?!=)")


def bound_names(line: str) -> list[str]:
    """The names that an unindented line of code seems to bind; it need not be Python."""
    found = _BOUND.match(line)
    return [] if found is None else re.findall(r"\w+", found[1] or found[2])
