"""Comparisons and truth over stand-ins."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, cast

import libcst as cst
import numpy as np

from nablint.ops import CARDS
from nablint.shapes import Misfit, Size, dim
from nablint.tracing import hints, refine
from nablint.tracing.made_sizes import rounded, too_large
from nablint.tracing.operators import listed
from nablint.tracing.paths import guess_branch, tested
from nablint.tracing.values import (
    Array,
    External,
    Flag,
    Instance,
    Method,
    Mode,
    Pending,
    PendingShape,
    Undecided,
    Unknown,
    is_tainted,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


_COMPARE = {
    "LessThan": ("less", operator.lt),
    "LessThanEqual": ("less_equal", operator.le),
    "GreaterThan": ("greater", operator.gt),
    "GreaterThanEqual": ("greater_equal", operator.ge),
    "Equal": ("equal", operator.eq),
    "NotEqual": ("not_equal", operator.ne),
}


_EQUALITIES = (CARDS["equal"], CARDS["not_equal"])


def compare(it: Interpreter, name: str, a: Any, b: Any, node: cst.CSTNode) -> Any:
    """A comparison; of an input with `None` or with a string it is a choice."""
    if isinstance(a, Flag) or isinstance(b, Flag):
        tested(it, a if isinstance(a, Flag) else b, None)
        a, b = (bool(x) if isinstance(x, Flag) else x for x in (a, b))
    if name in ("Is", "IsNot"):
        same = refine.is_none(it, a) if b is None else (a is b or (isinstance(a, External) and a == b))
        return same if name == "Is" else not same
    if isinstance(a, PendingShape) or isinstance(b, PendingShape):
        a, b = refine.whole_shape(it, a), refine.whole_shape(it, b)
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return it.unknown("", a, b)
    if isinstance(a, Method) or isinstance(b, Method) or _precisions(a, b):
        return it.unknown("a comparison of a property that stand-ins do not have", a, b)
    if name in ("In", "NotIn"):
        found = _contains(it, a, b)
        return found if name == "In" or isinstance(found, Unknown) else not found
    if isinstance(b, str) or isinstance(a, str):
        if isinstance(a, Pending) or isinstance(b, Pending):
            pending, text = cast(tuple[Pending, str], (a, b) if isinstance(a, Pending) else (b, a))
            found = refine.is_string(it, pending, text)
            return found if name == "Equal" else not found
        if name in ("Equal", "NotEqual"):
            for mode, text in ((a, b), (b, a)):
                if isinstance(text, str):
                    tested(it, mode, text)
            return (a == b) if name == "Equal" else (a != b)
    if isinstance(a, Pending) or isinstance(b, Pending):
        if name in ("Equal", "NotEqual") and (a is None or b is None):
            same = refine.is_none(it, a if b is None else b)
            return same if name == "Equal" else not same
        if all(type(x) is int or isinstance(x, Size) or _is_hyper(x) for x in (a, b)):  # `pool_height == stride`
            a, b = (refine.as_size(it, x) if isinstance(x, Pending) else x for x in (a, b))
        else:
            a, b = refine.operands(it, "Compare", a, b)
        if isinstance(a, Unknown) or isinstance(b, Unknown):
            return it.unknown("", a, b)
    word = {"LessThan": "lt", "LessThanEqual": "le", "GreaterThan": "gt", "GreaterThanEqual": "ge", "Equal": "eq",
            "NotEqual": "ne"}
    if isinstance(a, Instance) and a.cls is not None and a.cls.lookup(f"__{word.get(name)}__"):
        from nablint.tracing.calls import call_method

        return call_method(it, a, f"__{word[name]}__", [b], node)
    for computed, bound, word_ in ((a, b, "Less"), (b, a, "Greater")):  # `rows < 1`: a window too large for its image
        if name.startswith(word_) and isinstance(bound, int) and bound <= 1 and not is_tainted(computed):
            if isinstance(computed, Array) and not computed.term.ndim and np.isfinite(computed.term.sample):
                computed = rounded(it, computed.term)
            too_large(it, computed)
    if it.world.sure and name in _ORDERS and isinstance(a, int) and isinstance(b, int) and _open_order(a, b):
        raise Undecided
    if isinstance(a, Array) or isinstance(b, Array):
        left, right = it.term(listed(it, a)), it.term(listed(it, b))
        if left is None or right is None or name not in _COMPARE:
            return it.unknown("a comparison of an array with something else", a, b)
        try:
            return Array(CARDS[_COMPARE[name][0]](left, right), next(x.dialect for x in (a, b) if isinstance(x, Array)))
        except Misfit as misfit:
            return it.clash(node, misfit.message, misfit.equations, (a, b))
    try:
        return _COMPARE[name][1](cast(Any, a), cast(Any, b))
    except (TypeError, KeyError):
        return it.unknown("a comparison", a, b)


def _is_hyper(value: Any) -> bool:
    return isinstance(value, Pending) and value.value is None and value.default is None and hints.is_hyper(
        hints.base(value.hint))


_ORDERS = frozenset({"LessThan", "LessThanEqual", "GreaterThan", "GreaterThanEqual"})


def _open_order(a: int, b: int) -> bool:
    """Is it a matter of the samples which of two sizes is the larger?  A size is more than a 1 or 2 of the code."""
    difference = dim(a).expr + -dim(b).expr
    return difference.number is None and not (isinstance(a, Size) ^ isinstance(b, Size) and min(a, b) <= SMALL)


SMALL = 2


def _precisions(a: Any, b: Any) -> bool:
    """Two kinds of floating point, or two of integers: stand-ins are all of the widest."""
    if not isinstance(a, External) and not isinstance(b, External):
        return False
    kinds = [_KIND_OF_NUMBER.get(x.name.rpartition(".")[2] if isinstance(x, External) else x
                                 if isinstance(x, str) else "")
             for x in (a, b)]
    return kinds[0] == kinds[1] is not None


_KIND_OF_NUMBER = {
    **dict.fromkeys(("float16", "float32", "float64", "bfloat16", "float", "half", "double", "float_"), "float"),
    **dict.fromkeys(("int8", "int16", "int32", "int64", "uint8", "int", "long", "int_"), "int"),
}


def _contains(it: Interpreter, item: Any, container: Any) -> Any:
    if (
        isinstance(item, Pending)
        and isinstance(container, list | tuple | set)
        and all(isinstance(x, str) for x in container)
    ):
        return any(refine.is_string(it, item, text) for text in container)
    if isinstance(item, Mode) and isinstance(container, list | tuple | set):
        for text in container:
            if isinstance(text, str):
                tested(it, item, text)
    if isinstance(container, Pending):
        return refine.has_key(it, container, item)
    if isinstance(container, dict | list | tuple | set | str) and not isinstance(item, Array | Pending):
        try:
            return item in container
        except TypeError:
            return False
    if isinstance(container, Instance) and container.cls is not None and container.cls.lookup("__contains__"):
        from nablint.tracing.calls import call_method

        return call_method(it, container, "__contains__", [item], None)
    return it.unknown("a membership test", item, container)


def truth(it: Interpreter, value: Any, node: cst.CSTNode) -> bool:
    """The branch to take; where nothing tells, a choice."""
    if isinstance(value, Array):
        refine.a_number(it, value.term)
        if value.term.tainted and value.term.card in _EQUALITIES and any(a.is_constant for a in value.term.args):
            reason = "the code goes by which entries of a cotangent have a certain value"
            if refine.sparse(it, value.term):
                it.taken = it.taken or reason
            else:
                it.presumed = reason
        if it.world.sure and not value.term.is_constant:
            raise Undecided
        if it.entrywise and value.term.sample.size > 1:
            it.presumed = "a condition on one number is asked of many"
        return bool(np.all(value.term.sample)) if value.term.sample.size else False
    if isinstance(value, Pending):
        return refine.truth_of(it, value)
    if isinstance(value, Unknown):
        return guess_branch(it, node)
    if isinstance(value, Flag):
        tested(it, value, None)
    if isinstance(value, bool | int | float | str | list | tuple | dict | set | type(None)):
        return bool(value)
    if isinstance(value, Instance) and value.cls is not None:
        from nablint.tracing.calls import call_method

        for word in ("__bool__", "__len__"):
            if value.cls.lookup(word):
                return bool(call_method(it, value, word, [], node))
    return True
