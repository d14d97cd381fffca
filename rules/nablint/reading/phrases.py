"""Reads what a phrase says about an array: "A numpy array containing input data, of shape (N, d_1, ..., d_k)".

A shape counts where the text says so: after "shape", "size" or "dimensions", next to a word for an array, or as the
whole of a type.  Of two shapes that are offered as alternatives neither is taken.
"""

from __future__ import annotations

import re

from nablint.reading.dimensions import looks_like_shape, read_dim, read_dims, read_product, split_commas
from nablint.reading.evidence import UNKNOWN, DimSpec, Kind, ShapeEvidence, Source
from nablint.reading.kinds import ARRAY_WORDS, TYPE_WORDS, read_bound, read_elements, read_kind
from nablint.reading.lazily import regex

_LIST = r"[(\[{](?P<inside>[^()\[\]{}]*(?:[(\[][^()\[\]]*[)\]][^()\[\]{}]*)*)[)\]}]"
_ANY_LIST = r"[(\[][^()\[\]]*[)\]]"
_PRODUCT = r"(?P<product>(?:[\w']+(?:\s+[xX]\s+|\s*×\s*))+[\w']+|(?:[A-Z]'?|\d+)(?:x(?:[A-Z]'?|\d+))+)"
_SAID = r"(?<![.\w])(?:shape|size|dimension|dimensionality|dim)s?\b(?!\[)"
_LINK = r"\s*(?:of|is|are|as|being|equal to|will be|must be|should be|:|==?|-|→|->)?\s*"

_ENUMERATED = regex(
    rf"(?:{_SAID}{_LINK}|\A)(?P<shapes>{_ANY_LIST}(?:\s*(?:,|and|, and)\s*{_ANY_LIST})+)", re.IGNORECASE)
_LEADS_TO_SIZE = regex(r"\b(?:of|with|has|have|in|an?)(?: the)?\s*\Z|[,(]\s*\Z")
_TRIGGERED = regex(rf"(?P<word>{_SAID}){_LINK}(?:{_LIST}|{_PRODUCT})", re.IGNORECASE)
_SHAPED = regex(rf"(?:{_LIST}|{_PRODUCT})[- ](?:shaped\b|(?:\w+[- ]){{0,2}}(?:{ARRAY_WORDS})\b)", re.IGNORECASE)
_ARRAY_LIST = regex(
    rf"\b(?:{ARRAY_WORDS})(?<!arrays)(?<!tensors)(?<!vectors)\s*(?:,|of|with|:|-)?\s*(?:{_LIST}|{_PRODUCT})",
    re.IGNORECASE)
_REAL = regex(r"(?:\\mathbb\s*\{?R\}?|\bR|ℝ)\s*\^\s*(?:\{(?P<inside>[^{}]*)\}|\((?P<round>[^()]*)\))")
_WHOLE = regex(
    rf"{_LIST}(?=\s*(?:[.,;:-]|\Z|(?:where|with|containing|giving|for|of)\b))|{_PRODUCT}(?=\s*(?:[.,;:]|\Z))")
_LAST = regex(rf":\s*{_LIST}\s*\.?\Z")
_AT_END = regex(rf"\s{_LIST}\s*\.?\Z")
_NO_SHAPE_BEFORE = regex(
    r"\b(?:each|every|where|which|range|between|interval|from|at|points?|tuples?|pairs?|lists?|names?|values?|sizes?|or|and|"
    r"e\.g\.|i\.e\.|of|for|in|as|by|with)\s*\Z|\b(?:tuples?|pairs?|lists?|range|interval)\b", re.IGNORECASE)
_SIZE_PHRASE = regex(r"(?:size|number|dimension|length) of ")
_SCALAR_LAST = regex(
    r"(?:,|\bas)\s*(?:a |an )?(?:python |single )?(?P<word>scalar|float|integer|boolean)\b[^,.;]{0,20}\.?\Z",
    re.IGNORECASE)
