"""Functions that go through items: `range`, `zip`, `sorted`, `map`, and the makers of containers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import libcst as cst
import numpy as np

from nablint.tracing import refine
from nablint.tracing.clashes import solve
from nablint.tracing.made_sizes import too_large
from nablint.tracing.singles import note_single
from nablint.tracing.standard import items as items_of
from nablint.tracing.values import (
    Array,
    Instance,
    OpenDict,
    Pending,
    PendingShape,
    RaiseSignal,
    Restart,
    Unknown,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


Node = cst.CSTNode | None


def _range(it: Interpreter, node: Node, *bounds: Any) -> Any:
    numbers: list[int] = []
    if len(bounds) == 1:  # nobody writes a loop over what is left of a size for no turn at all
        it.world.idle |= too_large(it, bounds[0])
    for bound in bounds:
        bound = refine.as_size(it, bound) if isinstance(bound, Pending) else bound
        if isinstance(bound, Array) and bound.term.ndim == 0 and np.isfinite(bound.term.sample):
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
        value = refine.measured(it, value)
    if isinstance(value, Array):
        if value.term.ndim == 0:
            raise RaiseSignal("TypeError")
        note_single(it, int(value.term.shape[0]) == 1)
        return value.term.shape[0]
    if isinstance(value, dict | list | tuple | str | set | range):
        return max(len(value), value.counted) if isinstance(value, OpenDict) else len(value)
    if isinstance(value, Instance) and value.cls is not None and value.cls.lookup("__len__"):
        from nablint.tracing.calls import call_method

        return call_method(it, value, "__len__", [], node)
    if isinstance(value, Unknown) and not (value.tainted or it.world.sure):
        return Unknown("the length of something unknown", it.graph.tainting, length=True)
    return it.unknown("the length of something unknown", value)


def _zip(it: Interpreter, node: Node, *values: Any, strict: Any = False) -> Any:
    if any(isinstance(v, Unknown) for v in values):  # what is known keeps its items, beside what is not
        length = min((len(items_of(it, v, node)) for v in values if not isinstance(v, Unknown)), default=0)
        if not length:
            it.world.cut = True
            return it.unknown("", *values)
        return list(zip(*[[v] * length if isinstance(v, Unknown) else items_of(it, v, node) for v in values],
                        strict=False))
    items = [items_of(it, v, node) for v in values]
    _as_long(it, values)
    return list(zip(*items, strict=False))


def _as_long(it: Interpreter, values: tuple[Any, ...]) -> None:
    """Inputs that are gone through side by side have as many rows: start again with that where they have not."""
    held = [v.value if isinstance(v, Pending) else v for v in values]
    sizes = [v.term.shape[0] for v in held if isinstance(v, Array) and v.term.ndim and v.term.card is None]
    if it.world.sure or it.graph.tainting or it.met is not None:
        return
    for size in sizes[1:]:
        if size != sizes[0] and (equation := solve(it.world, sizes[0], size)) is not None:
            raise Restart("what is zipped has as many rows", (equation,))


def _enumerate(it: Interpreter, node: Node, value: Any, start: Any = 0) -> Any:
    return [(i + start, item) for i, item in enumerate(items_of(it, value, node))]


def _reversed(it: Interpreter, node: Node, value: Any) -> Any:
    return items_of(it, value, node)[::-1]


def _sorted(it: Interpreter, node: Node, value: Any, key: Any = None, reverse: Any = False) -> Any:
    return in_order(it, node, items_of(it, value, node), key, reverse)


def in_order(it: Interpreter, node: Node, items: list[Any], key: Any, reverse: Any) -> list[Any]:
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


def _map(it: Interpreter, node: Node, function: Any, *values: Any) -> Any:
    from nablint.tracing.calls import call

    return [call(it, function, list(args), {}, node)
            for args in zip(*[items_of(it, v, node) for v in values], strict=False)]


def _filter(it: Interpreter, node: Node, function: Any, values: Any) -> Any:
    from nablint.tracing.calls import call
    from nablint.tracing.comparing import truth

    items = items_of(it, values, node)
    return [v for v in items if truth(it, v if function is None else call(it, function, [v], {}, node),
                                      node or cst.Name("x"))]


def _list(it: Interpreter, node: Node, value: Any = ()) -> Any:
    return items_of(it, value, node)


def _tuple(it: Interpreter, node: Node, value: Any = ()) -> Any:
    if isinstance(value, PendingShape):
        return refine.whole_shape(it, value)
    return tuple(items_of(it, value, node))


def _set(it: Interpreter, node: Node, value: Any = ()) -> Any:
    try:
        return set(items_of(it, value, node))
    except TypeError:
        return it.unknown("a set of arrays")


def _dict(it: Interpreter, node: Node, value: Any = None, **more: Any) -> Any:
    out: dict[Any, Any] = {}
    if isinstance(value, dict):
        out = OpenDict(value) if isinstance(value, OpenDict) else dict(value)
        if isinstance(out, OpenDict):
            out.path = value.path  # type: ignore[attr-defined]
    elif value is not None:
        for item in items_of(it, value, node):
            if isinstance(item, tuple) and len(item) == 2 and isinstance(item[0], str | int):
                out[item[0]] = item[1]
    out.update(more)
    return out


def _any_all(pick: Callable[..., bool]) -> Callable[..., Any]:
    def check(it: Interpreter, node: Node, values: Any) -> Any:
        from nablint.tracing.comparing import truth

        return pick([truth(it, v, node or cst.Name("x")) for v in items_of(it, values, node)])

    return check


def _iter(it: Interpreter, node: Node, value: Any) -> Any:
    return iter(items_of(it, value, node))


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


def _of_known(function: Callable[..., Any]) -> Callable[..., Any]:
    """What is made of the items of something unknown is as unknown; empty it is not."""

    def over(it: Interpreter, node: Node, *args: Any, **keywords: Any) -> Any:
        if any(isinstance(a, Unknown) for a in args):
            it.world.cut = True
            return it.unknown("", *args)
        return function(it, node, *args, **keywords)

    return over


SEQUENCES: dict[str, Callable[..., Any]] = {
    "range": _range, "xrange": _range, "tqdm.trange": _range, "len": _len, "zip": _zip, "dict": _dict,
    "collections.OrderedDict": _dict, "any": _any_all(any), "all": _any_all(all),
    **{name: _of_known(function) for name, function in (
        ("enumerate", _enumerate), ("reversed", _reversed), ("sorted", _sorted), ("map", _map), ("filter", _filter),
        ("list", _list), ("tuple", _tuple), ("set", _set))},
    "iter": _iter, "next": _next, "slice": lambda it, node, *a: slice(*a),
    "tqdm.tqdm": lambda it, node, value, *a, **k: value, "tqdm.notebook.tqdm": lambda it, node, value, *a, **k: value,
}
