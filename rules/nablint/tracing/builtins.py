"""Python's own functions and container methods over stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

import libcst as cst
import numpy as np

from nablint.ops import CARDS
from nablint.shapes import Size, dim, size_product
from nablint.tracing import refine
from nablint.tracing.made_sizes import rounded
from nablint.tracing.standard import STANDARD
from nablint.tracing.texts import TEXTS, shown
from nablint.tracing.values import (
    Array,
    Class,
    External,
    Flag,
    Instance,
    Mode,
    Native,
    OpenDict,
    Pending,
    PendingShape,
    RaiseSignal,
    Unknown,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

Node = cst.CSTNode | None


def _range(it: Interpreter, node: Node, *bounds: Any) -> Any:
    numbers: list[int] = []
    for bound in bounds:
        bound = refine.as_size(it, bound) if isinstance(bound, Pending) else bound
        if isinstance(bound, Array) and bound.term.ndim == 0:
            bound = int(bound.term.sample)
        if not isinstance(bound, int):
            return it.unknown("a range of something unknown", bound)
        numbers.append(int(bound))
    try:
        return range(*numbers)
    except (TypeError, ValueError):
        return it.unknown("a range")


def _len(it: Interpreter, node: Node, value: Any) -> Any:
    if isinstance(value, PendingShape):
        refine.counted(it, value.of)
        value = refine.whole_shape(it, value)
    if isinstance(value, Pending):
        value = refine.iterated(it, value)
    if isinstance(value, Array):
        if value.term.ndim == 0:
            raise RaiseSignal("TypeError")
        it.world.singular |= int(value.term.shape[0]) == 1
        return value.term.shape[0]
    if isinstance(value, dict | list | tuple | str | set | range):
        return len(value)
    if isinstance(value, Instance) and value.cls is not None and value.cls.lookup("__len__"):
        from nablint.tracing.calls import call_method

        return call_method(it, value, "__len__", [], node)
    return it.unknown("the length of something unknown", value)


def _items(it: Interpreter, value: Any, node: Node) -> list[Any]:
    from nablint.tracing.iteration import iterate

    return list(iterate(it, value, node))  # type: ignore[arg-type]


def _zip(it: Interpreter, node: Node, *values: Any, strict: Any = False) -> Any:
    if any(isinstance(v, Unknown) for v in values):  # what is known keeps its items, beside what is not
        length = min((len(_items(it, v, node)) for v in values if not isinstance(v, Unknown)), default=0)
        if not length:
            it.world.cut = True
            return it.unknown("", *values)
        return list(zip(*[[v] * length if isinstance(v, Unknown) else _items(it, v, node) for v in values],
                        strict=False))
    return list(zip(*[_items(it, v, node) for v in values], strict=False))


def _enumerate(it: Interpreter, node: Node, value: Any, start: Any = 0) -> Any:
    if isinstance(value, Unknown):
        it.world.cut = True
        return []
    return [(i + start, item) for i, item in enumerate(_items(it, value, node))]


def _reversed(it: Interpreter, node: Node, value: Any) -> Any:
    return _items(it, value, node)[::-1]


def _sorted(it: Interpreter, node: Node, value: Any, key: Any = None, reverse: Any = False) -> Any:
    return _ordered(it, node, _items(it, value, node), key, reverse)


def _ordered(it: Interpreter, node: Node, items: list[Any], key: Any, reverse: Any) -> list[Any]:
    """The items in order; those that cannot be compared stay as they are."""
    keys = [_plain(v) for v in (items if key is None else _map(it, node, key, items))]
    try:
        order = sorted(range(len(items)), key=keys.__getitem__, reverse=bool(reverse))
    except TypeError:
        return items
    return [items[i] for i in order]


def _plain(value: Any) -> Any:
    """A number of no axes as Python has it, so that values can be compared."""
    if isinstance(value, Array) and value.term.ndim == 0:
        return value.term.sample.item()
    return tuple(map(_plain, value)) if isinstance(value, tuple) else value


def _sort(it: Interpreter, items: list[Any], *, key: Any = None, reverse: Any = False) -> None:
    items[:] = _ordered(it, None, list(items), key, reverse)


def _map(it: Interpreter, node: Node, function: Any, *values: Any) -> Any:
    from nablint.tracing.calls import call

    return [call(it, function, list(args), {}, node)
            for args in zip(*[_items(it, v, node) for v in values], strict=False)]


def _filter(it: Interpreter, node: Node, function: Any, values: Any) -> Any:
    from nablint.tracing.calls import call
    from nablint.tracing.operators import truth

    items = _items(it, values, node)
    return [v for v in items if truth(it, v if function is None else call(it, function, [v], {}, node),
                                      node or cst.Name("x"))]


def _sum(it: Interpreter, node: Node, values: Any, start: Any = 0) -> Any:
    from nablint.tracing.operators import binary

    if isinstance(values, Pending):
        values = refine.as_operand(it, values)
    if isinstance(values, Array):
        return Array(CARDS["sum"](it.operand(values), axis=0, keepdims=False), values.dialect)
    total = start
    for i, value in enumerate(_items(it, values, node)):
        total = value if i == 0 and isinstance(start, int) and start == 0 else binary(it, "Add", total, value, node)
    return total


def _extreme(card: str, pick: Callable[..., Any]) -> Callable[..., Any]:
    def extreme(it: Interpreter, node: Node, *values: Any, key: Any = None, default: Any = None) -> Any:
        first, *rest = values
        items = list(values) if rest else _items(it, first, node)
        items = [refine.as_operand(it, v) if isinstance(v, Pending) else v for v in items]
        if not items:
            return default
        if any(isinstance(v, Unknown) for v in items):
            return it.unknown("", *items)
        if key is not None:
            return _ordered(it, node, items, key, card == "maximum")[0]
        if not any(isinstance(v, Array) for v in items):
            try:
                return pick(items)
            except TypeError:
                return it.unknown("an extreme of mixed values")
        out = it.term(items[0])
        for value in items[1:]:
            term = it.term(value)
            if out is None or term is None:
                return it.unknown("an extreme of mixed values", *items)
            out = CARDS[card](out, term)
        return it.wrap(out)

    return extreme


def _abs(it: Interpreter, node: Node, value: Any) -> Any:
    value = refine.as_operand(it, value) if isinstance(value, Pending) else value
    if isinstance(value, Array):
        return Array(CARDS["absolute"](it.operand(value)), value.dialect)
    return abs(value) if isinstance(value, int | float) else it.unknown("abs of something unknown", value)


def _int(it: Interpreter, node: Node, value: Any = 0, base: Any = 10) -> Any:
    if isinstance(value, Pending):
        return refine.as_size(it, value)
    if isinstance(value, Size):
        return value
    if isinstance(value, Array) and value.term.ndim == 0:
        sample = value.term.sample
        return (
            rounded(it, value.term) if np.isfinite(sample) else it.unknown("int of a number that is not finite")
        )
    try:
        return int(cast(Any, value))
    except (TypeError, ValueError):
        return it.unknown("int of something unknown", value)


def _float(it: Interpreter, node: Node, value: Any = 0.0) -> Any:
    if isinstance(value, Pending):
        return refine.as_operand(it, value)
    if isinstance(value, Array) and value.term.sample.size == 1:
        return Array(CARDS["reshape"](value.term, shape=()), value.dialect) if value.term.ndim else value
    if isinstance(value, Size):
        return Array(it.size_term(value)) if value.expr.number is None else float(value)
    try:
        return float(cast(Any, value))
    except (TypeError, ValueError):
        return it.unknown("float of something unknown", value)


def _list(it: Interpreter, node: Node, value: Any = ()) -> Any:
    return _items(it, value, node)


def _tuple(it: Interpreter, node: Node, value: Any = ()) -> Any:
    if isinstance(value, PendingShape):
        return refine.whole_shape(it, value)
    return tuple(_items(it, value, node))


def _set(it: Interpreter, node: Node, value: Any = ()) -> Any:
    try:
        return set(_items(it, value, node))
    except TypeError:
        return it.unknown("a set of arrays")


def _dict(it: Interpreter, node: Node, value: Any = None, **more: Any) -> Any:
    out: dict[Any, Any] = {}
    if isinstance(value, dict):
        out = OpenDict(value) if isinstance(value, OpenDict) else dict(value)
        if isinstance(out, OpenDict):
            out.path = value.path  # type: ignore[attr-defined]
    elif value is not None:
        for item in _items(it, value, node):
            if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str | int):
                out[item[0]] = item[1]
    out.update(more)
    return out


def _isinstance(it: Interpreter, node: Node, value: Any, kinds: Any) -> Any:
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    names = {_KINDS.get(last := k.name.split(".")[-1], last) for k in wanted
             if isinstance(k, External) and not k.name.endswith(("cuda.ndarray", "chainerx.ndarray"))}
    if isinstance(value, Pending):
        return refine.is_instance(it, value, names)
    if isinstance(value, Instance):
        return any(isinstance(k, Class) and _is_subclass(value.cls, k) for k in wanted)
    if isinstance(value, Array):
        return bool(names & {"ndarray", "Tensor", "float", "Number", "floating"}) and not (
            names <= {"float", "Number"} and value.term.ndim
        )
    if isinstance(value, Flag):
        value = bool(value)
    kind = {bool: {"bool", "int"}, int: {"int", "Number", "Integral"}, Size: {"int", "Number", "Integral"},
            float: {"float", "Number"}}
    return bool(names & kind.get(type(value), {type(value).__mro__[-2].__name__, type(value).__name__}))


def _issubclass(it: Interpreter, node: Node, a: Any, b: Any) -> Any:
    wanted = b if isinstance(b, tuple) else (b,)
    if isinstance(a, External | str):
        name = a.name.rpartition(".")[2] if isinstance(a, External) else a
        return any(name.startswith(start) for k in wanted if isinstance(k, External)
                   for start in _ABSTRACT.get(k.name.rpartition(".")[2], (k.name.rpartition(".")[2],)))
    return any(isinstance(a, Class) and isinstance(k, Class) and _is_subclass(a, k) for k in wanted)


_ABSTRACT = {"integer": ("int", "uint"), "signedinteger": ("int",), "floating": ("float",), "inexact": ("float",
             "complex"), "number": ("int", "uint", "float", "complex"), "complexfloating": ("complex",)}
"""Numpy's abstract types, by how the names of those below them begin."""

