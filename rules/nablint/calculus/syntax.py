"""What formulas are made of: tokens, the tree that is read, and the error for what cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nablint.calculus.formula import GREEK
from nablint.ops import CARDS


class QuestionError(ValueError):
    """Input that cannot be answered: one line with what is wrong, where, and what to do.

    text and column: the input and the place in it, from 1; 0 where there is none.
    """

    def __init__(self, message: str, text: str = "", column: int = 0) -> None:
        super().__init__(message)
        self.message, self.text, self.column = message, text, column

    def __str__(self) -> str:
        return f"{self.message} (column {self.column})" if self.column else self.message


@dataclass(frozen=True, slots=True)
class Expr:
    """A node of what was read.

    kind:  number, name, call, binary, negative, transpose, inverse, power, index, slice, sum_over, norm, absolute,
           tuple, text (None, True, False), string.
    value: the number, the name, the operator or the function's name.
    words: keyword arguments.
    path:  what stands before a function's name (`np.linalg`), a dot for a method.
    start, end: the place in the text, in characters from 0.
    """

    kind: str
    value: str
    parts: tuple[Expr, ...]
    start: int
    end: int
    words: tuple[tuple[str, Expr], ...] = ()
    path: str = ""

    def walk(self) -> Iterator[Expr]:
        """Every node from here down."""
        yield self
        for part in (*self.parts, *(v for _, v in self.words)):
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Function:
    """A scalar function that the user wrote: `s = lambda z: ...` or `s(z) = ...`."""

    parameters: tuple[str, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Problem:
    """What was read: named intermediate values in order, the last of them the result; functions; the way of writing."""

    steps: tuple[tuple[str, Expr], ...]
    functions: dict[str, Function]
    textbook: bool
    text: str

    @property
    def columns(self) -> bool:
        """Vectors are columns: in textbook writing, and where a lowercase letter is transposed (`x.T @ A @ x`)."""
        return self.textbook or any(
            n.kind == "transpose" and n.parts[0].kind == "name" and n.parts[0].value[0].islower()
            for _, e in self.steps for n in e.walk())


@dataclass(frozen=True, slots=True)
class Token:
    """kind: number, name, sign, power (a superscript), below (a subscript that stands alone), string, end."""

    kind: str
    text: str
    start: int
    spaced: bool


_TOKEN = re.compile(r"""
    (?P<number>\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)
  | (?P<string>"[^"\n]*"|(?:(?<=[(,=])|(?<=[,=]\s))'[^'\n]*')
  | (?P<latex>\\[A-Za-z]+|\\\|)
  | (?P<power>[⁻⁰¹²³⁴-⁹ᵀ⊤]+)
  | (?P<below>_[∞*]|_\{[^{}]*\}|[₁₂∞])
  | (?P<name>(?:[^\W\d_⁰¹²³⁴-⁹₀-₉ᵀ]|_\w)[^\W_⁰¹²³⁴-⁹ᵀ]*(?:_(?:\{[^{}]*\}|[^\W_⁰¹²³⁴-⁹ᵀ]+))*_*)
  | (?P<sign>\|\||\*\*|->|<=|>=|==|[-+*/@^()\[\],;:=.'∘⊙·×‖|<>−{}⋅∑′])
""", re.VERBOSE)

WORDS = {
    "exp",
    "log",
    "ln",
    "sqrt",
    "sin",
    "cos",
    "tan",
    "tanh",
    "sinh",
    "cosh",
    "sigmoid",
    "relu",
    "softmax",
    "softplus",
    "tr",
    "Tr",
    "trace",
    "det",
    "logdet",
    "inv",
    "norm",
    "sum",
    "mean",
    "diag",
    "Diag",
    "np",
    "abs",
    "max",
    "min",
    "vec",
    "log_softmax",
    "logsumexp",
    "cholesky",
    "solve",
    "kron",
    "for",
    "in",
    "range",
    "lambda",
    "numpy",
    "torch",
    "dot",
    "outer",
    "inner",
    "erf",
    "gelu",
    "silu",
    "var",
    "std",
    "prod",
    "maximum",
    "minimum",
    "where",
    "arctan",
    "log1p",
    "expm",
    "expm1",
    "slogdet",
    "Relu",
    "ReLU",
    "eye",
    "lse",
} | CARDS.keys()
"""Words that are functions or grammar, never a product of letters."""


def tokens(text: str) -> list[Token]:
    """The text cut into tokens; raises `QuestionError` at a character that no formula has."""
    found: list[Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            raise QuestionError(
                f"'{text[at]}' is not part of a formula; write it with names, numbers, + - * / @ and calls",
                text,
                at + 1,
            )
        kind = match.lastgroup or ""
        if kind == "latex":
            found.append(_from_latex(match.group()[1:], text, at))
            at = match.end()
            continue
        shown = {"−": "-", "⋅": "·", "×": "*", "′": "'", "⊙": "∘", "||": "‖"}.get(match.group(), match.group())
        found.append(Token(kind, "Σ" if shown == "∑" else shown, at, at > 0 and text[at - 1].isspace()))
        if shown == "∑":
            found[-1] = Token("name", "Σ", at, True)
        at = match.end()
    found.append(Token("end", "", len(text), False))
    return found


_COMMANDS = {"sum": ("name", "Σ"), "top": ("name", "T"), "cdot": ("sign", "·"), "odot": ("sign", "∘"),
             "circ": ("sign", "∘"), "times": ("sign", "*"), "|": ("sign", "‖"), "lVert": ("sign", "‖"),
             "rVert": ("sign", "‖"), "Vert": ("sign", "‖")}


def _from_latex(command: str, text: str, at: int) -> Token:
    r"""`\lambda`, `\top`, `\|` and the names of functions; other commands are no part of a formula here."""
    kind, shown = _COMMANDS.get(command, ("name", GREEK.get(command, command)))
    if kind == "name" and shown == command and command not in WORDS and len(command) > 1:
        raise QuestionError(f"'\\{command}' is not read; write it with names, + - * / ^ and calls", text, at + 1)
    return Token(kind, shown, at, at > 0 and text[at - 1].isspace())
