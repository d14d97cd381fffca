"""The graph and the randomness of the running trace, for spellings that are given no array.

`np.zeros((N, D))` holds only numbers, so the graph that its term belongs to is held here; the tracer sets it with
`using`.  The module also turns what a program may pass for an array, a shape or a type into terms, sizes and kinds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from nablint.calculus.hollow import hollow
from nablint.calculus.terms import Graph, Term
from nablint.ops.card import op
from nablint.shapes import Misfit, Shape, Size, dim, show_shape

_running: ContextVar[tuple[Graph, np.random.Generator]] = ContextVar("nablint.tracing.dialects.context")

TOO_SMALL = "a shape cannot hold a size below 1"


@contextmanager
def using(graph: Graph, random: np.random.Generator | None = None) -> Generator[Graph]:
    """Make `graph` the current one inside a with block; `random` is a generator with a fixed seed when left out."""
    token = _running.set((graph, np.random.default_rng(20) if random is None else random))
    try:
        yield graph
    finally:
        _running.reset(token)


def current_graph() -> Graph:
    """The graph of the running trace; raises `LookupError` outside of one."""
    return _running.get()[0]


def current_random() -> np.random.Generator:
    """The randomness of the running trace; raises `LookupError` outside of one."""
    return _running.get()[1]


def as_term(value: Any) -> Term:
    """The term of an array-like: a term, a number, an array, or a list of these.

    Raises `Misfit` for a ragged list and `TypeError` for what holds no numbers.
    """
    if isinstance(value, Term):
        return value
    if isinstance(value, list | tuple | range):
        if _holds_term(value):
            return op.stack(*map(as_term, value), axis=0) if len(value) else current_graph().constant(np.zeros(0))
        try:
            array = np.array(value)
        except ValueError as error:
            raise Misfit("the rows of an array differ in length") from error
        if array.dtype.kind not in "biufc":
            raise TypeError("an array of numbers was expected")
        return current_graph().constant(array)
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        raise TypeError("an array of numbers was expected")
    return current_graph().constant(array)


def _holds_term(value: Any) -> bool:
    return isinstance(value, Term) or (isinstance(value, list | tuple) and any(map(_holds_term, value)))


class NoInteger(TypeError):
    """A number with a fraction, or an array, where an integer is wanted."""


def as_int(value: Any) -> int:
    """An integer from a number or from a term without axes; sizes keep their symbols.  Raises `NoInteger`."""
    if isinstance(value, int):
        return value
    number = np.asarray(getattr(value, "sample", value))
    if number.size != 1 or number.dtype.kind not in "iub":
        raise NoInteger("an integer was expected")
    return int(number.reshape(()))


def as_shape(value: Any) -> Shape:
    """A shape from what may stand for one: a size, a tuple or list of sizes, an integer array."""
    if isinstance(value, Term) and value.ndim == 1:
        value = [int(n) for n in value.sample]
    sizes = tuple(dim(as_int(s)) for s in (value if isinstance(value, list | tuple) else (value,)))
    if any(s < 0 or vanished(s) for s in sizes):
        raise Misfit(f"{TOO_SMALL}: {show_shape(sizes)}", below=tuple(filter(vanished, sizes)))
    return sizes


def sampled(shape: Sequence[int], make: Callable[[tuple[int, ...]], Any], kind: type = float) -> Any:
    """The entries of an array that a program makes, as `make` gives them; none where there are too many of them."""
    plain = tuple(map(int, shape))
    running = _running.get(None)
    many = running is not None and running[0].most and math.prod(plain) > running[0].most
    return hollow(plain, kind) if many else make(plain)


def vanished(size: int) -> bool:
    """A dimension that came out below 1, such as an image less a window that is too large for it."""
    return size < 1 and isinstance(size, Size) and size.expr.number is None


def as_axes(value: Any) -> int | tuple[int, ...] | None:
    """An `axis` argument: None, an integer or a tuple of integers."""
    if isinstance(value, list | tuple):
        return tuple(int(as_int(a)) for a in value)
    return None if value is None else int(as_int(value))


def spread_args(args: Sequence[Any]) -> Any:
    """Arguments given one by one or as one tuple: `view(N, -1)` and `view((N, -1))`."""
    return args[0] if len(args) == 1 and isinstance(args[0], list | tuple) else tuple(args)


def kind_of(dtype: Any, default: str = "float") -> str:
    """The kind of numbers that a type stands for: `float`, `int`, `bool` or `complex`.

    Types come as Python types, strings, numpy types, or stand-ins with a dotted `name`.
    """
    if dtype is None:
        return default
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or getattr(dtype, "__name__", str(dtype))
    name = str(name).rpartition(".")[2].lower()
    if name.startswith("bool"):
        return "bool"
    if "int" in name or name in ("long", "longtensor", "short", "byte", "bytetensor", "i", "i4", "i8", "u1"):
        return "int"
    return "complex" if "complex" in name or "cfloat" in name or "cdouble" in name else "float"


NUMPY_TYPES: dict[str, type] = {"float": float, "int": int, "bool": bool, "complex": complex}
"""The type that holds numbers of a kind."""


def kind_of_term(x: Term) -> str:
    """The kind of numbers that a term holds."""
    return {"b": "bool", "i": "int", "u": "int", "c": "complex"}.get(x.sample.dtype.kind, "float")