_VECTOR = regex(
    r"\b(?P<kind>vector|(?:nd)?array|ndarray|tensor|list|sequence|1-?d array)\s*,?\s*(?:of|with|having)?\s+"
    r"(?:length|size|len)\s*(?:of\s+|=\s*|:\s*)?(?P<size>[^\W\d][\w.\[\]]*|\d+)(?![\w(]|\s*[*+/-]\s*[\w(])"
    r"|\blength[- ](?P<front>[A-Za-z]\w{0,11})\s+(?:vector|(?:nd)?array)\b", re.IGNORECASE)
_RANK = regex(r"\b(?P<rank>[1-5]|one|two|three|four)(?:[ -]?d\b|[- ]dimension(?:s|al)\b)", re.IGNORECASE)
_MAYBE_OTHER = regex(r"\bscal[ae]r\b|\bor\b(?!\s*None)")
_RANKS = {"one": 1, "two": 2, "three": 3, "four": 4}
_LIKE = regex(
    rf"\bsame\s+(?:{_SAID}|(?:shape|size|type) and (?:shape|size))(?:\s+and\s+\w+)?\s+(?:as|with|like|of)\s+"
    rf"(?:that of |the )?(?:input |data |parameter )?[`'\"]?(?P<name>[^\W\d][\w.]*)", re.IGNORECASE)
_ANY = regex(rf"\b(?:any|arbitrary)\s+{_SAID}", re.IGNORECASE)

# The shape that follows one of these is not that of the name itself.
_OTHERWISE = regex(
    r"\b(?:each|every|where|which|such that|returns?|given|if|when|unless|produces?|per|applied|"
    r"\d?-?tuples?|broadcast\w*)\b"
    r"|\w\[[\w:, ]*\]\s+(?:has|have|is|are)\b", re.IGNORECASE)
_ASIDE = regex(r"\([^()]*\)")
_ALTERNATIVE = regex(r"[`'\"*]*\s*,?\s*(?:\bor\b|/|\bif\b|\belse\b|\bwhen\b|\|)(?P<rest>.*)", re.IGNORECASE)
_OFFERED = regex(r"[)\]]\s*,?\s*(?:\bor\b|/|\|)\s*\Z")
"""`(M,) or (M, K) ndarray`: the second of two shapes."""
_SENTENCE = regex(r"(?<!r\.t\.)(?<!r\.t)(?<!e\.g\.)(?<!i\.e\.)(?<!\.\.)(?<=[.;])\s+")
_SHAPE_SENTENCE = regex(
    r"(?:it |this |they )?(?:has|have|must|should|shapes?\b|of shape|an? \S+ (?:array|matrix|tensor)|(?:numpy )?array)",
    re.IGNORECASE)

_MARKUP = regex(r":[a-zA-Z:]+:`~?([^`<]*)(?:<[^`>]*>)?`|`{1,2}([^`]*)`{1,2}|\$([^$]*)\$")
_LATEX = (("\\times", "×"), ("\\cdot", "*"), ("\\left", ""), ("\\right", ""), ("\\,", " "), ("\\ ", " "), ("\\_", "_"))


def clean(text: str) -> str:
    """Blanks made single, roles, code quotes and simple TeX taken away."""
    text = re.sub(r"\s+imes\b", r" \\times", text)  # `\times` in a string that is not raw begins with a tab
    text = _MARKUP.sub(lambda m: m[1] or m[2] or m[3] or "", text)
    for old, new in _LATEX:
        text = text.replace(old, new)
    return re.sub(r"\s+", " ", text).strip()


def read_phrase(name: str, phrase: str, source: Source, row: int = 0, *, type_text: str = "",
                names: frozenset[str] = frozenset()) -> ShapeEvidence:
    """What `phrase` (and `type_text`, where the style has one) says about `name`; "unknown" where nothing is said.

    names: the other documented names; a list of these is a tuple of values, not a shape.
    """
    original = f"{type_text} {phrase}"
    phrase, type_text = clean(phrase), clean(type_text)
    head = type_text or phrase
    kind = read_kind(type_text) if type_text else "unknown"
    if kind == "unknown":
        kind = read_kind(phrase)
    both = f"{type_text}. {phrase}"
    if kind == "unknown" and (found := _SCALAR_LAST.search(_SENTENCE.split(phrase)[0])):
        kind = read_kind(found["word"])
    if kind in ("list", "tuple", "dict", "function", "str"):
        return _container(name, kind, head, source, row, names)
    dims, sure = _first_shape(type_text, names, is_type=True) if type_text else (None, False)
    if dims is None and not sure and not (type_text and kind in ("int", "float", "bool")):
        dims, sure = _first_shape(phrase, names, is_type=False)
    if kind in ("int", "float", "bool") and not dims:
        return ShapeEvidence(name, (), kind, source, row)
    like = None
    if dims is None and not sure:
        like = _same_as(" ".join(_SENTENCE.split(phrase)[:2]) or type_text, names)
    if dims is not None or like or (sure and kind == "unknown"):
        kind = "array"
    return ShapeEvidence(name, dims, kind, source, row, read_elements(both), read_bound(both), like,
                         written=_written(original, dims) if dims else "")


