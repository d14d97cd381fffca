"""Operators over stand-ins: numbers, sizes and arrays, lists and the special methods of classes."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, cast

import libcst as cst

from nablint.calculus.terms import Term
from nablint.ops import CARDS
from nablint.shapes import Misfit, Size
from nablint.tracing import hints, refine
from nablint.tracing.domains import in_domain
from nablint.tracing.values import (
    Array,
    External,
    Instance,
    OpenList,
    Pending,
    PendingShape,
    RaiseSignal,
    Restart,
    Unknown,
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


def plain(value: Any, method: str = "") -> Any:
    """The array inside an object that only wraps one (a variable with its `data`) and has no own method for it."""
    if value.__class__ is Instance and value.cls is not None and isinstance(held := value.names.get("data"), Array):
        return value if method and value.cls.lookup(method) else held
    return value


def binary(it: Interpreter, name: str, a: Any, b: Any, node: cst.CSTNode | None) -> Any:
    """`a <operator> b`; the name is that of the libcst operator node, without `Assign`."""
    if type(a) in _DIRECT and type(b) in _DIRECT:  # most operands are what they seem
        return (_array_operator(it, name, a, b, node) if type(a) is Array or type(b) is Array
                else _numbers(it, name, a, b))
    word = _METHODS.get(name, "")
    own = plain(a, f"__{word}__")
    if own is not a or not isinstance(a, Instance):  # an object's own operator gets the other operand as it is
        b = plain(b, f"__r{word}__")
    a = own
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
        no_list(it, a)
        no_list(it, b)
        return it.unknown(f"{name} of {type(a).__name__} and {type(b).__name__}", a, b)


def no_list(it: Interpreter, value: Any) -> None:
    """`0.5 * y`, `v[:m * n]`: an input that was taken for a list when it was measured is an array."""
    asked = it.world.choices.get(f"{value.path}:kind of") if isinstance(value, OpenList) else None
    if asked is not None and asked.options[asked.taken] == "list" and not (it.graph.tainting or it.world.sure):
        raise Restart("a list is no array", decisions=((asked.key, asked.options.index("array")),))


_DIRECT = frozenset({Array, Size, int, float})


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
        if name == "Add":
            _beside_a_list(it, b if isinstance(a, list | tuple) else a)
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
            if name == "Add" and left.card is not None and left.card is right.card and left.card.name in _PRODUCTS:
                refine.single_wanted(it, zip(left.shape[1:], right.shape[1:], strict=False))
            it.world.unshared |= _unshared(left, right) or _unshared(right, left)
        return Array(made, dialect)
    except Misfit as misfit:
        return it.clash(node, misfit.message, misfit.equations, (a, b))


_PRODUCTS = frozenset({"matmul", "dot"})
"""Beside the product of a state of one column (`Wx @ x + Wh @ np.zeros((n, 1))`) there is that of an input of one."""


def _beside_a_list(it: Interpreter, value: Any) -> None:
    """`[n_in] + hidden + [n_out]`: an input that was taken for an array when it was measured is a list."""
    term = value.term if isinstance(value, Array) else None
    asked = it.world.choices.get(f"{term.label}:kind of") if term is not None and term.card is None else None
    if term is not None and asked is not None:
        raise Restart(f"{term.label} is joined with a list", decisions=((asked.key, asked.options.index("list")),))


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
        from nablint.tracing.comparing import truth

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
