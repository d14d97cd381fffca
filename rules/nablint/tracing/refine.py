"""Refinement on demand: what the uses of an input tell of its nature.

Where uses leave more than one reading, the reading is a choice of the world (`World.choose`), likeliest first.  An
input
that is first met in backward code is only ever a number or of the shape that it meets: backward code is what is on
trial, so it may not testify.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import libcst as cst
import numpy as np

from nablint.shapes import Polynomial, Shape, Size, dim
from nablint.tracing import hints, roles, sure
from nablint.tracing.made_sizes import rounded
from nablint.tracing.paths import default_of
from nablint.tracing.values import (
    Array,
    External,
    Instance,
    Method,
    OpenDict,
    OpenList,
    Pending,
    PendingShape,
    Restart,
    Unknown,
    is_tainted,
)

if TYPE_CHECKING:
    from nablint.calculus.terms import Term
    from nablint.tracing.interpreter import Interpreter

LIST_LENGTH = 3
UNBOUND = "$unbound"
"""The space of an argument of a backward function that nothing of the forward function goes by the name of."""
RANKS = (2, "column", 1, "row", 3, 4)
"""Ranks of an array that nothing tells of.  0 is not among them: a number hides every sum and transpose, and code for
numbers shows itself by names and defaults."""


def free_shape(it: Interpreter, p: Pending, rank: int | str) -> Shape:
    """Fresh dimensions for an input of this rank; a column or a row is a matrix with one axis of size 1."""
    if rank == "column":
        return (it.world.dimension(f"{p.path}.0"), Size(1))
    if rank == "row":
        return (Size(1), it.world.dimension(f"{p.path}.1"))
    assert isinstance(rank, int)
    if rank > 3:  # samples and channels: code loops over them, and few of each show as much as many
        it.world.few |= {f"{p.path}.{axis}": None for axis in range(rank - 2)}
    return tuple(it.world.dimension(f"{p.path}.{axis}") for axis in range(rank))


def make_array(it: Interpreter, p: Pending, shape: Shape, kind: str = "") -> Array:
    """Settle that the input is an array of this shape."""
    given = it.evidence_shape(p, len(shape))
    if given is not None:
        shape = given
    said = p.evidence.elements if p.evidence is not None else None
    decided = {1: "int", 2: "bool"}.get(it.world.decided(f"{p.path}:kind") or 0)
    kind = kind or decided or (said if said in ("int", "bool") else "float")
    high = _bound(it, p)
    array = Array(it.world.leaf(p.path, shape, kind=kind, high=high, tainted=p.tainted), it.dialect)
    p.value = array
    it.names.setdefault(array.term, p.path)
    return array


def _bound(it: Interpreter, p: Pending) -> int:
    """What the integers of an input are below: `C` in "0 <= y[i] < C"."""
    expr = p.evidence.below.polynomial() if p.evidence is not None and p.evidence.below is not None else None
    return 3 if expr is None else int(it.world.dimension_of(it.spaced(expr, p.space)))


def axes(rank: int | str) -> int:
    """The number of axes of a rank choice."""
    return rank if isinstance(rank, int) else 2


def default_rank(it: Interpreter, p: Pending, at_least: int = 0, first: int | None = None) -> int | str:
    """The rank of an input of which no use tells it."""
    given = it.evidence_rank(p)
    if given is not None and given >= at_least:
        return given
    name = hints.base(p.hint)
    if first is None:
        indexes = it.world.decided(f"{p.path}:kind") == 1
        first = 1 if hints.is_vector(name) or indexes else 0 if hints.is_scalar(name) else 2
    if it.world.decided(f"{p.path}:number") and not at_least:
        return 0
    options = [r for r in dict.fromkeys((max(first, at_least), *RANKS)) if axes(r) >= at_least]
    return it.world.choose(f"{p.path}:rank", options)


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


def as_operand(it: Interpreter, p: Pending, at_least: int = 0) -> Any:
    """The input as an operand about which nothing else is known."""
    if p.value is not None:
        return p.value
    if it.world.decided(f"{p.path}:size") == 1:
        return as_size(it, p)
    if it.world.sure:
        return sure.operand(it, p)
    if p.default is not None and isinstance(p.default, int | float) and not isinstance(p.default, bool):
        return scalar(it, p)
    if it.graph.tainting and not hints.is_scalar(hints.base(p.hint)) and it.evidence_rank(p) is None and not at_least:
        return it.unknown(f"{p.path} is met in backward code first")
    if p.space == UNBOUND:
        return it.unknown(f"what is passed for {p.hint} is not known") if at_least else scalar(it, p)
    rank = default_rank(it, p, at_least)
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


def as_list(it: Interpreter, p: Pending, length: int = LIST_LENGTH) -> Any:
    """The input as a list whose items are inputs themselves."""
    if p.value is None and it.world.sure:
        return it.unknown(f"what {p.path} holds")
    if p.value is None:
        length = it.world.decided(f"{p.path}:length") or length
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


# -- operands --------------------------------------------------------------------------------------------------------


def operands(it: Interpreter, name: str, a: Any, b: Any) -> tuple[Any, Any]:
    """Two operands of an operator of which at least one is pending."""
    if it.world.sure:
        return sure.operands(it, a, b)
    if name == "MatrixMultiply":
        left, right = product_operands(it, [a, b], batched=True)
        return left, right
    a, b = _settled(a), _settled(b)
    if isinstance(a, Pending) and isinstance(b, Pending):
        first, second = (b, a) if _order(a) > _order(b) else (a, b)
        if (
            hints.is_size(hints.base(first.hint))
            and hints.is_size(hints.base(second.hint))
            and name in ("FloorDivide", "Modulo")
        ):
            as_size(it, first)
        else:
            as_operand(it, first)
        a, b = _settled(a), _settled(b)
    if isinstance(a, Pending):
        a = _beside(it, name, a, b, left=True)
    if isinstance(b, Pending):
        b = _beside(it, name, b, a, left=False)
    return a, b


def _settled(value: Any) -> Any:
    return value.value if isinstance(value, Pending) and value.value is not None else value


def _order(p: Pending) -> int:
    """Numbers and biases are settled after the arrays that they stand beside."""
    name = hints.base(p.hint)
    return 2 if hints.is_scalar(name) else 1 if hints.is_row(name) else 0


def _beside(it: Interpreter, op: str, p: Pending, other: Any, *, left: bool) -> Any:
    """An input beside an operand of known nature."""
    name = hints.base(p.hint)
    if isinstance(other, Unknown):
        return other
    if isinstance(other, list | tuple) and not isinstance(p.value, Array):
        return as_list(it, p, len(other)) if op == "Add" else as_operand(it, p)
    if not isinstance(other, Array):
        if (
            op in ("FloorDivide", "Modulo")
            or isinstance(other, Size)
            or (hints.is_hyper(name) and isinstance(other, int))
        ):
            return as_size(it, p)
        if op == "Compare" and isinstance(other, int) and (hints.is_counter(name) or hints.is_turns(name)):
            return as_size(it, p)
        if hints.is_scalar(name):
            return scalar(it, p)
        return as_operand(it, p)
    shape = other.term.shape
    if not shape:
        if hints.is_size(name) and not hints.is_target(name) and name.islower() and op == "Divide":
            return as_size(it, p)
        return scalar(it, p) if it.evidence_rank(p) in (None, 0) else as_operand(it, p)
    rank = it.evidence_rank(p)
    if rank is not None:
        return scalar(it, p) if rank == 0 else make_array(it, p, _aligned(it, p, rank, shape))
    if op == "Divide" and not left and hints.is_size(name) and not hints.is_target(name):
        return as_size(it, p)
    forms = _forms(op, name, other)
    if it.graph.tainting or is_tainted(other):
        forms = [f for f in forms if f in ("same", "scalar")]
    form = it.world.choose(f"{p.path}:form", forms,
                           shapes=[() if f == "scalar" else _form_shape(f, shape) for f in forms])
    if form == "scalar":
        return scalar(it, p)
    return make_array(it, p, _form_shape(form, shape))


def _aligned(it: Interpreter, p: Pending, rank: int, shape: Shape) -> Shape:
    """A shape of a known rank beside another: the last axes agree where there are as many."""
    free = free_shape(it, p, rank)
    return tuple(shape[len(shape) - rank + i] if len(shape) >= rank else free[i] for i in range(rank))


def _form_shape(form: str, shape: Shape) -> Shape:
    one = Size(1)
    if form == "row":
        return shape[-1:]
    if form == "wide":
        return (*[one] * (len(shape) - 1), shape[-1])
    if form == "column":
        return (shape[0], *[one] * (len(shape) - 1))
    if form == "channel":
        return (one, shape[1], *[one] * (len(shape) - 2))
    if form == "tail":
        return shape[1:]
    return shape


def _forms(op: str, name: str, other: Array) -> list[str]:
    """The ways in which an input may broadcast against an array, likeliest first."""
    many = len(other.term.shape) > 1
    sums = ["row", "wide", "column"] if many else ["same"]
    if len(other.term.shape) > 2:
        sums.append("channel")
    features = Size(1)
    if len(other.term.shape) == 2 and (rows := _samples_are(other.term)):
        features = other.term.shape[-1 if rows == "rows" else 0]
        # What is added to a layer's product has an entry for each feature; one for each sample it cannot have.
        sums = ["row", "wide"] if rows == "rows" else ["column"]
    if len(other.term.shape) == 2 and other.term.shape[1] == 1:
        sums = ["same", "column"]
    if hints.is_scalar(name):
        order = ["scalar", "same", *sums]
    elif hints.is_target(name) or op == "Compare":
        order = ["same", *sums, "scalar"]
    elif name == "b" and other.term.card is None and hints.base(other.term.label) == "a":
        order = ["same", *sums, "scalar"]  # two operands, not a bias
    elif (op in ("Add", "Subtract") and name[:1].lower() == "b") or hints.is_row(name):
        order = [*sums, "same", "scalar"]
    else:
        order = ["same", *sums, "scalar"]
    if many and order[0] != "same" and not hints.is_scalar(name):
        if features != 1 and name[:1].lower() == "b":
            order.remove("scalar")  # nor does a layer of many features share one number as its bias
        order.remove("same")  # a bias or a scale per feature broadcasts; with the whole shape it would be neither
    if op == "Add" and name.lower() in ("beta", "bias") and "scalar" in order:
        order.remove("scalar")  # a shift that is learnt has an entry for each feature
    return list(dict.fromkeys(order))


def _samples_are(term: Term) -> str:
    """Whether samples are the rows (`x @ W`) or the columns (`W @ x`) of a product; empty where nothing tells."""
    if term.card is None or term.card.name not in ("matmul", "dot"):
        return ""
    left, right = (_is_weight(t) for t in term.args)
    return "" if left == right else "columns" if left else "rows"


def _is_weight(term: Term) -> bool:
    """A parameter, transposed or not: an input or drawn array named like one."""
    while term.card is not None and term.card.name == "transpose":
        term = term.args[0]
    return term.card is None and hints.base(term.label).lower().startswith(
        ("w", "theta", "blank", "rand", "normal", "uniform", "kernel")
    )


def product_operands(it: Interpreter, args: list[Any], *, batched: bool = False) -> list[Any]:
    """The operands of a matrix product: pending ones are matrices that fit, else vectors.

    batched: axes before the last two are samples (`matmul`, not `dot`).
    """
    if len(args) < 2:
        return args
    a, b = _settled(args[0]), _settled(args[1])
    if it.world.sure:
        return [*sure.operands(it, a, b), *args[2:]]
    if isinstance(a, Pending) and isinstance(b, Pending):
        as_operand(it, a, at_least=0)
        a = _settled(a)
    if isinstance(a, Pending) and isinstance(b, Array):
        a = _factor(it, a, b, left=True, batched=batched)
    if isinstance(b, Pending) and isinstance(a, Array):
        b = _factor(it, b, a, left=False, batched=batched)
    return [a, b, *args[2:]]


def _factor(it: Interpreter, p: Pending, other: Array, *, left: bool, batched: bool = False) -> Any:
    if it.graph.tainting or is_tainted(other):
        return it.unknown(f"{p.path} is met in backward code first")
    if p.space == UNBOUND:
        return it.unknown(f"what is passed for {p.hint} is not known")
    shape = other.term.shape
    rank = it.evidence_rank(p)
    if not shape:
        return as_operand(it, p)
    stacked = len(shape) > 2 and batched and (left or not hints.is_weight(hints.base(p.hint)))
    chosen = (
        rank if rank is not None else default_rank(it, p, 0, first=len(shape)) if stacked else default_rank(it, p, 0)
    )
    if chosen == 0:
        return scalar(it, p)
    free, sizes = list(free_shape(it, p, chosen)), list(shape)
    if stacked and chosen == len(sizes):
        free[:-2] = sizes[:-2]
    if left and chosen != "column":
        free[-1] = sizes[-2:][0]
    elif not left and chosen != "row":
        free[-2 if len(free) > 1 else 0] = sizes[-1]
    return make_array(it, p, tuple(free))


# -- shapes ----------------------------------------------------------------------------------------------------------


def whole_shape(it: Interpreter, value: Any) -> Any:
    """The shape of a pending input as a tuple; other values as they are."""
    if not isinstance(value, PendingShape):
        return value
    array = as_operand(it, value.of, at_least=1)
    return array.term.shape if isinstance(array, Array) else it.unknown("the shape of something unknown", array)


def counted(it: Interpreter, p: Pending) -> None:
    """`len(y.shape)` of labels: code that asks knows them flat as well as one-hot, and flat ones show both."""
    if it.world.sure:
        return
    if p.value is None and it.evidence_rank(p) is None and hints.is_target(hints.base(p.hint)):
        make_array(it, p, free_shape(it, p, it.world.choose(f"{p.path}:rank", (1, 2))))


def shape_entry(it: Interpreter, value: PendingShape, key: Any) -> Any:
    """`x.shape[k]` of a pending input: its rank is at least k + 1."""
    if it.world.sure:
        return sure.shape_entry(it, value.of, key)
    needed = (key + 1 if key >= 0 else -key) if isinstance(key, int) else 1
    name = hints.base(value.of.hint)
    array = as_operand(it, value.of, at_least=max(needed, 1 if hints.is_vector(name) else 2 if key != 0 else 1))
    if not isinstance(array, Array):
        return it.unknown("the shape of something unknown", array)
    return array.term.shape


def known_shape(it: Interpreter, value: Any, other: Any) -> Any:
    """A pending shape that is compared with a tuple has its rank."""
    if isinstance(value, PendingShape) and isinstance(other, tuple):
        if value.of.value is None:
            make_array(it, value.of, free_shape(it, value.of, len(other)))
        array = value.of.value
        return array.term.shape if isinstance(array, Array) else value
    return whole_shape(it, value)


def wrong_rank(it: Interpreter, shape: Any, count: int) -> None:
    """A shape that is unpacked into another number of names: start again with an input of that rank."""
    if not isinstance(shape, tuple) or it.graph.tainting:
        return
    said = [str(s.expr) if isinstance(s, Size) else str(s) for s in shape]
    for path, term in it.world.leaves.items():
        if term.shape is shape or (said and [str(s.expr) for s in term.shape] == said):
            _as_rank(it, path, count)
    first = shape[0].expr.name if shape and isinstance(shape[0], Size) else None
    if first is not None and first.endswith(".0"):  # what is made of an input along its first axis has its rank
        _as_rank(it, first.removesuffix(".0"), count)


def rank_wanted(it: Interpreter, operands: list[Any], count: int, place: int, *, least: bool = False) -> None:
    """An operation needs an operand of another rank: start again with the input that gave it its rank.

    least: so many axes or more.
    """
    arrays = [o for part in operands for o in (part if isinstance(part, list | tuple) else (part,))
              if isinstance(o, Array)]
    term = arrays[place].term if place < len(arrays) else None
    while term is not None and term.card is not None:
        term = next((a for a in term.args if a.ndim == term.ndim), None)
    if term is not None and term.label and not term.tainted:
        _as_rank(it, term.label, _like_others(it, count) if least else count)


def _as_rank(it: Interpreter, path: str, count: int) -> None:
    choice = it.world.choices.get(f"{path}:rank")
    if choice is not None and count in choice.options and it.world.decided(choice.key) is None:
        raise Restart(f"{path} has {count} axes", decisions=((choice.key, choice.options.index(count)),))


def _like_others(it: Interpreter, count: int) -> int:
    """At least so many axes: as many as another input was found to have, where that is more."""
    found = [c.options[taken] for key, c in it.world.choices.items()
             if key.endswith(":rank") and (taken := it.world.decided(key)) is not None and taken < len(c.options)]
    return max([count, *(r for r in found if isinstance(r, int))])


def unpacked(it: Interpreter, value: Any, count: int, names: list[str], starred: bool) -> Any:
    """The parts of a value on the right of `a, b = value`."""
    if isinstance(value, PendingShape):
        p = value.of
        if p.value is None:
            rank = it.evidence_rank(p) if starred else count
            if it.world.sure and rank is None:
                return it.unknown(f"nothing tells the rank of {p.hint}")
            make_array(it, p, free_shape(it, p, rank or count))
        array = p.value
        if not isinstance(array, Array):
            return it.unknown("the shape of something unknown")
        it.world.singular |= 1 in array.term.shape
        return list(array.term.shape)
    if isinstance(value, Pending):
        if value.value is None:
            items = OpenList(Pending(f"{value.path}[{i}]", names[i] if i < len(names) else value.hint,
                                     tainted=value.tainted)
                             for i in range(count))
            items.path = value.path
            value.value = items
        value = value.value
    if isinstance(value, Unknown):
        return value
    if isinstance(value, dict):
        return list(value)
    if isinstance(value, list | tuple | str | range):
        return list(value)
    if isinstance(value, Array):
        from nablint.tracing.iteration import iterate

        return list(iterate(it, value, cst.Name("x")))
    return it.unknown("unpacked from something unknown", value)


# -- indices, keys, truth
# -----------------------------------------------------------------------------------------------


def indexed(it: Interpreter, p: Pending, key: Any) -> Any:
    """A pending input that is subscripted: a dict, a list or an array."""
    if p.value is not None:
        return p.value
    if isinstance(key, str):
        return as_dict(it, p)
    if isinstance(key, int) and hints.is_shape(hints.base(p.hint)) and not it.world.sure:
        return as_sizes(it, p, max(LIST_LENGTH, key + 1))
    if isinstance(key, tuple | Array) or key is None or key is ...:
        count = sum(1 for k in key if k is not None and k is not ...) if isinstance(key, tuple) else 1
        return as_operand(it, p, at_least=max(count, 1))
    if it.world.sure:
        return as_operand(it, p)
    if hints.is_axis(hints.base(p.hint)):
        return as_axes(it, p)
    kinds = ("list", "array") if hints.is_list(hints.base(p.hint)) else ("array", "list")
    if it.evidence_rank(p) is not None:
        kinds = ("array",)
    return as_list(it, p) if it.world.choose(f"{p.path}:kind of", kinds) == "list" else as_operand(it, p, at_least=1)


def iterated(it: Interpreter, p: Pending) -> Any:
    """A pending input that is looped over or measured."""
    if p.value is not None:
        return p.value
    if it.world.sure:
        return as_operand(it, p)
    if hints.is_axis(hints.base(p.hint)):
        return as_axes(it, p)
    kinds = ("list", "array") if hints.is_list(hints.base(p.hint)) else ("array", "list")
    if it.evidence_rank(p) is not None:
        kinds = ("array",)
    return as_list(it, p) if it.world.choose(f"{p.path}:kind of", kinds) == "list" else as_operand(it, p, at_least=1)


def booleans(it: Interpreter, term: Any) -> None:
    """An input of floats that is inverted bit by bit (`~mask`) holds truth values: start again with that."""
    integers(it, term, kind=2)


def integers(it: Interpreter, term: Any, kind: int = 1) -> None:
    """An input of floats that is used as an index holds integers: start again with that."""
    if it.world.sure:
        return
    while getattr(term, "card", None) is not None and len(term.args) == 1:  # `labels.unsqueeze(1)`, `y.reshape(-1)`
        term = term.args[0]
    label = getattr(term, "label", "")
    if label and not term.tainted and it.world.leaves.get(label) is term and it.world.decided(f"{label}:kind") is None:
        use = "an index" if kind == 1 else "a mask"
        raise Restart(f"{label} is used as {use}", decisions=((f"{label}:kind", kind),))


def as_key(it: Interpreter, p: Pending, container: Any) -> Any:
    """A pending input as a key of a list or dict."""
    if p.value is not None:
        return p.value
    if isinstance(container, list | tuple) and not it.world.sure:
        p.value = 0
        return 0
    return it.unknown(f"{p.path} is a key, and which is not known")


def as_index(it: Interpreter, p: Pending, array: Array, axis: int) -> Any:
    """A pending input as an index of an array: labels, or a counter."""
    if p.value is not None:
        return p.value
    if it.world.sure:
        return sure.operand(it, p)
    name = hints.base(p.hint)
    size = array.term.shape[axis] if axis < len(array.term.shape) else Size(1)
    forms = ("counter", "labels") if hints.is_counter(name) or p.path.endswith("]") else ("labels", "counter")
    if it.world.choose(f"{p.path}:index", forms) == "counter":
        p.value = 1
        it.counted_on = True
        return 1
    length = array.term.shape[0] if axis else it.world.dimension(f"{p.path}.0")
    term = it.world.leaf(p.path, (dim(length),), kind="int", high=int(size))
    p.value = Array(term, it.dialect)
    it.names.setdefault(term, p.path)
    return p.value


def is_none(it: Interpreter, value: Any) -> bool:
    """`value is None`; of an input it is a choice, and the likelier one is that it was given."""
    if isinstance(value, Pending) and value.value is None:
        axis = hints.is_axis(hints.base(value.hint))  # along one axis and over all are two ways to call it
        answers = (True, False) if value.optional else (False, True)
        return bool(it.world.choose(f"{value.path}:none", answers, fork=axis))
    return value is None


def flag_of(it: Interpreter, p: Pending) -> Any:
    """The input as a flag that is off by default."""
    if p.value is None:
        p.value = default_of(it, bool(p.default), p.path)
    return p.value


def is_string(it: Interpreter, p: Pending, text: str) -> bool:
    """An input compared with a constant string: a path for each string, every one of which is judged."""
    if isinstance(p.value, str):
        return p.value == text
    if (asked := it.world.choices.get(f"{p.path}:none")) is not None:
        asked.fork = True  # none is one of the modes
    if p.value is None and it.world.choose(f"{p.path}=={text!r}", (True, False), fork=True):
        p.value = text
        return True
    return False


def truth_of(it: Interpreter, p: Pending) -> bool:
    """An input as a condition."""
    if p.value is not None:
        from nablint.tracing.operators import truth

        return truth(it, p.value, cst.Name("x"))
    return bool(it.world.choose(f"{p.path}:true", (True, False)))


def has_key(it: Interpreter, container: Pending, item: Any) -> Any:
    """`key in inputs`."""
    if isinstance(item, int) and container.value is None and hints.is_axis(hints.base(container.hint)):
        as_axes(it, container)
    if isinstance(container.value, dict | list | tuple):
        return item in container.value
    return bool(it.world.choose(f"{container.path}:has {item!r}", (True, False))) if isinstance(item, str) else False


def is_instance(it: Interpreter, p: Pending, names: set[str]) -> bool:
    """`isinstance(input, kind)`: arrays and numbers are likelier than containers."""
    if names & {"ndarray", "Tensor"}:
        return True
    if isinstance(p.value, int):
        return "int" in names
    if p.value is None and p.optional and is_none(it, p):
        return False
    name = hints.base(p.hint)
    if "int" in names and not names & {"float"} and (hints.is_hyper(name) or hints.is_size(name)):
        if it.world.choose(f"{p.path}:is {sorted(names)}", (True, False)):
            as_size(it, p)
            return True
        return False
    if names & {"list", "tuple", "dict", "str", "int"} and not names & {"float"}:
        whole = names == {"int"} and hints.is_axis(hints.base(p.hint))
        taken = bool(it.world.choose(f"{p.path}:is {sorted(names)}", (whole, not whole)))
        if taken and names == {"int"}:
            as_integer(it, p)
        return taken
    return False


_DICT_METHODS = frozenset({"keys", "values", "items", "get", "update", "setdefault"})
_LIST_METHODS = frozenset({"append", "extend", "insert", "pop"})


def attribute_of(it: Interpreter, p: Pending, name: str, node: Any) -> Any:
    """An attribute of a pending input: it tells an array, a dict, a list or an object."""
    from nablint.tracing.attributes import attribute

    if p.value is not None:
        return attribute(it, p.value, name, node)
    if name == "shape":
        return PendingShape(p)
    if name == "size" and it.world.sure and it.dialect == "torch":
        return Method(p, name)
    if name == "dtype" and not it.world.sure:
        it.world.choose(f"{p.path}:kind", ("float", "int"), 1.2)
    if name in _DICT_METHODS:
        return Method(as_dict(it, p), name)
    if hints.is_generator(hints.base(p.hint)) and f"numpy.random.RandomState().{name}" in it.spellings:
        return External(f"numpy.random.RandomState().{name}")
    if name in _LIST_METHODS:
        return it.unknown(f"what {p.path} holds") if it.world.sure else Method(as_list(it, p), name)
    if name in ("format", "lower", "upper", "startswith", "endswith") or (name == "split" and it.dialect != "torch"):
        return it.unknown("an unknown string")
    if name == "requires_grad" and it.dialect == "torch":
        return True
    if it.world.sure and name in sure.REDUCTIONS and it.evidence_rank(p) is None:
        return Method(p, name)
    if name not in _OBJECT and (f"ndarray.{name}" in it.spellings or f"Tensor.{name}" in it.spellings):
        array = as_operand(it, p, at_least=_least(it, p, name))
        return attribute(it, array, name, node)
    return attribute(it, as_object(it, p), name, node)


_OBJECT = frozenset({"data", "grad", "requires_grad", "name", "params", "forward", "weight", "bias", "W", "b"})


def _least(it: Interpreter, p: Pending, name: str) -> int:
    return (
        2
        if name in ("T", "mT", "t", "dot", "mm")
        and not hints.is_vector(hints.base(p.hint))
        and it.evidence_rank(p) is None
        else 0
    )


# -- arguments ---------------------------------------------------------------------------------------------------------

_MAKERS = frozenset({
    "zeros", "ones", "empty", "ndarray", "full", "randn", "rand", "random", "random_sample", "standard_normal", "eye",
    "identity", "arange", "linspace",
    "new_zeros", "new_ones", "new_empty", "reshape", "view", "broadcast_to", "expand", "tile", "repeat",
    "resize"})
_JOINERS = frozenset({"concatenate", "stack", "hstack", "vstack", "dstack", "column_stack", "row_stack", "cat", "array",
                      "asarray", "tensor",
                      "block", "meshgrid", "multi_dot", "einsum", "ix_", "block_diag"})
_DRAWS = frozenset({"normal", "uniform", "randint", "choice", "binomial", "truncnorm", "permutation"})


def arguments(it: Interpreter, name: str, args: list[Any], keywords: dict[str, Any]) -> None:
    """Pending arguments of an operation: sizes for the makers of arrays, operands elsewhere."""
    if it.world.sure:
        sure.reduced(it, name, args, keywords)
    roles.settle(it, name, args)
    last = name.rsplit(".", 1)[-1]
    if name.startswith("einops."):
        for key, value in keywords.items():
            keywords[key] = _sizes(it, value)
    if last in _MAKERS:
        method = name.startswith(("ndarray.", "Tensor."))
        first = 1 if method or last in ("reshape", "broadcast_to", "tile", "repeat", "resize") else 0
        end = first + 1 if last in ("full", "new_full") else len(args)  # what it is filled with is no size
        for i in range(first, min(end, len(args))):
            args[i] = _sizes(it, args[i], alone=len(args) == first + 1)
        for key in ("shape", "size", "N", "M"):
            if key in keywords:
                keywords[key] = _sizes(it, keywords[key])
    elif last in _DRAWS:
        for i, value in enumerate(args):
            args[i] = (
                _sizes(it, value) if isinstance(value, tuple | list) or last in ("permutation", "randint") else value
            )
        if "size" in keywords:
            keywords["size"] = _sizes(it, keywords["size"])
    # sizes stand in nested tuples (`np.pad(x, ((0, 0), (pad, pad)))`), arrays in those of joiners
    if last not in _JOINERS:
        for i, value in enumerate(args):
            if isinstance(value, list | tuple) and any(isinstance(v, list | tuple | Pending) for v in value):
                args[i] = _sizes(it, value)
    if last in ("clip", "clamp", "clip_", "clamp_") and args:
        _bounds(it, args, keywords)
        _within(it, args[0], args[1:3])
    if last in ("split", "chunk") and len(args) > 1 and isinstance(args[1], Pending):
        args[1] = _sizes(it, args[1])
    if last == "chunk":
        _even(it, args, keywords)
    for key in ("axis", "dim"):
        if isinstance(keywords.get(key), Pending):
            keywords[key] = as_axis(it, keywords[key])
    for key in ("keepdims", "keepdim", "ddof", "dtype"):
        if isinstance(keywords.get(key), Pending):
            keywords[key] = flag_of(it, keywords[key]) if key.startswith("keepdim") else keywords[key].default
    together = [i for i, a in enumerate(args) if isinstance(a, Pending)]
    if (
        last
        in ("multiply", "add", "subtract", "divide", "maximum", "minimum", "power", "true_divide", "mul", "sub", "div")
        and len(args) > 1
        and together
    ):
        word = {"multiply": "Multiply", "mul": "Multiply", "divide": "Divide", "div": "Divide", "true_divide": "Divide",
                "subtract": "Subtract", "sub": "Subtract"}
        args[0], args[1] = operands(it, word.get(last, "Add"), args[0], args[1])


def _even(it: Interpreter, args: list[Any], keywords: dict[str, Any]) -> None:
    """What is cut into chunks is a multiple of their number long: gates that are kept side by side."""
    array, parts, axis = (*args, keywords.get("dim", 0), 0)[:3] if len(args) > 1 else (None, 0, 0)
    if not isinstance(array, Array) or array.term.tainted or it.graph.tainting or not (
            isinstance(parts, int) and isinstance(axis, int) and -array.term.ndim <= axis < array.term.ndim):
        return
    size = array.term.shape[axis]
    if parts > 1 and size % parts and size.expr.name is not None:
        piece = Polynomial.symbol(f"({size.expr})/({parts})")
        raise Restart(f"{size} is cut into {parts} chunks", ((size.expr.name, Polynomial.constant(parts) * piece),))


def _bounds(it: Interpreter, args: list[Any], keywords: dict[str, Any]) -> None:
    """What an array is clipped to is a number, where nothing else is known of it."""
    for value in (*args[1:3], *(keywords.get(k) for k in ("min", "max", "a_min", "a_max"))):
        if isinstance(value, Pending) and value.value is None and it.evidence_rank(value) is None:
            scalar(it, value)


def _within(it: Interpreter, value: Any, bounds: list[Any]) -> None:
    """A forward input that is clipped to between 0 and 1 is a probability."""
    value = value.value if isinstance(value, Pending) and value.value is not None else value
    term = value.term if isinstance(value, Array) else None
    if (
        term is None
        or it.graph.tainting
        or it.world.sure
        or term.tainted
        or not term.label
        or it.world.leaves.get(term.label) is not term
    ):
        return
    if term.label not in it.world.hypothesis.positive and len(bounds) == 2 and all(
            isinstance(b, int | float) and 0 <= b <= 1 for b in bounds):
        raise Restart(f"{term.label} is between 0 and 1", positive=(term.label,))


def _sizes(it: Interpreter, value: Any, *, alone: bool = True) -> Any:
    if isinstance(value, Pending):
        if it.world.sure and alone and not sure.is_size(value):
            return it.unknown(f"whether {value.hint} is a size or a shape")
        if value.value is None and alone and hints.is_list(hints.base(value.hint)) and not value.path.endswith("]"):
            value = as_list(it, value, 2)
        else:
            return as_size(it, value)
    if isinstance(value, PendingShape):
        return whole_shape(it, value)
    if isinstance(value, list | tuple):
        sizes = [_sizes(it, v, alone=False) for v in value]
        return tuple(sizes) if type(value) is tuple else sizes
    if isinstance(value, Array) and value.term.ndim == 0:
        return rounded(it, value.term)
    if isinstance(value, Array):
        _is_size(it, value.term)
    return value


def _is_size(it: Interpreter, term: Term) -> None:
    """An input that was read as an array and is used as a size: start again with that."""
    if it.world.sure:
        return
    leaves = [t for t in _few_leaves(term) if t.label and not t.label.startswith("size:")]
    labels = [t.label for t in leaves if not t.tainted and it.world.leaves.get(t.label) is t
              and it.world.decided(f"{t.label}:size") is None]
    if leaves and len(labels) == len(leaves):
        raise Restart(f"{labels[0]} is used as a size", decisions=tuple((f"{label}:size", 1) for label in labels))


def _few_leaves(term: Term) -> list[Term]:
    """The inputs of a small piece of arithmetic."""
    stack, out, seen = [term], [], 0
    while stack and seen < 12:
        node, seen = stack.pop(), seen + 1
        stack.extend(node.args)
        if node.card is None:
            out.append(node)
    return [] if stack else out


def spanned(it: Interpreter, array: Array, key: Any, node: cst.CSTNode | None) -> None:
    """Slices such as `a[:, 2*H:3*H]` tell that a free axis is as long as the furthest of their ends."""
    if it.graph.tainting or array.term.tainted or it.world.sure:
        return
    if array.term.card is None:
        for size, bound in gone_along(it, array, node):
            it.counts.setdefault(str(size.expr.name), bound)
    for axis, (part, size) in enumerate(_along_axes(key, array.term.shape)):
        name = size.expr.name
        if name is not None and isinstance(part, Array) and _all_rows(part) and part.term.shape[0].expr != size.expr:
            it.counts.setdefault(name, part.term.shape[0])
        if not isinstance(part, slice) or name is None:
            continue
        halved = any(_symbolic(end) and end.expr.name == f"{name}//2" for end in (part.start, part.stop))
        if axis and halved and size % 2:
            raise Restart(f"{name} is cut in halves", ((name, (size // 2 * 2).expr),))
        if isinstance(part.start, int) and part.start and not _symbolic(part.start):
            continue  # a window that slides, no part beside another
        known = it.spans.get(name)
        end = part.stop
        if end is None and _symbolic(part.start):
            end = part.start + (it.units.get(name) or part.start)
        if isinstance(end, Size) and end.expr.number is None and (known is None or known < end):
            it.spans[name] = end
            it.units.setdefault(name, end)


def _along_axes(key: Any, shape: Shape) -> list[tuple[Any, Size]]:
    """The parts of an index beside the sizes that they select from."""
    parts = key if isinstance(key, tuple) else (key,)
    if Ellipsis in [p for p in parts if not isinstance(p, Array)]:
        at = next(i for i, p in enumerate(parts) if p is Ellipsis)
        parts = (*parts[:at], *[slice(None)] * (len(shape) - len(parts) + 1), *parts[at + 1:])
    return list(zip(parts, shape, strict=False))


def _symbolic(value: Any) -> bool:
    return isinstance(value, Size) and value.expr.number is None


def _all_rows(index: Array) -> bool:
    """`np.arange(n)` as an index."""
    sample = index.term.sample
    if sample.ndim != 1 or sample.size < 2 or sample.dtype.kind not in "iu":
        return False
    return bool((sample == np.arange(sample.size)).all())


def gone_along(it: Interpreter, array: Array, node: cst.CSTNode | None) -> list[tuple[Size, Size]]:
    """The free axes that loop variables run along in a subscript, with the dimensions that these count up to."""
    found: list[tuple[Size, Size]] = []
    if it.graph.tainting:
        return found
    for axis, part in enumerate(node.slice if isinstance(node, cst.Subscript) else ()):
        index = part.slice.value if isinstance(part.slice, cst.Index) else None
        if isinstance(index, cst.Ellipsis) or (isinstance(index, cst.Name) and index.value == "None"):
            break  # what follows does not stand at its axis
        if isinstance(index, cst.Name) and index.value in it.counters and axis < array.term.ndim:
            size, bound = array.term.shape[axis], it.counters[index.value][1]
            if size.expr.name not in (None, bound.expr.name):
                found.append((size, bound))
    return found


def settle_spans(it: Interpreter) -> None:
    """After forward: an axis that was cut into parts side by side is as long as they are together."""
    for name, end in it.counts.items():
        free = name not in end.expr.names() and it.world.resolve(Polynomial.symbol(name)).name == name
        if free and it.world.resolve(end.expr).name != name:
            raise Restart(f"{name} is gone along up to {end.expr}", ((name, end.expr),))
    for name, end in it.spans.items():
        if (
            end > it.units[name]
            and not any(name in n for n in end.expr.names())  # `x//2` is made of x, too
            and it.world.resolve(Polynomial.symbol(name)).name == name
        ):
            raise Restart(f"{name} is cut into parts up to {end.expr}", ((name, end.expr),))


def copied(value: Any) -> Any:
    """A copy: containers anew, arrays detached from their base, their contents the same."""
    if isinstance(value, Array):
        new = Array(value.term, value.dialect)
        new.blank = value.blank
        return new
    if isinstance(value, OpenDict):
        out = OpenDict((k, copied(v)) for k, v in value.items())
        out.path = value.path
        return out
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    if isinstance(value, list):
        return [copied(v) for v in value]
    if isinstance(value, Instance):
        return Instance(value.cls, {k: copied(v) for k, v in value.names.items()}, value.path)
    return value


def shallow(value: Any) -> Any:
    """A copy whose items are the same; arrays are copied as a whole."""
    if isinstance(value, Array):
        return copied(value)
    if isinstance(value, OpenDict):
        out = OpenDict(value)
        out.path = value.path
        return out
    if isinstance(value, dict | list | set):
        return (
            type(value)(value)
            if type(value) in (dict, list, set)
            else dict(value)
            if isinstance(value, dict)
            else list(value)
        )
    if isinstance(value, Instance):
        return Instance(value.cls, dict(value.names), value.path)
    return value
