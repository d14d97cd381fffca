"""Which entry is the largest, which comes next, where one belongs: integers, so nothing flows back through them.

Sorted values are read at the sorted positions, and their cotangents go back to where the values came from.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nablint.ops.axes import reduced_shape
from nablint.ops.card import Card, example, register
from nablint.ops.families import no_adjoint, zero_differential
from nablint.ops.layout import axis_in
from nablint.shapes import Misfit, Shape, Size, dim, show_shape

_REDUCED = (example("N D", axis=0), example("N D", axis=-1, keepdims=True), example("N D"), example("N", axis=0))

for _name, _word in (("argmax", "largest"), ("argmin", "smallest")):
    register(Card(
        name=_name,
        evaluate=lambda x, axis=None, keepdims=False, _f=getattr(np, _name): _f(x.real, axis=axis, keepdims=keepdims),
        shape=reduced_shape,
        adjoint=no_adjoint,
        differential=zero_differential,
        numpy=f"np.{_name}({{0}}, axis={{axis}})", torch=f"torch.{_name}({{0}}, dim={{axis}})",
        latex=f"\\operatorname{{{{{_name}}}}}({{0}})", text=f"{_name}({{0}})",
        why=f"the place of the {_word} entry jumps",
        examples=_REDUCED,
    ))


def _sorted_shape(x: Shape, axis: int = -1, descending: bool = False) -> Shape:
    axis_in(axis, len(x))
    return x


register(Card(
    name="argsort",
    evaluate=lambda x, axis=-1, descending=False: np.argsort(-x.real if descending else x.real, axis, kind="stable"),
    shape=_sorted_shape,
    adjoint=no_adjoint,
    differential=zero_differential,
    numpy="np.argsort({0}, axis={axis})", torch="torch.argsort({0}, dim={axis}, descending={descending})",
    latex="\\operatorname{{argsort}}({0})", text="argsort({0})",
    why="the order jumps",
    examples=(example("N D", axis=0), example("N D"), example("N", descending=True)),
))

register(Card(
    name="searchsorted",
    evaluate=lambda a, v, side="left": np.searchsorted(a.real, v.real, "left" if side == "left" else "right"),
    shape=lambda a, v, side="left": v,
    adjoint=no_adjoint,
    differential=zero_differential,
    numpy="np.searchsorted({0}, {1}, side={side})", torch="torch.searchsorted({0}, {1}, side={side})",
    latex="\\operatorname{{searchsorted}}({0}, {1})", text="searchsorted({0}, {1})",
    why="the place where an entry belongs jumps",
    examples=(example("N", "B D"), example("N", "", side="right")),
))


def _places(x: Any, axis: int, count: int) -> Any:
    return np.nonzero(x)[axis]


def _places_shape(x: Shape, axis: int, count: int) -> Shape:
    if not x:
        raise Misfit(f"{show_shape(x)} has no places")
    axis_in(axis, len(x))
    return (dim(count),)


register(Card(
    name="nonzero",
    evaluate=_places,
    shape=_places_shape,
    adjoint=no_adjoint,
    differential=zero_differential,
    numpy="np.nonzero({0})[{axis}]", torch="torch.nonzero({0}, as_tuple=True)[{axis}]",
    latex="\\operatorname{{nonzero}}({0})", text="nonzero({0})",
    why="the places where something holds jump",
    examples=(example("N D", axis=0, count=lambda n: n["N"] * n["D"]), example("N", axis=0, count=lambda n: n["N"])),
))


def _counted_shape(x: Shape, length: Size) -> Shape:
    if len(x) != 1:
        raise Misfit(f"{show_shape(x)} cannot be counted: it needs one axis")
    return (dim(length),)


register(Card(
    name="bincount",
    evaluate=lambda x, length: np.bincount(x, minlength=length)[:length],
    shape=_counted_shape,
    adjoint=no_adjoint,
    differential=zero_differential,
    numpy="np.bincount({0}, minlength={length})", torch="torch.bincount({0}, minlength={length})",
    latex="\\operatorname{{bincount}}({0})", text="bincount({0})",
    why="counts of integers have no derivative",
    examples=(example("N : index 4", length=5),),
))
