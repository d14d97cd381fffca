"""What a name may be: the shape that is written for it, its indices, and the convention of letters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nablint.calculus.formula import GREEK
from nablint.calculus.indices import split_index
from nablint.calculus.notation import Expr, Problem, QuestionError
from nablint.calculus.structure import STRUCTURES

Dims = tuple[str, ...]
"""Sizes as written: numbers and symbols; those that begin with '?' are still unknown."""


def parse_shape(name: str, written: str) -> Dims:
    """`1,m` as sizes: digits are numbers, letters symbols; nothing is a scalar.  A last word may be a structure."""
    parts = [p.strip() for p in written.strip().strip("()[]").split(",") if p.strip()]
    if parts and parts[-1] in STRUCTURES:
        parts.pop()
        if len(parts) != 2 or parts[0] != parts[1]:
            raise QuestionError(f"{name} has a structure, so it must be square; write --shape {name}=n,n,symmetric")
    for part in parts:
        if not re.fullmatch(r"\d+|[^\W\d]\w*", part):
            raise QuestionError(f"the shape of {name} has '{part}'; write sizes as in --shape {name}=1,m")
        if part.isdigit() and not 0 < int(part) <= 4096:
            raise QuestionError(
                f"the size {part} of {name} must lie between 1 and 4096; use a letter for an unknown size"
            )
    return tuple(parts)


def structure_of(written: str) -> str:
    """The structure in `n,n,symmetric`, or nothing."""
    last = written.replace(" ", "").strip("()[]").rpartition(",")[2]
    return last if last in STRUCTURES else ""


def free_names(problem: Problem) -> list[tuple[str, int | None]]:
    """The input names in order of appearance, with the number of axes that their indices show."""
    found: dict[str, int | None] = {}
    defined: set[str] = set()

    def walk(e: Expr, hidden: frozenset[str], running: list[str]) -> None:
        if e.kind == "name" and e.value not in hidden and e.value not in defined:
            base, indices = split_index(e.value, running)
            if base not in ("pi", "π") and base not in running and base not in defined:
                found[base] = len(indices) or found.get(base)
        if e.kind == "sum_over":
            running = [*running, *(e.value.split(",") if "," in e.value else e.value)]
        if (
            e.kind == "index"
            and e.parts[0].kind == "name"
            and all(p.kind == "name" and p.value in running for p in e.parts[1:])
        ):
            found.setdefault(e.parts[0].value, len(e.parts) - 1 or None)
        for part in (*e.parts, *(v for _, v in e.words)):
            walk(part, hidden, running)

    for name, expr in problem.steps:
        walk(expr, frozenset(), [])
        if name:
            defined.add(name)
    for function in problem.functions.values():
        walk(function.body, frozenset(function.parameters), [])
    return list(found.items())


LABELLED = ("cross_entropy", "nll_loss", "multi_margin_loss")


def label_names(problem: Problem) -> frozenset[str]:
    """Lowercase names that stand for the labels of a loss or for the indices of entries."""
    nodes = [n for _, e in problem.steps for n in e.walk()]
    labels = [n.parts[1] for n in nodes if n.kind == "call" and n.value in LABELLED and len(n.parts) > 1]
    labels += [p for n in nodes if n.kind == "index" for p in n.parts[1:]]
    running = {i for n in nodes if n.kind == "sum_over" for i in (n.value.split(",") if "," in n.value else n.value)}
    return frozenset(p.value for p in labels if p.kind == "name" and p.value[0].islower()) - running


def identities(problem: Problem) -> frozenset[str]:
    """I is the identity matrix, unless an equation or a shape says otherwise."""
    return frozenset({"I"}) - {name for name, _ in problem.steps}


def candidates(name: str, problem: Problem, axes: int | None) -> Iterator[Dims]:
    """The shapes that a name may have by the convention, the likeliest first."""
    a, b = f"?{name}.0", f"?{name}.1"
    if axes is not None:
        rows = [(a, b)] if axes == 1 else []  # x_i may be a vector
        yield from (rows if _is_transposed(name, problem) else [])
        yield tuple(f"?{name}.{k}" for k in range(axes))
        yield from (() if _is_transposed(name, problem) else rows)
        return
    if name in label_names(problem):
        yield (a,)
        return
    letter = name[0]
    if letter in "_":
        letter = name[-1]
    greek = name.split("_")[0] in GREEK or letter in GREEK.values() or "\u0370" <= letter <= "\u03ff"
    vector = [(a, "1"), (a,)] if problem.columns else [(a,), (a, "1")]
    if greek and (letter.isupper() or name[0].isupper()) and _is_used_as_matrix(name, problem):
        yield from ((a, b), vector[0], ())
    elif greek or _only_divides(name, problem):
        yield from ((), vector[0], (a, b))
    elif letter.isupper():
        yield from ((a, b), vector[0], ())
    elif _is_transposed(name, problem):
        yield from (vector[0], (a, b), vector[1])
    else:
        yield from (vector[0], (), (a, b), vector[1])


def _is_transposed(name: str, problem: Problem) -> bool:
    """Nobody transposes a number; the x_i of `x_iᵀ` is a vector, too."""
    return any(n.kind == "transpose" and n.parts[0].kind == "name" and n.parts[0].value.partition("_")[0] == name
               for _, e in problem.steps for n in e.walk())


def _is_used_as_matrix(name: str, problem: Problem) -> bool:
    """Σ⁻¹, Σᵀ, det Σ and tr(Σ S): an uppercase Greek letter that is no number."""
    matrix = ("det", "logdet", "inv", "tr", "Tr", "trace", "cholesky", "solve", "slogdet", "logabsdet", "pinv")
    above: set[int] = set()
    for _, e in problem.steps:
        for node in e.walk():
            if node.kind in ("inverse", "transpose") or (node.kind == "call" and node.value in matrix) or (
                    node.kind == "power" and node.parts[1].kind == "negative"):
                above |= {id(n) for n in node.walk() if n.kind == "name" and n.value == name}
    return bool(above)


def _only_divides(name: str, problem: Problem) -> bool:
    """N in `... / N` and `1/(2*N) * ...` is a number, as are exponents."""
    if name not in ("n", "m", "N", "M", "c", "C", "p", "k", "t", "T"):
        return False
    seen = divides = 0
    for _, e in problem.steps:
        for node in e.walk():
            seen += node.kind == "name" and node.value == name
            if node.kind == "binary" and node.value == "/":
                below = node.parts[1]
                divides += sum(n.kind == "name" and n.value == name for n in below.walk() if below.kind != "call")
            if node.kind == "power":
                divides += node.parts[1].kind == "name" and node.parts[1].value == name
    return seen > 0 and seen == divides
