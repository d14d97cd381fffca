"""Names of dimensions for people: what the source calls them, else a letter.

Inside a trace a dimension is known by where it came from (`x.0`, `Linear.n_in`, `N@affine_forward`).  A reader wants
the name that the code or its docstring uses, and where there is none a letter that stays the same for the whole unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import chain, count

from nablint.reading.lazily import regex
from nablint.shapes import show_shape
from nablint.tracing.hints import base
from nablint.tracing.interpreter import Interpreter

LETTERS = ("N", "D", "M", "K", "H", "L", "P", "Q", "R", "S", "T", "U", "V")

_WORD = regex(r"[\w.@]+")


class Naming:
    """The dimension names of one run."""

    def __init__(self, it: Interpreter) -> None:
        self.known: dict[str, str] = {}
        symbols = list(it.world.sizes)
        for symbol in symbols:
            if (alias := it.sizes_named.get(symbol)) is not None and alias.isidentifier():
                self.known[symbol] = alias
            elif "@" in symbol:
                self.known[symbol] = symbol.split("@")[0]
            elif not re.search(r"\.\d+$", symbol):
                self.known[symbol] = base(symbol)
        taken = set(self.known.values())
        letters = (x for x in chain(LETTERS, (f"{x}{i}" for i in count(2) for x in LETTERS)) if x not in taken)
        for symbol in symbols:
            if symbol not in self.known:
                self.known[symbol] = next(letters)

    def text(self, text: str) -> str:
        """A text with every dimension named for people."""
        if not self.known:
            return text
        found = [s for s in self.known if s in text]
        if found:
            words = "|".join(re.escape(s) for s in sorted(found, key=len, reverse=True))
            text = re.sub(words, lambda m: self.known[m.group()], text)
        return re.sub(r"[\w.\[\]']+@\d+(?:\.\d+)*", "?", text)

    def words(self, text: str) -> str:
        """A formula's name or index with every word that is a dimension named for people."""
        return _WORD.sub(lambda m: self.known.get(m.group(), m.group().partition("@")[0]), text)

    def shape(self, shape: Iterable[int]) -> str:
        """`(N, D)`."""
        return self.text(show_shape(shape))
