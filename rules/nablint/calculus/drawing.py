"""One draw of a question: a number for every size, a sample for every name, and where the shapes come from."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from nablint.calculus.conventions import Dims
from nablint.calculus.evaluate import Evaluator, Library
from nablint.calculus.formula import GREEK
from nablint.calculus.notation import Expr, Problem, QuestionError
from nablint.calculus.structure import declare, shaped_sample
from nablint.calculus.terms import Graph, Term
from nablint.shapes import Polynomial, Size

_POOL = (3, 5, 4, 7, 6, 8, 9, 11, 13, 12, 14, 15, 17, 16, 19, 18)
_LETTERS = "nmkpqrstuvdhl"


@dataclass(slots=True)
class Setting:
    """A question made concrete: its graph, the leaves, the result, and where the shapes come from.

    unlikely: sums of a number with what is read as a vector only by convention.
    """

    graph: Graph
    leaves: dict[str, Term]
    names: dict[str, Term]
    result: Term
    origins: dict[str, str] = field(default_factory=lambda: {})
    structures: Mapping[str, str] = field(default_factory=lambda: {})
    unlikely: list[Expr] = field(default_factory=lambda: [])


@dataclass(frozen=True, slots=True)
class Asked:
    """A question before its shapes are settled.

    fixed:      the shapes that are given.
    choices:    the shapes that each name may have, the likeliest first.
    known:      functions of the user that are cards.
    structures: matrices with structure; "identity" for I.
    labels:     names that are class labels.
    """

    problem: Problem
    fixed: Mapping[str, Dims]
    choices: Mapping[str, list[Dims]]
    known: Mapping[str, str]
    structures: Mapping[str, str]
    labels: frozenset[str]
    library: Library | None


class Classes:
    """Sizes that must be equal, as classes with one representative: a number or a given symbol where there is one."""

    def __init__(self, rigid: set[str]) -> None:
        self.rigid = rigid
        self.parent: dict[str, str] = {}
        self.why: dict[str, str] = {}

    def find(self, size: str) -> str:
        """The representative of a size's class."""
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


def drawn(asked: Asked, picked: Mapping[str, Dims], classes: Classes, *, lettered: bool) -> Setting:
    """The first draw on which everything is finite and well conditioned, else the first."""
    best: Setting | None = None
    for draw, falling in itertools.product(("mixed", "positive", "definite"), (False, True)):
        setting = _one_draw(asked, picked, classes, draw, falling=falling, lettered=lettered)
        best = best or setting
        if np.all(np.isfinite(np.asarray(setting.result.sample, float))) and well_conditioned(setting.result):
            best = setting
            break
    assert best is not None
    _, letters = _values(asked.problem, picked, classes, falling=False)
    best.origins = {n: _origin(asked, n, picked[n], classes, letters) for n in picked}
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


def _one_draw(asked: Asked, picked: Mapping[str, Dims], classes: Classes, draw: str, *, falling: bool,
              lettered: bool) -> Setting:
    """One draw; with `falling` sizes, names that come later get smaller sizes."""
    values, letters = _values(asked.problem, picked, classes, falling=falling)
    if not lettered:
        letters = {s: s for s in letters}
    graph, rng = Graph(), np.random.default_rng(20)
    leaves: dict[str, Term] = {}
    for name, dims in picked.items():
        shape = tuple(_size(classes.find(d), values, letters) for d in dims)
        kind, sizes = asked.structures.get(name, ""), tuple(map(int, shape))
        if kind == "identity":
            leaves[name] = graph.constant(np.eye(sizes[0]), shape)
        elif name in asked.labels:
            leaves[name] = graph.leaf(name, np.arange(int(np.prod(sizes))).reshape(sizes) % 3, shape)
        else:
            leaves[name] = graph.leaf(name, shaped_sample(_sample(rng, sizes, draw), kind), shape)
            declare(graph, leaves[name], kind)
    names = dict(leaves)
    for symbol in {classes.find(d) for dims in picked.values() for d in dims}:
        if symbol in fixed_symbols(asked.fixed) and symbol not in names:
            names[symbol] = graph.constant(_size(symbol, values, letters))
    evaluator = Evaluator(graph, names, asked.problem, asked.known, asked.library)
    try:
        with np.errstate(all="ignore"):
            result = evaluator.run()
    except OverflowError as error:
        raise QuestionError("the expression is too large", asked.problem.text) from error
    return Setting(graph, leaves, names, result, {}, asked.structures, evaluator.unlikely)


def fixed_symbols(fixed: Mapping[str, Dims]) -> set[str]:
    """The size symbols that the user gave."""
    return {s for dims in fixed.values() for s in dims if not s.isdigit()}


def _values(
    problem: Problem, picked: Mapping[str, Dims], classes: Classes, *, falling: bool
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


def _origin(asked: Asked, name: str, dims: Dims, classes: Classes, letters: dict[str, str]) -> str:
    """Where a shape comes from, in words."""
    if name in asked.fixed:
        return "--shape"
    if asked.structures.get(name) == "identity":
        return "the identity matrix; give its --shape if it is a name of yours"
    likeliest = asked.choices[name][0]
    kind = {0: "scalar", 1: "vector", 2: "matrix"}.get(len(dims), "array")
    if len(dims) == 2 and dims[1] == "1":
        kind = "column vector"
    if name in asked.labels:
        text = "integers: labels or indices"
    elif len(dims) == 2 and (f"?{name}.0",) in asked.choices[name] and len(asked.choices[name]) == 2:
        text = f"its rows are the {name}_i"
    elif likeliest != dims:
        text = f"its uses make it a {kind}"
    elif len(asked.choices[name]) == 1:
        text = "its indices"
    elif not dims and not ("\u0370" <= name[0] <= "\u03ff" or name in GREEK):
        text = "it only divides: a scalar"
    else:
        case = "Greek" if not dims else "uppercase" if name[0].isupper() else "lowercase"
        text = f"convention: {case} letter, {kind}"
    joined = [classes.why[d] for d in dims if d in classes.why]
    return text + "".join(f"; sizes from {w}" for w in dict.fromkeys(joined[:1]))
