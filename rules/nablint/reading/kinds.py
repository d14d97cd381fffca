"""Reads what kind of value a phrase describes: an array and of what, a number, a list, a function."""

from __future__ import annotations

import re

from nablint.reading.dimensions import read_dim
from nablint.reading.evidence import DimSpec, Elements, Kind
from nablint.reading.lazily import regex

TYPE_WORDS = frozenset((
    "tensor", "ndarray", "array", "variable", "float", "int", "bool", "str", "tuple", "list", "dict", "optional",
    "union", "scalar", "matrix", "vector", "array_like", "dictionary",
))
"""Types that stand where a name could stand: "ndarray: the result", "(int, int)"."""
ARRAY_WORDS = r"(?:nd)?-?arrays?(?:[_-]like)?|matri(?:x|ces)|tensors?|ndarrays?|vectors?|np\.array|images?"
_BELOW = regex(r"\b0\s*(?:<=|≤|\\leq?)\s*[\w\[\], ]{1,12}?\s*<\s*(?P<bound>[^\W\d]\w*|\d+)")
_NO_ARRAY = (r"(?!,?\s*(?:\d-?d(?:imensional)? )?(?:numpy |np\.)?(?:nd)?-?arrays?"
             r"|,?\s*(?:shape|tensor|numpy|vector|matrix|mask|labels)\b")
_KIND_WORDS: tuple[tuple[str, Kind], ...] = (
    (r"(?:list|sequence|iterable)s?\b(?! or\b)(?!\s*/)", "list"),
    (r"(?:tuple|pair)s?\b(?! or\b)", "tuple"),
    (r"(?:(?:\w+ )?dict(?:ionary|ionaries)?|mapping|hash)\b", "dict"),
    (r"(?:callable|function|lambda)\b", "function"),
    (r"(?:str|string)\b", "str"),
    ((rf"(?:positive |non-negative |\()?(?:int|integer|index)\b{_NO_ARRAY}|,\s*int\b|"
      r"\s+(?:or|\|)\s+\(?(?:array|float|tuple|list|sequence))"), "int"),
    (r"(?:the )?(?:total )?number of\b", "int"),
    (rf"(?:bool|boolean)\b{_NO_ARRAY})", "bool"),
    (rf"(?:float|double|scalar|real number|real scalar|real)\b{_NO_ARRAY}|,?\s*or\b|\s*[/|])", "float"),
    (r"(?:[^.;]{0,40}\b)??(?:numpy|np|torch|jnp|jax)[. ](?:nd)?(?:array|tensor)", "array"),
    (r"(?:[\w()\-'\" ]{0,40}\b)??(?:nd-?array|array(?:[_-]like)?|matrix|tensor|vector)s?\b", "array"),
)
_KINDS: tuple[tuple[re.Pattern[str], Kind], ...] = tuple((regex(words), kind) for words, kind in _KIND_WORDS)
_ELEMENT_WORDS: tuple[tuple[str, Elements], ...] = (
    (r"int(?:eger)?s?|indices|long", "int"), (r"bool(?:ean)?s?", "bool"), (r"complex", "complex"),
)
_TYPED: tuple[tuple[str, Elements], ...] = ((r"\b(?:Long|Int|Short|Byte)Tensor\b", "int"), (r"\bBoolTensor\b", "bool"))


def read_kind(text: str) -> Kind:
    """The kind that the first words name."""
    start = re.sub(r"^(?:an?|the|optional|python|-|\W)+\s+", "", text.lower().lstrip("({[ ")).lstrip("({[ ")
    start = re.sub(r"^(?:python|nested|ordered|numpy)\s+(?=dict|list|tuple)", "", start)
    for pattern, kind in _KINDS:
        if pattern.match(start):
            return kind
    return "unknown"


def read_elements(text: str) -> Elements | None:
    """What the array holds, where one or two words before or after "array" say so."""
    array = rf"(?:numpy |np\.|nd)?(?:{ARRAY_WORDS})"
    for words, elements in _ELEMENT_WORDS:
        said = rf"\b(?:{words})[ -](?:valued )?{array}|\b{array} of (?:\w+ )?(?:{words})\b"
        if re.search(said, text, re.IGNORECASE):
            return elements
    for words, elements in _TYPED:
        if re.search(words, text):
            return elements
    return "int" if _BELOW.search(text) else None


def read_bound(text: str) -> DimSpec | None:
    """The `C` of "0 <= y[i] < C"."""
    found = _BELOW.search(text)
    return read_dim(found["bound"]) if found else None
