"""The same line of code said twice: to the real library, and to nablint's spellings of it.

`Names("numpy")` stands for the module, `Spoken` for one of its arrays; both find everything by its dotted name in the
table of spellings, so a line such as `np.pad(x, 1).T` runs on them as it does on numpy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from nablint.calculus.terms import Term
from nablint.ops.card import op
from nablint.ops.indexing import encode_index
from nablint.shapes import Polynomial, Shape, Size
from nablint.tracing import dialects

SPELLINGS = dialects.load()


def plain(value: Any) -> Any:
    """Stand-ins replaced by their terms, inside lists and tuples too."""
    if isinstance(value, Spoken):
        return value.term
    if isinstance(value, list | tuple):
        return type(value)(map(plain, value))
    if isinstance(value, slice):
        return slice(plain(value.start), plain(value.stop), plain(value.step))
    return value


def spoken(value: Any, dialect: str) -> Any:
    """Terms replaced by stand-ins."""
    if isinstance(value, Term):
        return Spoken(value, dialect)
    return type(value)(spoken(v, dialect) for v in value) if type(value) in (list, tuple) else value


class Spoken:
    """An array whose methods, attributes and operators are nablint's."""

    def __init__(self, term: Term, dialect: str) -> None:
        self.term = term
        self.dialect = dialect

    def __getattr__(self, name: str) -> Any:
        spelling = SPELLINGS[f"{'Tensor' if self.dialect == 'torch' else 'ndarray'}.{name}"]
        if spelling.attribute:
            return spoken(spelling.call(self.term), self.dialect)

        def method(*args: Any, **kwargs: Any) -> Any:
            result = spelling.call(self.term, *map(plain, args), **{k: plain(v) for k, v in kwargs.items()})
            if spelling.inplace:
                self.term = result
            return spoken(result, self.dialect)

        return method

    def __getitem__(self, index: Any) -> Any:
        parts, arrays = encode_index(plain(index), self.term.shape)
        return spoken(op.getitem(self.term, *arrays, index=parts), self.dialect)

    def __setitem__(self, index: Any, value: Any) -> None:
        parts, arrays = encode_index(plain(index), self.term.shape)
        self.term = op.setitem(self.term, plain(value), *arrays, index=parts)

    def __len__(self) -> int:
        return len(self.term.sample)

    def _with(self, other: Any, name: str) -> Spoken:
        return Spoken(getattr(op, name)(self.term, plain(other)), self.dialect)

    def __add__(self, other: Any) -> Spoken:
        return self._with(other, "add")

    def __mul__(self, other: Any) -> Spoken:
        return self._with(other, "multiply")

    def __gt__(self, other: Any) -> Spoken:
        return self._with(other, "greater")


class Names:
    """A module whose functions are nablint's."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, name: str) -> Any:
        return Names(f"{self.name}.{name}")

    def __getitem__(self, key: Any) -> Any:
        return Names(f"{self.name}.__getitem__")(*(key if isinstance(key, tuple) else (key,)))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        spelling = SPELLINGS[self.name]
        result = spelling.call(*map(plain, args), **{k: plain(v) for k, v in kwargs.items()})
        dialect = "torch" if self.name.startswith("torch") else "numpy"
        if spelling.inplace:
            args[0].term = result
            return args[0]
        return spoken(result, dialect)


def heard(value: Any) -> Any:
    """The numbers of a result, real or stood in for, as nested tuples of numpy arrays."""
    if isinstance(value, Spoken):
        return np.asarray(value.term.sample)
    if isinstance(value, Term):
        return np.asarray(value.sample)
    if type(value).__module__.startswith("torch") and hasattr(value, "detach"):
        return np.asarray(value.detach().numpy())
    if isinstance(value, list | tuple):
        return tuple(map(heard, value))
    return np.asarray(value)


def symbols(sizes: dict[str, int]) -> dict[str, Size]:
    """Sizes that remember their names."""
    return {name: Size(size, Polynomial.symbol(name)) for name, size in sizes.items()}


def shape_in(sizes: dict[str, Size], axes: str) -> Shape:
    """The shape written as names and numbers: `N 3`."""
    return tuple(sizes[a] if a in sizes else Size(int(a)) for a in axes.split())
