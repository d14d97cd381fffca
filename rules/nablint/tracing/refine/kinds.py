"""Kinds: an input becomes an array, a number, a size, a list, a dictionary or an object when it is used as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nablint.reading.lazily import regex
from nablint.shapes import Shape, Size
from nablint.tracing import hints, sure
from nablint.tracing.documented import evidence_rank, evidence_shape, spaced
from nablint.tracing.values import Array, Instance, OpenDict, OpenList, Pending, Restart

if TYPE_CHECKING:
    from nablint.calculus.terms import Term
    from nablint.tracing.interpreter import Interpreter


LIST_LENGTH = 3
SIZES_LENGTH = 4
"""Sizes of layers: with one more than layers there are a first, a middle and a last one."""

UNBOUND = "$unbound"
"""The space of an argument of a backward function that nothing of the forward function goes by the name of."""

RANKS = (2, "column", 1, "row", 3, 4)
"""Ranks of an array that nothing tells of.  0 is not among them: a number hides every sum and transpose, and code for
numbers shows itself by names and defaults."""


_ITEM = regex(r"(?P<list>.+)\[[1-9]\d*\]")
MET_FIRST = " is met in backward code first"
"""Why an input is not known that no forward code has settled; backward code is on trial, and may not."""


def free_shape(it: Interpreter, p: Pending, rank: int | str) -> Shape:
    """Fresh dimensions for an input of this rank; a column or a row is a matrix with one axis of size 1."""
    if rank == "column":
        return (it.world.dimension(f"{p.path}.0"), Size(1))
    if rank == "row":
        return (Size(1), it.world.dimension(f"{p.path}.1"))
    assert isinstance(rank, int)
    if rank > 3:  # samples and channels: code loops over them, and few of each show as much as many
        if it.world.sure and it.dialect == "torch":
            it.world.wide |= {f"{p.path}.{axis}": None for axis in (rank - 2, rank - 1)}
        it.world.few |= {f"{p.path}.{axis}": None for axis in range(rank - 2)}
    return tuple(it.world.dimension(f"{p.path}.{axis}") for axis in range(rank))


def make_array(it: Interpreter, p: Pending, shape: Shape, kind: str = "") -> Array:
    """Settle that the input is an array of this shape."""
    given = evidence_shape(it, p, len(shape))
    if given is not None:
        shape = given
    said = p.evidence.elements if p.evidence is not None else None
    decided = {1: "int", 2: "bool"}.get(it.world.decided(f"{p.path}:kind") or 0)
    kind = kind or decided or (said if said in ("int", "bool") else "float")
    high = _bound(it, p)
    array = Array(it.world.leaf(p.path, shape, kind=kind, high=high, tainted=p.tainted), it.dialect)
    p.value = array
    if given is not None and p.evidence is not None and p.evidence.source in ("docstring", "comment"):
        it.worded.add(array.term)
    it.names.setdefault(array.term, p.path)
    return array


def _bound(it: Interpreter, p: Pending) -> int:
    """What the integers of an input are below: `C` in "0 <= y[i] < C", or as few as what they are an index of has."""
    if (few := it.world.decided(f"{p.path}:below")) is not None:
        return few
    expr = p.evidence.below.polynomial() if p.evidence is not None and p.evidence.below is not None else None
    return 3 if expr is None else int(it.world.dimension_of(spaced(expr, p.space)))


def axes(rank: int | str) -> int:
    """The number of axes of a rank choice."""
    return rank if isinstance(rank, int) else 2


def default_rank(it: Interpreter, p: Pending, at_least: int = 0, first: int | None = None) -> int | str:
    """The rank of an input of which no use tells it."""
    given = evidence_rank(it, p)
    if given is not None and given >= at_least:
        return given
    name = hints.base(p.hint)
    if first is None:
        indexes = it.world.decided(f"{p.path}:kind") == 1
        first = 1 if hints.is_vector(name) or indexes else 0 if hints.is_scalar(name) else 2
    if it.world.decided(f"{p.path}:number") and not at_least:
        return 0
    options = [r for r in dict.fromkeys((max(first, at_least), *RANKS)) if axes(r) >= at_least]
    if first == 1 and not at_least and name in ("beta", "gamma", "mu"):
        options.insert(1, 0)  # a strength, or one for each feature
    like = _like_the_first(it, p)
    return it.world.choose(f"{p.path}:rank", options, usual=options.index(like) if like in options else 0)


def _like_the_first(it: Interpreter, p: Pending) -> int | str | None:
    """The rank that the first item of the same list was decided to have: what is in a list is mostly of one kind."""
    item = _ITEM.fullmatch(p.path)
    asked = it.world.choices.get(f"{item['list']}[0]:rank") if item is not None else None
    return asked.options[asked.taken] if asked is not None and asked.taken else None


def scalar(it: Interpreter, p: Pending) -> Array:
    """Settle that the input is a number: a positive one, as step sizes and strengths are."""
    array = Array(it.world.leaf(p.path, (), kind="positive", tainted=p.tainted), it.dialect)
    p.value = array
    it.names.setdefault(array.term, p.path)
    return array


def a_number(it: Interpreter, term: Term) -> None:
    """Forward code asks whether an array is true: the inputs that it is computed from entry by entry are numbers."""
    if term.sample.size < 2 or term.tainted or it.graph.tainting or it.met is not None or it.world.sure:
        return
    leaves, stack, seen = set[str](), [term], {term}
    while stack:
        node = stack.pop()
        if node.ndim and node.shape != term.shape:
            return
        if node.card is None and node.ndim and it.world.leaves.get(node.label) is node:
            leaves.add(node.label)
        fresh = [a for a in node.args if a not in seen]
        seen.update(fresh)
        stack.extend(fresh)
    if leaves and not any(it.world.decided(f"{label}:number") for label in leaves):
        raise Restart("an array is no condition", decisions=tuple((f"{label}:number", 1) for label in sorted(leaves)))


def measured_number(it: Interpreter, term: Term) -> None:
    """The size or the shape of an input is asked for, which was taken for a number: code asks no number for that."""
    if term.ndim or term.card is not None or it.world.leaves.get(term.label) is not term:
        return
    asked = it.world.choices.get(f"{term.label}:rank")
    if asked is not None and asked.options[asked.taken] == 0 and 2 in asked.options:
        raise Restart(f"{term.label} is measured", decisions=((asked.key, asked.options.index(2)),))


def as_operand(it: Interpreter, p: Pending, at_least: int = 0, first: int | None = None) -> Any:
    """The input as an operand about which nothing else is known; `first` is the likeliest rank, where a use tells."""
    if p.value is not None:
        return p.value
    if it.world.decided(f"{p.path}:size") == 1:
        return as_size(it, p)
    if it.world.sure:
        return sure.operand(it, p)
    if p.default is not None and isinstance(p.default, int | float) and not isinstance(p.default, bool):
        return scalar(it, p)
    if it.graph.tainting and not hints.is_scalar(hints.base(p.hint)) and evidence_rank(it, p) is None and not at_least:
        return it.unknown(f"{p.path}{MET_FIRST}")
    if p.space == UNBOUND:
        return it.unknown(f"what is passed for {p.hint} is not known") if at_least else scalar(it, p)
    rank = default_rank(it, p, at_least, first)
    return scalar(it, p) if rank == 0 else make_array(it, p, free_shape(it, p, rank))


def as_size(it: Interpreter, p: Pending) -> Any:
    """The input as an integer."""
    if p.value is None and it.world.sure:
        if p.evidence is not None and p.evidence.kind not in ("int", "unknown"):
            return it.unknown(f"{p.path} is used as a size and as something else")
        p.value = it.world.dimension(p.path)
    if p.value is None:
        name = hints.base(p.hint)
        if hints.is_turns(name):
            p.value = 1
        elif hints.is_hyper(name):
            p.value = Size(it.world.choose(f"{p.path}:hyper", (1, 0, 2) if "pad" in name.lower() else (2, 1, 3)))
        else:
            p.value = it.world.dimension(p.path)
    if isinstance(p.value, Array) and p.value.term.ndim == 0:
        return int(p.value.term.sample)
    return p.value if isinstance(p.value, int) else it.unknown(f"{p.path} is used as a size and as something else")


def as_integer(it: Interpreter, p: Pending) -> None:
    """The input is said to be an integer: an axis is one of a few, anything else a size."""
    if not hints.is_axis(hints.base(p.hint)):
        as_size(it, p)
    elif not it.world.sure and (axis := it.world.choose(f"{p.path}:axis", (-1, 0, 1, None), 0.3)) is not None:
        p.value = axis


def as_axis(it: Interpreter, p: Pending) -> Any:
    """The input as the axis that an operation works along; none, where it may be left out."""
    if p.value is None and it.world.sure:
        return it.unknown(f"which axis {p.path} is")
    if p.value is None and not is_none(it, p):
        p.value = it.world.choose(f"{p.path}:axis", (0, -1, 1, (0,)), 0.3)
    return p.value


def as_axes(it: Interpreter, p: Pending) -> Any:
    """The input as the axes that an operation works along: code looks into it."""
    if p.value is None:
        p.value = it.world.choose(f"{p.path}:axes", ((0,), (1,), (0, 1)), 0.3)
    return p.value


def as_sizes(it: Interpreter, p: Pending, count: int) -> Any:
    """The input as the shape of an array: a tuple of sizes."""
    if p.value is None:
        p.value = tuple(it.world.dimension(f"{p.path}[{i}]") for i in range(count))
    return p.value


def as_list(it: Interpreter, p: Pending, length: int = 0) -> Any:
    """The input as a list whose items are inputs themselves."""
    if p.value is None and it.world.sure:
        return it.unknown(f"what {p.path} holds")
    if p.value is None:
        usual = SIZES_LENGTH if hints.is_layer_sizes(hints.base(p.hint)) else LIST_LENGTH
        length = it.world.decided(f"{p.path}:length") or length or usual
        items = OpenList(Pending(f"{p.path}[{i}]", hints.item(hints.base(p.hint)), tainted=p.tainted)
                         for i in range(length))
        items.path = p.path
        p.value = items
    return p.value


def as_dict(it: Interpreter, p: Pending) -> Any:
    """The input as a dict whose keys appear when they are asked for."""
    if p.value is None:
        p.value = OpenDict()
        p.value.path = p.path
    return p.value


def as_object(it: Interpreter, p: Pending) -> Any:
    """The input as an object with attributes."""
    if p.value is None:
        p.value = Instance(None, {}, p.path)
    return p.value


def is_none(it: Interpreter, value: Any) -> bool:
    """`value is None`; of an input it is a choice, and the likelier one is that it was given."""
    if isinstance(value, Pending) and value.value is None:
        axis = hints.is_axis(hints.base(value.hint))  # along one axis and over all are two ways to call it
        answers = (True, False) if value.optional else (False, True)
        activation = value.optional and hints.FUNCTION.fullmatch(hints.base(value.hint)) is not None
        return bool(it.world.choose(f"{value.path}:none", answers, fork=axis or activation))
    return value is None
