"""Methods of Python's containers and texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nablint.shapes import Size, size_product
from nablint.tracing import refine
from nablint.tracing.builtin.sequences import in_order
from nablint.tracing.standard import items as items_of
from nablint.tracing.texts import shown
from nablint.tracing.values import Array, Mode, OpenDict, Pending, RaiseSignal, Undecided, Unknown

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def _sort(it: Interpreter, items: list[Any], *, key: Any = None, reverse: Any = False) -> None:
    items[:] = in_order(it, None, list(items), key, reverse)


def _append(it: Interpreter, items: list[Any], value: Any) -> None:
    items.append(value)


def _known(it: Interpreter, place: Any) -> bool:
    """Is it known where in a container something happens?  In a sure run the statement is given up where it is not."""
    if not isinstance(place, Unknown | Pending | Array):
        return True
    if it.world.sure:
        raise Undecided
    return False


def _insert(it: Interpreter, items: list[Any], place: Any, value: Any) -> Any:
    if not _known(it, place):
        return it.unknown("a list into which something is inserted somewhere", place)
    items.insert(place, value)
    return None


def _pop(it: Interpreter, items: Any, *args: Any) -> Any:
    if not all(_known(it, a) for a in args):
        return it.unknown("what is taken out of a container", *args)
    try:
        return items.pop(*args)
    except (IndexError, KeyError):
        raise RaiseSignal("IndexError") from None


def _get(it: Interpreter, items: dict[Any, Any], key: Any, default: Any = None) -> Any:
    from nablint.tracing.subscripts import index

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
    items.extend(items_of(it, more, None))


def _remove(it: Interpreter, items: list[Any], value: Any) -> None:
    del items[_index_of(it, items, value)]


def _popitem(items: dict[Any, Any]) -> Any:
    if not items:
        raise RaiseSignal("KeyError")
    return items.popitem()


def _of_sets(name: str) -> Callable[..., Any]:
    def method(it: Interpreter, values: Any, *others: Any) -> Any:
        plain = [set(items_of(it, other, None)) if name not in ("add", "discard", "remove") else other
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
    (list, "insert"): _insert,
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
    **{(str, name): _text(name) for name in dir(str) if not name.startswith("_")},
    **{(kind, name): _of_sets(name) for kind in (set, frozenset) for name in (
        "union", "intersection", "difference", "symmetric_difference", "issubset", "issuperset", "isdisjoint", "copy")},
    **{(set, name): _of_sets(name) for name in ("update", "discard", "remove", "clear")},
}