_KINDS = {"integer_types": "int", "string_types": "str", "text_type": "str"}
"""Kinds that had two names each in Python 2, as `six` calls them."""


def _is_subclass(cls: Class | None, other: Class) -> bool:
    return cls is not None and (cls is other or any(isinstance(b, Class) and _is_subclass(b, other) for b in cls.bases))


def _hasattr(it: Interpreter, node: Node, value: Any, name: Any) -> Any:
    if isinstance(value, Instance) and isinstance(name, str):
        return name in value.names or (value.cls is not None and value.cls.lookup(name) is not None)
    return isinstance(value, Array) and f"ndarray.{name}" in it.spellings


def _getattr(it: Interpreter, node: Node, value: Any, name: Any, *default: Any) -> Any:
    from nablint.tracing.attributes import attribute

    if not isinstance(name, str):
        return it.unknown("an attribute with an unknown name")
    if default and isinstance(value, Instance) and not _hasattr(it, node, value, name):
        return default[0]
    return attribute(it, value, name, node)


def _setattr(it: Interpreter, node: Node, value: Any, name: Any, new: Any) -> None:
    from nablint.tracing.statements import set_attribute

    if isinstance(name, str) and node is not None:
        set_attribute(it, value, name, new, node)


def _str(it: Interpreter, node: Node, value: Any = "") -> Any:
    if (text := shown(it, value, node)) is not None:
        return text
    if isinstance(value, Array) and value.term.ndim == 0 and value.term.sample.dtype.kind in "iu":
        return str(int(value.term.sample))
    if isinstance(value, Pending):
        value = refine.as_size(it, value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(int(value))
    return str(value) if isinstance(value, str | float | bool | type(None)) else it.unknown("text of something unknown")


def _any_all(pick: Callable[..., bool]) -> Callable[..., Any]:
    def check(it: Interpreter, node: Node, values: Any) -> Any:
        from nablint.tracing.operators import truth

        return pick([truth(it, v, node or cst.Name("x")) for v in _items(it, values, node)])

    return check


def _type(it: Interpreter, node: Node, value: Any) -> Any:
    if isinstance(value, Instance) and value.cls is not None:
        return value.cls
    return it.unknown("the type of a value")


def _nothing(it: Interpreter, node: Node, *args: Any, **keywords: Any) -> Any:
    return None


def _iter(it: Interpreter, node: Node, value: Any) -> Any:
    return iter(_items(it, value, node))


def _next(it: Interpreter, node: Node, value: Any, *default: Any) -> Any:
    try:
        return next(value)
    except StopIteration:
        if default:
            return default[0]
        raise RaiseSignal("StopIteration") from None
    except TypeError:
        return (
            Pending(f"next@{it.world.steps}", "item")
            if isinstance(value, Pending)
            else it.unknown("next of something", value)
        )


def _apply(it: Interpreter, node: Node, *args: Any, **keywords: Any) -> Any:
    return it.unknown("a custom autograd function", *args)


def _round(it: Interpreter, node: Node, value: Any, digits: Any = None) -> Any:
    if isinstance(value, Size) and digits is None:
        return value
    return (
        round(value, digits)
        if isinstance(value, int | float) and isinstance(digits, int | None)
        else it.unknown("round", value)
    )


def _divmod(it: Interpreter, node: Node, a: Any, b: Any) -> Any:
    return divmod(a, b) if isinstance(a, int) and isinstance(b, int) and b else it.unknown("divmod", a, b)


BUILTINS: dict[str, Callable[..., Any]] = {
    "range": _range, "xrange": _range, "len": _len, "zip": _zip, "enumerate": _enumerate, "reversed": _reversed,
    "sorted": _sorted, "map": _map, "filter": _filter, "sum": _sum, "max": _extreme("maximum", max),
    "min": _extreme("minimum", min), "abs": _abs, "int": _int, "float": _float, "list": _list, "tuple": _tuple,
    "set": _set, "dict": _dict, "isinstance": _isinstance, "hasattr": _hasattr, "getattr": _getattr,
    "setattr": _setattr, "str": _str, "any": _any_all(any), "all": _any_all(all), "type": _type, "print": _nothing,
    "iter": _iter, "next": _next, "$apply": _apply, "$nothing": _nothing, "round": _round, "divmod": _divmod,
    "collections.OrderedDict": _dict, "tqdm.tqdm": lambda it, node, value, *a, **k: value,
    "tqdm.trange": _range, "tqdm.notebook.tqdm": lambda it, node, value, *a, **k: value,
    "bool": lambda it, node, value=False: value,
    "issubclass": _issubclass, "numpy.issubdtype": _issubclass,
    "callable": lambda it, node, value: not isinstance(value, Array | int | float),
    "input": _nothing, "open": _nothing, "repr": _str, "id": _nothing,
    "vars": lambda it, node, value=None: getattr(value, "names", {}),
    "slice": lambda it, node, *a: slice(*a), "object": lambda it, node: Instance(None, {}, "object"),
}
for _kind in ("Exception", "ValueError", "NotImplementedError", "TypeError", "AssertionError", "RuntimeError",
              "KeyError", "IndexError"):
    BUILTINS[_kind] = _nothing


def _unbroadcast(it: Interpreter, node: Node, target: Any, carry: Any) -> Any:
    """autograd's sum of a cotangent over the axes that its variable was stretched along."""
    from nablint.tracing.calls import call

    def carried(g: Any) -> Any:
        value, shape = call(it, carry, [g], {}, node), it.term(refine.as_operand(it, target)
                                                               if isinstance(target, Pending) else target)
        if not isinstance(value, Array) or shape is None:
            return it.unknown("a cotangent of something unknown", value)
        return Array(CARDS["sum_to"](value.term, shape=tuple(shape.shape)), value.dialect)

    return Native(carried)


def _append(it: Interpreter, items: list[Any], value: Any) -> None:
    items.append(value)


def _pop(it: Interpreter, items: Any, *args: Any) -> Any:
    try:
        return items.pop(*args)
    except (IndexError, KeyError):
        raise RaiseSignal("IndexError") from None


def _get(it: Interpreter, items: dict[Any, Any], key: Any, default: Any = None) -> Any:
    from nablint.tracing.operators import index

    if isinstance(items, OpenDict) and isinstance(key, str):
        if default is None or it.world.decided(f"{items.path}[{key!r}]:given") == 1:
            return index(it, items, key, None)
        if key not in items:
            items.left_out.add(key)
    try:
        return items.get(key, default)
    except TypeError:
        return default


def _extend(it: Interpreter, items: list[Any], more: Any) -> None:
    items.extend(_items(it, more, None))


def _remove(it: Interpreter, items: list[Any], value: Any) -> None:
    del items[_index_of(it, items, value)]


def _popitem(items: dict[Any, Any]) -> Any:
    if not items:
        raise RaiseSignal("KeyError")
    return items.popitem()


def _of_sets(name: str) -> Callable[..., Any]:
    def method(it: Interpreter, values: Any, *others: Any) -> Any:
        plain = [set(_items(it, other, None)) if name not in ("add", "discard", "remove") else other
                 for other in others]
        try:
            return getattr(values, name)(*plain)
        except KeyError:
            raise RaiseSignal("KeyError") from None
        except TypeError:
            return it.unknown("a set of arrays", *others)

    return method


def _keys(it: Interpreter, items: dict[Any, Any]) -> Any:
    return list(items)


def _update(it: Interpreter, items: dict[Any, Any], other: Any = None, **more: Any) -> None:
    if isinstance(other, dict):
        items.update(other)
    items.update(more)


def _index_of(it: Interpreter, items: Any, value: Any) -> Any:
    for i, item in enumerate(items):
        if item is value or (isinstance(item, str | int) and item == value):
            return i
    raise RaiseSignal("ValueError")


_PADDING = frozenset({"center", "expandtabs", "ljust", "rjust", "zfill"})


def _text(name: str) -> Callable[..., Any]:
    def method(it: Interpreter, text: str, *args: Any, **keywords: Any) -> Any:
        plain = [int(a) if isinstance(a, Size) else a for a in args]
        if name == "format":
            plain = [a if (said := shown(it, a)) is None else said for a in plain]
        named = {k: int(a) if isinstance(a, Size) else a for k, a in keywords.items()}
        if any(not isinstance(a, str | int | float | tuple | list) for a in (*plain, *named.values())):
            return it.unknown("a string method with unknown arguments")
        if any(isinstance(a, int | float) and abs(a) > 10_000 for a in plain) and name in _PADDING:
            return it.unknown("a very long string")
        try:
            found = getattr(text, name)(*plain, **named)
            if isinstance(text, Mode) and name in ("lower", "upper", "strip", "casefold"):
                found = Mode(found)
                found.path = text.path
            return it.unknown("bytes") if isinstance(found, bytes) else found
        except (TypeError, ValueError, IndexError, KeyError):
            return it.unknown("a string method")

    return method


METHODS: dict[tuple[type, str], Callable[..., Any]] = {
    (list, "append"): _append,
    (list, "pop"): _pop,
    (list, "extend"): _extend,
    (list, "insert"): lambda it, items, i, value: items.insert(i, value),
    (list, "reverse"): lambda it, items: items.reverse(),
    (list, "copy"): lambda it, items: list(items),
    (list, "clear"): lambda it, items: items.clear(),
    (list, "index"): _index_of,
    (tuple, "index"): _index_of,
    (tuple, "numel"): lambda it, items: size_product(items),
    (list, "count"): lambda it, items, value: sum(1 for x in items if x is value or (
        isinstance(value, str | int | float) and isinstance(x, str | int | float) and x == value)),
    (dict, "keys"): _keys,
    (dict, "values"): lambda it, items: list(items.values()),
    (dict, "items"): lambda it, items: list(items.items()),
    (dict, "get"): _get,
    (dict, "pop"): _pop,
    (dict, "update"): _update,
    (dict, "copy"): lambda it, items: refine.shallow(items),
    (dict, "setdefault"): lambda it, items, key, default=None: items.setdefault(key, default),
    (list, "sort"): _sort,
    (list, "remove"): _remove,
    (list, "popleft"): lambda it, items: _pop(it, items, 0),
    (list, "appendleft"): lambda it, items, value: items.insert(0, value),
    (tuple, "count"): lambda it, items, value: sum(1 for x in items if x is value or (
        isinstance(value, str | int | float) and x == value)),
    (dict, "popitem"): lambda it, items: _popitem(items),
    (dict, "clear"): lambda it, items: items.clear(),
    (set, "add"): lambda it, items, value: items.add(value) if isinstance(value, str | int | tuple) else None,
}
for _name in (n for n in dir(str) if not n.startswith("_")):
    METHODS[(str, _name)] = _text(_name)
for _name in ("union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint",
              "copy"):
    METHODS[(set, _name)] = METHODS[(frozenset, _name)] = _of_sets(_name)
for _name in ("update", "discard", "remove", "clear"):
    METHODS[(set, _name)] = _of_sets(_name)
for _module in ("autograd.extend", "autograd.core", "autograd.tracer"):
    BUILTINS[f"{_module}.primitive"] = lambda it, node, function: function  # it computes what the function does
BUILTINS["numpy.numpy_vjps.unbroadcast_f"] = _unbroadcast
BUILTINS.update(STANDARD)
BUILTINS.update(TEXTS)

__all__ = ["BUILTINS", "METHODS", "dim"]
