"""Attributes: of objects and classes of the source, of arrays, containers and modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.tracing import refine
from nablint.tracing.functions import call_function
from nablint.tracing.imports import OUTSIDE
from nablint.tracing.layers import inherited, layer
from nablint.tracing.protocols import lent
from nablint.tracing.spellings import apply_spelling
from nablint.tracing.sure import MEASURES
from nablint.tracing.switches import held, lacking
from nablint.tracing.values import (
    Array,
    Bound,
    Class,
    External,
    Function,
    Instance,
    Method,
    OpenShape,
    Pending,
    Restart,
    Scope,
    Super,
    Unknown,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter

CONSTANTS = {
    "numpy.pi": 3.141592653589793,
    "math.pi": 3.141592653589793,
    "torch.pi": 3.141592653589793,
    "numpy.e": 2.718281828459045,
    "math.e": 2.718281828459045,
    "numpy.nan": float("nan"),
    "math.nan": float("nan"),
    "numpy.newaxis": None,
    "numpy.inf": float("inf"),
    "math.inf": float("inf"),
    "torch.inf": float("inf"),
}


def attribute(it: Interpreter, owner: Any, name: str, node: cst.CSTNode | None) -> Any:
    """`owner.name`."""
    if isinstance(owner, External):
        if (cls := layer(it, owner.name)) is not None and isinstance(found := cls.lookup(name), Function):
            return Bound(found, cls) if found.kind == "class" else found
        full = it.canonical(f"{owner.name}.{name}")
        return CONSTANTS[full] if full in CONSTANTS else it.module(full)
    if isinstance(owner, Array):
        return _of_array(it, owner, name)
    if isinstance(owner, Scope):
        from nablint.tracing.project import Module  # a project reads its files with an interpreter

        full = it.canonical(f"{owner.name}.{name}") if isinstance(owner, Module) else ""
        if full in it.spellings or full in CONSTANTS:  # known better than by its source
            return CONSTANTS[full] if full in CONSTANTS else External(full)
        if name in owner.names:
            return owner.names[name]
        inner = it.module(full) if full else None
        if isinstance(inner, Module) or (isinstance(inner, External) and inner.name.split(".")[0] in OUTSIDE):
            return inner
        return it.unknown(f"the name {name} of a module")
    if isinstance(owner, Instance):
        return _of_instance(it, owner, name, node)
    if isinstance(owner, Pending):
        return refine.attribute_of(it, owner, name, node)
    if isinstance(owner, Class):
        return _of_class(it, owner, name)
    if isinstance(owner, Super):
        return _of_super(it, owner, name)
    if isinstance(owner, Unknown):
        return owner
    if isinstance(owner, Function | Bound):
        if name == "__name__":
            return (owner if isinstance(owner, Function) else owner.function).name.rsplit(".", 1)[-1]
        return it.unknown("an attribute of a function")
    if name == "value" and isinstance(owner, int | float | str):  # a member of an enumeration stands for its value
        return owner
    if isinstance(owner, tuple) and name in getattr(owner, "_fields", ()):
        return getattr(owner, name)
    if isinstance(owner, str) and owner in TYPES and name in ("type", "kind", "name"):
        return {"type": External(f"numpy.{owner}"), "kind": owner[0], "name": owner}[name]
    if type(owner) is int and name in ("shape", "ndim", "T") and it.counted_on:
        raise Restart(f"a counter has no {name}")
    return Method(owner, name)


TYPES = frozenset({"float64", "int64", "bool", "complex128"})
"""What the `dtype` of a stand-in says."""


def _of_array(it: Interpreter, owner: Array, name: str) -> Any:
    stored = it.attributes.get(id(owner))
    if stored is not None and name in stored:
        return stored[name]
    if name in MEASURES and it.layer is None and it.is_open(owner.term):
        first = owner.term.shape[0] if name == "shape" and owner.term.ndim else None
        return OpenShape("how many axes an input has", first=first) if first is not None else Method(owner, name)
    if name in ("shape", "size"):
        refine.measured_number(it, owner.term)
    kind = "Tensor" if owner.dialect == "torch" else "ndarray"
    spelling = it.spellings.get(f"{kind}.{name}")
    if spelling is not None and spelling.attribute:
        return apply_spelling(it, f"{kind}.{name}", spelling, [owner], {}, None, receiver=owner)
    if name == "data" and it.world.sure and owner.dialect != "torch":
        return it.unknown("the entries of a sparse matrix, or the memory of an array")
    if name in ("data", "real", "array", "values") and spelling is None:
        return owner
    if name == "xp":
        return External("numpy")
    if name == "flat":
        return apply_spelling(it, "ndarray.ravel", it.spellings["ndarray.ravel"], [owner], {}, None, receiver=owner)
    if name in ("grad", "gradient"):
        return it.unknown("the gradient that others would have stored")
    return Method(owner, name)


def _of_instance(it: Interpreter, owner: Instance, name: str, node: cst.CSTNode | None) -> Any:
    if name in owner.names:
        value = owner.names[name]
        if isinstance(value, Pending) and value.value is not None:
            value = owner.names[name] = value.value
        return held(it, owner, name, value) if value is None or type(value) is bool else value
    if owner.cls is not None:
        found = owner.cls.lookup(name)
        if isinstance(found, Function):
            if found.kind == "property":
                return call_function(it, found, [owner], {}, node)
            if found.kind == "static":
                return found
            return Bound(found, owner.cls if found.kind == "class" else owner)
        if found is not None:
            return found
        if name == "__class__":
            return owner.cls
    if name == "__dict__":
        return owner.names
    if (found := lent(it, owner, name)) is not None:
        return found
    if owner.cls is not None and (found := inherited(it, owner.cls, name)) is not None:
        return Bound(found, owner) if isinstance(found, Function) else found
    lacking(it, owner.cls, name)
    if owner is it.sealed:
        return it.unknown(f"{owner.path}.{name} is set by nothing that was run")
    value = owner.names[name] = Pending(f"{owner.path}.{name}" if owner.path else name, name)
    if it.world.sure and it.evidence is not None and owner.cls is not None:
        value.evidence, value.space = it.evidence(owner.cls, name), owner.cls.name
    return value


def _of_class(it: Interpreter, owner: Class, name: str) -> Any:
    found = owner.lookup(name)
    if isinstance(found, Function):
        return Bound(found, owner) if found.kind == "class" else found
    if found is not None:
        return found
    if name == "__name__":
        return owner.name
    base = owner.external_base()
    if name == "apply" and base is not None and base.endswith("autograd.Function"):
        return External("$apply")
    return it.unknown(f"the attribute {name} of the class {owner.name}")


def _of_super(it: Interpreter, owner: Super, name: str) -> Any:
    receiver = owner.receiver
    start = receiver.cls if isinstance(receiver, Instance) else receiver
    order = start.order() if isinstance(start, Class) else []
    for base in order[order.index(owner.cls) + 1:] if owner.cls in order else owner.cls.order()[1:]:
        if (found := base.names.get(name)) is not None:
            if isinstance(found, Function):
                return found if found.kind == "static" else Bound(found, owner.receiver)
            return found
    found = inherited(it, start, name) if isinstance(start, Class) else None
    return Bound(found, receiver) if isinstance(found, Function) else External("$nothing")
