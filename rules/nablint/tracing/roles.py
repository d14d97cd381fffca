"""What the arguments of a library function must be, where the function leaves little choice.

`torch.nn.functional.conv2d(x, w)` tells that both have four axes, `embedding(tokens, table)` that tokens are integers
below the table's length.  Inputs that no other use has shown the nature of are settled by this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeGuard

from nablint.reading.lazily import regex
from nablint.shapes import Shape, Size
from nablint.tracing.clashes import clash_sizes
from nablint.tracing.documented import evidence_rank, evidence_shape
from nablint.tracing.values import Array, Pending

if TYPE_CHECKING:
    from nablint.tracing.interpreter import Interpreter


@dataclass(frozen=True, slots=True)
class Places:
    """Where an array and the integers that index it stand among the arguments, and where the axis does.

    axis:   the position of the axis among the arguments, or None for the first axis.
    whole:  the index has an entry for every entry of the array's other axes (`gather`), not one axis of its own.
    values: the position of an argument of the index's shape, or -1.
    """

    array: int
    index: int
    axis: int | None = None
    whole: bool = False
    values: int = -1


def _spatial() -> dict[str, tuple[int | None, ...]]:
    found: dict[str, tuple[int | None, ...]] = {}
    for n in (1, 2, 3):
        found |= {f"{name}{n}d": (n + 2, n + 2, 1) for name in ("conv", "conv_transpose")}
        pools = ("max_pool", "avg_pool", "adaptive_avg_pool", "adaptive_max_pool")
        found |= {f"{name}{n}d": (n + 2,) for name in pools}
        found |= {f"conv{n}d_input": (None, n + 2, n + 2), f"conv{n}d_weight": (n + 2, None, n + 2)}
    return found


RANKS: dict[str, tuple[int | None, ...]] = {
    **_spatial(), "bmm": (3, 3), "baddbmm": (3, 3, 3), "pixel_shuffle": (4,), "interpolate": (4,), "convolve2d": (2, 2),
    "correlate2d": (2, 2), "convolve": (1, 1), "correlate": (1, 1), "embedding": (None, 2),
}
"""How many axes the first arguments have, by the last part of the function's name."""

AT_LEAST = {"trace": 2, "tril": 2, "triu": 2}
"""How many axes the first argument has at least."""

INDEXED: dict[str, Places] = {
    "embedding": Places(1, 0), "index_select": Places(0, 2, 1), "index_add": Places(0, 2, 1),
    "index_copy": Places(0, 2, 1),
    "gather": Places(0, 2, 1, whole=True), "scatter": Places(0, 2, 1, whole=True, values=3),
    "scatter_add": Places(0, 2, 1, whole=True, values=3), "take_along_axis": Places(0, 1, 2, whole=True),
    "take_along_dim": Places(0, 1, 2, whole=True), "put_along_axis": Places(0, 1, 3, whole=True, values=2),
    "take": Places(0, 1, 2), "at": Places(0, 1),
}
"""The functions that read or write at integers, by the last part of their names."""

_TELLING = frozenset({*RANKS, *AT_LEAST, *INDEXED, "einsum", "fold", "unfold"})
"""The last parts of the names of functions that tell of their arguments."""

_AXES = regex(r"\([^()]*\)|[^\s()]+")
"""The axes of one side of an einops pattern."""

_UNFOLDING = ("torch.nn.functional.unfold", "torch.nn.functional.fold")


def tells(name: str) -> bool:
    """Does a function leave its arguments little choice?"""
    return name.rsplit(".", 1)[-1].rstrip("_") in _TELLING or name.startswith("einops.")


def settle(it: Interpreter, name: str, args: list[Any]) -> None:
    """Settle the pending arguments of a function by what it asks of them; in backward code nothing is settled so."""
    if it.graph.tainting or not tells(name):
        return
    last = name.rsplit(".", 1)[-1].rstrip("_")
    from nablint.tracing import refine

    if it.world.sure and last != "einsum" and not name.startswith("einops."):
        return  # a convolution takes a single image, too, and so on
    ranks = (4,) if name == _UNFOLDING[0] else (3,) if name == _UNFOLDING[1] else RANKS.get(last, ())
    if (
        name.startswith("einops.")
        and len(args) > 1
        and isinstance(args[1], str)
        and "..." not in args[1]
        and last != "einsum"
    ):
        ranks = (len(_AXES.findall(args[1].partition("->")[0])),)
    if last == "einsum" and args and isinstance(args[0], str) and "." not in args[0]:
        ranks = (None, *(len(letters.replace(" ", "")) for letters in args[0].partition("->")[0].split(",")))
    for i, rank in enumerate(ranks[:len(args)]):
        if rank is not None and _open(args[i]):
            given = evidence_rank(it, args[i])
            refine.make_array(it, args[i], refine.free_shape(it, args[i], rank if given is None else given))
    if last in AT_LEAST and args and _open(args[0]):
        refine.as_operand(it, args[0], at_least=AT_LEAST[last])
    places = INDEXED.get(last)
    if places is not None and len(args) > max(places.array, places.index):
        _settle_index(it, places, args)


def _open(value: Any) -> TypeGuard[Pending]:
    return isinstance(value, Pending) and value.value is None and value.default is None


def _settle_index(it: Interpreter, places: Places, args: list[Any]) -> None:
    from nablint.tracing import refine

    axis = args[places.axis] if places.axis is not None and places.axis < len(args) else 0
    if not isinstance(axis, int):
        return
    array: Any = args[places.array]
    index: Any = args[places.index]
    if isinstance(index, Array) and index.term.sample.dtype.kind == "f":
        refine.integers(it, index.term)
    if _open(array):
        least = axis + 1 if axis >= 0 else -axis
        array = refine.as_operand(it, array, at_least=max(least, 2 if places.whole or places.axis is None else 1))
    shape = _shape(array)
    if shape is None or not -len(shape) <= axis < len(shape):
        return
    at = axis % len(shape)
    own = _shape(index)
    if places.whole and own is not None and len(own) == len(shape):  # an index may be shorter, but hardly is
        others = [(i, n) for a, (i, n) in enumerate(zip(own, shape, strict=True)) if a != at and i.expr.name
                  and i.expr != n.expr]
        if others:
            clash_sizes(it, None, "an index of another length", others)
    if _open(index):
        rank = len(shape) if places.whole else 1
        free = refine.free_shape(it, index, rank)
        wanted = tuple(free[a] if a == at else shape[a] for a in range(rank)) if places.whole else free
        given = evidence_shape(it, index, rank)
        integers(it, index, wanted if given is None else given, shape[at])
    if 0 <= places.values < len(args) and _open(args[places.values]):
        own = _shape(index.value if isinstance(index, Pending) else index)
        if own is not None:
            refine.make_array(it, args[places.values], own)


def _shape(value: Any) -> Shape | None:
    value = value.value if isinstance(value, Pending) else value
    return value.term.shape if isinstance(value, Array) else None


def integers(it: Interpreter, p: Pending, shape: Shape, high: Size) -> Array:
    """Settle that the input holds integers below `high`."""
    term = it.world.leaf(p.path, shape, kind="int", high=int(high), tainted=p.tainted)
    p.value = Array(term, it.dialect)
    it.names.setdefault(term, p.path)
    return p.value