def _written(text: str, dims: tuple[DimSpec, ...]) -> str:
    """The piece of the text that reads as `dims`, if there is only one."""
    pieces = [found[0] for found in re.finditer(_ANY_LIST, text) if read_dims(found[0][1:-1], prose=True) == dims]
    pieces += [found[0] for found in re.finditer(_PRODUCT, text) if read_product(found[0]) == dims]
    return pieces[0] if len(pieces) == 1 else ""


def _same_as(text: str, names: frozenset[str]) -> str | None:
    """The name in "same shape as x"; a plain word is one only where the docstring has it as a name."""
    found = _LIKE.search(text)
    if found is None or re.match(r"[`'\"]?,?\s*(?:but|except|plus|with an?|apart)\b", text[found.end():]):
        return None
    said = found["name"].rstrip(".")
    return said if said in names or len(said) < 4 or re.search(r"[A-Z\d_]", said) else None


def _first_shape(text: str, names: frozenset[str], *, is_type: bool) -> tuple[tuple[DimSpec, ...] | None, bool]:
    """The shape that the text states, and whether the matter is closed (stated, or stated in two ways)."""
    for number, sentence in enumerate(_SENTENCE.split(text)):
        if number and (number > 2 or not _SHAPE_SENTENCE.match(sentence)):
            continue
        for pattern in (_TRIGGERED, _SHAPED, _ARRAY_LIST, _REAL):
            for found in pattern.finditer(sentence):
                if _OTHERWISE.search(_ASIDE.sub("", sentence[: found.start()])):
                    break
                dims = _dims_of(found, names, stated=pattern in (_TRIGGERED, _REAL),
                                named=pattern in (_SHAPED, _ARRAY_LIST) and (is_type or found.start() == 0))
                if dims is None:
                    continue
                other = (_has_alternative(sentence[found.end():], dims) or _has_other_case(text, dims)
                         or _OFFERED.search(sentence[: found.start()]))
                return (None, True) if other else (dims, True)
        if not _OTHERWISE.search(sentence) and (found := _VECTOR.search(sentence)):
            size = read_dim(found["size"] or found["front"])
            if size is not None and (found["kind"] or "").lower() not in ("list", "sequence"):
                return (size,), True
        if found := _LAST.search(sentence):
            dims = read_dims(found["inside"], prose=True)
            if dims and all(
                d.kind == "number" or looks_like_shape((d,), names) or _SIZE_PHRASE.match(d.text) for d in dims
            ):
                return dims, True
        if number == 0 and (found := _WHOLE.match(sentence)):
            dims = _dims_of(found, names, stated=False, named=False)
            if dims is not None and looks_like_shape(dims, names):
                return (None, True) if _has_alternative(sentence[found.end():], dims) else (dims, True)
        found = None if number else _AT_END.search(sentence)
        if found and not _NO_SHAPE_BEFORE.search(sentence[: found.start()]):
            dims = read_dims(found["inside"])
            if dims is not None and len(dims) > 1 and looks_like_shape(dims, names):
                return dims, True
    if is_type and not _MAYBE_OTHER.search(text) and re.search(ARRAY_WORDS, text, re.IGNORECASE):
        ranks = {found["rank"].lower() for found in _RANK.finditer(text)}
        if len(ranks) == 1:
            rank = ranks.pop()
            return (UNKNOWN,) * (_RANKS.get(rank) or int(rank)), True
    return None, bool(_ANY.search(text))


