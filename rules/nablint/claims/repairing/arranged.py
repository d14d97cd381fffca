"""Arranged: edits that put the entries of a value into another order, or another shape.

A wrong order of axes before a reshape keeps every shape and every entry.  What an expression should be then holds the
entries that it has, elsewhere; the order of axes that brings them there is looked for among all.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import libcst as cst
import numpy as np

from nablint.calculus.terms import Term
from nablint.claims.edits.trees import MODULES, Edit, bracketed, transposed
from nablint.claims.repairing.forms import close
from nablint.claims.repairing.live import LiveValue
from nablint.reading.nodes import written
from nablint.tracing.step import Step

MAX_AXES = 5
REARRANGING = frozenset({"reshape", "transpose", "expand_dims", "squeeze"})


def arrangements(step: Step, node: Any, wanted: Any, live: list[LiveValue]) -> Iterator[Edit]:
    """Edits of an expression under which its entries stand where they should."""
    value = step.values.get(id(node))
    if not isinstance(value, Term) or not _same_entries(value.sample, wanted):
        return
    permute = "permute" if live and live[0].torch else "transpose"
    inner = rearranged(step, node)
    if inner is not None and inner[1].card is value.card and isinstance(node, cst.Call):
        source = step.values[id(inner[0])].sample
        if value.card is not None and value.card.name == "transpose":
            for axes in _orders(source, wanted):
                yield Edit(node, _permuted(inner[0], axes, permute), "transpose", 1.0, str(axes))
        elif value.card is not None and value.card.name == "reshape":
            deeper = rearranged(step, inner[0])
            if deeper is not None and deeper[1].card is not None and deeper[1].card.name == "transpose":
                for axes in _orders(step.values[id(deeper[0])].sample, wanted, reshaped=True):
                    yield Edit(inner[0], _permuted(deeper[0], axes, permute), "transpose", 1.05, str(axes))
            for axes in _orders(source, wanted, reshaped=True):
                yield Edit(inner[0], _permuted(inner[0], axes, permute), "transpose", 1.05, str(axes))
            yield from _reshaped_first(node, inner[0], source, wanted, permute)
            if np.shape(value.sample) != np.shape(wanted) and close(np.reshape(source, wanted.shape), wanted):
                for text in _shaped(wanted, live):
                    yield Edit(node, _reshaped(inner[0], text), "shape", 1.0, text)
    for axes in _orders(value.sample, wanted):
        yield Edit(node, _permuted(node, axes, permute), "transpose", 1.1, str(axes))
    for axes in (None, *_orders(value.sample, wanted, reshaped=True)):
        plain = value.sample if axes is None else value.sample.transpose(axes)
        if np.shape(value.sample) != np.shape(wanted) and close(np.reshape(plain, wanted.shape), wanted):
            for text in _shaped(wanted, live):
                moved = node if axes is None else _permuted(node, axes, permute)
                yield Edit(node, _reshaped(moved, text), "shape", 1.1 if axes is None else 1.3, text)


def _reshaped_first(node: cst.Call, inner: Any, source: Any, wanted: Any, word: str) -> Iterator[Edit]:
    """A reshape to the sizes in another order, whose axes are put in order then."""
    sizes = [a for a in node.args if a.keyword is None and a.value is not inner]
    if len(sizes) != wanted.ndim or not 1 < wanted.ndim <= MAX_AXES or len(sizes) != len(node.args):
        return
    for axes in permutations(range(wanted.ndim)):
        back = tuple(axes.index(a) for a in range(wanted.ndim))
        made = source.reshape([wanted.shape[a] for a in axes]).transpose(back)
        if axes != back or axes != tuple(range(wanted.ndim)):
            if close(made, wanted):
                moved = node.with_changes(args=[node.args[i].with_changes(value=sizes[a].value)
                                                for i, a in enumerate(axes)])
                yield Edit(node, _permuted(moved, back, word), "transpose", 1.2, str(back))


def reorderings(step: Step, root: Any, *, torch: bool) -> Iterator[Edit]:
    """Other orders of the axes before a reshape, for an expression of which it is not known what it should be."""
    inner = rearranged(step, root)
    if inner is None or inner[1].card is None or inner[1].card.name != "reshape":
        return
    deeper = rearranged(step, inner[0])
    source = deeper[0] if deeper is not None and deeper[1].card is not inner[1].card else inner[0]
    rank = step.values[id(source)].ndim
    for axes in permutations(range(rank)) if 2 < rank < MAX_AXES else ():
        if axes != tuple(range(rank)):
            yield Edit(inner[0], _permuted(source, axes, "permute" if torch else "transpose"), "transpose", 1.05,
                       str(axes))


def respaced(wanted: Any, live: list[LiveValue]) -> Iterator[str]:
    """Live values of another shape that hold the wanted entries in their order."""
    for value in live:
        sample = value.sample
        if (value.tainted and sample.dtype.kind == "f" and sample.size == wanted.size > 1
                and sample.shape != wanted.shape and close(sample.reshape(wanted.shape), wanted)):
            yield from (f"{value.text}.reshape({shape})" for shape in _shaped(wanted, live))


def rearranged(step: Step, node: Any) -> tuple[Any, Term] | None:
    """What a call or attribute only rearranges, with the term that it makes; None for another expression."""
    value = step.values.get(id(node))
    if not isinstance(value, Term) or value.card is None or value.card.name not in REARRANGING:
        return None
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        module = isinstance(node.func.value, cst.Name) and node.func.value.value in MODULES
        inner = node.args[0].value if module and node.args else node.func.value
    elif isinstance(node, cst.Attribute):
        inner = node.value
    else:
        return None
    return (inner, value) if step.values.get(id(inner)) is value.args[0] else None


def undone(value: Term, wanted: Any) -> Any:
    """What should be rearranged for the arrangement to be as wanted."""
    assert value.card is not None
    source = np.asarray(value.args[0].sample)
    places = value.card.evaluate(np.arange(source.size).reshape(source.shape), **value.params)
    if np.shape(places) != np.shape(wanted):
        return None
    out = np.empty(source.size)
    out[np.reshape(places, -1)] = np.reshape(wanted, -1)
    return out.reshape(source.shape)


def _same_entries(sample: Any, wanted: Any) -> bool:
    if sample.dtype.kind != "f" or sample.size != wanted.size or not sample.ndim or sample.size < 2:
        return False
    return bool(np.all(np.isfinite(wanted))) and close(np.sort(sample, axis=None), np.sort(wanted, axis=None))


def _orders(sample: Any, wanted: Any, *, reshaped: bool = False) -> Iterator[tuple[int, ...]]:
    """The orders of axes that give what is wanted; reshaped: after a reshape to the wanted shape."""
    if not 1 < sample.ndim <= MAX_AXES:
        return
    for axes in permutations(range(sample.ndim)):
        moved = sample.transpose(axes)
        if axes != tuple(range(sample.ndim)) and (reshaped or moved.shape == wanted.shape) and close(
                moved.reshape(wanted.shape), wanted):
            yield axes


def _permuted(node: Any, axes: tuple[int, ...], word: str) -> Any:
    if axes == (1, 0):
        return transposed(node)
    return _called(node, word, [str(a) for a in axes])


def _reshaped(node: Any, shape: str) -> Any:
    return _called(node, "reshape", [shape])


def _called(node: Any, word: str, arguments: list[str]) -> Any:
    return cst.Call(cst.Attribute(bracketed(node), cst.Name(word)),
                    [cst.Arg(written(a)) for a in arguments])


def _shaped(wanted: Any, live: list[LiveValue]) -> list[str]:
    """How the wanted shape can be written: as that of a live forward value."""
    alike = [v.text for v in live if v.sample.shape == wanted.shape and not v.tainted]
    return [f"{text}.shape" for text in sorted(alike, key=len)[:2]] or (["-1"] if wanted.ndim == 1 else [])
