"""The names of a question: which shape each has and why, and the samples they get.

Shapes come from `--shape`, from what the operations force, and otherwise from the convention: a Greek letter is a
scalar, a lowercase Latin letter a vector, an uppercase one a matrix.  Unknown sizes are symbols of their own; where an
operation does not fit, its card says which sizes would have to be equal, and evaluation starts again with that.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from nablint.calculus.conventions import Dims, candidates, free_names, parse_shape, structure_of
from nablint.calculus.evaluate import Evaluator, ShapeClash
from nablint.calculus.formula import GREEK
from nablint.calculus.notation import Expr, Problem, QuestionError
from nablint.calculus.structure import declare, shaped_sample
from nablint.calculus.terms import Graph, Term
from nablint.shapes import Polynomial, Size, show_shape

_POOL = (3, 5, 4, 7, 6, 8, 9, 11, 13, 12, 14, 15, 17, 16, 19, 18)
_LETTERS = "nmkpqrstuvdhl"
_TURNS = 60


@dataclass(slots=True)
class Setting:
    """A question made concrete: its graph, the leaves, the result, and where the shapes come from."""

    graph: Graph
    leaves: dict[str, Term]
    names: dict[str, Term]
    result: Term
    origins: dict[str, str] = field(default_factory=lambda: {})
    structures: Mapping[str, str] = field(default_factory=lambda: {})


def settle(problem: Problem, given: Mapping[str, str], known: Mapping[str, str] | None = None) -> Setting:
    """Shapes for all names and samples of them; raises `QuestionError` where the shapes cannot be."""
    sizes = {part for written in given.values() for part in re.findall(r"[^\W\d]\w*", written)} - set(given)
    names = [(n, axes) for n, axes in free_names(problem) if n not in sizes]  # a size that is written is a number
    listed = [n for n, _ in names]
    intermediate = [n for n, _ in problem.steps if n]
    for name in given:
        if name not in listed and name not in intermediate:
            raise QuestionError(
                f"--shape names {name}, which the expression does not hold; it holds {', '.join(listed)}"
            )
    structures = {n: kind for n, s in given.items() if (kind := structure_of(s))}
    fixed = {n: parse_shape(n, s) for n, s in given.items() if n in listed}
    choices = {n: [fixed[n]] if n in fixed else list(candidates(n, problem, axes)) for n, axes in names}
    first: QuestionError | None = None
    for turn, picked in enumerate(_combinations(choices)):
        if turn >= _TURNS:
            break
        try:
            return _solve(problem, picked, fixed, choices, known, structures)
        except QuestionError as error:
            first = first or error
    assert first is not None
    raise first


def _combinations(choices: dict[str, list[Dims]]) -> Iterator[dict[str, Dims]]:
    """All choices, those with the fewest departures from the convention first."""
    names = list(choices)
    for changes in range(min(3, len(names)) + 1):
        for changed in itertools.combinations([n for n in names if len(choices[n]) > 1], changes):
            for options in itertools.product(*[range(1, len(choices[n])) for n in changed]):
                picked = dict(zip(changed, options, strict=True))
                yield {n: choices[n][picked.get(n, 0)] for n in names}


class _Classes:
    """Sizes that must be equal, as classes with one representative: a number or a given symbol where there is one."""

    def __init__(self, rigid: set[str]) -> None:
        self.rigid = rigid
        self.parent: dict[str, str] = {}
        self.why: dict[str, str] = {}

    def find(self, size: str) -> str:
        while size in self.parent:
            size = self.parent[size]
        return size

    def join(self, a: str, b: str, why: str) -> bool:
        """Make two sizes equal; False where both are given and differ."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return False
        if a.isdigit() or (a in self.rigid and not b.isdigit()):
            a, b = b, a
        if a.isdigit() or a in self.rigid:
            return False
        self.parent[a] = b
        self.why[a] = why
        return True


