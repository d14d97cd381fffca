"""Terms: the expression graph, with a sample beside every node.

Terms are hash-consed: the same card on the same arguments is the same object, so what a backward pass computes again
is the very node that the forward pass made, and "equal" is `is`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nablint.calculus.effort import EFFORT, ENTRY, TERM
from nablint.calculus.hollow import Hollow, result
from nablint.ops.card import Card
from nablint.shapes import Misfit, Shape, Size, dim

Sample = NDArray[Any]


class Term:
    """A node: a card on arguments, or a leaf (`card` is None) that is a constant or an input.

    sample:  the value on this draw, an ndarray or numpy scalar of the term's shape.
    shape:   symbolic sizes, worked out when first asked for.
    tainted: the value depends on an arriving cotangent or was made by a statement that assigns a gradient.
    origin:  what made it (set by the tracer from `graph.origin`), None for derived gradients.
    """

    __slots__ = ("_shape", "args", "card", "graph", "label", "number", "origin", "params", "sample", "tainted")

    def __init__(self, graph: Graph, card: Card | None, args: tuple[Term, ...], params: dict[str, Any],
                 sample: Sample, label: str = "", shape: Shape | None = None) -> None:
        self.graph = graph
        self.card = card
        self.args = args
        self.params = params
        self.sample = sample
        self.label = label
        self._shape = shape
        self.number = graph.count
        graph.count += 1
        size = 1 if type(sample) is Hollow else sample.size
        graph.entries += size
        EFFORT.seconds += TERM + ENTRY * size
        self.origin = graph.origin
        self.tainted = graph.tainting
        for arg in args:
            if arg.tainted:
                self.tainted = True
                break

    @property
    def shape(self) -> Shape:
        """The symbolic shape; falls back to plain numbers where a card's rule disagrees with the sample."""
        if self._shape is None:
            waiting: list[Term] = [self]
            while waiting:  # from the leaves up, without recursion: graphs are deep
                term = waiting[-1]
                unknown = [a for a in term.args if a._shape is None]
                if unknown and term.card is not None:
                    waiting.extend(unknown)
                    continue
                waiting.pop()
                if term._shape is None:
                    term._shape = term._ruled()
            assert self._shape is not None
        return self._shape

    def _ruled(self) -> Shape:
        actual = self.sample.shape
        try:
            assert self.card is not None
            ruled = tuple(dim(s) for s in self.card.shape(*[a.shape for a in self.args], **self.params))
        except (Misfit, AssertionError, TypeError):
            ruled = ()
        return ruled if ruled == actual else tuple(map(Size, actual))

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.sample.ndim

    @property
    def is_constant(self) -> bool:
        """A leaf that is a number or array written in the program."""
        return self.card is None and not self.label

    def __repr__(self) -> str:
        if self.card is None:
            return self.label or f"const{np.shape(self.sample)}"
        return f"{self.card.name}#{self.number}"

    # Operators build terms; the cards they name are looked up late, because cards do not know terms.
    def _call(self, name: str, *args: Any, **params: Any) -> Term:
        return self.graph.apply(self.graph.cards[name], args, params)

    def __add__(self, other: Any) -> Term:
        return self._call("add", self, other)

    def __radd__(self, other: Any) -> Term:
        return self._call("add", other, self)

    def __sub__(self, other: Any) -> Term:
        return self._call("subtract", self, other)

    def __rsub__(self, other: Any) -> Term:
        return self._call("subtract", other, self)

    def __mul__(self, other: Any) -> Term:
        return self._call("multiply", self, other)

    def __rmul__(self, other: Any) -> Term:
        return self._call("multiply", other, self)

    def __truediv__(self, other: Any) -> Term:
        return self._call("divide", self, other)

    def __rtruediv__(self, other: Any) -> Term:
        return self._call("divide", other, self)

    def __pow__(self, other: Any) -> Term:
        return self._call("power", self, other)

    def __rpow__(self, other: Any) -> Term:
        return self._call("power", other, self)

    def __matmul__(self, other: Any) -> Term:
        return self._call("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Term:
        return self._call("matmul", other, self)

    def __neg__(self) -> Term:
        if self.sample.dtype.kind == "b":  # truth values have no minus sign in numpy
            return self._call("multiply", -1, self)
        return self._call("negative", self)

    @property
    def T(self) -> Term:  # noqa: N802 - numpy's name
        """All axes in reverse."""
        return self._call("transpose", self, axes=None)


# numpy must not swallow a term on the right of an operator.
Term.__array_ufunc__ = None  # type: ignore[attr-defined]


class Graph:
    """The terms of one trace on one draw.

    origin and tainting are set by the tracer before it evaluates a statement; new terms take them over.
    """

    def __init__(self) -> None:
        from nablint.ops import CARDS

        self.cards = CARDS
        self.count = 0
        self.entries = 0
        """Entries of all samples together."""
        self.origin: Any = None
        self.tainting = False
        self.limit = 200_000
        self.most = 0
        """Entries of the largest array that is computed, larger ones have none; 0 where there is no bound."""
        self.memo: dict[Any, Any] = {}
        """What the calculus remembers of this graph's terms (normal forms, simplified terms)."""
        self._nodes: dict[Any, Term] = {}

    @property
    def moment(self) -> int:
        """The number of the statement's execution that is being traced; -1 outside of the source."""
        return -1 if self.origin is None else self.origin.number

    def leaf(self, label: str, sample: Sample, shape: Shape | None = None, *, tainted: bool = False) -> Term:
        """An input of the traced code; `label` is its name in the source."""
        term = Term(self, None, (), {}, np.asanyarray(sample), label, shape)
        term.tainted = tainted
        return term

    def constant(self, value: Any, shape: Shape | None = None) -> Term:
        """A number or array written in the source; equal scalars and equal integer arrays are one node.

        A `Size` keeps its dimension: the constant N is another node than the number that N is on this draw.  Raises
        `TypeError` for what is no number (None, an object).
        """
        symbol = str(value) if isinstance(value, Size) and value.expr.number is None else ""
        sample = np.asanyarray(value)
        if isinstance(sample, Hollow):
            return Term(self, None, (), {}, sample, "", shape)
        if sample.dtype.kind == "O":
            word = type(sample.item()).__name__ if not sample.ndim else "a list of objects"
            raise TypeError(f"{word.removesuffix('Type')} stands where a number or an array is wanted")
        if sample.ndim:
            if sample.dtype.kind not in "iub":  # float buffers stay apart: they may be parameters of their own
                return Term(self, None, (), {}, sample, "", shape)
            key = ("const", sample.dtype.kind, sample.shape, sample.tobytes(), tuple(map(str, shape or ())))
            found = self._nodes.get(key)
            if found is None:  # `arange(N)` written in forward and in backward is one index
                found = self._nodes[key] = Term(self, None, (), {}, sample, "", shape)
                found.tainted = False
            return found
        key = ("const", sample.dtype.kind, sample.item(), symbol)
        found = self._nodes.get(key)
        if found is None:
            params = {"size": value} if symbol else {}
            found = self._nodes[key] = Term(self, None, (), params, sample, "", ())
            found.tainted = False
        return found

    def made(self) -> Iterable[Term]:
        """Every term that a card made."""
        return self._nodes.values()

    def find(self, card: Card, args: Sequence[Term]) -> Term | None:
        """The term of a card without parameters on these arguments, if it was made before."""
        return self._nodes.get((card.name, tuple([t.number for t in args]), ()))

    def apply(self, card: Card, args: Sequence[Any], params: dict[str, Any]) -> Term:
        """The term of `card` on `args`; raises `Misfit` when shapes do not fit.

        Arguments that are not terms become constants.
        """
        terms = tuple([a if isinstance(a, Term) else self.constant(a) for a in args])
        order = tuple([t.number for t in terms])
        if card.commutes and len(order) == 2 and order[0] > order[1]:
            order = (order[1], order[0])
        key = (card.name, order, parameter_key(params))
        found = self._nodes.get(key)
        if found is not None:
            return found
        if self.count > self.limit:
            raise OverflowError("the expression graph grew past its bound")
        if self.most and (large := self._large(card, terms, params)) is not None:
            found = self._nodes[key] = large
            return found
        try:
            sample = card.evaluate(*[t.sample for t in terms], **params)
        except (ValueError, IndexError, np.linalg.LinAlgError, TypeError) as error:
            card.shape(*(t.shape for t in terms), **params)  # says what does not fit, in symbols
            raise Misfit(str(error)) from error
        found = self._nodes[key] = Term(self, card, terms, params, np.asarray(sample))
        return found


    def _large(self, card: Card, terms: tuple[Term, ...], params: dict[str, Any]) -> Term | None:
        """The term without entries where an argument or the result has very many; None where all are few enough."""
        given = any(isinstance(t.sample, Hollow) for t in terms)
        if not given and sum(t.sample.size for t in terms) <= 1000:
            return None
        shape = tuple(map(dim, card.shape(*(t.shape for t in terms), **params)))
        if not given and math.prod(map(int, shape)) <= self.most:
            return None
        return Term(self, card, terms, params, result(card, [t.sample for t in terms], shape, params), "", shape)


def parameter_key(params: Any) -> Any:
    """A hashable stand-in for parameters (slices and arrays are not hashable in Python 3.11)."""
    kind = params.__class__
    if kind is int or kind is str or params is None:
        return ("", params)
    if kind is dict:
        if not params:
            return ()
        if len(params) > 1:
            return tuple(sorted([(k, parameter_key(v)) for k, v in params.items()]))
        if "index" in params:  # made of integers alone, and hashable as it stands
            return (("index", params["index"]),)
        return tuple([(k, parameter_key(v)) for k, v in params.items()])
    if kind is tuple or isinstance(params, tuple | list):
        return tuple([parameter_key(p) for p in params])
    if isinstance(params, slice):
        return ("slice", parameter_key(params.start), parameter_key(params.stop), parameter_key(params.step))
    if isinstance(params, np.ndarray):
        return (params.shape, params.tobytes())
    if isinstance(params, str | int | float | bool | type(None)):
        return (type(params).__name__ if isinstance(params, bool) else "", params)
    return params if isinstance(params, Term) is False else ("term", params.number)


def ancestors(term: Term) -> set[Term]:
    """A term and all that it is made from."""
    seen = {term}
    stack = [term]
    while stack:
        for arg in stack.pop().args:
            if arg not in seen:
                seen.add(arg)
                stack.append(arg)
    return seen
