"""Subscripts over stand-ins: what is read, and what is written in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import libcst as cst
import numpy as np

from nablint.calculus.hollow import Hollow, NoEntries
from nablint.calculus.terms import Term
from nablint.ops import CARDS
from nablint.ops.indexing import encode_index, read_at, write_at
from nablint.shapes import Misfit, Shape, Size
from nablint.tracing import hints, refine
from nablint.tracing.alike import roomy
from nablint.tracing.blanks import keeps_blank
from nablint.tracing.operators import listed, no_list
from nablint.tracing.singles import note_single
from nablint.tracing.standard import DefaultDict, missing
from nablint.tracing.switches import lacking
from nablint.tracing.tables import columns, is_table
from nablint.tracing.values import (
    Array,
    External,
    Instance,
    OpenDict,
    OpenList,
    OpenShape,
    Pending,
    PendingShape,
    RaiseSignal,
    Restart,
    Unknown,
)

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


def index(it: Interpreter, value: Any, key: Any, node: cst.CSTNode | None) -> Any:
    """`value[key]`."""
    if is_table(value) and (found := columns(value, key)) is not None:
        return found
    if isinstance(value, Pending):
        value = refine.indexed(it, value, key)
    if isinstance(value, PendingShape):
        value = refine.shape_entry(it, value, key)
        if isinstance(value, Size):
            return value
    if isinstance(value, Unknown):
        return value.first if isinstance(value, OpenShape) and key == 0 and type(key) is int else value
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
        if isinstance(key, slice) and (refine.is_flat(key.start) or refine.is_flat(key.stop)):
            no_list(it, value)
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
            note_single(it, True)
        return found
    if isinstance(value, Instance) and value.cls is not None and value.cls.lookup("__getitem__"):
        from nablint.tracing.calls import call_method

        return call_method(it, value, "__getitem__", [key], node)
    return it.unknown(f"an index of a {type(value).__name__}", value)


def _index_dict(it: Interpreter, value: dict[Any, Any], key: Any) -> Any:
    try:
        if key in value and (value[key] is not None or not it.switches):
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
    if isinstance(it.sealed, Instance) and isinstance(key, str):
        lacking(it, it.sealed.cls, key)
    if key in value:
        return value[key]
    raise RaiseSignal("KeyError")


def _listed(parts: tuple[Any, ...], own: Any) -> bool:
    """Does another part of an index list places one by one, as `range(n)` in `p[range(n), y]`?"""
    others = (p for p in parts if p is not own)
    return any(isinstance(p, range | list) or (isinstance(p, Array) and p.term.ndim == 1) for p in others)


_BASIC = frozenset({int, Size, slice, type(None), type(...)})
"""Parts of an index that say by themselves what they choose."""


def array_key(it: Interpreter, array: Array, key: Any) -> tuple[Any, tuple[Any, ...]] | Unknown:
    """The encoded index and its index terms."""
    parts = key if isinstance(key, tuple) else (key,)
    out: list[Any] = []
    for axis, part in enumerate(parts):
        if type(part) in _BASIC:
            out.append(part)
            continue
        if isinstance(part, Pending):
            part = refine.as_index(it, part, array, axis, paired=_listed(parts, part))
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
        if isinstance(part, Array):
            refine.truncated(it, part.term)
        out.append(_places(it, part.term, array.term.shape[axis:]) if isinstance(part, Array) else part)
        if isinstance(out[-1], External | Instance | str | dict | float | bool):
            return it.unknown("an index of an array", array)
    if it.world.sure and (found := roomy(it.world, array.term.shape, tuple(out))) is not None:
        raise Restart(f"{found[0]} is cut", alike=(found,))
    try:
        return encode_index(tuple(out), array.term.shape)
    except (Misfit, TypeError) as error:
        for part in out:
            refine.integers(it, part)
        return it.unknown(str(error), array)


def _places(it: Interpreter, index: Term, shape: Shape) -> Term:
    """An index; in a sure run an input of which only the shape is told holds integers, unless it may be a mask."""
    told = index.card is None and it.world.leaves.get(index.label) is index
    if not it.world.sure or not told or index.sample.dtype.kind != "f" or not index.ndim:
        return index
    mask = len(shape) >= index.ndim and all(a.expr == b.expr for a, b in zip(index.shape, shape, strict=False))
    return index if mask else CARDS["cast"](index, kind="int")


def index_array(it: Interpreter, array: Array, key: Any, node: cst.CSTNode | None) -> Any:
    """`array[key]`; basic indices give views."""
    refine.spanned(it, array, key, node)
    refine.inside(it, array, key)
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
            try:
                value[key] = new
            except TypeError:  # a tuple that holds a list
                raise RaiseSignal("TypeError") from None
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
    refine.inside(it, array, key)
    encoded = array_key(it, array, key)
    if isinstance(new, Pending):
        new = refine.as_operand(it, new)
    source = it.term(listed(it, new))
    if isinstance(encoded, Unknown) or source is None:
        poison(it, array, it.unknown("an array written with something unknown", new))
        return
    index_, terms = encoded
    begun = keeps_blank(it, array, source, index_, terms)
    try:
        array.write(write_at(array.term, source, *terms, index=index_))
    except Misfit as misfit:
        poison(it, array, it.clash(node, misfit.message, misfit.equations, (array, key, new)))
    else:
        array.begun = begun


def poison(it: Interpreter, array: Array, unknown: Unknown) -> None:
    """The array's contents are no longer known: a fresh, tainted leaf of which nothing may be concluded."""
    word = "misfit" if unknown.misfit else "unknown"
    sample = array.term.sample
    if isinstance(sample, Hollow):
        raise NoEntries
    nothing = np.broadcast_to(sample.dtype.type(0) * np.nan, sample.shape)  # one entry in memory, whatever the shape
    term = it.graph.leaf(f"{word}: {unknown.reason}", nothing, array.term.shape, tainted=True)
    array.write(term)
