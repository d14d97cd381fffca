"""Python's standard library over stand-ins: functools, itertools, operator, collections, and what calls functions."""

from __future__ import annotations

import collections
import itertools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.ops import CARDS
from nablint.tracing.values import Array, External, Function, Instance, Native, RaiseSignal, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

Node = cst.CSTNode | None
MANY = 64
"""Items of an endless iterator, and entries of an array that a function is called for one by one."""
ENDLESS = 10_000
"""Items after which an iterator counts as endless."""


class DefaultDict(dict[Any, Any]):
    """A `defaultdict`: what is missing is made by a function of the traced program."""

    factory: Any = None


def items(it: Interpreter, value: Any, node: Node) -> list[Any]:
    """The items of an iterable."""
    from nablint.tracing.iteration import iterate

    return list(itertools.islice(iterate(it, value, node or cst.Name("x")), ENDLESS))


def _over(function: Callable[..., Any], count: int = 1) -> Callable[..., Any]:
    """A function of itertools whose first arguments are iterables; the rest are numbers."""

    def over(it: Interpreter, node: Node, *args: Any, **keywords: Any) -> Any:
        plain = [items(it, a, node) if i < count else int(a) if isinstance(a, int) else a for i, a in enumerate(args)]
        if any(isinstance(a, Unknown) for a in args):
            return it.unknown("", *args)
        try:
            return list(itertools.islice(function(*plain, **keywords), 10_000))
        except (TypeError, ValueError):
            return it.unknown("itertools with such arguments", *args)

    return over


def _accumulate(it: Interpreter, node: Node, values: Any, function: Any = None, initial: Any = None) -> Any:
    out: list[Any] = [] if initial is None else [initial]
    for value in items(it, values, node):
        out.append(value if not out else _two(it, node, function, out[-1], value))
    return out


def _two(it: Interpreter, node: Node, function: Any, a: Any, b: Any) -> Any:
    from nablint.tracing.calls import call
    from nablint.tracing.operators import binary

    return binary(it, "Add", a, b, node) if function is None else call(it, function, [a, b], {}, node)


def _reduce(it: Interpreter, node: Node, function: Any, values: Any, *start: Any) -> Any:
    found = [*start, *items(it, values, node)]
    if not found:
        raise RaiseSignal("TypeError")
    total = found[0]
    for value in found[1:]:
        total = _two(it, node, function, total, value)
    return total


def _from_keys(it: Interpreter, node: Node, keys: Any, value: Any = None) -> Any:
    found = items(it, keys, node)
    if any(isinstance(key, list | dict | set) for key in found):
        return it.unknown("keys that cannot be keys")
    return dict.fromkeys(found, value)


def _partial(it: Interpreter, node: Node, function: Any, *args: Any, **keywords: Any) -> Any:
    from nablint.tracing.calls import call

    return Native(lambda *more, **named: call(it, function, [*args, *more], {**keywords, **named}, node))


def _binary(name: str) -> Callable[..., Any]:
    def apply(it: Interpreter, node: Node, a: Any, b: Any) -> Any:
        from nablint.tracing.operators import binary

        return binary(it, name, a, b, node)

    return apply


def _getter(it: Interpreter, node: Node, *keys: Any) -> Any:
    from nablint.tracing.subscripts import index

    def get(value: Any) -> Any:
        found = [index(it, value, key, node) for key in keys]
        return found[0] if len(found) == 1 else tuple(found)

    return Native(get)


def _attributes(it: Interpreter, node: Node, *names: Any) -> Any:
    from nablint.tracing.attributes import attribute

    def get(value: Any) -> Any:
        found = [attribute(it, value, name, node) for name in names]
        return found[0] if len(found) == 1 else tuple(found)

    return Native(get)


def _count(it: Interpreter, node: Node, start: Any = 0, step: Any = 1) -> Any:
    return itertools.count(start, step) if isinstance(start, int) and isinstance(step, int) else it.unknown("a count")


