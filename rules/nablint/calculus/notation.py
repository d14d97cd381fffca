"""Reading formulas: Python expressions and the textbook convention, by one parser of our own.

Text of the user is never evaluated; the result is a tree of `Expr`.  Both ways of writing may be mixed where it is
clear what is meant: `Xᵀ @ y`, `norm(X)**2`, `λ = xᵀ W y`, `(X @ W + b) @ y`, `f = X@W + b; L = f@y`,
`sum(x[i]*y[i] for i in range(n))`, `Σ_i x_i²`, `s = lambda z: 1/(1+exp(-z)); sum(s(X @ w))`.
"""

from __future__ import annotations

import itertools
import re

from nablint.calculus.grammar import Parser
from nablint.calculus.syntax import WORDS, Expr, Function, Problem, QuestionError, tokens

__all__ = ["Expr", "Function", "Problem", "QuestionError", "read"]


def read(text: str) -> Problem:
    """Read one or several equations, separated by `;` or newlines."""
    if not text.strip():
        raise QuestionError("there is no expression; give one such as '(X @ W + b) @ y'")
    if len(text) > 4000:
        raise QuestionError("the expression is longer than 4,000 characters; give a shorter one")
    steps: list[tuple[str, Expr]] = []
    functions: dict[str, Function] = {}
    textbook = _is_textbook(text)
    offset = 0
    for piece in re.split(r"(;|\n)", text):
        if piece.strip() and piece not in (";", "\n"):
            parser = Parser(text, piece, offset, textbook, functions)
            name, value = parser.equation()
            if isinstance(value, Function):
                functions[name] = value
            else:
                steps.append((name, value))
        offset += len(piece)
    if not steps:
        raise QuestionError("there are only function definitions; add the expression to differentiate", text, 1)
    return Problem(tuple(steps), functions, textbook, text)


def _is_textbook(text: str) -> bool:
    """Juxtaposition or superscripts: the convention with Greek scalars, lowercase columns, uppercase matrices."""
    if "@" in text or "np." in text or "torch." in text:
        return False
    if re.search("[ᵀ⊤⁻⁰¹²³⁴-⁹‖∘⊙]", text):
        return True
    listed = [t for t in tokens(text) if t.text not in ("lambda", "for", "in", "def", "return")]
    for before, after in itertools.pairwise(listed):
        ends = before.kind in ("name", "number") or before.text in (")", "'")
        if before.text in WORDS and after.kind == "name" and after.spaced:
            return True
        if ends and after.kind == "name" and (after.spaced or before.kind == "number") and before.text not in WORDS:
            previous = listed[listed.index(before) - 1].text if listed.index(before) else ""
            if previous != "." and not _keyword_near(text, before.start):
                return True
    return False


def _keyword_near(text: str, at: int) -> bool:
    if re.match(r"\S+\s+(for|in)\b", text[at:]):
        return True
    return bool(re.search(r"\b(lambda|for|in|def|return)\s+$", text[:at]))
