"""Augmented assignment: `w -= ...` writes into the array that it names, as numpy does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst

from nablint.tracing import refine
from nablint.tracing.iteration import iterate
from nablint.tracing.operators import binary, listed
from nablint.tracing.statements.assigning import bind_name, is_alias, record, renamed, set_attribute, written_into
from nablint.tracing.statements.targets import is_step, last_name, taints, target_names
from nablint.tracing.subscripts import index, poison, store
from nablint.tracing.values import Array, Instance, Pending, Scope

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def augmented(it: Interpreter, node: cst.AugAssign, scope: Scope) -> None:
    """`a += value` and its like."""
    outside = it.graph.tainting
    it.graph.tainting = outside or taints(it, [node.target]) or is_step(node)
    try:
        _augment(it, node, scope, type(node.operator).__name__.removesuffix("Assign"))
    finally:
        it.graph.tainting = outside


_SETS = {"BitOr": "update", "BitAnd": "intersection_update", "Subtract": "difference_update",
         "BitXor": "symmetric_difference_update"}


def _augment(it: Interpreter, node: cst.AugAssign, scope: Scope, name: str) -> None:
    from nablint.tracing.attributes import attribute
    from nablint.tracing.indices import subscript_key

    target = node.target
    owner: Any = None
    key: Any = None
    if isinstance(target, cst.Attribute):
        owner = it.eval(target.value, scope)
        old = attribute(it, owner, target.attr.value, target)
    elif isinstance(target, cst.Subscript):
        owner = it.eval(target.value, scope)
        key = subscript_key(it, target, scope)
        old = index(it, owner, key, target)
    else:
        old = it.eval(target, scope)
    value = it.eval(node.value, scope)
    if type(value) is Array and (value.term.tainted or it.graph.tainting) and is_alias(it, node.value, value.term):
        value = renamed(it, node, value)
    if isinstance(old, Pending):
        old = refine.as_operand(it, old) if not isinstance(value, list) else refine.as_list(it, old)
    blank = isinstance(old, Array) and old.blank
    if isinstance(old, list) and name == "Add":
        old.extend(iterate(it, value, node))
        return
    if isinstance(old, dict) and isinstance(value, dict) and name == "BitOr":
        old.update(value)
        return
    if isinstance(old, set) and isinstance(value, set) and name in _SETS:
        getattr(old, _SETS[name])(value)
        return
    if isinstance(old, Array):
        old.blank = False  # accumulated into: a buffer, not a parameter
    new = binary(it, name, old, value, node)
    if (
        blank
        and isinstance(old, Array)
        and isinstance(new, Array)
        and name in ("Add", "Subtract")
        and (started := _start(it, name, old, value))
    ):
        new = Array(started, old.dialect)
    names = target_names(target)
    label = key if isinstance(key, str) else (names[0] if names else "")
    holder = last_name(target.value) if isinstance(target, cst.Attribute | cst.Subscript) else ""
    if isinstance(old, Array) and old.term.ndim and not isinstance(owner, Array):
        _in_place(it, old, new, node)
        new = old
        if (
            isinstance(target, cst.Attribute)
            and isinstance(owner, Instance)
            and owner.cls is not None
            and owner.cls.lookup(f"{target.attr.value}.setter")
        ):
            set_attribute(it, owner, target.attr.value, new, target)
    elif isinstance(target, cst.Subscript):
        store(it, owner, key, new, target)
    elif isinstance(target, cst.Attribute):
        set_attribute(it, owner, target.attr.value, new, target)
    elif isinstance(target, cst.Name):
        bind_name(it, scope, target.value, new)
    if isinstance(owner, Array) and not isinstance(target, cst.Attribute):
        new = written_into(target, owner) if isinstance(target, cst.Subscript) else owner
    record(it, target, label, holder, owner, key, new, name)


def _start(it: Interpreter, name: str, old: Array, value: Any) -> Any:
    """The first contribution to a buffer of zeros, without the zeros."""
    term = it.term(listed(it, value))
    if term is None or tuple(term.shape) != tuple(old.term.shape) or old.term.sample.any():
        return None
    return term if name == "Add" else -term


def _in_place(it: Interpreter, old: Array, new: Any, node: cst.CSTNode) -> None:
    if isinstance(new, Array) and tuple(new.term.sample.shape) == tuple(old.term.sample.shape):
        old.write(new.term)
    elif isinstance(new, Array):
        message = f"the right side makes {new.term.shape}, which does not fit in place into {old.term.shape}"
        poison(it, old, it.clash(node, message, tuple(zip(new.term.shape, old.term.shape, strict=False)), (old, new)))
    else:
        poison(it, old, it.unknown("updated with something unknown", new))