def _solve(problem: Problem, picked: dict[str, Dims], fixed: Mapping[str, Dims], choices: dict[str, list[Dims]],
           known: Mapping[str, str] | None, structures: Mapping[str, str]) -> Setting:
    rigid = {s for dims in fixed.values() for s in dims if not s.isdigit()}
    classes = _Classes(rigid)
    for _ in range(_TURNS):
        try:
            found = _attempt(problem, picked, fixed, choices, classes, known, structures, lettered=False)
            unknown = any(d.startswith("?") for dims in picked.values() for d in dims)
            return (
                _attempt(problem, picked, fixed, choices, classes, known, structures, lettered=True)
                if unknown
                else found
            )
        except ShapeClash as clash:
            if not any(
                _equate(classes, a.expr, b.expr, _excerpt(problem, clash.where)) for a, b in clash.misfit.equations
            ):
                raise _conflict(problem, clash) from clash
    raise QuestionError("the shapes of the names cannot be worked out; give them with --shape", problem.text)


def _equate(classes: _Classes, a: Polynomial, b: Polynomial, why: str) -> bool:
    left, right = (p.name or (str(p.number) if p.number is not None else "") for p in (a, b))
    if left and right:
        return classes.join(left, right, why)
    if (
        len(a.terms) == len(b.terms) == 1
        and a.terms[0][1] == b.terms[0][1]
        and len(a.terms[0][0]) == len(b.terms[0][0])
    ):
        # n·p against m·q, as a trace of a Kronecker product has it: equal factor by factor is the plainest way
        pairs = zip(a.terms[0][0], b.terms[0][0], strict=True)
        joined = [classes.join(m, n, why) for (m, p), (n, q) in pairs if p == q]
        return any(joined)
    return False


def _excerpt(problem: Problem, where: Expr) -> str:
    return problem.text[where.start:where.end].strip()


def _conflict(problem: Problem, clash: ShapeClash) -> QuestionError:
    """Points at the operand that does not fit, with both shapes."""
    parts = [p for p in clash.where.parts if p.kind not in ("number", "text")]
    shown = [f"{_excerpt(problem, p)} {show_shape(t.shape)}" for p, t in zip(parts, clash.operands, strict=False)]
    place = parts[-1] if parts else clash.where
    message = " and ".join(shown) if shown else _excerpt(problem, clash.where)
    text = f"shapes do not fit in '{_excerpt(problem, clash.where)}': {message}"
    if clash.misfit.equations:
        pairs = ", ".join(f"{a} and {b}" for a, b in clash.misfit.equations)
        text += f"; {pairs} would have to be equal"
    else:
        text += f"; {clash.misfit.message}"
    return QuestionError(
        re.sub(r"\?(\w+)\.(\d)", r"\1\2", text) + "; give other shapes with --shape", problem.text, place.start + 1
    )


def _attempt(problem: Problem, picked: dict[str, Dims], fixed: Mapping[str, Dims], choices: dict[str, list[Dims]],
             classes: _Classes, known: Mapping[str, str] | None, structures: Mapping[str, str], *,
             lettered: bool) -> Setting:
    best: Setting | None = None
    for draw, falling in itertools.product(("mixed", "positive", "definite"), (False, True)):
        setting = _drawn(problem, picked, fixed, classes, known, structures, draw, falling, lettered)
        best = best or setting
        if np.all(np.isfinite(np.asarray(setting.result.sample, float))) and well_conditioned(setting.result):
            best = setting
            break
    assert best is not None
    _, letters = _values(picked, classes, problem, falling=False)
    best.origins = {n: _origin(n, picked[n], fixed, choices, classes, letters, problem) for n in picked}
    return best


def well_conditioned(result: Term) -> bool:
    """No matrix that is inverted is near a singular one (X of more columns than rows in (XᵀX)⁻¹)."""
    seen, stack = {result}, [result]
    while stack:
        term = stack.pop()
        if term.card is not None and term.card.name in ("inv", "det", "logabsdet", "solve", "cholesky"):
            matrix = np.asarray(term.args[0].sample, float)
            if matrix.ndim == 2 and not np.linalg.cond(matrix) < 1e6:
                return False
        stack.extend(a for a in term.args if a not in seen)
        seen.update(term.args)
    return True


