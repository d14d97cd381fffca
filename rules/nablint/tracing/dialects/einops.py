"""Spellings of einops: axes named, split, joined, reduced and repeated by a pattern (`b (h d) -> b h d`).

Rogozhnikov, "Einops: Clear and Reliable Tensor Manipulations with Einstein-like Notation" (ICLR 2022).
"""

from __future__ import annotations

import re
from typing import Any

from nablint.calculus.terms import Term
from nablint.ops import CARDS
from nablint.ops.card import op
from nablint.reading.lazily import regex
from nablint.shapes import Misfit, Polynomial, Size, dim, size_product
from nablint.tracing.dialects import spelled
from nablint.tracing.dialects.context import as_int, as_term
from nablint.tracing.dialects.layout import permuted, reshaped
from nablint.tracing.dialects.products import einsum as np_einsum

Groups = list[list[str]]

_PART = regex(r"\(([^()]*)\)|([^\s()]+)")
_ELLIPSIS = ("...", "…")


def _side(text: str, dots: list[str]) -> Groups:
    """The axes of one side, each with the names that it is made of; the axes of `...` are named by `dots`."""
    groups: Groups = []
    for found in _PART.finditer(text):
        names = found[1].split() if found[1] is not None else [found[2]]
        spread = [n for name in names for n in (dots if name in _ELLIPSIS else [name])]
        if found[2] in _ELLIPSIS:
            groups += [[n] for n in spread]
        else:
            groups.append([n for n in spread if n != "1"])
    return groups


def _sides(pattern: Any, ndim: int) -> tuple[Groups, Groups]:
    if not isinstance(pattern, str) or pattern.count("->") != 1:
        raise TypeError("a pattern with one arrow was expected")
    left, right = pattern.split("->")
    count = ndim - len(_PART.findall(left)) + 1
    dots = [f"·{i}" for i in range(count)] if any(e in left for e in _ELLIPSIS) else []
    before = _side(left, dots)
    if len(before) != ndim:
        raise Misfit(f"'{pattern}' names {len(before)} axes, the array has {ndim}", rank=len(before))
    return before, _side(right, dots)


def _split(x: Term, groups: Groups, given: dict[str, Any]) -> tuple[Term, dict[str, Size]]:
    """The array with one axis for each name, and the names' sizes."""
    sizes: dict[str, Size] = {name: dim(as_int(value)) for name, value in given.items()}
    for group, whole in zip(groups, x.shape, strict=True):
        open_ = [n for n in group if n not in sizes and not n.isdecimal()]
        known = size_product(dim(int(n)) if n.isdecimal() else sizes[n] for n in group if n not in open_)
        if len(open_) > 1:
            raise TypeError(f"the sizes of {', '.join(open_)} are not told")
        if open_ and whole % known:
            fresh = Size(1, Polynomial.symbol(f"({whole.expr})/({known.expr})"))
            raise Misfit(f"{whole} does not split into pieces of {known}", ((whole, known * fresh),))
        if open_:
            sizes[open_[0]] = whole // known
        elif whole != known:
            raise Misfit(f"{whole} against {known}", ((whole, known),))
    return reshaped(x, [sizes[n] for g in groups for n in g]), sizes


def _arranged(x: Term, groups: Groups, after: Groups, sizes: dict[str, Size]) -> Term:
    order = [n for g in groups for n in g]
    x = permuted(x, tuple(order.index(n) for g in after for n in g)) if x.ndim else x
    return reshaped(x, [size_product(sizes[n] for n in g) for g in after])


@spelled("einops.rearrange")
def rearrange(tensor: Any, pattern: Any, **axes_lengths: Any) -> Term:
    """Axes in another order, split and joined."""
    x = op.stack(*map(as_term, tensor), axis=0) if isinstance(tensor, list | tuple) else as_term(tensor)
    before, after = _sides(pattern, x.ndim)
    if {n for g in before for n in g} != {n for g in after for n in g}:
        raise Misfit(f"'{pattern}' has other names on its right")
    split, sizes = _split(x, before, axes_lengths)
    return _arranged(split, before, after, sizes)


@spelled("einops.reduce")
def reduce(tensor: Any, pattern: Any, reduction: Any, **axes_lengths: Any) -> Term:
    """Axes that the right side leaves out are reduced."""
    if reduction not in ("sum", "mean", "max", "min", "prod"):
        raise TypeError(f"{reduction} is not followed")
    x = as_term(tensor)
    before, after = _sides(pattern, x.ndim)
    split, sizes = _split(x, before, axes_lengths)
    order, kept = [n for g in before for n in g], {n for g in after for n in g}
    gone = tuple(i for i, n in enumerate(order) if n not in kept)
    reduced = CARDS[reduction](split, axis=gone, keepdims=False) if gone else split
    return _arranged(reduced, [[n] for n in order if n in kept], after, sizes)


@spelled("einops.repeat")
def repeat(tensor: Any, pattern: Any, **axes_lengths: Any) -> Term:
    """Names that only the right side has are new axes along which the entries repeat."""
    x = as_term(tensor)
    before, after = _sides(pattern, x.ndim)
    old, new = [n for g in before for n in g], [n for g in after for n in g]
    split, sizes = _split(x, before, {n: v for n, v in axes_lengths.items() if n in old})
    fresh = [n for n in new if n not in old]
    sizes |= {n: dim(int(n) if n.isdecimal() else as_int(axes_lengths[n])) for n in fresh}
    spread = op.broadcast_to(split, shape=tuple(sizes[n] for n in [*fresh, *old])) if fresh else split
    return _arranged(spread, [[n] for n in [*fresh, *old]], after, sizes)


@spelled("einops.einsum")
def einsum(*tensors_and_pattern: Any) -> Term:
    """Contraction with axes named by words; the pattern comes last."""
    *tensors, pattern = tensors_and_pattern
    if not isinstance(pattern, str):
        raise TypeError("a pattern was expected")
    words = sorted(set(re.findall(r"[^\W\d]\w*", pattern)))
    letters = dict(zip(words, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", strict=False))
    subscripts = re.sub(r"[^\W\d]\w*", lambda m: letters[m[0]], pattern).replace(" ", "")
    return np_einsum(subscripts, *tensors)
