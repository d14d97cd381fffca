"""Operators, comparisons, truth and subscripts over stand-ins."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, cast

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.ops import CARDS
from nablint.ops.indexing import encode_index, read_at, write_at
from nablint.shapes import Misfit, Size, dim
from nablint.tracing import hints, refine
from nablint.tracing.domains import in_domain
from nablint.tracing.made_sizes import rounded, too_large
from nablint.tracing.paths import tested
from nablint.tracing.standard import DefaultDict, missing
from nablint.tracing.values import (
    Array,
    External,
    Flag,
    Instance,
    Method,
    Mode,
    OpenDict,
    OpenList,
    Pending,
    PendingShape,
    RaiseSignal,
    Restart,
    Unknown,
    is_tainted,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

NUMBERS = (bool, int, float, complex)

_PYTHON = {
    "Add": operator.add,
    "Subtract": operator.sub,
    "Multiply": operator.mul,
    "Divide": operator.truediv,
    "FloorDivide": operator.floordiv,
    "Modulo": operator.mod,
    "Power": operator.pow,
    "BitAnd": operator.and_,
    "BitOr": operator.or_,
    "BitXor": operator.xor,
    "LeftShift": operator.lshift,
    "RightShift": operator.rshift,
}
_CARDS = {
    "Add": "add",
    "Subtract": "subtract",
    "Multiply": "multiply",
    "Divide": "divide",
    "FloorDivide": "floor_divide",
    "Modulo": "mod",
    "Power": "power",
    "MatrixMultiply": "matmul",
    "BitAnd": "logical_and",
    "BitOr": "logical_or",
    "BitXor": "not_equal",
}
_COMPARE = {
    "LessThan": ("less", operator.lt),
    "LessThanEqual": ("less_equal", operator.le),
    "GreaterThan": ("greater", operator.gt),
    "GreaterThanEqual": ("greater_equal", operator.ge),
    "Equal": ("equal", operator.eq),
    "NotEqual": ("not_equal", operator.ne),
}


def plain(value: Any, method: str = "") -> Any:
    """The array inside an object that only wraps one (a variable with its `data`) and has no own method for it."""
    if isinstance(value, Instance) and value.cls is not None and isinstance(held := value.names.get("data"), Array):
        return value if method and value.cls.lookup(method) else held
    return value


def binary(it: Interpreter, name: str, a: Any, b: Any, node: cst.CSTNode | None) -> Any:
    """`a <operator> b`; the name is that of the libcst operator node, without `Assign`."""
    word = _METHODS.get(name, "")
    a, b = plain(a, f"__{word}__"), plain(b, f"__r{word}__")
    if isinstance(a, PendingShape) or isinstance(b, PendingShape):
        a, b = refine.whole_shape(it, a), refine.whole_shape(it, b)
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return it.unknown("", a, b)
    if isinstance(a, Pending) or isinstance(b, Pending):
        a, b = refine.operands(it, name, a, b)
    if name == "Multiply" and (isinstance(a, list | tuple) or isinstance(b, list | tuple)):
        a, b = _times(a), _times(b)
    if isinstance(a, Array) or isinstance(b, Array):
        return _array_operator(it, name, a, b, node)
    if isinstance(a, NUMBERS) and isinstance(b, NUMBERS):
        return _numbers(it, name, a, b)
    if isinstance(a, Instance) or isinstance(b, Instance):
        return _special_method(it, name, a, b, node)
    function = _PYTHON.get(name)
    if _huge(name, a, b):
        return it.unknown("a list or string of very many items", a, b)
    if function is None or isinstance(a, External) or isinstance(b, External):
        return it.unknown("an operator on something unknown", a, b)
    try:
        return function(a, b)
    except Exception:  # noqa: BLE001 - plain Python on plain values may raise anything
        return it.unknown(f"{name} of {type(a).__name__} and {type(b).__name__}", a, b)


def _times(value: Any) -> Any:
    """A rounded number beside a sequence says how often it is repeated: `(mask,) * math.ceil(n / tile)`."""
    term = value.term if isinstance(value, Array) else None
    whole = term is not None and term.ndim == 0 and term.card is not None and term.card.name in _ROUNDING
    return int(term.sample) if whole and term is not None and not term.tainted else value


_ROUNDING = frozenset({"ceil", "floor", "rint", "floor_divide"})


def _numbers(it: Interpreter, name: str, a: Any, b: Any) -> Any:
    """Arithmetic of numbers; a true division by or of a dimension stays a term, so that `1/m` keeps its name."""
    symbolic = any(isinstance(x, Size) and x.expr.number is None for x in (a, b))
    if symbolic and (name in ("Divide", "Power") or isinstance(a, float) or isinstance(b, float)) and name in _CARDS:
        left, right = it.term(a), it.term(b)
        assert left is not None and right is not None
        return it.wrap(CARDS[_CARDS[name]](left, right))
    if _huge(name, a, b):
        return it.unknown("a number of very many digits", a, b)
    try:
        return _PYTHON[name](a, b)
    except ZeroDivisionError:
        raise RaiseSignal("ZeroDivisionError") from None
    except (TypeError, OverflowError, ValueError, KeyError):
        return it.unknown(f"{name} of numbers")


LONGEST = 200_000
"""Items of a list or a string that traced code builds by `+` and `*`."""
DIGITS = 4096
"""Binary digits of an integer."""


def _huge(name: str, a: Any, b: Any) -> bool:
    """Would an integer have more digits, or a sequence more items, than anything that is worth following?"""
    if isinstance(a, int) and isinstance(b, int):
        if name == "Power":
            return b > 0 and int(a).bit_length() * int(b) > DIGITS
        if name == "LeftShift":
            return int(b) > DIGITS
        return int(a).bit_length() + int(b).bit_length() > 2 * DIGITS
    if name == "Multiply" and (isinstance(a, list | tuple | str) or isinstance(b, list | tuple | str)):
        items, times = (b, a) if isinstance(a, int) else (a, b)
        return isinstance(items, list | tuple | str) and isinstance(times, int) and len(items) * int(times) > LONGEST
    return (name == "Add" and isinstance(a, list | tuple | str) and isinstance(b, list | tuple | str)
            and len(a) + len(b) > LONGEST)


def _array_operator(it: Interpreter, name: str, a: Any, b: Any, node: cst.CSTNode | None) -> Any:
    if name not in _CARDS:
        return it.unknown(f"the operator {name} on arrays", a, b)
    if isinstance(a, list | tuple) or isinstance(b, list | tuple):
        a, b = listed(it, a), listed(it, b)
    left, right = it.term(a), it.term(b)
    if name == "BitXor" and not (left is not None and right is not None
                                 and left.sample.dtype.kind == right.sample.dtype.kind == "b"):
        return it.unknown("the operator BitXor on arrays", a, b)
    if left is None or right is None:
        return it.unknown(f"an array with a {type(b if right is None else a).__name__}", a, b)
    dialect = a.dialect if isinstance(a, Array) else b.dialect
    try:
        made = CARDS[_CARDS[name]](left, right)
        in_domain(it, made)
        if name in ("Add", "Multiply") and not it.graph.tainting:
            it.world.unshared |= _unshared(left, right) or _unshared(right, left)
        return Array(made, dialect)
    except Misfit as misfit:
        return it.clash(node, misfit.message, misfit.equations, (a, b))


def _unshared(own: Term, other: Term) -> bool:
    """Has an input by the name of a bias the whole shape of what it is added to?"""
    return (own.card is None and bool(own.label) and own.ndim > 1 and other.card is not None
            and tuple(own.shape) == tuple(other.shape) and 1 not in tuple(map(int, own.shape))
            and hints.is_per_feature(hints.base(own.label)))


def listed(it: Interpreter, value: Any) -> Any:
    """A list of numbers or arrays as one array; other values as they are."""
    if not isinstance(value, list | tuple):
        return value
    terms = [it.term(listed(it, v)) for v in value]
    if any(t is None for t in terms) or not terms:
        return value
    try:
        return Array(CARDS["stack"](*terms, axis=0), it.dialect)
    except Misfit:
        return value


_METHODS = {"Add": "add", "Subtract": "sub", "Multiply": "mul", "Divide": "truediv", "MatrixMultiply": "matmul",
            "Power": "pow"}


def _special_method(it: Interpreter, name: str, a: Any, b: Any, node: cst.CSTNode | None) -> Any:
    from nablint.tracing.calls import call_method

    word = _METHODS.get(name)
    step = it.step.node if it.step is not None else None
    inplace = (
        isinstance(step, cst.AugAssign)
        and step is node
        and isinstance(a, Instance)
        and a.cls is not None
        and a.cls.lookup(f"__i{word}__")
    )
    for receiver, other, prefix in ((a, b, "__i" if inplace else "__"), (b, a, "__r")):
        if (
            word
            and isinstance(receiver, Instance)
            and receiver.cls is not None
            and receiver.cls.lookup(f"{prefix}{word}__")
        ):
            return call_method(it, receiver, f"{prefix}{word}__", [other], node)
    return it.unknown("an operator on an object", a, b)


def unary(it: Interpreter, name: str, value: Any, node: cst.CSTNode) -> Any:
    """`-x`, `+x`, `~x`, `not x`."""
    value = plain(value, "__neg__")
    if name == "Not":
        return not truth(it, value, node)
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Pending):
        value = refine.as_operand(it, value)
    if isinstance(value, Instance) and value.cls is not None:
        from nablint.tracing.calls import call_method

        word = {"Minus": "__neg__", "Plus": "__pos__", "BitInvert": "__invert__"}.get(name, "")
        return (
            call_method(it, value, word, [], node)
            if value.cls.lookup(word)
            else it.unknown(f"the operator {name}", value)
        )
    if isinstance(value, Array):
        term = it.operand(value)
        if name == "Plus":
            return value
        if name == "BitInvert" and term.sample.dtype.kind == "f":
            refine.booleans(it, term)
            return it.unknown("the operator ~ on an array of floats", value)
        card = {"Minus": "negative", "BitInvert": "logical_not"}.get(name)
        return Array(CARDS[card](term), value.dialect) if card else it.unknown(f"the operator {name}", value)
    try:
        return {"Minus": operator.neg, "Plus": operator.pos, "BitInvert": operator.invert}[name](cast(Any, value))
    except (TypeError, KeyError):
        return it.unknown(f"the operator {name}", value)


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
        return bool(np.all(value.term.sample)) if value.term.sample.size else False
    if isinstance(value, Pending):
        return refine.truth_of(it, value)
    if isinstance(value, Unknown):
        return it.guess_branch(node)
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


def index(it: Interpreter, value: Any, key: Any, node: cst.CSTNode | None) -> Any:
    """`value[key]`."""
    if isinstance(value, Pending):
        value = refine.indexed(it, value, key)
    if isinstance(value, PendingShape):
        value = refine.shape_entry(it, value, key)
        if isinstance(value, Size):
            return value
    if isinstance(value, Unknown):
        return value
    if isinstance(key, Unknown):
        return it.unknown("", key)
    if isinstance(value, Array):
        return index_array(it, value, key, node)
    if isinstance(value, External) and f"{value.name}.__getitem__" in it.spellings:  # np.c_[a, b]
        from nablint.tracing.calls import call_external

        return call_external(it, f"{value.name}.__getitem__", list(key) if isinstance(key, tuple) else [key], {}, node)
    if isinstance(key, Pending):
        key = refine.as_key(it, key, value)
    if isinstance(key, Array) and key.term.ndim == 0:
        key = (
            int(key.term.sample) if key.term.sample.dtype.kind in "iub" or float(key.term.sample).is_integer() else key
        )
    if isinstance(value, dict):
        return _index_dict(it, value, key)
    if isinstance(value, list | tuple | str | range):
        try:
            found = value[cast(Any, key)]
        except IndexError:
            if isinstance(value, OpenList) and isinstance(key, int) and key >= 0 and key < 64:
                while len(value) <= key:
                    value.append(Pending(f"{value.path}[{len(value)}]", hints.item(hints.base(value.path))))
                return value[key]
            if isinstance(value, tuple) and isinstance(key, int) and all(isinstance(v, Size) for v in value):
                refine.wrong_rank(it, value, key + 1 if key >= 0 else -key)
            raise RaiseSignal("IndexError") from None
        except TypeError:
            return it.unknown("an index of a list", key, value)
        if isinstance(found, Size) and found == 1:
            it.world.singular = True
        return found
    if isinstance(value, Instance) and value.cls is not None and value.cls.lookup("__getitem__"):
        from nablint.tracing.calls import call_method

        return call_method(it, value, "__getitem__", [key], node)
    return it.unknown(f"an index of a {type(value).__name__}", value)


def _index_dict(it: Interpreter, value: dict[Any, Any], key: Any) -> Any:
    try:
        if key in value:
            return value[key]
    except TypeError:
        return it.unknown("an unhashable key")
    if isinstance(value, OpenDict):
        if key in value.left_out:  # read with a default before, and without one now: it is given
            raise Restart(f"{value.path} has {key!r}", decisions=((f"{value.path}[{key!r}]:given", 1),))
        shown = repr(int(key)) if isinstance(key, int) else repr(key)
        value[key] = Pending(f"{value.path}[{shown}]", str(key))
        return value[key]
    if isinstance(value, DefaultDict):
        return missing(it, value, key, None)
    raise RaiseSignal("KeyError")


def array_key(it: Interpreter, array: Array, key: Any) -> tuple[Any, tuple[Any, ...]] | Unknown:
    """The encoded index and its index terms."""
    parts = key if isinstance(key, tuple) else (key,)
    out: list[Any] = []
    for axis, part in enumerate(parts):
        if isinstance(part, Pending):
            part = refine.as_index(it, part, array, axis)
        if isinstance(part, Unknown):
            return part
        if (
            isinstance(part, range | list)
            and axis < len(array.term.shape)
            and list(part) == list(range(array.term.shape[axis]))
        ):
            # every row, by its number
            part = Array(it.spellings["numpy.arange"].call(array.term.shape[axis]), array.dialect)
        if isinstance(part, list):
            part = listed(it, part) if any(isinstance(p, Array) for p in part) else part
        out.append(part.term if isinstance(part, Array) else part)
        if isinstance(out[-1], External | Instance | str | dict | float | bool):
            return it.unknown("an index of an array", array)
    try:
        return encode_index(tuple(out), array.term.shape)
    except (Misfit, TypeError) as error:
        for part in out:
            refine.integers(it, part)
        return it.unknown(str(error), array)


def index_array(it: Interpreter, array: Array, key: Any, node: cst.CSTNode | None) -> Any:
    """`array[key]`; basic indices give views."""
    refine.spanned(it, array, key, node)
    encoded = array_key(it, array, key)
    if isinstance(encoded, Unknown):
        return encoded
    index_, terms = encoded
    base = array.term
    try:
        term = read_at(base, *terms, index=index_)
    except Misfit as misfit:
        return it.clash(node, misfit.message, misfit.equations or refine.gone_along(it, array, node), (array, key),
                        rank=misfit.rank)
    if terms:
        return Array(term, array.dialect)
    return Array(
        term, array.dialect, base=array,
        rebuild=lambda b: read_at(b, index=index_),
        unview=lambda b, new: write_at(b, new, index=index_),
    )


def store(it: Interpreter, value: Any, key: Any, new: Any, node: cst.CSTNode | None) -> None:
    """`value[key] = new`."""
    if isinstance(value, Pending):
        value = refine.indexed(it, value, key)
    if isinstance(key, Pending):
        key = refine.as_key(it, key, value) if not isinstance(value, Array) else key
    if isinstance(value, Array):
        _store_array(it, value, key, new, node)
    elif isinstance(value, dict):
        if isinstance(key, str | int | float | tuple | bool):
            value[key] = new
    elif isinstance(value, list):
        if isinstance(key, Array) and key.term.ndim == 0:
            key = int(key.term.sample)
        if isinstance(value, OpenList) and isinstance(key, int):
            while len(value) <= key < 64:
                value.append(Pending(f"{value.path}[{len(value)}]", hints.item(hints.base(value.path))))
        try:
            value[cast(Any, key)] = new
        except (IndexError, TypeError, ValueError):
            raise RaiseSignal("IndexError") from None
    elif isinstance(value, Instance) and value.cls is not None and value.cls.lookup("__setitem__"):
        from nablint.tracing.calls import call_method

        call_method(it, value, "__setitem__", [key, new], node)


def _store_array(it: Interpreter, array: Array, key: Any, new: Any, node: cst.CSTNode | None) -> None:
    encoded = array_key(it, array, key)
    if isinstance(new, Pending):
        new = refine.as_operand(it, new)
    source = it.term(listed(it, new))
    if isinstance(encoded, Unknown) or source is None:
        poison(it, array, it.unknown("an array written with something unknown", new))
        return
    index_, terms = encoded
    try:
        array.write(write_at(array.term, source, *terms, index=index_))
    except Misfit as misfit:
        poison(it, array, it.clash(node, misfit.message, misfit.equations, (array, key, new)))


def poison(it: Interpreter, array: Array, unknown: Unknown) -> None:
    """The array's contents are no longer known: a fresh, tainted leaf of which nothing may be concluded."""
    word = "misfit" if unknown.misfit else "unknown"
    term = it.graph.leaf(f"{word}: {unknown.reason}", array.term.sample * 0 + np.nan, array.term.shape, tainted=True)
    array.write(term)


__all__ = ["binary", "compare", "dim", "index", "is_tainted", "store", "truth", "unary"]