def _drawn(problem: Problem, picked: dict[str, Dims], fixed: Mapping[str, Dims], classes: _Classes,
           known: Mapping[str, str] | None, structures: Mapping[str, str], draw: str, falling: bool,
           lettered: bool) -> Setting:
    """One draw; with `falling` sizes, names that come later get smaller sizes."""
    values, letters = _values(picked, classes, problem, falling=falling)
    if not lettered:
        letters = {s: s for s in letters}
    graph, rng = Graph(), np.random.default_rng(20)
    leaves: dict[str, Term] = {}
    for name, dims in picked.items():
        shape = tuple(_size(classes.find(d), values, letters) for d in dims)
        kind = structures.get(name, "")
        leaves[name] = graph.leaf(name, shaped_sample(_sample(rng, tuple(map(int, shape)), draw), kind), shape)
        declare(graph, leaves[name], kind)
    names = dict(leaves)
    for symbol in {classes.find(d) for dims in picked.values() for d in dims}:
        if symbol in fixed_symbols(fixed) and symbol not in names:
            names[symbol] = graph.constant(_size(symbol, values, letters))
    try:
        with np.errstate(all="ignore"):
            result = Evaluator(graph, names, problem, known).run()
    except OverflowError as error:
        raise QuestionError("the expression is too large", problem.text) from error
    return Setting(graph, leaves, names, result, {}, structures)


def fixed_symbols(fixed: Mapping[str, Dims]) -> set[str]:
    """The size symbols that the user gave."""
    return {s for dims in fixed.values() for s in dims if not s.isdigit()}


def _values(
    picked: dict[str, Dims], classes: _Classes, problem: Problem, *, falling: bool
) -> tuple[dict[str, int], dict[str, str]]:
    """A number for every size, all different, and a letter for those that are still unknown."""
    found = list(dict.fromkeys(classes.find(d) for dims in picked.values() for d in dims))
    numbers = {int(s) for s in found if s.isdigit()}
    free = (p for p in itertools.chain(_POOL, itertools.count(20)) if p not in numbers)
    taken = {*picked, *(s for s in found if not s.startswith("?")), *(n for n, _ in problem.steps)}
    letters = (
        c
        for c in itertools.chain(_LETTERS, (f"{c}{k}" for k in itertools.count(1) for c in _LETTERS))
        if c not in taken
    )
    unknown = [s for s in found if not s.isdigit()]
    chosen = [next(free) for _ in unknown]
    values = {**{s: int(s) for s in found if s.isdigit()},
              **dict(zip(unknown, sorted(chosen, reverse=True) if falling else chosen, strict=True))}
    return values, {s: next(letters) if s.startswith("?") else s for s in found}


def _size(symbol: str, values: dict[str, int], letters: dict[str, str]) -> Size:
    if symbol.isdigit():
        return Size(int(symbol))
    return Size(values[symbol], Polynomial.symbol(letters[symbol]))


def _sample(rng: np.random.Generator, shape: tuple[int, ...], draw: str) -> np.ndarray:
    """Values away from kinks and zeros; square matrices well conditioned."""
    values = rng.uniform(0.3, 1.3, shape)
    if draw == "mixed":
        values = values * rng.choice([-1.0, 1.0], shape)
    if len(shape) == 2 and shape[0] == shape[1] > 1:
        if draw == "definite":
            return values @ values.T / shape[0] + np.eye(shape[0])
        return values + 2.0 * np.eye(shape[0])
    return values


def _origin(name: str, dims: Dims, fixed: Mapping[str, Dims], choices: dict[str, list[Dims]], classes: _Classes,
            letters: dict[str, str], problem: Problem) -> str:
    """Where a shape comes from, in words."""
    if name in fixed:
        return "--shape"
    kind = {0: "scalar", 1: "vector", 2: "matrix"}.get(len(dims), "array")
    if len(dims) == 2 and dims[1] == "1":
        kind = "column vector"
    if any(d.startswith("?") for d in dims) and choices[name][0] != dims:
        text = f"its uses make it a {kind}"
    elif len(choices[name]) == 1:
        text = "its indices"
    elif not dims and not ("\u0370" <= name[0] <= "\u03ff" or name in GREEK):
        text = f"its uses make it a {kind}" if choices[name][0] != dims else "it only divides: a scalar"
    else:
        case = "Greek" if not dims else "uppercase" if name[0].isupper() else "lowercase"
        text = f"convention: {case} letter, {kind}"
    joined = [classes.why[d] for d in dims if d in classes.why]
    return text + "".join(f"; sizes from {w}" for w in dict.fromkeys(joined[:1]))