def _islice(it: Interpreter, node: Node, values: Any, *bounds: Any) -> Any:
    from nablint.tracing.iteration import iterate

    try:
        return list(itertools.islice(iterate(it, values, node or cst.Name("x")), *bounds))
    except (TypeError, ValueError):
        return it.unknown("a slice of an iterator", values)


def _repeat(it: Interpreter, node: Node, value: Any, times: Any = MANY) -> Any:
    return [value] * int(times) if isinstance(times, int) else it.unknown("a repetition", times)


def _product(it: Interpreter, node: Node, *values: Any, repeat: Any = 1) -> Any:
    if not isinstance(repeat, int):
        return it.unknown("a product", repeat)
    return list(itertools.islice(itertools.product(*[items(it, v, node) for v in values], repeat=int(repeat)), 10_000))


def _chain(it: Interpreter, node: Node, *values: Any) -> Any:
    return [item for value in values for item in items(it, value, node)]


def _flattened(it: Interpreter, node: Node, values: Any) -> Any:
    return _chain(it, node, *items(it, values, node))


def _starmap(it: Interpreter, node: Node, function: Any, values: Any) -> Any:
    from nablint.tracing.calls import call

    return [call(it, function, items(it, args, node), {}, node) for args in items(it, values, node)]


def _defaultdict(it: Interpreter, node: Node, factory: Any = None, *args: Any, **keywords: Any) -> Any:
    out = DefaultDict(*[a for a in args if isinstance(a, dict)], **keywords)
    out.factory = factory
    return out


def _counter(it: Interpreter, node: Node, values: Any = ()) -> Any:
    out = DefaultDict()
    out.factory = Native(lambda: 0)
    for value in items(it, values, node):
        if not isinstance(value, str | int | tuple):
            return it.unknown("a count of arrays", value)
        out[value] = out.get(value, 0) + 1
    return out


def missing(it: Interpreter, value: DefaultDict, key: Any, node: Node) -> Any:
    """What a `defaultdict` makes for a key that it does not have."""
    from nablint.tracing.calls import call

    if value.factory is None:
        raise RaiseSignal("KeyError")
    value[key] = call(it, value.factory, [], {}, node)
    return value[key]


def _namedtuple(it: Interpreter, node: Node, name: Any, fields: Any, **more: Any) -> Any:
    given = fields.replace(",", " ").split() if isinstance(fields, str) else fields
    defaults = more.get("defaults")
    try:
        made = collections.namedtuple(str(name), list(given), defaults=defaults)  # pyright: ignore[reportUntypedNamedTuple]
    except (TypeError, ValueError):
        return it.unknown("a named tuple with unknown fields")
    return Native(lambda *args, **keywords: _record(made, args, keywords))


def _record(made: Any, args: Any, keywords: Any) -> Any:
    try:
        return made(*args, **keywords)
    except TypeError:
        raise RaiseSignal("TypeError") from None


def record(name: str, fields: list[str], defaults: dict[str, Any], args: list[Any], keywords: dict[str, Any]) -> Any:
    """An object of a `NamedTuple` class: a real named tuple, so that it unpacks and is indexed as one."""
    made: Any = collections.namedtuple(name, fields)  # pyright: ignore[reportUntypedNamedTuple]
    given = {k: v for k, v in defaults.items() if k not in fields[: len(args)]}
    return _record(made, args, given | keywords)


def _replaced(it: Interpreter, node: Node, value: Any, **changes: Any) -> Any:
    if isinstance(value, Instance):
        return Instance(value.cls, value.names | changes, value.path)
    return it.unknown("a record with something replaced", value)


def _asdict(it: Interpreter, node: Node, value: Any) -> Any:
    return dict(value.names) if isinstance(value, Instance) else it.unknown("a record as a dict", value)


def _namespace(it: Interpreter, node: Node, **names: Any) -> Any:
    return Instance(None, names, "namespace")


def _power(it: Interpreter, node: Node, a: Any, b: Any, modulus: Any = None) -> Any:
    if modulus is not None:
        plain = all(isinstance(v, int) for v in (a, b, modulus))
        return pow(int(a), int(b), int(modulus)) if plain and modulus else it.unknown("a power modulo", a, b)
    return _binary("Power")(it, node, a, b)


