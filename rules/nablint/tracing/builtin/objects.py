"""Functions that ask an object what it is and holds: `isinstance`, `getattr`, `type`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nablint.shapes import Size
from nablint.tracing import refine
from nablint.tracing.activation_objects import is_given
from nablint.tracing.builtin.sequences import Node
from nablint.tracing.layers import derives
from nablint.tracing.texts import shown
from nablint.tracing.values import Array, Class, External, Flag, Instance, Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def _isinstance(it: Interpreter, node: Node, value: Any, kinds: Any) -> Any:
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    names = {_KINDS.get(last := k.name.split(".")[-1], last) for k in wanted
             if isinstance(k, External) and not k.name.endswith(("cuda.ndarray", "chainerx.ndarray"))}
    if isinstance(value, Pending):
        if it.world.sure and value.value is None and _only_documented(value) and names & _HOLDING:
            return it.unknown(f"the code asks what {value.hint} is, and a document alone tells")
        if is_given(it, value, wanted):
            return True
        return refine.is_instance(it, value, names)
    if isinstance(value, Instance):
        return any((isinstance(k, Class) and _is_subclass(value.cls, k))
                   or (isinstance(k, External) and derives(it, value.cls, k.name)) for k in wanted)
    if isinstance(value, Array):
        return bool(names & _ARRAYS) or bool(names & _NUMBERS and (it.entrywise or not value.term.ndim))
    if isinstance(value, Flag):
        value = bool(value)
    kind = {bool: {"bool", "int"}, int: {"int", "Number", "Integral"}, Size: {"int", "Number", "Integral"},
            float: {"float", "Number"}}
    return bool(names & kind.get(type(value), {type(value).__mro__[-2].__name__, type(value).__name__}))


def _is_tensor(it: Interpreter, node: Node, value: Any) -> Any:
    return _isinstance(it, node, value, External("torch.Tensor"))


_ARRAYS, _NUMBERS = frozenset({"ndarray", "Tensor"}), frozenset({"float", "Number", "floating"})

_HOLDING = frozenset({"ndarray", "Tensor", "list", "tuple"})


def _only_documented(p: Pending) -> bool:
    return p.evidence is not None and p.evidence.source != "annotation"


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


def _type(it: Interpreter, node: Node, value: Any) -> Any:
    if isinstance(value, Instance) and value.cls is not None:
        return value.cls
    return it.unknown("the type of a value")


def _nothing(it: Interpreter, node: Node, *args: Any, **keywords: Any) -> Any:
    return None


def _apply(it: Interpreter, node: Node, *args: Any, **keywords: Any) -> Any:
    return it.unknown("a custom autograd function", *args)


ASKING: dict[str, Callable[..., Any]] = {
    "isinstance": _isinstance, "torch.is_tensor": _is_tensor,
    "issubclass": _issubclass, "numpy.issubdtype": _issubclass, "hasattr": _hasattr,
    "getattr": _getattr, "setattr": _setattr, "type": _type, "str": _str, "repr": _str,
    "callable": lambda it, node, value: not isinstance(value, Array | int | float),
    "vars": lambda it, node, value=None: getattr(value, "names", {}),
    "object": lambda it, node: Instance(None, {}, "object"), "$apply": _apply,
    **dict.fromkeys(("weakref.ref", "weakref.proxy"), lambda it, node, value, *_: value),
    "id": lambda it, node, value: id(value),
    **dict.fromkeys(("$nothing", "print", "input", "open", "Exception", "ValueError", "NotImplementedError",
                     "TypeError", "AssertionError", "RuntimeError", "KeyError", "IndexError"), _nothing),
}
