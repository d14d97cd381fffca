"""What a source says in words about shapes: the data that every evidence reader returns.

Evidence is never proof.  It carries a rank of trust, so that an assert beats a docstring and a docstring beats a
trailing comment, and it says nothing rather than something doubtful: a wrong shape is worse than an unknown one.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from nablint.shapes import Polynomial

DimKind = Literal["name", "number", "expression", "ellipsis", "unknown"]
Kind = Literal["array", "int", "float", "bool", "str", "list", "tuple", "dict", "function", "unknown"]
Source = Literal["annotation", "assert", "unpacking", "constructor", "docstring", "comment", "suffix"]
Elements = Literal["float", "int", "bool", "complex"]

TRUST: dict[Source, int] = {
    "annotation": 70, "assert": 60, "unpacking": 60, "constructor": 50, "docstring": 40, "comment": 30, "suffix": 20,
}
"""Higher is stronger."""


@dataclass(frozen=True, slots=True)
class DimSpec:
    """One axis as it is written.

    name:       `N`, `n_samples`, `layer_dims[l]`, or a phrase (`number of examples`): equal text, equal size.
    number:     `10`.
    expression: `H*W`, in one spelling whatever the blanks were; see `polynomial`.
    ellipsis:   any number of axes; `text` is `...` or a common name (`d` for `d_1, ..., d_k`, `dims` for `*dims`).
    unknown:    one axis of any size (`_`, `None`, `?`).
    """

    kind: DimKind
    text: str

    @property
    def number(self) -> int | None:
        """The size, where it is written as a number."""
        return int(self.text) if self.kind == "number" else None

    def polynomial(self) -> Polynomial | None:
        """The size over its dimension names; None for an ellipsis or an unknown axis.

        A quotient that is not exact becomes a name of its own (`H//2`), as `Size` does it.
        """
        if self.kind == "number":
            return Polynomial.constant(int(self.text))
        if self.kind == "name":
            return Polynomial.symbol(self.text)
        if self.kind == "expression":
            return _polynomial(ast.parse(self.text, mode="eval").body)
        return None

    def __str__(self) -> str:
        if self.kind == "ellipsis":
            return "..." if self.text == "..." else f"*{self.text}"
        return self.text


ELLIPSIS = DimSpec("ellipsis", "...")
UNKNOWN = DimSpec("unknown", "_")


@dataclass(frozen=True, slots=True)
class ShapeEvidence:
    """What one place says about one name.

    name:     the name that is spoken of; empty for a return value without one.
    dims:     the axes; `()` for a scalar, None where nothing is said about them.
    row:      the line within the text that was read, from 0.
    elements: what an array holds, where that is said ("integer array", "boolean mask").
    below:    an index array's bound: `C` in "0 <= y[i] < C".
    like:     the name whose shape this has ("same shape as x").
    written:  the shape as it stands in the text, for a fix that corrects it; empty where it is no single piece of it.
    parts:    what a tuple, list or dict holds, by name, in order; a single part without a name stands for every item.
    """

    name: str
    dims: tuple[DimSpec, ...] | None
    kind: Kind
    source: Source
    row: int = 0
    elements: Elements | None = None
    below: DimSpec | None = None
    like: str | None = None
    parts: tuple[ShapeEvidence, ...] = ()
    written: str = ""

    @property
    def trust(self) -> int:
        """The rank of the source; of two that disagree the higher is believed."""
        return TRUST[self.source]

    @property
    def says_something(self) -> bool:
        """Anything beyond the name is known."""
        return self.kind != "unknown" or self.dims is not None or self.like is not None

    def show(self) -> str:
        """The shape as `(N, D)`, or the kind where there is none."""
        if self.dims is None:
            return f"like {self.like}" if self.like else self.kind
        inside = ", ".join(map(str, self.dims))
        return f"({inside},)" if len(self.dims) == 1 else f"({inside})"


def is_loose(evidence: ShapeEvidence) -> bool:
    """May the words mean a vector where they say a matrix of one column, "N x 1"?  `(N, 1)` says what it is."""
    if evidence.dims is None or evidence.source not in ("docstring", "comment"):
        return False
    return any(d.text == "1" for d in evidence.dims) and "," not in evidence.written


def _polynomial(node: ast.expr) -> Polynomial:
    """An expression of sizes; whatever is not `+ - *` or an exact quotient becomes a name."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return Polynomial.constant(node.value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_polynomial(node.operand)
    if isinstance(node, ast.BinOp):
        left, right = _polynomial(node.left), _polynomial(node.right)
        if isinstance(node.op, ast.Add):
            return left + right
        if isinstance(node.op, ast.Sub):
            return left + -right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.Pow) and right.number is not None and 0 <= right.number <= 8:
            power = Polynomial.constant(1)
            for _ in range(right.number):
                power = power * left
            return power
        if isinstance(node.op, ast.FloorDiv) and right.number != 0:
            exact = left.divided(right)
            if exact is not None:
                return exact
            return Polynomial.symbol(f"{_bracketed(left)}//{_bracketed(right)}")
    return Polynomial.symbol(ast.unparse(node))


def _bracketed(p: Polynomial) -> str:
    return f"({p})" if len(p.terms) > 1 else str(p)
