"""The grammar of formulas, by recursive descent."""

from __future__ import annotations

import re

from nablint.calculus.formula import GREEK
from nablint.calculus.syntax import WORDS, Expr, Function, QuestionError, Token, tokens

_SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True))


_LOW = str.maketrans("₁₂", "12")

LIBRARIES = {"np": "numpy", "numpy": "numpy", "jnp": "numpy", "torch": "torch", "F": "torch.nn.functional",
             "nn": "torch.nn", "functional": "functional", "linalg": "linalg", "scipy": "scipy", "sp": "scipy",
             "special": "special", "stats": "stats", "signal": "signal", "math": "math"}
"""What may stand before a function's name, and what it is short for."""


class Parser:
    """Precedence: + -, then * / @ ∘ · and juxtaposition, then signs, then powers, then what follows a name."""

    def __init__(self, whole: str, piece: str, offset: int, textbook: bool, functions: dict[str, Function]) -> None:
        self.whole, self.offset, self.textbook, self.functions = whole, offset, textbook, functions
        self.tokens = tokens(piece)
        if textbook:
            self.tokens = [t for token in self.tokens for t in self._letters(token)]
        self.at = 0
        self.depth = 0

    def _letters(self, token: Token) -> list[Token]:
        """In textbook writing `Wy` is W times y, unless it is a word."""
        if token.kind != "name" or token.text in WORDS or token.text in GREEK or token.text in self.functions \
                or not re.fullmatch(r"[^\W\d_₀-₉]{2,3}", token.text):
            return [token]
        return [Token("name", letter, token.start + k, token.spaced and not k) for k, letter in enumerate(token.text)]

    # Helpers ----------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> Token:
        """The next token."""
        return self.tokens[self.at]

    def take(self, *texts: str) -> Token | None:
        """The next token, if it is one of these signs."""
        token = self.now
        if token.kind != "end" and token.text in texts:
            self.at += 1
            return token
        return None

    def need(self, text: str, opened: int) -> Token:
        """The sign that must come now."""
        token = self.take(text)
        if token is None:
            shown = f"before '{self.now.text}'" if self.now.kind != "end" else "at the end"
            raise self.error(
                f"'{text}' is missing {shown}; it closes what column {self.offset + opened + 1} opens", self.now
            )
        return token

    def error(self, message: str, token: Token) -> QuestionError:
        """An error at a token."""
        return QuestionError(message, self.whole, self.offset + token.start + 1)

    def node(self, kind: str, value: str, parts: tuple[Expr, ...], start: int,
             words: tuple[tuple[str, Expr], ...] = (), path: str = "") -> Expr:
        """A node from `start` to the last token taken."""
        last = self.tokens[self.at - 1]
        return Expr(kind, value, parts, start, self.offset + last.start + len(last.text), words, path)

    # Grammar ----------------------------------------------------------------------------------------------------------

    def equation(self) -> tuple[str, Expr | Function]:
        """`name = expression`, `name(z) = expression`, or an expression alone."""
        name, parameters = "", None
        texts = [t.text for t in self.tokens]
        if len(texts) > 1 and self.tokens[0].kind == "name" and texts[1] == "=":
            name, self.at = texts[0], 2
        elif "=" in texts and self.tokens[0].kind == "name" and texts[1] == "(" and ")" in texts \
                and texts.index("=") == texts.index(")") + 1:
            name = texts[0]
            parameters = tuple(t for t in texts[2:texts.index(")")] if t != ",")
            self.at = texts.index("=") + 1
        if self.take("def"):
            name, parameters = self._defined()
        if self.take("lambda"):
            listed: list[str] = []
            while self.now.kind == "name":
                listed.append(self.now.text)
                self.at += 1
                self.take(",")
            self.need(":", self.now.start)
            parameters = tuple(listed)
            if not name:
                raise self.error("give the function a name, as in 's = lambda z: ...; sum(s(x))'", self.now)
        found = self.sum()
        if self.now.kind != "end":
            hint = "; write one equation with one '=' and separate several by ';'" if self.now.text == "=" else \
                "; an operator may be missing before it"
            raise self.error(f"'{self.now.text}' is not expected here{hint}", self.now)
        return (name, Function(parameters, found)) if parameters is not None else (name, found)

    def _defined(self) -> tuple[str, tuple[str, ...]]:
        """What stands between `def` and the body of a function of one line."""
        listed: list[str] = []
        name = self.now.text
        self.at += 1
        opened = self.now.start
        if not self.take("("):
            raise self.error("write the function as 'def s(z): return ...'", self.now)
        while self.now.kind == "name":
            listed.append(self.now.text)
            self.at += 1
            self.take(",")
        self.need(")", opened)
        self.need(":", opened)
        if not self.take("return"):
            raise self.error("a function is one line, 'def s(z): return ...'", self.now)
        return name, tuple(listed)

    def sum(self) -> Expr:
        """a + b - c, and comparisons of such."""
        self.depth += 1
        if self.depth > 60:
            raise self.error(
                "brackets are nested more than 60 deep; name the parts, as in 'f = X@W; L = f@y'", self.now
            )
        start = self.offset + self.now.start
        left = self.product()
        while sign := self.take("+", "-", "<", ">", "<=", ">=", "=="):
            right = self.product()
            left = self.node("binary", sign.text, (left, right), start)
        self.depth -= 1
        return left

    def product(self) -> Expr:
        """a * b / c @ d, and a b."""
        start = self.offset + self.now.start
        if self.take("-"):
            return self.node("negative", "", (self.product(),), start)
        left = self.signed()
        while True:
            if sign := self.take("*", "/", "@", "∘", "·"):
                left = self.node("binary", sign.text, (left, self.signed()), start)
            elif self._begins():
                left = self.node("binary", "", (left, self.power()), start)
            else:
                return left

    def _begins(self) -> bool:
        """A factor follows without a sign."""
        token = self.now
        if token.kind in ("name", "number"):
            return token.text not in ("for", "in", "if", "else")
        return token.text in ("(",) or (token.text == "‖" and not self._in_bars)

    _in_bars = False

    def signed(self) -> Expr:
        """-a."""
        start = self.offset + self.now.start
        if self.take("-"):
            return self.node("negative", "", (self.signed(),), start)
        self.take("+")
        return self.power()

    def power(self) -> Expr:
        """a ** b, a ^ b."""
        start = self.offset + self.now.start
        base = self.postfix()
        if sign := self.take("**", "^"):
            if sign.text == "^":
                braced = self.take("{")
                inverted = self.now.text == "-" and self.tokens[self.at + 1].text in ("T", "⊤") and self.take("-")
                if self.take("T", "⊤"):
                    if braced:
                        self.need("}", braced.start)
                    turned = self.node("inverse", "", (base,), start) if inverted else base
                    return self.node("transpose", "", (turned,), start)
                exponent = self.signed()
                if braced:
                    self.need("}", braced.start)
            else:
                exponent = self.signed()
            return self.node("power", sign.text, (base, exponent), start)
        return base

    def postfix(self) -> Expr:
        """What follows a factor: transposes, superscripts, indices, attributes, methods."""
        start = self.offset + self.now.start
        found = self.primary()
        while True:
            token = self.now
            if token.kind == "power":
                self.at += 1
                found = self._superscript(found, token, start)
            elif self.take("'"):
                found = self.node("transpose", "", (found,), start)
            elif self.take("["):
                items = self._items("]", token.start)
                found = self.node("index", "", (found, *items), start)
            elif self.take("."):
                found = self._attribute(found, start)
            else:
                return found

    def _superscript(self, base: Expr, token: Token, start: int) -> Expr:
        text = token.text
        if text in ("ᵀ", "⊤"):
            return self.node("transpose", "", (base,), start)
        if text in ("⁻ᵀ", "⁻⊤"):
            return self.node("transpose", "", (self.node("inverse", "", (base,), start),), start)
        digits = "".join(_SUPERSCRIPTS.get(c, "?") for c in text)
        if not re.fullmatch(r"-?\d+", digits):
            raise self.error(f"'{text}' is no exponent; write ᵀ, ⁻¹, ² or ^", token)
        if digits == "-1":
            return self.node("inverse", "", (base,), start)
        exponent = Expr("number", digits, (), self.offset + token.start, self.offset + token.start + len(text))
        return self.node("power", "^", (base, exponent), start)

    def _attribute(self, base: Expr, start: int) -> Expr:
        token = self.now
        if token.kind != "name":
            raise self.error("a name must follow '.'", token)
        self.at += 1
        if token.text in ("T", "mT"):
            return self.node("transpose", "", (base,), start)
        if opened := self.take("("):
            items, words = self._arguments(opened.start)
            return self.node("call", token.text, (base, *items), start, words, ".")
        if token.text in ("shape", "size"):
            return self.node("index", "shape", (base,), start)
        raise self.error(f"'.{token.text}' is not known; .T, .shape and methods such as .sum(axis=0) are", token)

    def primary(self) -> Expr:
        """A number, a name, a call, brackets, a norm, a sum over an index."""
        token = self.now
        start = self.offset + token.start
        if token.kind == "number":
            self.at += 1
            return self.node("number", token.text, (), start)
        if token.kind == "name":
            return self._named(token, start)
        if token.kind == "string":
            self.at += 1
            return self.node("string", token.text[1:-1], (), start)
        if opened := self.take("("):
            first = self.sum()
            if self.now.text == ",":
                parts = [first]
                while self.take(","):
                    if self.now.text.startswith(")"):
                        break
                    parts.append(self.sum())
                self.need(")", opened.start)
                return self.node("tuple", "", tuple(parts), start)
            self.need(")", opened.start)
            return Expr(first.kind, first.value, first.parts, first.start, first.end, first.words)
        if (opened := self.take("‖", "|")) is not None:
            outside, self._in_bars = self._in_bars, True
            inside = self.sum()
            self._in_bars = outside
            self.need(opened.text, opened.start)
            if opened.text == "|":
                return self.node("absolute", "", (inside,), start)
            below = self.now
            if not below.spaced and (below.kind == "below" or (below.kind == "name" and below.text[0] == "_")):
                self.at += 1
                return self.node("norm", below.text.strip("_{}").translate(_LOW), (inside,), start)
            return self.node("norm", "", (inside,), start)
        if self.now.kind == "end":
            raise self.error("the expression ends too early; a name, a number or a bracket must follow", token)
        raise self.error(f"'{token.text}' cannot stand here; a name, a number or a bracket must", token)

    def _named(self, token: Token, start: int) -> Expr:
        name = token.text
        self.at += 1
        if (name in ("Σ", "sum") or name.startswith(("Σ_", "sum_"))) and (index := self._running(name)):
            body = self.product()
            return self.node("sum_over", index, (body,), start)
        path: list[str] = []
        while name in LIBRARIES and self.take("."):
            path.append(name)
            name = self.now.text
            self.at += 1
        if self.now.text == "(" and self.now.kind == "sign" and (not self.textbook or self._is_function(name)):
            opened = self.now
            self.at += 1
            items, words = self._arguments(opened.start)
            return self.node("call", name, items, start, words, ".".join(path))
        if self.textbook and name in WORDS and self._begins():  # log det X, tr A B
            return self.node("call", name, (self.product() if name in ("tr", "Tr") else self.power(),), start)
        return self.node("name", name, (), start)

    def _running(self, name: str) -> str:
        """The index of Σ_i or Σᵢ."""
        _, _, index = name.partition("_")
        return index.strip("{}")

    def _is_function(self, name: str) -> bool:
        return name in WORDS or name in self.functions or name in ("σ", "Σ") or len(name) > 2

    def _arguments(self, opened: int) -> tuple[tuple[Expr, ...], tuple[tuple[str, Expr], ...]]:
        items: list[Expr] = []
        words: list[tuple[str, Expr]] = []
        while not self.take(")"):
            token, following = self.now, self.tokens[min(self.at + 1, len(self.tokens) - 1)]
            if token.kind == "name" and following.text == "=":
                self.at += 2
                words.append((token.text, self._value()))
            else:
                items.append(self._value())
                if self.take("for"):
                    items[-1] = self._comprehension(items[-1])
            if not self.take(","):
                self.need(")", opened)
                break
        return tuple(items), tuple(words)

    def _value(self) -> Expr:
        if self.now.text in ("True", "False", "None"):
            self.at += 1
            return self.node("text", self.tokens[self.at - 1].text, (), self.offset + self.now.start)
        return self.sum()

    def _comprehension(self, body: Expr) -> Expr:
        indices: list[str] = []
        while True:
            token = self.now
            self.at += 1
            if token.kind != "name" or not self.take("in") or not self.take("range"):
                raise self.error("write the sum as 'sum(x[i] for i in range(n))'", token)
            opened = self.now.start
            if not self.take("("):
                raise self.error("write the sum as 'sum(x[i] for i in range(n))'", self.now)
            self._arguments(opened)
            indices.append(token.text)
            if not self.take("for"):
                break
        return self.node("sum_over", ",".join(indices), (body,), body.start)

    def _items(self, closing: str, opened: int) -> list[Expr]:
        items: list[Expr] = []
        while not self.take(closing):
            start = self.offset + self.now.start
            if self.now.text == ":":
                low: Expr | None = None
            else:
                low = self._value()
            if self.take(":"):
                high = None if self.now.text in (",", closing) else self.sum()
                none = Expr("text", "None", (), start, start)
                items.append(self.node("slice", "", (low or none, high or none), start))
            elif low is not None:
                items.append(low)
            if not self.take(","):
                self.need(closing, opened)
                break
        return items
