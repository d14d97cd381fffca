"""One run's world: the hypothesis it lives under, its dimensions, its inputs and its bounds.

A hypothesis is a set of *decisions* (which rank, which kind, which way a bias broadcasts) and of *equations* between
dimensions.  A run asks `choose` whenever uses leave a choice open; what it asked is recorded, so that the search can
try the other answers.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nablint.calculus.terms import Graph, Term
from nablint.shapes import Polynomial, Shape, Size
from nablint.tracing.values import TooMuch

SIZES = (5, 3, 4, 7, 6, 11, 9, 13, 8, 17, 14, 19, 10, 23, 12, 29)
"""Sizes that dimensions get, in the order in which they appear; rotated from draw to draw.  2 is left out, because
it is the constant that code holds most often."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """Decisions by key, equations between dimensions (`a` equals `b`, a name or a number), and inputs that must be
    positive."""

    decisions: tuple[tuple[str, int], ...] = ()
    equations: tuple[tuple[str, str | int], ...] = ()
    positive: frozenset[str] = frozenset()
    cost: float = 0.0

    def decide(self, key: str, choice: int, cost: float) -> Hypothesis:
        """The hypothesis with one more decision."""
        kept = tuple(d for d in self.decisions if d[0] != key)
        return Hypothesis((*kept, (key, choice)), self.equations, self.positive, self.cost + cost)

    def equate(self, equations: Sequence[tuple[str, str | int]]) -> Hypothesis:
        """The hypothesis with more equations."""
        return Hypothesis(self.decisions, (*self.equations, *equations), self.positive, self.cost + 0.01)


@dataclass(slots=True)
class Choice:
    """A question that a run asked: its key, how many answers there were, and which was taken."""

    key: str
    options: tuple[Any, ...]
    taken: int
    cost: float = 1.0


@dataclass(slots=True)
class World:
    """The state of one run on one draw."""

    hypothesis: Hypothesis
    draw: int = 0
    seconds: float = 2.0
    max_steps: int = 60_000
    graph: Graph = field(default_factory=Graph)
    choices: dict[str, Choice] = field(default_factory=lambda: {})
    steps: int = 0

    def __post_init__(self) -> None:
        self.random = np.random.default_rng(1000 + self.draw)
        self.sizes: dict[str, int] = {}
        self.aliases: dict[str, str] = {}
        self.leaves: dict[str, Term] = {}
        self.ends = time.monotonic() + self.seconds
        self._decisions = dict(self.hypothesis.decisions)
        self._root: dict[str, str | int] = {}
        for a, b in self.hypothesis.equations:
            self._unify(a, b)

    def _find(self, name: str | int) -> str | int:
        while isinstance(name, str) and name in self._root:
            name = self._root[name]
        return name

    def _unify(self, a: str | int, b: str | int) -> None:
        a, b = self._find(a), self._find(b)
        if a == b:
            return
        if isinstance(a, int):
            a, b = b, a
        if isinstance(a, str):
            self._root[a] = b

    def tick(self) -> None:
        """Count one statement; raises `TooMuch` at a bound."""
        self.steps += 1
        if self.steps > self.max_steps:
            raise TooMuch("too many steps")
        if not self.steps & 31 and time.monotonic() > self.ends:
            raise TooMuch("took too long")

    def choose(self, key: str, options: Sequence[Any], cost: float = 1.0) -> Any:
        """One of several ways to read the code; the first is the likeliest."""
        taken = min(self._decisions.get(key, 0), len(options) - 1)
        if key not in self.choices:
            self.choices[key] = Choice(key, tuple(options), taken, cost)
        return options[taken]

    def dimension(self, name: str) -> Size:
        """The size of a free dimension; a new name gets the next size of this draw."""
        root = self._find(name)
        if isinstance(root, int):
            return Size(root)
        if root not in self.sizes:
            turn = len(self.sizes)
            count = len(SIZES)
            if turn < 6:  # permute the small ones among themselves, so that no draw is much more work than another
                value = SIZES[(turn + 2 * self.draw) % 6] if self.draw else SIZES[turn]
            else:
                value = SIZES[turn % count] + (turn // count)
            self.sizes[root] = value
        return Size(self.sizes[root], Polynomial.symbol(root))

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
        if kind == "int":
            return self.random.integers(0, max(high, 1), plain)
        if kind == "bool":
            return self.random.random(plain) < 0.6
        size = self.random.uniform(0.15, 1.2, plain)
        if kind == "positive" or path in self.hypothesis.positive:
            return self.random.uniform(0.15, 0.85, plain)
        return size * self.random.choice([-1.0, 1.0], plain)
