"""Parameter objects: what `Param('variance', 1.0, Logexp())` makes stands for the array that it holds.

Libraries of models keep a parameter's value, its name, its constraint and its gradient in one object, which behaves as
an array everywhere.  Their class is mostly out of sight; where it is not, it derives from `ndarray`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nablint.reading.lazily import regex
from nablint.shapes import Size
from nablint.tracing import refine
from nablint.tracing.documented import evidence_rank
from nablint.tracing.values import Array, Class, External, Instance, Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

_NAMES = frozenset({"Param", "Parameter"})
_POSITIVE = regex(r"logexp|softplus|exponent|positive|square", re.I)
"""Constraints under which a parameter is greater than zero."""


def is_parameter_class(callee: Any) -> bool:
    """Does a call of it make a parameter object: by its name, and because its class is an array's or out of sight?"""
    if isinstance(callee, Class):
        return callee.name in _NAMES and any(
            isinstance(b, External) and (b.name == "numpy.ndarray" or is_parameter_class(b))
            for part in callee.order() for b in part.bases)
    return isinstance(callee, External) and callee.name.rpartition(".")[2] in _NAMES


def parameter_object(it: Interpreter, args: list[Any], keywords: dict[str, Any], row: int) -> Array | Pending | None:
    """The array that a parameter object stands for: generic values in the shape that it is given.

    An input is itself, and its uses tell its shape.  None where the arguments hold no value, or several.
    """
    given = [*args, *keywords.values()]
    values = [v.value if isinstance(v, Pending) and v.value is not None else v for v in given]
    held = [v for v in values if isinstance(v, Array | float | Size) or (isinstance(v, int) and not isinstance(v, bool))
            or (isinstance(v, Pending) and "()@" not in v.path)]  # what a call out of sight made is a constraint
    if len(held) != 1:
        return None
    value = held[0]
    if isinstance(value, Pending) and value.default is None:
        return _given(it, value)
    named = next((v for v in values if isinstance(v, str)), "")
    path = named or f"parameter@{row}"
    shape = tuple(value.term.shape) if isinstance(value, Array) else ()
    positive = any(map(_says_positive, values)) or isinstance(value, Pending | float | int)
    leaf = it.world.leaf(path, shape, kind="positive" if positive else "float")
    if positive:  # a scale near zero makes all that is far apart vanish
        leaf = it.world.leaves[path] = it.graph.leaf(path, leaf.sample + 0.5, shape)
    return Array(leaf)


def _given(it: Interpreter, value: Pending) -> Any:
    """A parameter that begins with what its maker is given: most are vectors, many of them with a single entry."""
    if value.value is None and not it.world.sure and evidence_rank(it, value) is None:
        kind = it.world.choose(f"{value.path}:parameter", ("what its uses tell", "a vector", "one entry"), 0.3)
        if kind != "what its uses tell":
            shape = refine.free_shape(it, value, 1) if kind == "a vector" else (Size(1),)
            refine.make_array(it, value, shape)
    return value if value.value is None else value.value


def _says_positive(value: Any) -> bool:
    """Is an argument a constraint to positive values?"""
    if isinstance(value, Instance) and value.cls is not None:
        return bool(_POSITIVE.search(value.cls.name))
    return isinstance(value, Pending) and bool(_POSITIVE.search(value.hint))