def _prod(it: Interpreter, node: Node, values: Any, start: Any = 1) -> Any:
    total = start
    for value in items(it, values, node):
        total = _binary("Multiply")(it, node, total, value)
    return total


def _ndindex(it: Interpreter, node: Node, *shape: Any) -> Any:
    sizes = shape[0] if len(shape) == 1 and isinstance(shape[0], tuple | list) else shape
    if not all(isinstance(n, int) for n in sizes) or math.prod(sizes) > 4096:
        return it.unknown("an index over unknown axes", *sizes)
    return list(itertools.product(*[range(int(n)) for n in sizes]))


def _ndenumerate(it: Interpreter, node: Node, value: Any) -> Any:
    from nablint.tracing.subscripts import index_array

    if not isinstance(value, Array) or value.term.sample.size > 4096:
        return it.unknown("the entries of something unknown", value)
    places = itertools.product(*map(range, value.term.sample.shape))
    return [(place, index_array(it, value, place, node)) for place in places]


def _vectorize(it: Interpreter, node: Node, function: Any, *args: Any, **keywords: Any) -> Any:
    from nablint.tracing.calls import call

    if not isinstance(function, Function) or args or keywords:
        return it.unknown("a vectorized function", *args)

    def apply(*values: Any) -> Any:
        arrays = [v for v in values if isinstance(v, Array)]
        if len(arrays) != 1 or arrays[0].term.sample.size > MANY or not arrays[0].term.ndim:
            return it.unknown("a vectorized function of several arrays, or of a large one", *values)
        entries: list[Any] = []
        for _place, entry in _ndenumerate(it, node, arrays[0]):
            entries.append(it.term(call(it, function, [entry if v is arrays[0] else v for v in values], {}, node)))
        if any(e is None or e.ndim for e in entries):
            return it.unknown("a vectorized function that gives no numbers", *values)
        flat = CARDS["stack"](*entries, axis=0)
        return Array(CARDS["reshape"](flat, shape=arrays[0].term.shape), arrays[0].dialect)

    return Native(apply)


STANDARD: dict[str, Callable[..., Any]] = {
    "reduce": _reduce, "partial": _partial, "pow": _power, "math.prod": _prod,
    "itertools.product": _product, "itertools.chain": _chain, "itertools.chain.from_iterable": _flattened,
    "itertools.accumulate": _accumulate, "itertools.repeat": _repeat, "itertools.count": _count,
    "itertools.islice": _islice, "itertools.starmap": _starmap, "itertools.pairwise": _over(itertools.pairwise),
    "itertools.combinations": _over(itertools.combinations), "itertools.permutations": _over(itertools.permutations),
    "itertools.zip_longest": _over(itertools.zip_longest, 100),
    "operator.itemgetter": _getter, "operator.attrgetter": _attributes,
    "operator.add": _binary("Add"), "operator.sub": _binary("Subtract"), "operator.mul": _binary("Multiply"),
    "operator.truediv": _binary("Divide"), "operator.matmul": _binary("MatrixMultiply"),
    "operator.floordiv": _binary("FloorDivide"), "operator.mod": _binary("Modulo"), "operator.pow": _binary("Power"),
    "collections.defaultdict": _defaultdict, "collections.Counter": _counter, "collections.namedtuple": _namedtuple,
    "collections.deque": lambda it, node, values=(), maxlen=None: items(it, values, node),
    "dataclasses.replace": _replaced, "dataclasses.asdict": _asdict, "types.SimpleNamespace": _namespace,
    "argparse.Namespace": _namespace,
    "dict.fromkeys": _from_keys,
    "numpy.ndindex": _ndindex, "numpy.ndenumerate": _ndenumerate, "numpy.vectorize": _vectorize,
    "frozenset": lambda it, node, values=(): frozenset(items(it, values, node)),
}
__all__ = ["STANDARD", "DefaultDict", "External", "items", "missing", "record"]
