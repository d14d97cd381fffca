"""One run's world: the hypothesis it lives under, its dimensions, its inputs and its bounds.

A hypothesis is a set of *decisions* (which rank, which kind, which way a bias broadcasts) and of *equations* between
dimensions.  A run asks `choose` whenever uses leave a choice open; what it asked is recorded, so that the search can
try the other answers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from nablint.calculus.effort import EFFORT
from nablint.calculus.hollow import hollow
from nablint.calculus.terms import Graph, Term
from nablint.reading.lazily import regex
from nablint.shapes import Polynomial, Shape, Size
from nablint.tracing.values import TooMuch, Undecided

SIZES = (5, 3, 4, 7, 6, 11, 9, 13, 8, 17, 14, 19, 10, 23, 12, 29)
"""Sizes that dimensions get, in the order in which they appear; rotated from draw to draw.  2 is left out, because
it is the constant that code holds most often."""

MANY = 20_000_000
"""Entries of the largest input that is drawn."""
WIDE = 97
FEW = 100_000
"""Entries of the largest array that a sure run computes; it is for shapes alone."""

SUMS = (None, -1, 0, 1)
"""Along which axis the entries of an input sum to one, as a decision tells it; mostly along none."""

_STEPS = regex(r"\(.*-.*\)/\(\d+\)$")
"""How often a window can move along an image: a few times show as much as many."""

_PATH = regex(r":(?:none|true|has .*|is .*|flag)$|==")
"""Questions that ask for a path of the code, of which every answer is one."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One reading of the inputs.

    Decisions by key, equations (a dimension's name, and what it equals), inputs that must be positive, and dimensions
    that must be smaller than others (a window's beside an image's).  `shift` is the draw that counts as the first: on
    some draws all that matters is masked out.
    """

    decisions: tuple[tuple[str, int], ...] = ()
    equations: tuple[tuple[str, Polynomial], ...] = ()
    positive: frozenset[str] = frozenset()
    small: frozenset[str] = frozenset()
    shift: int = 0
    cost: float = 0.0
    alike: tuple[tuple[str, Polynomial], ...] = ()
    """Dimensions that are as large as others, under names of their own: see `nablint.tracing.alike`."""

    def decide(self, key: str, choice: int, cost: float) -> Hypothesis:
        """The hypothesis with one more decision."""
        kept = tuple(d for d in self.decisions if d[0] != key)
        return replace(self, decisions=(*kept, (key, choice)), cost=self.cost + cost)

    def without(self, path: str) -> Hypothesis:
        """The hypothesis without the equations about an input's axes, which were of another rank; "" for none."""
        told = regex(rf"{re.escape(path)}\.\d+$")
        kept = tuple(e for e in self.equations if not any(map(told.match, (e[0], *e[1].names()))))
        return replace(self, equations=kept) if path and len(kept) < len(self.equations) else self

    def equate(self, equations: Sequence[tuple[str, Polynomial]]) -> Hypothesis:
        """The hypothesis with more equations."""
        return replace(self, equations=(*self.equations, *equations), cost=self.cost + 0.01)

    def unsized(self) -> Hypothesis:
        """The hypothesis without the equations of dimensions with numbers, which may be those of one draw."""
        kept = tuple(e for e in self.equations if e[1].number is None)
        return replace(self, equations=kept) if len(kept) < len(self.equations) else self

    @property
    def key(self) -> tuple[object, ...]:
        """What tells two hypotheses apart."""
        return (frozenset(self.decisions), self.equations, self.positive, self.small, self.shift)


@dataclass(slots=True)
class Choice:
    """A question that a run asked: its key, how many answers there were, and which was taken."""

    key: str
    options: tuple[Any, ...]
    taken: int
    cost: float = 1.0
    fork: bool = False
    detour: bool = False
    shapes: tuple[tuple[int, ...], ...] = ()
    """The shape of the input under each answer, where the question is about that."""


@dataclass
class World:
    """The state of one run on one draw."""

    hypothesis: Hypothesis
    draw: int = 0
    seconds: float = 2.0
    max_steps: int = 60_000
    sure: bool = False
    """Nothing is guessed: see `nablint.tracing.sure`."""
    graph: Graph = field(default_factory=Graph)
    choices: dict[str, Choice] = field(default_factory=lambda: {})
    steps: int = 0

    def __post_init__(self) -> None:
        self.draw += self.hypothesis.shift
        self.random = np.random.default_rng(1000 + self.draw)
        self.sizes: dict[str, int] = {}
        self.aliases: dict[str, str] = {}
        self.leaves: dict[str, Term] = {}
        self.loops: dict[int, int] = {}
        """By identity of what a loop runs over outside of the source, the statement that first came to it."""
        self.few: dict[str, None] = {}
        self.wide: dict[str, None] = {}
        """Axes of images in a sure run: so long that layers of windows leave more than one entry."""
        self.visited: dict[int, Any] = {}
        self.read: set[str] = set()
        """Names that were looked up in the module."""
        self.documented = 0
        """Calls whose results have the shapes that documentation gives them."""
        self.singular = False
        """A size of 1 was read, or kept apart from another axis: nobody writes that for a single row or column."""
        self.unshared = False
        """A bias, or a factor per feature, was read with an entry for each sample."""
        self.insisted: set[Polynomial] = set()
        """Sizes that an assertion found to be equal, as it says."""
        self.alone: dict[str, None] = {}
        """Axes that forward code left open, and backward code holds against a single row or column."""
        self.turned: dict[Term, None] = {}
        """Forward's values of one axis that backward code transposes, which does nothing to them."""
        self.asked: set[str] = set()
        """The keys of all decisions that were looked for, whether the hypothesis has them or not."""
        self.cut = False
        """A loop was not read to its end, or not at all: what it converges to is not known."""
        self.idle = False
        """A loop over windows had no turn, because the image is too small on this draw."""
        self.ends = EFFORT.seconds + self.seconds
        if self.sure:
            self.graph.most = FEW
        self.alike = dict(self.hypothesis.alike)
        self._decisions = dict(self.hypothesis.decisions)
        self._equal: dict[str, Polynomial] = {}
        for name, value in self.hypothesis.equations:
            self._unify(self.resolve(Polynomial.symbol(name)), self.resolve(value))

    def resolve(self, expr: Polynomial) -> Polynomial:
        """The polynomial with every equation put in."""
        if not any(name in self._equal for name in expr.names()):
            return expr
        total = Polynomial.constant(0)
        for monomial, coefficient in expr.terms:
            product = Polynomial.constant(coefficient)
            for name, power in monomial:
                factor = self._equal.get(name)
                factor = Polynomial.symbol(name) if factor is None else self.resolve(factor)
                for _ in range(power):
                    product = product * factor
            total = total + product
        return total

    def _unify(self, a: Polynomial, b: Polynomial) -> None:
        if a.name is None or a.name in b.names():
            a, b = b, a
        if a.name is not None and a.name not in b.names():
            self._equal[a.name] = b

    def tick(self) -> None:
        """Count one statement; raises `TooMuch` at a bound."""
        self.steps += 1
        if self.steps > self.max_steps:
            raise TooMuch("too many steps")
        if EFFORT.seconds > self.ends:
            raise TooMuch("took too long")

    def decided(self, key: str) -> int | None:
        """The decision under this key, without asking."""
        self.asked.add(key)
        return self._decisions.get(key)

    def choose(self, key: str, options: Sequence[Any], cost: float = 1.0, *, fork: bool = False,
               detour: bool = False, shapes: Sequence[Shape] = (), usual: int = 0) -> Any:
        """One of several ways to read the code; the first, or the `usual` one, is the likeliest.

        A fork is no doubt about the code but a path of it: each is judged.  So is a detour, which is taken only where
        statements stand on it that no other path comes to.
        """
        if self.sure and not fork and not _PATH.search(key):
            raise Undecided
        self.asked.add(key)
        taken = min(self._decisions.get(key, usual), len(options) - 1)
        if key not in self.choices:
            self.choices[key] = Choice(key, tuple(options), taken, cost, fork, detour, tuple(map(tuple, shapes)))
        return options[taken]

    def dimension(self, name: str) -> Size:
        """The size of a free dimension; a new name gets the next size of this draw."""
        expr = self.resolve(Polynomial.symbol(name))
        return Size(self._value(expr), expr)

    def _value(self, expr: Polynomial) -> int:
        total = 0
        for monomial, coefficient in expr.terms:
            for name, power in monomial:
                coefficient *= self._size(name) ** power
            total += coefficient
        return total

    def _size(self, name: str) -> int:
        if name not in self.sizes:
            if name in self.alike:
                self.sizes[name] = int(self.dimension_of(self.alike[name]))
                return self.sizes[name]
            if name in self.hypothesis.small:
                self.sizes[name] = 2 + (len(self.sizes) + self.draw) % 2
                return self.sizes[name]
            if name in self.wide:
                self.sizes[name] = WIDE + 7 * list(self.wide).index(name) + 2 * self.draw
                return self.sizes[name]
            if _STEPS.match(name):
                self.few[name] = None
            if name in self.few:
                least = 3 if self.hypothesis.small else 2  # where images are NHWC, one of them is as high as a window
                self.sizes[name] = least + (len(self.few) + list(self.few).index(name) + self.draw) % 2
                return self.sizes[name]
            turn, count = len(self.sizes) - len(self.few), len(SIZES)
            if turn < 6:  # permute the small ones among themselves, so that no draw is much more work than another
                self.sizes[name] = SIZES[(turn + 2 * self.draw) % 6]
            else:
                self.sizes[name] = SIZES[turn % count] + turn // count
        return self.sizes[name]

    def same(self, a: Size, b: Size) -> bool:
        """Are two sizes the same in symbols, or as large as one another for the code to run?"""
        return self._told(a.expr) == self._told(b.expr)

    def _told(self, expr: Polynomial) -> Polynomial:
        while (name := expr.name) is not None and name in self.alike:
            expr = self.alike[name]
        return expr

    def dimension_of(self, expr: Polynomial) -> Size:
        """The size of an expression over dimension names."""
        resolved = self.resolve(expr)
        return Size(self._value(resolved), resolved)

    def leaf(self, path: str, shape: Shape, *, kind: str = "float", high: int = 3, tainted: bool = False) -> Term:
        """The input array of this path: generic values, away from kinks and from zero."""
        found = self.leaves.get(path)
        if found is not None and tuple(found.shape) == tuple(shape):
            return found
        label = path if found is None else f"{path}'"
        term = self.graph.leaf(label, self.sample(path, shape, kind=kind, high=high), shape, tainted=tainted)
        self.leaves[path] = term
        return term

    def sample(self, path: str, shape: Sequence[int], *, kind: str = "float", high: int = 3) -> Any:
        """A random sample: floats of modulus 0.15 to 1.2, or integers below `high`."""
        plain = tuple(map(int, shape))
        if self.sure and math.prod(plain) > FEW:
            return hollow(plain, {"int": int, "bool": bool}.get(kind, float))
        if math.prod(plain) > MANY:
            raise TooMuch("an array of very many entries")
        if kind == "int":
            if len(plain) == 1 and plain[0] <= high:  # places to write to are different ones, where there are enough
                return self.random.permutation(high)[:plain[0]]
            if high == 2:  # where labels tell no more apart, both are there
                return self.random.permuted(np.arange(math.prod(plain)) % 2).reshape(plain)
            return self.random.integers(0, max(high, 1), plain)
        if kind == "bool":
            return self._mask(plain)
        if self.decided(f"{path}:mask"):
            return self._mask(plain).astype(float)
        if (along := SUMS[self.decided(f"{path}:sums") or 0]) is not None:
            shares = self.random.uniform(0.15, 0.85, plain)
            return shares / shares.sum(axis=along, keepdims=True)
        if kind == "positive" or path in self.hypothesis.positive:
            return self.random.uniform(0.15, 0.85, plain)
        if self.decided(f"{path}:single") and plain:
            return self._single(plain)
        signed = self.random.uniform(-1.05, 1.05, plain)
        signed += np.copysign(0.15, signed)
        if self.decided(f"{path}:definite") and plain[-2:-1] == plain[-1:]:
            return signed @ np.swapaxes(signed, -1, -2) / plain[-1] + np.eye(plain[-1])
        return signed

    def _single(self, shape: tuple[int, ...]) -> Any:
        """One entry in each row: the gradient of the loss of a classifier by its probabilities."""
        entries = np.zeros(shape)
        rows = entries.reshape(-1, shape[-1])
        rows[np.arange(len(rows)), self.random.integers(0, shape[-1], len(rows))] = self.random.uniform(0.15, 1.2)
        return entries

    def _mask(self, shape: tuple[int, ...]) -> Any:
        """Truth values of which no row is all or nothing: a row that is masked out leaves nothing to normalise."""
        mask = self.random.random(shape) < 0.6
        if shape and shape[-1] > 1:
            rows = mask.reshape(-1, shape[-1])
            places = self.random.permuted(np.tile(np.arange(shape[-1]), (len(rows), 1)), axis=1)
            each = np.arange(len(rows))
            rows[each, places[:, 0]], rows[each, places[:, 1]] = True, False
        return mask