def _dims_of(found: re.Match[str], names: frozenset[str], *, stated: bool, named: bool) -> tuple[DimSpec, ...] | None:
    """The list or product that a pattern found.

    stated: the text calls it a shape.  named: it stands directly beside a word for an array.
    """
    groups = found.groupdict()
    if groups.get("product"):
        return read_product(groups["product"])
    inside = groups.get("inside") or groups.get("round") or ""
    if "×" in inside or re.search(r"\w\s+[xX]\s+\w|\A\w+x[A-Z]|[A-Z]x\w+\Z", inside):
        return read_product(inside)
    if not inside.strip():
        return () if stated else None
    if not stated and (len(inside) == 1 or re.search(r"[{\"]|[\s,(\[]'", found[0])):
        return None
    dims = read_dims(inside, prose=stated)
    if dims is None:
        return None
    if not stated and not looks_like_shape(dims, names) and (not named or any(d.text in names for d in dims)):
        return None
    before = found.string[: found.start()]
    if (groups.get("word") or "").lower().startswith(("size", "dim")) and before and not _LEADS_TO_SIZE.search(before):
        return None  # "output size (height, width)" is a value
    return dims


def _has_alternative(rest: str, dims: tuple[DimSpec, ...]) -> bool:
    """Another shape is offered behind this one."""
    found = _ALTERNATIVE.match(rest)
    if re.match(rf"[`'\"*]*\s*,\s*{_ANY_LIST}", rest):
        return True
    if found is None:
        return False
    for other in re.finditer(_LIST, found["rest"]):
        if (read := read_dims(other["inside"])) is not None and read != dims:
            return True
    return re.match(r"\W*(?:if|else|when)\b", rest, re.IGNORECASE) is not None


_CASE = regex(r"\W*(?:for|if|when|or|otherwise|in case|in the case|alternatively|with)\b", re.IGNORECASE)


def _has_other_case(text: str, dims: tuple[DimSpec, ...]) -> bool:
    """A later sentence states another shape for another case: "For 3d X, shape = (N, C, T, H, W)"."""
    for sentence in _SENTENCE.split(text)[1:]:
        if _CASE.match(sentence):
            for found in _TRIGGERED.finditer(sentence):
                read = _dims_of(found, frozenset(), stated=True, named=False)
                if read is not None and len(read) != len(dims):
                    return True
    return False


def enumerated_shapes(phrase: str) -> list[tuple[DimSpec, ...]]:
    """The shapes in "arrays of shape (D, M) and (M,)", for several names that share a description; else none."""
    found = _ENUMERATED.search(clean(phrase))
    if found is None:
        return []
    read = [read_dims(one[1:-1]) for one in re.findall(_ANY_LIST, found["shapes"])]
    return [dims for dims in read if dims is not None] if None not in read else []


def _container(name: str, kind: Kind, head: str, source: Source, row: int, names: frozenset[str]) -> ShapeEvidence:
    """A tuple, list or dict; "list of arrays of shape (N, D)" and "tuple (x, w, b)" name their parts."""
    parts: tuple[ShapeEvidence, ...] = ()
    if kind in ("list", "tuple") and (found := re.search(r"\bof\s+(.*)", head)):
        item = read_phrase("", found[1], source, row, names=names)
        named = re.match(rf"(?:\w+\s*){_LIST}", found[1])
        if item.kind in ("array", "int", "float") and not named:
            parts = (item,)
    if not parts and kind == "tuple" and (found := re.search(_LIST, head)):
        parts = value_names(found["inside"], source, row)
    return ShapeEvidence(name, None, kind, source, row, parts=parts)


def value_names(inside: str, source: Source, row: int) -> tuple[ShapeEvidence, ...]:
    """The names in a tuple of values, `x, w, b`; empty where one of them is no name."""
    pieces = [p.strip().strip("`'\"") for p in split_commas(inside)]
    if len(pieces) < 2 or not all(re.fullmatch(r"[^\W\d]\w*", p) and p.lower() not in TYPE_WORDS for p in pieces):
        return ()
    return tuple(ShapeEvidence(p, None, "unknown", source, row) for p in pieces)
